"""A handful of samples whose figures are known by heart, and everything that can be wrong with their files."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dagster_gsi.evaluation.official_pictures import same_view
from dagster_gsi.evaluation.official_run import Inputs, Outcome, Run
from dagster_gsi.interchange.official_results import write_problems, write_results, write_summary
from tests.official_by_hand import AWAY, FRAMES, MUG, QUARTER, SIZE, UPRIGHT, OfficialSet, edit, noise, seen

MOVE = edit("Please move the mug 40 centimeters to the right.", new_bbox_3d=AWAY)
MOVED = [seen(AWAY, FRAMES["AWAY"])]


@pytest.fixture
def files(tmp_path: Path) -> OfficialSet:
    return OfficialSet(tmp_path)


def run(files: OfficialSet, limit: int | None = None) -> Outcome:
    inputs = Inputs(files.dataset, files.edited, files.detections, files.judgements, "syn")
    return Run(inputs, limit).evaluate(lambda _: None)


def left_out(outcome: Outcome) -> dict[str, str]:
    return {p.sample: p.reason for p in outcome.problems if p.state == "left out"}


def remarks(outcome: Outcome, key: str) -> str:
    return "\n".join(p.reason for p in outcome.problems if p.state == "scored" and p.sample == key)


def test_a_move_to_the_very_place_has_full_marks(files: OfficialSet) -> None:
    files.add("a", MOVE, found=MOVED, score=8)
    outcome = run(files)
    one = outcome.figures["a_0"]
    # The 5 um that keep ratios finite are all that is missing.
    assert (one.operation, one.compliance, one.accuracy) == ("move", 1.0, pytest.approx(1.0, abs=1e-8))
    assert (one.ssim, one.lpips, one.mse) == (pytest.approx(1.0), 0.0, 0.0)
    assert outcome.summary.appearance == 80.0
    assert outcome.summary.average == pytest.approx((100 + 100 + 100 + 80) / 4)
    assert outcome.problems == []


def test_a_move_of_half_the_way_loses_by_the_logarithm_of_the_root_of_the_ratio(files: OfficialSet) -> None:
    half = [0.2, 0.0, 2.4, *MUG[3:]]
    gone = math.hypot(0.2, 0.4)
    asked = [0.0, 0.0, 2.8, *MUG[3:]]
    files.add("a", edit("Move the mug.", new_bbox_3d=asked), found=[seen(half, [1.0, 1.0, 90.0, 90.0])])
    assert run(files).figures["a_0"].accuracy == pytest.approx(
        0.7 * math.exp(-(math.log(math.sqrt(gone / 0.80001) + 1e-5) ** 2)), abs=1e-9
    )


def test_another_number_of_things_halves_a_move(files: OfficialSet) -> None:
    other = seen([0.0, 0.0, 5.0, *MUG[3:]], [10.0, 10.0, 20.0, 20.0])
    files.add("a", MOVE, origin=[seen(MUG, FRAMES["MUG"]), other], found=MOVED)
    assert run(files).figures["a_0"].accuracy == pytest.approx(0.5, abs=1e-8)


def test_a_removal_complies_where_nothing_is_left_and_costs_what_else_is_gone(files: OfficialSet) -> None:
    others = [seen([float(k), 0.0, 5.0, *MUG[3:]], [10.0 * k, 10.0, 90.0, 90.0]) for k in (1, 2)]
    files.add("gone", edit("Remove the mug."))
    files.add("all gone", edit("Remove the mug."), origin=[seen(MUG, FRAMES["MUG"]), *others])
    files.add("there", edit("Remove the mug."), found=[seen(MUG, FRAMES["MUG"])])
    figures = run(files).figures
    assert [(figures[f"{k}_0"].compliance, figures[f"{k}_0"].accuracy) for k in ("gone", "all gone", "there")] == [
        (1.0, 1.0),
        (0.0, pytest.approx(0.4)),
        (0.0, 0.0),
    ]


def test_an_untouched_picture_has_accuracy_for_a_scaling_without_compliance(files: OfficialSet) -> None:
    doubled = [*MUG[:3], 0.4, 0.4, 0.4, 0.0]
    files.add("a", edit("Enlarge the mug by 100%.", new_bbox_3d=doubled), found=[seen(MUG, FRAMES["MUG"])])
    outcome = run(files)
    accuracy = math.exp(-(math.log(0.2 / 0.20001 / (0.4 / 0.20001 + 1e-5) + 1e-5) ** 2))
    # The ratio of an unchanged thing is one, not its length over itself.
    unchanged = math.exp(-(math.log(1.0 / (0.4 / 0.20001 + 1e-5) + 1e-5) ** 2))
    assert abs(accuracy - unchanged) > 1e-6
    assert outcome.figures["a_0"].accuracy == pytest.approx(unchanged, abs=1e-9)
    assert outcome.figures["a_0"].compliance == 0.0
    assert outcome.summary.spatial_accuracy == pytest.approx(100 * unchanged, abs=1e-6)


TURN = edit("Rotate the mug 90 degrees.", new_rotation_matrix=QUARTER)
TURNED = [0.0, 0.0, 2.1, *MUG[3:]]
TURNED_FRAME = [410.0, 400.0, 520.0, 470.0]


def textured(seed: int) -> Image.Image:
    """A picture full of points to match, with a grain that differs by the seed."""
    tiles = np.random.default_rng(0).integers(0, 256, (32, 32, 3)).repeat(8, axis=0).repeat(8, axis=1)
    grain = np.random.default_rng(seed).normal(0, 3, tiles.shape)
    return Image.fromarray(np.clip(tiles + grain, 0, 255).astype(np.uint8))


@pytest.mark.parametrize(("rotation", "compliance", "accuracy"), [(QUARTER, 1.0, 1.0), (UPRIGHT, 0.0, 0.104)])
def test_a_turn_is_judged_by_its_rotation_where_the_view_is_the_same(
    files: OfficialSet, rotation: list[list[float]], compliance: float, accuracy: float
) -> None:
    files.add("a", TURN, found=[seen(TURNED, TURNED_FRAME, rotation)], edited=textured(2))
    textured(1).save(files.dataset / "a.png")
    one = run(files).figures["a_0"]
    # Without a turn exp(-pi / 2) / 2 is left for being a quarter away; the logarithm of nearly 0 leaves nothing.
    assert (one.compliance, one.accuracy) == (compliance, pytest.approx(accuracy, abs=1e-3))


def test_a_turn_of_a_plain_source_is_another_view(files: OfficialSet) -> None:
    files.add("a", TURN, found=[seen(TURNED, TURNED_FRAME, QUARTER)])
    for path in (files.dataset / "a.png", files.edited / "a_edit_0.png"):
        shade = np.linspace(90, 110, SIZE).astype(np.uint8)
        Image.fromarray(np.tile(shade[:, None, None], (1, SIZE, 3))).save(path)
    assert (run(files).figures["a_0"].compliance, run(files).figures["a_0"].accuracy) == (0.0, 0.0)


def test_of_a_plain_answer_it_cannot_be_told_whether_the_view_is_the_same() -> None:
    plain_HW3 = np.full((256, 256, 3), 128, dtype=np.uint8)
    assert same_view(np.asarray(textured(1)), plain_HW3) is None
    assert same_view(plain_HW3, np.asarray(textured(1))) is False


@pytest.mark.parametrize("size", [SIZE, SIZE // 2])
def test_a_view_change_is_compared_with_its_true_picture_if_the_sizes_agree(files: OfficialSet, size: int) -> None:
    files.add("a", edit("Look the camera left."), truth=noise(0).resize((size, SIZE)))
    one = run(files).figures["a_0"]
    assert one.operation == "view"
    assert one.compliance == one.accuracy == pytest.approx(1.0 if size == SIZE else 0.0)


def test_a_view_change_without_a_true_picture_has_nothing_and_a_remark(files: OfficialSet) -> None:
    files.add("a", edit("Look the camera left."))
    outcome = run(files)
    assert outcome.figures["a_0"].compliance == 0.0
    assert "no true picture" in remarks(outcome, "a_0")


def test_boxes_that_cover_everything_leave_nan_and_an_lpips_of_0(files: OfficialSet) -> None:
    files.add("a", MOVE, origin=[seen(MUG, [-5.0, -5.0, 900.0, 900.0])], found=MOVED)
    outcome = run(files)
    one = outcome.figures["a_0"]
    assert math.isnan(one.ssim)
    assert math.isnan(one.mse)
    assert one.lpips == 0.0
    assert one.compliance == 0.0
    assert "not a number" in remarks(outcome, "a_0")


def test_a_box_left_of_the_picture_masks_all_but_its_last_columns_as_slices_do(files: OfficialSet) -> None:
    changed = np.asarray(noise(0)).copy()
    changed[:, :50] = 255 - changed[:, :50]
    # What it masks, rows and columns up to 20 before the end, is nearly all that is looked at of so small a picture.
    files.add("a", MOVE, origin=[seen(MUG, [-90.0, 0.0, -1.0, 64.0])], edited=Image.fromarray(changed))
    files.add("b", MOVE, origin=[seen(MUG, [0.0, 0.0, 63.0, 64.0])], edited=None)
    Image.open(files.dataset / "a.png").save(files.dataset / "b.png")
    Image.fromarray(changed).save(files.edited / "b_edit_0.png")
    figures = run(files).figures
    assert figures["a_0"].mse == figures["b_0"].mse > 0
    assert figures["a_0"].lpips == figures["b_0"].lpips


@pytest.mark.parametrize(
    ("score", "appearance"),
    [(10, 100.0), (7.5, 75.0), (0, 0.0), (0.0, 0.0), (None, 0.0), ("8", 0.0), ([8], 0.0), (True, 10.0), (-1, -10.0)],
)
def test_a_judgement_that_is_no_number_counts_as_none(files: OfficialSet, score: Any, appearance: float) -> None:
    files.add("a", MOVE, found=MOVED, score=score)
    outcome = run(files)
    assert outcome.summary.appearance == appearance
    # Whatever an answer lacks or denies, the sample has nothing at all.
    assert outcome.summary.instruction_compliance == (100.0 if appearance else 0.0)
    assert outcome.summary.locality_lpips == (100.0 if appearance else 0.0)
    assert ("its figures are 0" in remarks(outcome, "a_0")) == (score is None or isinstance(score, str | list))


@pytest.mark.parametrize("ending", ["", ".jpg", ".png"])
def test_a_judgement_goes_by_the_samples_name_or_its_pictures(files: OfficialSet, ending: str) -> None:
    files.add("a", MOVE, found=MOVED)
    files.answers[0]["meta"]["index"] += ending
    files.save()
    assert run(files).summary.appearance == 100.0


def test_no_judgement_leaves_a_complying_sample_with_nothing_and_a_remark(files: OfficialSet) -> None:
    files.add("a", MOVE, found=MOVED)
    files.answers.clear()
    files.save()
    outcome = run(files)
    assert outcome.summary.average == 0.0
    assert "does not judge it" in remarks(outcome, "a_0")


def test_the_files_hold_what_the_published_ones_do(files: OfficialSet) -> None:
    files.add("a", MOVE, found=MOVED)
    files.add("b", edit("Remove the mug."), found=[seen(MUG, FRAMES["MUG"])])
    outcome = run(files)
    write_results(files.out, outcome.figures)
    write_problems(files.out, outcome.problems)
    means = {"ic": 50.0, "sa": 50.0, "ssim": 50.0, "lpips": 50.0, "ac": 50.0, "average": 50.0}
    write_summary(files.out, "toy", "mine", means, limit=None)
    assert files.read("instruction-compliance_eval_results.json") == {
        "a_0": {"operation": "move", "compliance": 1.0},
        "b_0": {"operation": "remove", "compliance": 0.0},
    }
    assert files.read("instruction-compliance_eval_stats.json") == {
        "operation_success_rate": {"move": {"rate": 1.0, "count": 1}, "remove": {"rate": 0.0, "count": 1}},
        "overall_success_rate": 0.5,
        "overall_total_count": 2,
    }
    assert set(files.read("spatial-accuracy_eval_stats.json")) == {"operation_mean_score", "overall_mean_score"}
    assert files.read("edit-locality_eval_stats.json")["operation_mean_lpips"] == {"move": 0.0, "remove": 0.0}
    assert files.read("EVAL_output_summary.json") == {
        "toy": {
            "mine": {
                "instruction_compliance": 50.0,
                "spatial_accuracy": 50.0,
                "edit_locality": {"ssim": 50.0, "lpips": 50.0},
                "ac": 50.0,
                "average": 50.0,
            }
        }
    }


def _remove(path: Path) -> None:
    path.unlink()


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:200])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize(
    ("spoil", "file", "reason"),
    [
        (_remove, "pictures/a_edit_0.png", "no edited picture a_edit_0.png"),
        (_cut, "pictures/a_edit_0.png", "a_edit_0.png cannot be opened"),
        (_empty, "pictures/a_edit_0.png", "a_edit_0.png cannot be opened"),
        (_remove, "set/a.png", "no source a.jpg, .jpeg or .png"),
        (_cut, "set/a.png", "a.png cannot be opened"),
        (lambda path: Image.new("RGB", (1, 1)).save(path), "set/a.png", "1 x 1 pixels is too small"),
        (_remove, "set/a_edit_0.json", "no a_edit_0.json"),
        (_cut, "set/a_edit_0.json", "a_edit_0.json cannot be read"),
        (lambda path: path.write_bytes(b"\xff\xfe{}"), "set/a_edit_0.json", "a_edit_0.json cannot be read"),
    ],
)
def test_a_spoilt_file_leaves_its_sample_out_with_the_reason_and_the_others_in(
    files: OfficialSet, spoil: Callable[[Path], Any], file: str, reason: str
) -> None:
    files.add("a", MOVE, found=MOVED)
    files.add("b", MOVE, found=MOVED)
    spoil(files.out.parent / file)
    outcome = run(files)
    assert set(outcome.figures) == {"b_0"}
    assert set(left_out(outcome)) == {"a_0"}
    assert reason in left_out(outcome)["a_0"]
    assert outcome.summary.instruction_compliance == 100.0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"prompt": "Slide the mug."}, "'Slide the mug.'"),
        ({"prompt": 3}, "a_edit_0.json, prompt"),
        ({"new_bbox_3d": None}, "no `new_bbox_3d`"),
        ({"new_bbox_3d": ["0.1", *AWAY[1:]]}, "a_edit_0.json, new_bbox_3d.0"),
        ({"original_bbox_3d": [1.0, 2.0]}, "a_edit_0.json, original_bbox_3d"),
        ({"camera_intrinsics": "wide"}, "a_edit_0.json, camera_intrinsics"),
        ({"rotation_matrix": None}, "no `rotation_matrix`"),
    ],
)
def test_a_wrong_key_of_an_edit_is_named(files: OfficialSet, change: dict[str, Any], reason: str) -> None:
    files.add("a", MOVE, found=MOVED)
    files.write_edit("a", {**MOVE, **change})
    outcome = run(files)
    assert outcome.figures == {}
    assert reason in left_out(outcome)["a_0"]


@pytest.mark.parametrize(
    ("change", "remark"),
    [
        ({"new_bbox_3d": [math.nan, *AWAY[1:]]}, "`new_bbox_3d` holds a number that is not finite"),
        ({"new_bbox_3d": [math.inf, *AWAY[1:]]}, "`new_bbox_3d` holds a number that is not finite"),
        ({"new_bbox_3d": [0.4, 0.0, -2.0, *AWAY[3:]]}, "`new_bbox_3d` reaches behind the camera"),
        ({"camera_intrinsics": [[0.0] * 3] * 3}, "`camera_intrinsics` is singular"),
    ],
)
def test_odd_numbers_are_scored_as_published_with_a_remark(
    files: OfficialSet, change: dict[str, Any], remark: str
) -> None:
    files.add("a", MOVE, found=MOVED)
    files.write_edit("a", {**MOVE, **change})
    outcome = run(files)
    assert set(outcome.figures) == {"a_0"}
    assert remark in remarks(outcome, "a_0")


def test_a_lack_that_the_formulas_never_come_to_is_still_told(files: OfficialSet) -> None:
    files.add("a", edit("Move the mug."), found=[])
    outcome = run(files)
    assert outcome.figures["a_0"].compliance == 0.0
    assert remarks(outcome, "a_0") == "a_edit_0.json: there is no `new_bbox_3d`, which a move needs"


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ({"detections": [{"bbox_3d": MUG}]}, "a_0.new_result.detections.0.bbox_2d: field required"),
        ({"detections": [seen(["x", *MUG[1:]], FRAMES["MUG"])]}, "a_0.new_result.detections.0.bbox_3d.0"),
        ({"detections": None}, "a_0.new_result.detections"),
        ({"detections": [seen(AWAY, [math.inf, 0.0, 1.0, 1.0])]}, "infinity"),
        (None, "a_0.new_result"),
    ],
)
def test_a_wrong_key_of_a_detection_is_named(files: OfficialSet, result: Any, reason: str) -> None:
    files.add("a", MOVE, found=MOVED)
    files.cache["a_0"]["new_result"] = result
    files.save()
    assert reason in left_out(run(files))["a_0"]


def test_a_cache_of_another_set_leaves_every_sample_out(files: OfficialSet) -> None:
    files.add("a", MOVE, found=MOVED)
    files.detections.write_text(json.dumps({"other_0": files.cache["a_0"]}), encoding="utf-8")
    assert "infer_cache.json has no entry 'a_0'" in left_out(run(files))["a_0"]


@pytest.mark.parametrize(
    ("name", "picture", "remark"),
    [
        ("alpha.png", noise(0).convert("RGBA"), "alpha"),
        ("cmyk.jpg", noise(0).convert("CMYK"), "CMYK"),
        ("deep.png", Image.fromarray(np.full((SIZE, SIZE), 40_000, dtype=np.uint16)), "16 bits"),
        ("one.png", Image.new("RGB", (1, 1)), "1 x 1 pixels and was brought to"),
        ("wide.png", noise(0).resize((200, 40)), "200 x 40 pixels and was brought to"),
    ],
)
def test_an_unusual_picture_is_taken_as_published_with_a_remark(
    files: OfficialSet, name: str, picture: Image.Image, remark: str
) -> None:
    files.add("a", MOVE, found=MOVED)
    (files.edited / "a_edit_0.png").unlink()
    picture.save(files.edited / f"a_edit_0{Path(name).suffix}")
    outcome = run(files)
    assert set(outcome.figures) == {"a_0"}
    assert remark in remarks(outcome, "a_0")


def test_of_an_animated_picture_the_first_frame_counts(files: OfficialSet) -> None:
    files.add("a", MOVE, found=MOVED)
    frames = [noise(0), noise(1)]
    frames[0].save(files.edited / "a_edit_0.png", save_all=True, append_images=frames[1:])
    outcome = run(files)
    assert "animated" in remarks(outcome, "a_0")
    assert outcome.figures["a_0"].mse == 0.0


def test_names_decide_as_they_do_in_the_published_code(files: OfficialSet) -> None:
    for image in ("a", "b", "c", "d"):
        files.add(image, MOVE, found=MOVED)
    # .jpg comes before .png; a source may only begin with the image's name; "_rgb" does not count.
    noise(9).save(files.edited / "a_edit_0.jpg")
    (files.dataset / "b.png").rename(files.dataset / "b_more.png")
    (files.edited / "c_edit_0.png").rename(files.edited / "c_rgb_edit_0.png")
    (files.edited / "d_edit_0.png").rename(files.edited / "d_edit_0.webp")
    noise(1).save(files.edited / "whatever.png")
    noise(1).save(files.edited / "a_edit_0_vis.png")
    (files.dataset / "a_edit_0_vis.json").write_text("{}", encoding="utf-8")
    outcome = run(files)
    assert set(outcome.figures) == {"a_0", "b_0", "c_0"}
    assert outcome.figures["a_0"].mse > 100
    assert outcome.figures["b_0"].mse == outcome.figures["c_0"].mse == 0.0
    assert "a_edit_0.jpg was taken, not a_edit_0.png" in remarks(outcome, "a_0")
    assert "b_more.png" in remarks(outcome, "b_0")
    assert "_rgb" in remarks(outcome, "c_0")
    assert "no edited picture" in left_out(outcome)["d_0"]
    ignored = {p.sample for p in outcome.problems if p.state == "ignored"}
    assert ignored == {"d_edit_0.webp", "whatever.png", "a_edit_0_vis.png"}


def test_a_picture_that_cannot_be_opened_gives_way_to_the_next_of_its_name(files: OfficialSet) -> None:
    files.add("a", MOVE, found=MOVED)
    (files.edited / "a_edit_0.jpg").write_bytes(b"no picture")
    outcome = run(files)
    assert outcome.figures["a_0"].mse == 0.0
    assert "a_edit_0.jpg cannot be opened" in remarks(outcome, "a_0")


def test_of_two_true_pictures_the_one_of_that_very_query_is_taken(files: OfficialSet) -> None:
    files.add("a", edit("Look the camera left."), truth=noise(0))
    noise(7).save(files.dataset / "a_x_gtedit_01.png")
    assert run(files).figures["a_0"].compliance == pytest.approx(1.0)


def test_a_limit_takes_the_first_by_name(files: OfficialSet) -> None:
    for image in ("b", "a", "c"):
        files.add(image, MOVE, found=MOVED)
    assert set(run(files, limit=2).figures) == {"a_0", "b_0"}
