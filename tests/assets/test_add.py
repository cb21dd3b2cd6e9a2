"""Models of known size, symmetry and surfaces, written by hand, become cards that say exactly that."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from dagster_gsi.assets.add import Facts, as_mesh, look, made
from dagster_gsi.assets.answers import Answers, check_words, side_yaws
from dagster_gsi.assets.form import Form, as_id, entry_text
from dagster_gsi.assets.found import model_files, read_model
from dagster_gsi.assets.guess import METRES, likely_unit, likely_up, plausible_units
from dagster_gsi.assets.licences import TERMS, as_licence, licence_text
from dagster_gsi.assets.shelf import Addition, added, cards_in, take_in
from dagster_gsi.assets.stability import stands
from dagster_gsi.scenes.catalogue import Card, Catalogue, Licence
from dagster_gsi.scenes.mesh import load_mesh
from tests.models_by_hand import MTL, box_gltf, box_obj, png, quarters, table_obj, write
from tests.toy_assets import write_toy_catalogue

WORDS = {
    "category_en": "toy", "category_zh": "玩具", "description_en": "plain toy", "description_zh": "普通玩具",
    "licence": "CC0-1.0", "creator": "A. Maker", "source": "Toys, https://example.org",
}  # fmt: skip


def said(**changes: Any) -> Answers:
    return Answers.of({"id": "toy", "kind": "object", "front": "none", **WORDS, **changes})


def card(**changes: Any) -> Card:
    figures = {"kind": "object", "size": (0.1, 0.1, 0.1), "has_front": False, "symmetry": 4}
    return Card.model_validate({"id": "toy", **WORDS, **figures, **changes})


# Reading.


def test_of_one_model_in_several_formats_the_best_is_taken_and_hidden_files_are_none(tmp_path: Path) -> None:
    write(tmp_path, b___mug__obj="", b___mug__GLTF="", b___mug__fbx="", a___mug__obj="", __git___x__glb="", cup__glb="")
    assert model_files(tmp_path) == ("a/mug.obj", "b/mug.GLTF", "cup.glb")
    with pytest.raises(ValueError, match=r"nothing is no folder: name the one that holds the models"):
        model_files(tmp_path / "nothing")
    with pytest.raises(ValueError, match=r"a has no \.glb, \.gltf or \.obj; convert other formats with Blender"):
        model_files(write(tmp_path / "c" / "a", mug__fbx=""))


@pytest.mark.parametrize(
    ("mtl", "message"),
    [
        (None, "its file 'paints.mtl' is missing; put it into mine/"),
        ("map_Kd wood.png", "its file 'wood.png' is missing; put it into mine/"),
        ("map_Kd ../wood.png", "it names '../wood.png', which is outside its folder; copy that file"),
        ("map_Kd C:/wood.png", "it names 'C:/wood.png', which is outside its folder; copy that file"),
        ("map_Kd -s 2 2 2 wood.png", "paints.mtl says `map_Kd -s 2 2 2 wood.png`; options of textures are not read"),
        ("map_Kd textures\\wood.png", "paints.mtl says `map_Kd textures\\wood.png`; write / for \\ in paths"),
        ("map_Kd paints.mtl", "its texture 'paints.mtl' is no picture; save it again as PNG or JPEG"),
    ],
)
def test_an_obj_without_what_it_names_is_refused(tmp_path: Path, mtl: str | None, message: str) -> None:
    files = {} if mtl is None else {"paints__mtl": f"newmtl red\n{mtl}\n"}
    folder = write(tmp_path / "mine", cube__obj="mtllib paints.mtl\n" + box_obj((0, 0, 0), (1, 1, 1)), **files)
    (tmp_path / "wood.png").write_bytes(png(quarters()))
    with pytest.raises(ValueError) as told:
        read_model(folder, "cube.obj")
    assert str(told.value).startswith("cube.obj: ")
    assert message in str(told.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("v 0 0 0\n", "cube.obj: has no faces; leave it out"),
        ("v 0 zero 0\n", "cube.obj: 1: v 0 zero 0: could not convert"),
        (
            box_obj((0, 0, 0), (1, 1, float("nan"))),
            "cube.obj: some of its coordinates are not numbers (NaN or infinite)",
        ),
        (box_obj((0, 0, 0), (1, 1, 0)), "cube.obj: it is flat: one of its sides has no extent"),
    ],
)
def test_an_obj_that_is_no_solid_is_refused(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path, cube__obj=text)
    with pytest.raises(ValueError) as told:
        read_model(tmp_path, "cube.obj")
    assert str(told.value).startswith(message)


# Guessing.


@given(st.floats(0.03, 2.2), st.sampled_from(sorted(METRES)))
def test_the_true_unit_of_tableware_and_furniture_is_always_among_the_plausible(metres: float, unit: str) -> None:
    largest = metres / METRES[unit]  # type: ignore[index]
    # The ends of the range may fall on either side when divided and multiplied.
    units = (*plausible_units(largest * (1 + 1e-12)), *plausible_units(largest * (1 - 1e-12)))
    assert unit in units
    assert likely_unit(largest) in units


@pytest.mark.parametrize(
    ("largest", "units"),
    [(10, ("cm",)), (0.3, ("m",)), (0.1, ("m",)), (720, ("mm",)), (120, ("cm", "mm")), (20_000, ()), (1e-3, ())],
)
def test_a_unit_is_offered_where_it_makes_a_plausible_size(largest: float, units: tuple[str, ...]) -> None:
    assert plausible_units(largest) == units


BOTTLE = trimesh.exchange.obj.export_obj(trimesh.creation.cylinder(3.5, 20, sections=24)) + "\n"
LEANING = "".join(
    f"v {x} {y} {z}\n" for x, y, z in [(0, 0, 0), (4, 0, 0), (0, 4, 0), (4, 4, 0), (30, 0, 20), (34, 0, 20), (30, 4, 20)]
) + "f 1 2 4 3\nf 1 2 6 5\nf 3 4 7\nf 5 6 7\nf 1 3 7 5\nf 2 4 7 6\n"  # fmt: skip


def y_up(text: str) -> str:
    """The same shape in a file whose y points up."""
    lines = []
    for line in text.splitlines():
        word, *rest = line.split() or ("#",)
        lines.append(f"v {rest[0]} {rest[2]} {-float(rest[1]):g}" if word == "v" else line)
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("shape", [BOTTLE, table_obj(120, 80, 72, up="z"), box_obj((0, 0, 0), (30, 20, 4))])
def test_up_is_seen_by_what_stands_and_what_is_level(tmp_path: Path, shape: str) -> None:
    write(tmp_path, z__obj=shape, y__obj=y_up(shape))
    assert likely_up(read_model(tmp_path, "z.obj")) == "z"
    assert likely_up(read_model(tmp_path, "y.obj")) == "y"


def test_a_cube_is_up_as_obj_files_usually_are(tmp_path: Path) -> None:
    write(tmp_path, cube__obj=box_obj((0, 0, 0), (1, 1, 1)))
    assert likely_up(read_model(tmp_path, "cube.obj")) == "y"


# Measuring.


def test_a_cube_in_centimetres_says_all_but_what_it_is(tmp_path: Path) -> None:
    write(tmp_path, cube__obj=box_obj((5, 5, 5), (15, 15, 15)))
    facts = look(tmp_path, "cube.obj", {}, tmp_path / "cube.png")
    assert facts == Facts(
        is_obj=True, up="y", unit="cm", units=("cm",), extents_3=(10.0, 10.0, 10.0), size=(0.1, 0.1, 0.1), triangles=12,
        symmetry=4, stands=True, heights=(),
    )  # fmt: skip
    assert facts.known() == {"up": "y", "kind": "object", "front": "none"}
    assert facts.likely() == {"unit": "cm"}
    with Image.open(tmp_path / "cube.png") as picture:
        assert picture.size == (4 * 240, 240 + 40)


def test_a_table_in_an_open_unit_is_measured_in_the_one_that_is_given(tmp_path: Path) -> None:
    write(tmp_path, table__obj=table_obj(120, 80, 72, up="z"))
    open_unit = look(tmp_path, "table.obj", {}, tmp_path / "table.png")
    assert (open_unit.units, open_unit.up, open_unit.size) == (("cm", "mm"), "z", (1.2, 0.8, 0.72))
    assert open_unit.likely() == {}
    assert "kind" not in open_unit.known()
    assert open_unit.heights == pytest.approx((0.72,), abs=1e-4)
    small = look(tmp_path, "table.obj", {"unit": "mm"}, tmp_path / "table.png")
    assert (small.size, small.heights) == ((0.12, 0.08, 0.072), ())


@pytest.mark.parametrize("up", ["y", "z"])
def test_a_table_becomes_a_support_with_its_exact_top(tmp_path: Path, up: str) -> None:
    write(tmp_path, table__obj=table_obj(120, 80, 72, up=up))
    found = made(tmp_path, "table.obj", said(kind="support", unit="cm", up=up)).card
    assert (found.size, found.symmetry, found.has_front) == ((1.2, 0.8, 0.72), 2, False)
    (surface,) = found.surfaces
    assert surface.height == pytest.approx(0.72, abs=1e-4)
    assert np.abs(surface.outline) == pytest.approx(np.tile([0.59, 0.39], (4, 1)), abs=0.006)


def test_a_round_can_looks_the_same_from_every_side(tmp_path: Path) -> None:
    can = trimesh.creation.cylinder(3.5, 11, sections=64)
    write(tmp_path, can__obj=trimesh.exchange.obj.export_obj(can))
    found = made(tmp_path, "can.obj", said(unit="cm", up="z")).card
    assert found.symmetry == 0
    assert found.size == pytest.approx((0.07, 0.07, 0.11), abs=1e-4)


SIDES = [(up, side) for up in ("y", "z") for side in side_yaws(up)]


@pytest.mark.parametrize(("up", "side"), SIDES)
def test_the_side_that_is_named_comes_to_face_minus_y(tmp_path: Path, up: str, side: str) -> None:
    axis, sign = "xyz".index(side[1]), float(f"{side[0]}1")
    # A box with a small nose on the named side; 20 x 20 cm and 10 cm high, the nose 5 cm long.
    size = [20.0, 20.0, 20.0]
    size["xyz".index(up)] = 10.0
    low, high = -np.array(size) / 2, np.array(size) / 2
    nose_low, nose_high = np.array([-1.0, -1.0, -1.0]), np.array([1.0, 1.0, 1.0])
    nose_low[axis], nose_high[axis] = sorted((sign * 10, sign * 15))
    text = "mtllib m.mtl\n" + box_obj(tuple(low), tuple(high), material="red")
    text += box_obj(tuple(nose_low), tuple(nose_high), first=9, material="blue")
    write(tmp_path, nose__obj=text, m__mtl=MTL)
    mesh = as_mesh(read_model(tmp_path, "nose.obj"), said(unit="cm", up=up, front=side))
    nose = next(part for part in mesh.parts if part.material.colour_3[2] > 0.9)
    assert nose.positions_V3[:, 1].min() == pytest.approx(-0.125, abs=1e-6)
    assert nose.positions_V3[:, 1].max() == pytest.approx(-0.075, abs=1e-6)
    assert nose.positions_V3[:, 0] == pytest.approx(np.sign(nose.positions_V3[:, 0]) * 0.01, abs=1e-6)
    assert np.ptp(mesh.points(), axis=0) == pytest.approx([0.2, 0.25, 0.1], abs=1e-6)


def test_a_texture_comes_along_smaller_and_the_same_model_gives_the_same_bytes(tmp_path: Path) -> None:
    write(tmp_path, box__glb=box_gltf((0.2, 0.1, 0.3), picture=quarters(256)).glb())
    first = made(tmp_path, "box.glb", said(picture_side=64, front="+x"))
    assert first == made(tmp_path, "box.glb", said(picture_side=64, front="+x"))
    write(tmp_path, again__glb=first.glb)
    (part,) = load_mesh(tmp_path / "again.glb").parts
    assert part.material.texture is not None
    assert part.material.texture.size == (64, 64)
    corner_3 = np.asarray(part.material.texture)[4, 4].astype(float)
    assert corner_3 == pytest.approx([200, 0, 0], abs=12)
    assert first.card.size == (0.3, 0.2, 0.1)
    assert first.card.source == "Toys, https://example.org, box.glb"


def test_a_file_of_no_unit_is_as_high_as_somebody_says(tmp_path: Path) -> None:
    write(tmp_path, vase__obj=box_obj((0, 0, 0), (2, 8, 4)))
    mesh = as_mesh(read_model(tmp_path, "vase.obj"), said(height=20))
    assert np.ptp(mesh.points(), axis=0) == pytest.approx([0.05, 0.1, 0.2], abs=1e-6)
    form = Form(tmp_path / "models.yaml")
    form.append([entry_text("vase.obj", [], {"id": "vase", "up": "y"})])
    assert "unit" in form.open("vase.obj")
    form.answer("vase.obj", "height", "20")
    assert "unit" not in form.open("vase.obj")


def test_many_faces_become_as_few_as_are_asked_for(tmp_path: Path) -> None:
    ball = trimesh.creation.icosphere(5, 0.1)
    ball.vertices[:, 2] = np.maximum(ball.vertices[:, 2], -0.08)
    write(tmp_path, ball__obj=trimesh.exchange.obj.export_obj(ball))
    fewer = as_mesh(read_model(tmp_path, "ball.obj"), said(up="z", triangles=2000))
    assert len(ball.faces) == 20480
    assert sum(len(part.faces_F3) for part in fewer.parts) < 2200


@pytest.mark.parametrize(
    ("text", "answers", "message"),
    [
        (y_up(LEANING), {"unit": "cm"}, "toy.obj: it does not stand by itself: `settle` it"),
        (
            box_obj((0, 0, 0), (90, 30, 30)),
            {"unit": "cm"},
            "it is 90.0 x 30.0 x 30.0 cm; what stands on a table is 3 to 50",
        ),
        (box_obj((0, 0, 0), (20, 20, 10)), {"unit": "mm"}, "it is 2.0 x 1.0 x 2.0 cm; what stands on a table"),
        (box_obj((0, 0, 0), (20, 20, 20)), {"unit": "cm", "kind": "support"}, "it has no level area of 0.15 m2"),
        (
            box_obj((0, 0, 0), (50, 200, 50)),
            {"unit": "mm", "kind": "furniture", "scale": 0.5},
            "the largest side of furniture is 20 cm to 4 m",
        ),
        (table_obj(2, 2, 1.4), {"kind": "support"}, "its topmost surface is 140 cm high, not 25 to 115 cm"),
        (
            box_obj((0, 0, 0), (20, 20, 10)),
            {"unit": "cm", "front": "+z"},
            "it looks the same after a turn by 180 degrees",
        ),
        (box_obj((0, 0, 0), (9, 9, 9)), {"unit": "mm", "scale": 1e-6}, "no face of it is larger than 0.1 by 0.1 mm"),
        (box_obj((0, 0, 0), (20, 20, 20)), {"unit": "cm", "licence": "MIT"}, "put it beside the model as LICENSE.txt"),
    ],
    ids=[
        "leaning",
        "too large",
        "too small",
        "no support",
        "small furniture",
        "too high",
        "no front",
        "nothing left",
        "no text",
    ],
)
def test_what_does_not_fit_is_told_in_a_sentence(
    tmp_path: Path, text: str, answers: dict[str, Any], message: str
) -> None:
    write(tmp_path, toy__obj=text)
    with pytest.raises(ValueError) as told:
        made(tmp_path, "toy.obj", said(**answers))
    assert str(told.value).startswith("toy.obj: ")
    assert message in str(told.value)


def test_what_does_not_stand_can_be_laid_down_or_pressed_flat(tmp_path: Path) -> None:
    egg = trimesh.creation.icosphere(3, 4.0)
    egg.vertices[:, 2] *= 1.4
    egg.apply_transform(trimesh.transformations.rotation_matrix(np.radians(5), [1, 0, 0]))
    write(tmp_path, toy__obj=y_up(LEANING), egg__obj=trimesh.exchange.obj.export_obj(egg))
    lying = as_mesh(read_model(tmp_path, "toy.obj"), said(unit="cm", settle=True))
    assert stands(lying)
    assert np.ptp(lying.points(), axis=0)[2] < 0.15
    model = read_model(tmp_path, "egg.obj")
    assert not stands(as_mesh(model, said(unit="cm", up="z")))
    pressed = as_mesh(model, said(unit="cm", up="z", flatten=8))
    assert stands(pressed)
    height = 2 * np.hypot(5.6 * np.cos(np.radians(5)), 4 * np.sin(np.radians(5))) / 100
    assert np.ptp(pressed.points(), axis=0)[2] == pytest.approx(height - 0.008, abs=3e-4)


# Answers.


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "thing"}, "kind: 'thing': Input should be 'object', 'support' or 'furniture'"),
        ({"colour": "red"}, "colour: unknown key; there are id, kind, category_en"),
        ({"description_en": "the mug"}, "description_en: 'the mug': write English without article and full stop"),
        ({"description_en": "蓝色"}, "description_en: '蓝色': write English"),
        ({"description_zh": "mug"}, "description_zh: 'mug': write Chinese"),
        ({"creator": "a|b"}, "creator: 'a|b': write a line of text without |"),
        ({"id": "My Mug"}, "id: 'My Mug': String should match pattern"),
        ({"scale": 0}, "scale: 0: Input should be greater than 0"),
        (
            {"licence": "CC-BY-NC-4.0"},
            "licence: 'CC-BY-NC-4.0': it forbids commercial use; leave the model out, or name",
        ),
        ({"licence": "CC BY-SA 4.0"}, "it passes its terms on to every picture; leave the model out"),
        ({"licence": "CC-BY-ND-3.0"}, "it forbids changes; leave the model out"),
        (
            {"licence": "found it"},
            "licence: 'found it': it is not known here; leave the model out, or name one of CC0-1.0",
        ),
    ],
)
def test_an_answer_that_cannot_be_is_told_with_its_key(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as told:
        said(**change)
    assert message in str(told.value)


def test_licences_are_known_by_the_names_people_write_and_each_has_its_terms() -> None:
    assert [as_licence(text) for text in ("cc0", "CC BY 4.0", "apache 2.0", "mit")] == [
        "CC0-1.0", "CC-BY-4.0", "Apache-2.0", "MIT",
    ]  # fmt: skip
    assert tuple(TERMS) == get_args(Licence)
    assert all(as_licence(name) == name for name in TERMS)


def test_the_nearest_licence_goes_with_a_model_and_its_notice_too(tmp_path: Path) -> None:
    write(tmp_path, LICENSE__txt="outer\n", a___License__md="inner\n", a___NOTICE="notice\n")
    assert licence_text(tmp_path, "a/mug.glb") == "inner\n\nnotice\n"
    assert licence_text(tmp_path, "mug.glb") == "outer\n"
    (tmp_path / "a/COPYING").symlink_to(tmp_path / "LICENSE.txt")
    with pytest.raises(ValueError, match="its licence is a link that leads out of the folder"):
        licence_text(tmp_path / "a", "mug.glb")


def test_words_that_are_taken_are_told_with_their_owner() -> None:
    there = card(
        id="mug", category_en="mug", category_zh="马克杯", description_en="Blue mug", description_zh="蓝色马克杯"
    )
    faults = check_words(
        {
            "a.glb": said(id="a", description_en="blue mug", description_zh="甲"),
            "b.glb": said(id="b", description_en="red mug", description_zh="甲"),
            "c.glb": said(id="b", description_en="c", description_zh="乙", category_en="mug", category_zh="杯子"),
            "d.glb": said(id="d", description_en="d", description_zh="丁", front="+y"),
        },
        [there],
    )
    assert faults == [
        "a.glb: description_en: mug is 'blue mug', too; say what tells them apart",
        "b.glb: description_zh: a.glb is '甲', too; say what tells them apart",
        "c.glb: id: b.glb has the id 'b', too; choose another",
        "c.glb: category_zh: the category 'mug' is '马克杯' elsewhere; write that",
        "d.glb: front: +y is up or down; the sides are +z, +x, -z, -x",
    ]


@given(st.text(max_size=20), st.sets(st.sampled_from(["a", "b", "a-b", "model"])))
def test_an_id_made_of_any_path_is_one_and_not_taken(path: str, taken: set[str]) -> None:
    name = as_id(path, taken)
    assert card(id=name).id not in taken


def test_ids_tell_apart_what_has_the_same_name() -> None:
    assert as_id("kitchen/Blue Mug.glb") == "blue-mug"
    assert as_id("kitchen/Blue Mug.glb", {"blue-mug"}) == "kitchen-blue-mug"
    assert as_id("mug.glb", {"mug", "mug-2"}) == "mug-3"


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=12)


@settings(max_examples=30)
@given(names=st.lists(NAMES, min_size=1, max_size=3, unique=True), answer=NAMES)
def test_what_is_written_into_the_form_is_read_back_and_comments_stay(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], answer: str
) -> None:
    path = tmp_path_factory.mktemp("form") / "models.yaml"
    form = Form(path)
    form.append(entry_text(f"{name}.glb", ["10 cm: a remark # with signs"], {"id": "mug"}) for name in names)
    answer = " ".join(answer.replace("|", " ").split()) or "x"
    form.answer(f"{names[0]}.glb", "creator", answer)
    form.answer(None, "source", "Toys: all #1")
    again = Form(path)
    assert again.names == tuple(f"{name}.glb" for name in names)
    assert again.entry(f"{names[0]}.glb") == {"id": "mug", "creator": answer, "source": "Toys: all #1"}
    assert path.read_text("utf-8").count("# 10 cm: a remark # with signs") == len(names)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("models: [", "is not valid YAML"),
        ("models:\n", "it holds `all` and `models`"),
        ("modles:\n  a.glb:\n", "it holds `all` and `models`"),
        ("models:\n  a.glb: mug\n", "below `all` and each model stand keys with their values"),
    ],
)
def test_a_form_that_is_none_is_told(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path, models__yaml=text)
    with pytest.raises(ValueError, match=message):
        Form(tmp_path / "models.yaml")


def test_an_answer_that_cannot_be_is_told_with_file_and_model(tmp_path: Path) -> None:
    write(
        tmp_path,
        models__yaml="all:\n  licence: GPL-3.0\nmodels:\n  a.glb:\n    scale: big\n    licence: mit\n  b.glb:\n",
    )
    form = Form(tmp_path / "models.yaml")
    with pytest.raises(ValueError, match=r"models\.yaml, a\.glb, scale: 'big': Input should be a valid number"):
        form.open("a.glb")
    with pytest.raises(ValueError, match=r"models\.yaml, b\.glb, licence: 'GPL-3\.0': it passes its terms on"):
        form.answers("b.glb")


def test_the_answers_in_the_documentation_are_valid(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs/assets.md").read_text("utf-8")
    example = next(block for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if block.startswith("all:"))
    write(tmp_path, models__yaml=example)
    form = Form(tmp_path / "models.yaml")
    assert form.wanted == ("mugs/blue.glb", "desk.obj")
    said = {name: form.answers(name) for name in form.wanted if not form.open(name)}
    assert len(said) == 2
    assert check_words(said, []) == []
    keys = set(re.findall(r"`(\w+)[:`]", "\n".join(line for line in text.splitlines() if line.startswith("| `"))))
    assert set(Answers.model_fields) - {"id"} <= keys


# Taking in.


def addition(name: str, **changes: Any) -> Addition:
    words = {"description_en": f"{name} toy", "description_zh": f"玩具{name}"}
    return Addition(card(id=name, **words, **changes), name.encode(), "MIT, mine\n" if "licence" in changes else "")


def files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_what_was_there_stays_and_the_order_of_adding_does_not_show(tmp_path: Path) -> None:
    before = write_toy_catalogue(tmp_path / "one")
    cards = {found.id: found for found in before}
    (tmp_path / "one/CREDITS.md").write_text("# Credits\n\nToys.\n", "utf-8")
    (tmp_path / "two").mkdir()
    for name, content in files(tmp_path / "one").items():
        (tmp_path / "two" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "two" / name).write_bytes(content)
    first, second, third = addition("zebra"), addition("ape", licence="MIT"), addition("cow")
    take_in(tmp_path / "one", [first, second, third])
    for one in (third, second, first, second):
        take_in(tmp_path / "two", [one])
    assert files(tmp_path / "one") == files(tmp_path / "two")
    after = Catalogue(tmp_path / "one").cards
    assert {name: after[name] for name in cards} == cards
    assert list(after) == sorted([*cards, "ape", "cow", "zebra"])
    assert added(tmp_path / "one") == (second, third, first)
    text = (tmp_path / "one/CREDITS.md").read_text("utf-8")
    assert text.startswith("# Credits\n\nToys.\n\n## Added models\n")
    assert "| ape | A. Maker | Toys, https://example.org | MIT (licences/MIT-" in text
    assert "| zebra | A. Maker | Toys, https://example.org | CC0-1.0 |" in text


def test_another_model_of_the_same_id_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    take_in(tmp_path, [addition("ape")])
    before = files(tmp_path)
    with pytest.raises(
        ValueError, match=r"ape: .* has another model of this id, which is never changed; choose another"
    ):
        take_in(tmp_path, [addition("cow"), addition("ape", symmetry=1)])
    assert files(tmp_path) == before


def test_a_run_that_is_killed_before_the_cards_leaves_a_catalogue_that_is_whole(tmp_path: Path) -> None:
    take_in(tmp_path, [addition("ape")])
    cards = (tmp_path / "catalogue.json").read_bytes()
    take_in(tmp_path, [addition("cow")])
    whole = files(tmp_path)
    # As if the second run had been ended after everything but the cards.
    (tmp_path / "catalogue.json").write_bytes(cards)
    assert [found.id for found in cards_in(tmp_path)] == ["ape"]
    assert [found.card.id for found in added(tmp_path)] == ["ape"]
    take_in(tmp_path, [addition("cow")])
    assert files(tmp_path) == whole


def test_cards_are_written_as_the_build_writes_them(tmp_path: Path) -> None:
    take_in(tmp_path, [addition("ape")])
    text = (tmp_path / "catalogue.json").read_text("utf-8")
    assert text == json.dumps(json.loads(text), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    assert "玩具" in text
