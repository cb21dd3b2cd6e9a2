from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dagster_gsi.evaluation.table import Row
from dagster_gsi.geometry.wireframe import edges_N23, faces_N, pictured
from dagster_gsi.reporting.blocks import PAPER, badge, text_block
from dagster_gsi.reporting.explain import PANEL, default_path, draw, explain
from dagster_gsi.reporting.outlines import ASKED, FOUND, ORIGINAL, outlines_of
from dagster_gsi.reporting.readings import Record
from dagster_gsi.reporting.strokes import drawn_over
from dagster_gsi.samples.sample import Pictures, Sample
from dagster_gsi.scenes.scene import Thing
from tests.reporting.conftest import row_of

MakeProject = Callable[..., Path]
Toys = list[tuple[Sample, Pictures]]


def found_at(row: Row, thing: Thing) -> Row:
    """The row with the target found as `thing`."""
    x, y, z = (float(value) for value in thing.pose_wo.translation_3)
    yaw = float(np.degrees(thing.pose_wo.yaw))
    return replace(
        row, found_x=x, found_y=y, found_z=z, found_yaw=yaw, found_scale=thing.scale, present=True, confidence=0.8
    )


def record_of(sample: Sample, **columns: object) -> Record:
    return {**asdict(row_of(sample, "warp", "strict", complies=False)), **columns}


def top_of(page: Image.Image, block: Image.Image, *, left: int) -> int | None:
    """Where the block begins in the page's columns from `left`, or None where it is not."""
    column, part = np.asarray(page)[:, left : left + block.width], np.asarray(block)
    # The row with most different pixels is there at few places only.
    telling = int(np.argmax([len(np.unique(row, axis=0)) for row in part]))
    for row in np.flatnonzero((column == part[telling]).all(axis=(1, 2))):
        top = int(row) - telling
        if top >= 0 and np.array_equal(column[top : top + block.height], part):
            return top
    return None


def opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        assert image.format == "PNG"
        return image.convert("RGB")


def test_the_found_box_is_drawn_along_its_projected_edges_in_both_pictures(
    make_project: MakeProject, toy_samples: Toys, tmp_path: Path
) -> None:
    sample, pictures = toy_samples[0]
    elsewhere = replace(sample.before.find("red-box"), scale=1.3)
    root = make_project(rewrite_row=lambda row: found_at(row, elsewhere) if row.sample == sample.id else row)
    page = opened(explain(root, "warp", sample.id, protocol="strict", out=tmp_path / "a.png").path)
    outlines = outlines_of(sample, asdict(found_at(row_of(sample, "warp", "strict", complies=True), elsewhere)))
    for picture, left in ((pictures.source, 36), (pictures.target, 36 + PANEL + 24)):
        assert picture is not None
        top = top_of(page, drawn_over(picture, outlines.source, width=PANEL), left=left)
        assert top is not None
        pixels_K22, kept_K = pictured(edges_N23(elsewhere.box), sample.before.camera)
        in_front_N = faces_N(elsewhere.box, sample.before.camera.pose_wc.translation_3)
        for (start_2, end_2), index in zip(pixels_K22, kept_K, strict=True):
            if in_front_N[index]:
                middle_2 = (start_2 + end_2) / 2 * PANEL / picture.width
                x, y = (int(value) for value in middle_2)
                near = np.asarray(page)[top + y - 1 : top + y + 2, left + x - 1 : left + x + 2].reshape(-1, 3)
                assert np.abs(near.astype(int) - FOUND.colour).max(axis=-1).min() <= 12


def test_where_found_and_asked_agree_both_colours_show(toy_samples: Toys) -> None:
    sample, pictures = toy_samples[0]
    record = asdict(found_at(row_of(sample, "oracle", "strict", complies=True), sample.after.find("red-box")))
    page = np.asarray(draw(sample, pictures.source, pictures.target, record)).astype(int)
    for pen in (ORIGINAL, ASKED, FOUND):
        assert (np.abs(page - pen.colour).max(axis=-1) <= 8).sum() > 300


def test_instruction_sentence_and_figures_stand_on_the_page(toy_samples: Toys) -> None:
    sample, pictures = toy_samples[0]
    record = record_of(sample, reason="It went the other way.", avg=12.3, limited=True, detector="fit 2")
    page = draw(sample, pictures.source, pictures.target, record)
    after_badge = 36 + badge("FAILS", size=26, colour=(0, 0, 0)).width + 24
    for text, size, is_bold, left in (
        (f"“{sample.instruction.en}”", 34, False, 36),
        ("It went the other way.", 26, False, after_badge),
        ("12.3", 38, True, 36 + 4 * (220 + 24)),
    ):
        block = text_block(text, width=200, size=size, bold=is_bold)
        assert top_of(page, block.crop((0, 0, 60, round(size * 1.2))), left=left) is not None


def test_nothing_touches_the_edge_of_the_page(toy_samples: Toys) -> None:
    for sample, pictures in toy_samples[:5]:
        words = "a reason of very many words " * 40 + "x" * 500
        page = np.asarray(draw(sample, pictures.source, pictures.target, record_of(sample, reason=words)))
        for edge in (page[:30], page[-30:], page[:, :30], page[:, -30:]):
            assert (edge == PAPER).all()


@pytest.mark.parametrize("status", ["missing", "unreadable"])
def test_a_picture_that_is_not_there_is_a_grey_panel_with_the_reason(
    make_project: MakeProject, toy_samples: Toys, tmp_path: Path, status: str
) -> None:
    sample, _ = toy_samples[1]
    root = make_project(rewrite_row=lambda row: replace(row, status=status, reason="the server was down"))
    edited = root / f"data/edits/warp/toy-test/{sample.id}.png"
    edited.unlink()
    if status == "unreadable":
        edited.write_bytes(b"no picture")
    found = explain(root, "warp", sample.id, protocol="strict", out=tmp_path / "a.png")
    assert (found.verdict, found.sentence) == (status, "the server was down")
    page = np.asarray(opened(found.path))
    grey = (page[:, 36 + PANEL + 24 : -36] == (205, 208, 212)).all(axis=-1)
    assert grey.sum() > 0.9 * PANEL * PANEL


def test_small_things_are_shown_closer_and_large_ones_are_not(toy_samples: Toys) -> None:
    sample, pictures = toy_samples[3]
    thing = sample.before.find("green-cylinder")
    small = draw(sample, pictures.source, pictures.target, record_of(sample))
    large = asdict(found_at(row_of(sample, "warp", "strict", complies=False), replace(thing, scale=9.0)))
    assert small.height > draw(sample, pictures.source, pictures.target, large).height + 300


def test_names_become_safe_file_names(tmp_path: Path) -> None:
    path = default_path(tmp_path, "../../my model", "a/b\0c" + "x" * 300)
    assert path.parent == tmp_path / "inspect"
    assert path.name == f"explain-.._.._my_model-a_b_c{'x' * 95}.png"


def test_the_picture_goes_into_inspect_unless_told_otherwise(make_project: MakeProject) -> None:
    root = make_project()
    found = explain(root, "warp", "toy-0-1", protocol="official", out=None)
    assert found.path == root / "inspect/explain-warp-toy-0-1.png"
    assert [path.name for path in found.path.parent.iterdir()] == ["explain-warp-toy-0-1.png"]


def test_equal_rows_give_equal_bytes(make_project: MakeProject, tmp_path: Path) -> None:
    root = make_project()
    one, other = (explain(root, "warp", "toy-0-1", protocol="strict", out=tmp_path / f"{k}.png").path for k in "ab")
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize(
    ("model", "sample", "protocol", "out", "message"),
    [
        ("wrap", "toy-0-0", "strict", "a.png", r"no scores of 'wrap' in .*; the nearest names are: warp"),
        ("warp", "toy-0-9", "strict", "a.png", r"warp has no sample 'toy-0-9'; the nearest names are: toy-0-"),
        ("warp", "toy-0-0", "loose", "a.png", r"no rows of the protocol 'loose'; .* official"),
        ("warp", "toy-0-0", "strict", "a.jpg", r"a\.jpg is not named \*\.png"),
    ],
)
def test_wrong_names_are_answered_with_near_ones_and_nothing_is_written(
    make_project: MakeProject, tmp_path: Path, model: str, sample: str, protocol: str, out: str, message: str
) -> None:
    root = make_project()
    with pytest.raises(ValueError, match=message):
        explain(root, model, sample, protocol=protocol, out=tmp_path / out)
    assert not list(tmp_path.glob("a.*"))


def test_the_official_verdict_is_drawn_with_the_poses_of_the_strict_one(
    make_project: MakeProject, toy_samples: Toys, tmp_path: Path
) -> None:
    sample, pictures = toy_samples[0]
    elsewhere = replace(sample.before.find("red-box"), scale=1.3)

    def rewritten(row: Row) -> Row:
        return found_at(row, elsewhere) if row.protocol == "strict" else replace(row, present=True, confidence=0.8)

    root = make_project(rewrite_row=rewritten)
    page = opened(explain(root, "warp", sample.id, protocol="official", out=tmp_path / "a.png").path)
    outlines = outlines_of(sample, asdict(found_at(row_of(sample, "warp", "official", complies=True), elsewhere)))
    assert top_of(page, drawn_over(pictures.source, outlines.source, width=PANEL), left=36) is not None
