"""From files to rows, with a detector that says what it is told to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from PIL import Image

from dagster_gsi.detectors.base import Detection, Query
from dagster_gsi.evaluation import official, official_pictures
from dagster_gsi.evaluation.case import Case, read_case
from dagster_gsi.evaluation.rows import Evaluator
from dagster_gsi.geometry.box import Box
from dagster_gsi.geometry.pose import Pose
from dagster_gsi.judges.base import Request, Verdict
from dagster_gsi.operations.view import View
from dagster_gsi.rendering.base import Geometry
from dagster_gsi.scenes.scene import Scene, Words
from tests.samples_by_hand import make_pair


@dataclass(frozen=True)
class Sees:
    """A detector that sees the things of a scene where they are."""

    version: ClassVar[str] = "toy-1"
    finds_all: ClassVar[bool] = False
    any_label: ClassVar[bool] = True
    scene: Scene

    def detect(self, query: Query) -> tuple[Detection, ...]:
        if not self.scene.has(query.target):
            return ()
        return (Detection(query.label, self.scene.find(query.target).box, 0.9),)


@dataclass(frozen=True)
class Says:
    score: float | None
    version: str = "told 1"

    def judge(self, requests: Sequence[Request]) -> list[Verdict]:
        assert all(request.instruction for request in requests)
        return [Verdict(self.score, f"of {request.sample_id}") for request in requests]

    def usage(self) -> dict[str, float]:
        return {}


MOVE, ROTATE, SCALE, REMOVE = range(4)


def case_of(number: int) -> Case:
    """A sample whose things are a block each, untouched as yet."""
    sample, pictures = make_pair(number)
    ids = np.zeros((96, 128), dtype=np.uint16)
    for index, value in enumerate(sample.instances.values()):
        ids[40:50, 20 + 30 * index : 30 + 30 * index] = value
    geometry = Geometry(ids, pictures.source_geometry.depth_HW)
    pictures = replace(pictures, source_geometry=geometry, target_geometry=geometry)
    return Case(sample, pictures, np.asarray(pictures.source), "scored", "")


def evaluator(scene: Scene, score: float | None = 8.0) -> Evaluator:
    return Evaluator(Sees(scene), Says(score), ("strict", "official"))


@pytest.mark.parametrize("number", [MOVE, ROTATE, SCALE, REMOVE])
def test_the_asked_state_in_untouched_surroundings_has_full_marks_but_the_judges(number: int) -> None:
    case = case_of(number)
    row = evaluator(case.sample.after).rows([case], "m")[0]
    assert (row.protocol, row.status) == ("strict", "scored")
    assert (row.ic, row.sa, row.ac, row.el) == (100.0, pytest.approx(100.0), 80.0, 100.0)
    assert row.avg == pytest.approx(95.0)


@pytest.mark.parametrize("number", [MOVE, ROTATE, SCALE, REMOVE])
def test_the_old_state_has_no_marks_but_keeps_what_was_measured(number: int) -> None:
    case = case_of(number)
    row = evaluator(case.sample.before).rows([case], "m")[0]
    assert (row.ic, row.sa, row.ac, row.el, row.avg) == (0.0, 0.0, 0.0, 0.0, 0.0)
    assert (row.appearance, row.locality) == (80.0, 100.0)


@dataclass(frozen=True)
class SeesAll:
    """A detector that sees all things of a kind, a quarter of a metre too deep, without knowing their names."""

    version: ClassVar[str] = "toy-1"
    finds_all: ClassVar[bool] = True
    any_label: ClassVar[bool] = True
    before: Scene
    after: Scene

    def detect(self, query: Query) -> tuple[Detection, ...]:
        scene = self.before if query.role == "origin" else self.after
        deeper = Pose(np.eye(3), 0.25 * scene.camera.ahead_3)
        boxes = [Box(deeper @ thing.box.pose_wb, thing.box.size_3) for thing in scene.of_category(query.label)]
        return tuple(Detection(query.label, box, 0.9) for box in boxes)


@pytest.mark.parametrize("number", [MOVE, ROTATE, SCALE, REMOVE])
def test_a_detector_without_names_is_used_as_well_and_its_bias_does_not_count(number: int) -> None:
    case = case_of(number)
    before, after = case.sample.before, case.sample.after
    done, undone = (
        Evaluator(SeesAll(before, scene), Says(8.0), ("strict",)).rows([case], "m")[0] for scene in (after, before)
    )
    assert (done.ic, done.sa) == (100.0, pytest.approx(100.0))
    assert undone.ic == 0.0


def test_a_removal_that_loses_another_thing_does_not_comply_and_says_so() -> None:
    case = case_of(REMOVE)
    row = evaluator(case.sample.after.without("book")).rows([case], "m")[0]
    assert row.ic == 0.0
    assert (row.others_lost, row.lost) == (1, "book")
    assert "thick book" in row.reason


def test_another_picture_fails_the_gate_whatever_the_detector_sees() -> None:
    case = case_of(MOVE)
    other = np.random.default_rng(9).integers(0, 256, case.source_HW3.shape, dtype=np.uint8)
    row = evaluator(case.sample.after).rows([replace(case, edited_HW3=other)], "m")[0]
    assert (row.gate, row.ic) == (False, 0.0)
    assert row.reason.startswith("The rest of the picture was not left alone")


def test_a_judge_that_fails_leaves_the_score_open_where_it_would_count() -> None:
    case = case_of(MOVE)
    done = evaluator(case.sample.after, None).rows([case], "m")[0]
    assert (done.status, done.ac, done.avg, done.ic) == ("unjudged", None, None, 100.0)
    undone = evaluator(case.sample.before, None).rows([case], "m")[0]
    assert (undone.status, undone.ac) == ("scored", 0.0)


@pytest.mark.parametrize("compliance", [1.0, 0.0])
def test_a_judge_that_fails_leaves_every_official_figure_open_where_it_would_count(
    compliance: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = official.Score("move", compliance, compliance, official_pictures.Locality(0.9, 0.1, 2.0), gate=True)
    monkeypatch.setattr(official, "score", lambda *_, **__: one)
    case = case_of(MOVE)
    row = evaluator(case.sample.after, None).rows([case], "m")[1]
    assert row.protocol == "official"
    if compliance:
        assert (row.status, row.ic, row.sa, row.ac, row.el, row.avg) == ("unjudged", None, None, None, None, None)
        assert row.reason.endswith(f"The judge failed: of {case.sample.id}")
    else:
        assert (row.status, row.ic, row.sa, row.ac, row.el, row.avg) == ("scored", 0.0, 0.0, 0.0, 0.0, 0.0)


def unseen_view(truth: Image.Image | None) -> Case:
    """A change of view whose source has no depth, answered with the source; its scene is not known at all."""
    case = case_of(MOVE)
    nothing = Geometry(np.zeros((96, 128), dtype=np.uint16), np.zeros((96, 128), dtype=np.float32))
    before = replace(case.sample.before, things=())
    edit = View("turn_left", 0.2)
    sample = replace(
        case.sample,
        edit=edit,
        before=before,
        after=edit.apply(before),
        instruction=Words("Rotate the camera 11 degrees to the left.", ""),
    )
    pictures = replace(case.pictures, target=truth, source_geometry=nothing, target_geometry=nothing)
    return replace(case, sample=sample, pictures=pictures)


def test_a_changed_view_without_depth_is_undetected_but_for_the_official_protocol_which_compares_with_the_truth() -> (
    None
):
    case = unseen_view(case_of(MOVE).pictures.source)
    strict, published = evaluator(case.sample.before).rows([case], "m")
    assert (strict.status, strict.ic, strict.avg) == ("undetected", None, None)
    assert strict.reason.startswith("the depth of the source is known for 0% of its pixels")
    assert (published.status, published.ic, published.sa, published.ac) == ("scored", 100.0, 100.0, 80.0)
    assert published.reason == "By the published formulas: likeness to the true picture 1.00."
    assert (published.gate, published.present) == (None, None)


def test_without_a_true_picture_a_changed_view_has_no_official_figures() -> None:
    case = unseen_view(None)
    rows = evaluator(case.sample.before).rows([case], "m")
    assert [(row.status, row.ic, row.avg) for row in rows] == [("undetected", None, None)] * 2
    assert rows[1].reason == "The set holds no true picture of the view to compare with."


@pytest.mark.parametrize(("environment", "ic"), [("real", 100.0), ("table", 0.0)])
def test_the_background_of_a_capture_may_change_more_by_the_official_protocol(environment: str, ic: float) -> None:
    """Noise over everything leaves a structure that is hardly alike and a look that is, which is enough for captures."""
    case = case_of(SCALE)
    smooth = np.full_like(case.source_HW3, 128)
    noise_HW3 = np.random.default_rng(0).integers(-2, 3, smooth.shape)
    noisy = (smooth + noise_HW3).astype(np.uint8)
    pictures = replace(case.pictures, source=Image.fromarray(smooth))
    case = replace(case, sample=replace(case.sample, environment=environment), pictures=pictures, edited_HW3=noisy)
    row = evaluator(case.sample.after).rows([case], "m")[1]
    assert (row.gate, row.ic) == (bool(ic), ic)


def test_many_cases_are_judged_at_once_and_each_gets_its_own_verdict() -> None:
    cases = [
        case_of(MOVE),
        replace(case_of(ROTATE), edited_HW3=None, status="missing", reason="not made"),
        case_of(SCALE),
    ]
    rows = evaluator(cases[0].sample.after, None).rows(cases, "m")
    assert [(row.sample, row.protocol) for row in rows] == [
        (case.sample.id, protocol) for case in cases for protocol in ("strict", "official")
    ]
    assert rows[0].reason.endswith(f"of {cases[0].sample.id}")
    assert rows[2].status == "missing"


def written(tmp_path: Path, image: Image.Image) -> Case:
    sample, pictures = make_pair(MOVE)
    image.save(tmp_path / "a.png")
    return read_case(sample, pictures, tmp_path / "a.png", None)


def test_a_picture_of_the_same_proportions_is_brought_to_the_sources_size(tmp_path: Path) -> None:
    """The source has 128 x 96 pixels."""
    case = written(tmp_path, Image.new("RGB", (256, 192), (10, 20, 30)))
    assert case.status == "scored"
    assert case.edited_HW3 is not None
    assert case.edited_HW3.shape == (96, 128, 3)
    assert (case.edited_HW3 == (10, 20, 30)).all()


@pytest.mark.parametrize("mode", ["RGBA", "L", "LA", "P"])
def test_pictures_of_other_8_bit_kinds_are_read(mode: str, tmp_path: Path) -> None:
    assert written(tmp_path, Image.new(mode, (128, 96))).status == "scored"


def test_of_an_animation_the_first_frame_counts(tmp_path: Path) -> None:
    sample, pictures = make_pair(MOVE)
    first, second = (Image.new("RGB", (128, 96), colour) for colour in ("red", "blue"))
    first.save(tmp_path / "a.png", save_all=True, append_images=[second])
    case = read_case(sample, pictures, tmp_path / "a.png", None)
    assert case.edited_HW3 is not None
    assert (case.edited_HW3 == (255, 0, 0)).all()


def test_a_picture_in_cmyk_is_read_by_what_it_is_and_not_by_its_name(tmp_path: Path) -> None:
    sample, pictures = make_pair(MOVE)
    Image.new("CMYK", (128, 96), (0, 0, 0, 255)).save(tmp_path / "a.png", "JPEG")
    case = read_case(sample, pictures, tmp_path / "a.png", None)
    assert case.edited_HW3 is not None
    assert case.edited_HW3.max() <= 2


def test_a_picture_under_nearly_the_right_name_is_named_in_the_reason(tmp_path: Path) -> None:
    sample, pictures = make_pair(MOVE)
    path = tmp_path / "a.png"
    assert read_case(sample, pictures, path, None).reason == "a.png was not made."
    pictures.source.save(tmp_path / "a.jpg")
    case = read_case(sample, pictures, path, None)
    assert (case.status, case.reason) == ("missing", "a.png was not made; a.jpg does not count, by its ending.")


@pytest.mark.parametrize(
    ("image", "status"),
    [
        (Image.new("RGB", (128, 128)), "missized"),
        (Image.new("RGB", (1, 1)), "missized"),
        (Image.new("I;16", (128, 96)), "unreadable"),
    ],
    ids=["square", "one-pixel", "16-bit"],
)
def test_a_picture_that_cannot_be_compared_is_a_row_without_marks(
    image: Image.Image, status: str, tmp_path: Path
) -> None:
    case = written(tmp_path, image)
    strict, official = evaluator(case.sample.after).rows([case], "m")
    assert strict.status == official.status == status
    assert (strict.ic, strict.avg) == (0.0, 0.0)
    # The published evaluator leaves such samples out of its means.
    assert (official.ic, official.avg) == (None, None)


def test_a_missing_a_cut_off_and_an_empty_file_have_their_reasons(tmp_path: Path) -> None:
    sample, pictures = make_pair(MOVE)
    path = tmp_path / "a.png"
    assert read_case(sample, pictures, path, "the server was down").reason == "the server was down"
    pictures.source.save(path)
    path.write_bytes(path.read_bytes()[:2000])
    assert read_case(sample, pictures, path, None).status == "unreadable"
    path.write_bytes(b"")
    case = read_case(sample, pictures, path, None)
    assert (case.status, case.edited_HW3) == ("unreadable", None)
    assert "a.png" in case.reason
