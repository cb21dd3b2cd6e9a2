"""Damaged and hostile files: one message, with the file, the line, the element and the attribute, and never more."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_gsi.homes import elements
from dagster_gsi.homes.check import findings
from dagster_gsi.homes.sh3d import home_of
from tests.homes.homes_by_hand import DOOR, LEVELS, ROOM, TABLE, WALLS, document

LAMP = "<light name='L' x='1' y='2' width='3' depth='4' height='5'><lightSource x='0' y='0' z='0' color='00FFFFFF'/></light>"
VIEW = "<observerCamera attribute='storedCamera' name='V' x='1' y='2' z='3' yaw='0' pitch='0' fieldOfView='1'/>"
TIPPED = "<pieceOfFurniture name='Tipped' x='9' y='8' width='7' depth='6' height='5' angle='1' pitch='2' roll='3'/>"
WHOLE = document(LEVELS, VIEW, TABLE, TIPPED, DOOR.format("angle='0'"), LAMP, WALLS, ROOM)


def refused(data: bytes) -> str:
    with pytest.raises(ValueError) as caught:
        home_of(data, "odd.xml", "odd")
    return str(caught.value)


@pytest.mark.parametrize(
    ("whole", "broken", "message"),
    [
        ("width='120'", "width='wide'", "odd.xml, line 1, <pieceOfFurniture>, width='wide': must be a number"),
        ("width='120'", "width='nan'", "<pieceOfFurniture>, width='nan': must be a number"),
        ("width='120'", "width='1e999'", "<pieceOfFurniture>, width='1e999': must be a number"),
        ("width='120'", "width='1_2'", "<pieceOfFurniture>, width='1_2': must be a number"),
        ("width='120'", "width='-120'", "<pieceOfFurniture>, width='-120': must not be negative"),
        ("width='120'", "", "<pieceOfFurniture>, width: is missing"),
        ("x='200'", "x='1e7'", "<pieceOfFurniture>, x='1e7': is more than ten kilometres"),
        ("name='Table'", "name='Table' movable='yes'", "<pieceOfFurniture>, movable='yes': must be true or false"),
        ("name='Table'", "name='Table' color='red!'", "<pieceOfFurniture>, color='red!': must be a colour"),
        ("name='Table'", "name='T' modelRotation='1 0'", "<pieceOfFurniture>, modelRotation='1 0': must be 9 numbers"),
        ("name='Table'", "name='T' level='roof'", "<pieceOfFurniture>, level='roof': is none of those in the file: down, up"),
        ("id='up'", "id='down'", "<level>, id='down': is there twice"),
        ("fieldOfView='1'", "fieldOfView='4'", "<observerCamera>, fieldOfView='4': must be between 0 and pi"),
        ("thickness='20'", "thickness='20' arcExtent='7'", "<wall>, arcExtent='7': must be less than a full turn"),
        ("<point x='400' y='0'/><point x='400' y='300'/>", "", "<room>: has 2 corners, and a room needs three"),
        ("endAngle='-1.5707963267948966'", "endAngle=''", "<sash>, endAngle='': must be a number"),
        ("<lightSource x='0'", "<lightSource x=''", "<lightSource>, x='': must be a number"),
    ],
)  # fmt: skip
def test_one_wrong_value_is_named_with_its_place(whole: str, broken: str, message: str) -> None:
    data = WHOLE.replace(whole.encode(), broken.encode(), 1)
    assert data != WHOLE
    assert message in refused(data)


def test_the_line_is_that_of_the_element() -> None:
    assert refused(b"<home>\n\n  <wall xStart='?'/></home>").startswith(
        "odd.xml, line 3, <wall>, xStart='?': must be a number"
    )


BOMB = "<!DOCTYPE home [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]><home name='&b;'/>"
OUTSIDE = (
    "<!DOCTYPE home [<!ENTITY secret SYSTEM 'file://{}'>]><home><property name='Author' value='x'/>&secret;</home>"
)
REMOTE = "<!DOCTYPE home SYSTEM 'http://localhost:9/home.dtd'><home/>"


@pytest.mark.parametrize("text", [BOMB, OUTSIDE, REMOTE, "<!DOCTYPE home><home/>"])
def test_document_types_are_refused_before_anything_in_them_counts(text: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("the secret", encoding="utf-8")
    message = refused(text.format(tmp_path / "secret").encode() if "{}" in text else text.encode())
    assert "odd.xml, line 1: declares a document type" in message
    assert "the secret" not in message


def test_too_deep_too_many_and_too_large_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "lies deeper than 32 elements" in refused(b"<home>" + b"<a>" * 40 + b"</a>" * 40 + b"</home>")
    monkeypatch.setattr(elements, "_MOST_ELEMENTS", 3)
    assert "has more than 3 elements" in refused(b"<home><a/><a/><a/></home>")
    monkeypatch.setattr(elements, "_MOST_BYTES", 10)
    assert refused(b"<home><a/></home>").startswith("odd.xml has 0 MiB of XML")


def test_groups_in_groups_beyond_all_reason_are_a_message() -> None:
    group = "<furnitureGroup name='g' x='0' y='0' width='1' depth='1' height='1'>"
    assert "lies deeper than" in refused(document(group * 200, "</furnitureGroup>" * 200))


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_other_encodings_are_read_where_they_are_declared(encoding: str) -> None:
    text = WHOLE.decode().replace("<?xml version='1.0'?>", f"<?xml version='1.0' encoding='{encoding}'?>")
    assert home_of(text.replace("Kitchen", "Küche").encode(encoding), "a.xml", "a").rooms[0].name == "Küche"


def one_message_or_a_home(data: bytes) -> None:
    message, sentences = "odd.xml", ["."]
    try:
        sentences += [finding.sentence for finding in findings(home_of(data, "odd.xml", "odd"))]
    except ValueError as error:
        message = str(error)
    assert message.startswith("odd.xml")
    assert "\n" not in message
    assert all(sentence.endswith(".") for sentence in sentences)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_no_damaged_byte_is_ever_more_than_one_message(damage: list[tuple[int, int]]) -> None:
    data = bytearray(WHOLE)
    for at, value in damage:
        data[at] = value
    one_message_or_a_home(bytes(data))


NUMBERS = [part.split("'")[0] for part in WHOLE.decode().split("='")[1:] if part[0].isdigit() or part[0] == "-"]
ODD = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True).map(repr),
    st.integers().map(str),
    st.sampled_from(["", " ", "0", "-0", "1e-300", "1e300", "0x10", "١٢", "1,5", "+.5e1", "∞", "true"]),
    st.text(max_size=6),
)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(NUMBERS) - 1), ODD)
def test_no_odd_value_of_a_number_is_ever_more_than_one_message(which: int, value: str) -> None:
    parts = WHOLE.decode().split(f"='{NUMBERS[which]}'")
    escaped = value.replace("&", "&amp;").replace("<", "&lt;").replace("'", "&apos;")
    one_message_or_a_home(f"='{escaped}'".join(parts).encode("utf-8", "surrogatepass"))
