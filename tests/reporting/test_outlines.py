from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pytest

from dagster_gsi.geometry.camera import Camera
from dagster_gsi.geometry.shift import Shift
from dagster_gsi.geometry.wireframe import edges_N23, pictured
from dagster_gsi.operations.base import Operation
from dagster_gsi.operations.place import Place
from dagster_gsi.operations.receptacle import Receptacle
from dagster_gsi.operations.view import View
from dagster_gsi.reporting.outlines import (
    ANCHOR,
    ASKED,
    FOUND,
    LOST,
    ORIGINAL,
    Outlines,
    found_camera,
    found_thing,
    outlines_of,
)
from dagster_gsi.reporting.readings import Record
from dagster_gsi.samples.sample import Pictures, Sample
from dagster_gsi.scenes.scene import Thing
from tests.reporting.conftest import row_of

Toys = list[tuple[Sample, Pictures]]
MOVE, _, ROTATE, SCALE, REMOVE = range(5)


def record_of(sample: Sample, found: Thing | None = None, **columns: object) -> Record:
    """A row of the sample in which the target was found as `found`."""
    seen: Record = {}
    if found is not None:
        x, y, z = found.pose_wo.translation_3
        yaw = float(np.degrees(found.pose_wo.yaw))
        seen = {"found_x": x, "found_y": y, "found_z": z, "found_yaw": yaw, "found_scale": found.scale, "present": True}
    return {**asdict(row_of(sample, "warp", "strict", complies=False)), "confidence": 0.9, **seen, **columns}


def target(sample: Sample) -> Thing:
    assert sample.edit.target is not None
    return sample.before.find(sample.edit.target)


def lines_of(outlines: Outlines, colour: tuple[int, int, int]) -> np.ndarray:
    return np.concatenate([s.lines_N22 for s in outlines.edited if s.pen.colour == colour])


def edges(thing: Thing, sample: Sample) -> np.ndarray:
    return pictured(edges_N23(thing.box), sample.before.camera)[0]


def test_the_three_boxes_are_where_the_target_was_should_be_and_is(toy_samples: Toys) -> None:
    for index in (MOVE, SCALE):
        sample, _ = toy_samples[index]
        assert sample.edit.target is not None
        elsewhere = replace(target(sample), scale=0.7)
        outlines = outlines_of(sample, record_of(sample, elsewhere))
        asked = sample.after.find(sample.edit.target)
        for pen, thing in ((ORIGINAL, target(sample)), (ASKED, asked), (FOUND, elsewhere)):
            assert np.allclose(lines_of(outlines, pen.colour), edges(thing, sample), atol=1e-6)
        assert [meaning for _, meaning in outlines.legend] == ["original", "asked", "found (confidence 0.90)"]


def test_the_frame_is_around_everything_that_is_drawn(toy_samples: Toys) -> None:
    sample, _ = toy_samples[MOVE]
    outlines = outlines_of(sample, record_of(sample, target(sample)))
    assert sample.edit.target is not None
    frames = np.array([t.box.picture(sample.before.camera) for t in (target(sample), sample.after.find("red-box"))])
    expected = [*frames[:, :2].min(axis=0), *frames[:, 2:].max(axis=0)]
    assert outlines.frame() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("confidence", "dashed"), [(0.1, True), (0.9, False), (None, False)])
def test_what_was_found_with_little_confidence_is_dashed(
    toy_samples: Toys, confidence: float | None, dashed: bool
) -> None:
    sample, _ = toy_samples[MOVE]
    outlines = outlines_of(sample, record_of(sample, target(sample), confidence=confidence))
    assert [stroke.pen.dashed for stroke in outlines.edited] == [False, False, dashed]


def test_a_target_that_was_not_found_has_no_found_box(toy_samples: Toys) -> None:
    sample, _ = toy_samples[ROTATE]
    outlines = outlines_of(sample, record_of(sample))
    assert [pen for pen, _ in outlines.legend] == [ORIGINAL, ASKED]


def test_only_turns_show_which_side_is_the_front(toy_samples: Toys) -> None:
    counts = [len(outlines_of(toy_samples[index][0], record_of(toy_samples[index][0])).edited[0].lines_N22)
              for index in (MOVE, ROTATE, SCALE)]  # fmt: skip
    assert counts == [12, 12 + 3, 12]


def test_the_front_arrow_of_the_asked_box_is_turned_by_what_was_asked(toy_samples: Toys) -> None:
    sample, _ = toy_samples[ROTATE]
    camera = sample.before.camera
    outlines = outlines_of(sample, record_of(sample))
    for stroke, scene in zip(outlines.edited, (sample.before, sample.after), strict=True):
        thing = scene.find("blue-wedge")
        tip_3 = thing.pose_wo.apply(np.array([[0.0, -0.9 * thing.box.size_3[1], 0.0]]))
        assert stroke.lines_N22[12] == pytest.approx(
            camera.project(np.concatenate([thing.pose_wo.translation_3[None], tip_3]))[0], abs=1e-6
        )


@pytest.mark.parametrize(("symmetry", "turn"), [(2, 180.0), (4, -90.0), (0, 37.0)])
def test_headings_that_look_the_same_are_drawn_the_same(toy_samples: Toys, symmetry: int, turn: float) -> None:
    sample, _ = toy_samples[MOVE]
    thing = replace(target(sample), symmetry=symmetry)
    scene = sample.before.with_thing(thing)
    sample = replace(sample, before=scene, after=sample.edit.apply(scene))
    record = record_of(sample, sample.after.find("red-box"))
    found = found_thing(sample, "red-box", {**record, "found_yaw": record["found_yaw"] + turn})
    assert found is not None
    assert found.pose_wo.is_close(sample.after.find("red-box").pose_wo, atol=1e-6)


def test_a_removal_outlines_what_was_lost_with_the_target(toy_samples: Toys) -> None:
    sample, _ = toy_samples[REMOVE]
    lost = ("red-box", "blue-wedge")
    outlines = outlines_of(sample, record_of(sample, others_lost=2, lost=", ".join(lost)))
    assert [pen for pen, _ in outlines.legend] == [ORIGINAL, LOST]
    expected = np.concatenate([edges(sample.before.find(name), sample) for name in lost])
    assert np.allclose(lines_of(outlines, LOST.colour), expected)


def changed(sample: Sample, edit: Operation) -> Sample:
    return replace(sample, edit=edit, after=edit.apply(sample.before))


def test_a_placement_shows_what_it_is_relative_to(toy_samples: Toys) -> None:
    sample = changed(toy_samples[MOVE][0], Place("red-box", "yellow-mug", "right", 0.25))
    outlines = outlines_of(sample, record_of(sample, reference="yellow-mug"))
    assert [meaning for _, meaning in outlines.legend] == ["reference", "original", "asked"]
    assert np.allclose(lines_of(outlines, ANCHOR.colour), edges(sample.before.find("yellow-mug"), sample))
    assert np.allclose(lines_of(outlines, ASKED.colour), edges(sample.after.find("red-box"), sample))


def test_a_receptacle_is_outlined_at_the_height_on_which_the_target_should_stand(toy_samples: Toys) -> None:
    before = toy_samples[MOVE][0]
    sample = changed(before, Receptacle("red-box", before.before.supports[0].name, "left", (-0.3, 0.0)))
    outlines = outlines_of(sample, record_of(sample, receptacle=before.before.supports[0].name))
    corners_43 = np.array([[x, y, 0.72] for x, y in ((-0.6, -0.4), (0.6, -0.4), (0.6, 0.4), (-0.6, 0.4))])
    sides_423 = np.stack([corners_43, np.roll(corners_43, -1, axis=0)], axis=1)
    assert np.allclose(lines_of(outlines, ANCHOR.colour), pictured(sides_423, sample.before.camera)[0])


def test_a_view_change_shows_every_thing_from_the_old_the_asked_and_the_found_camera(toy_samples: Toys) -> None:
    before = toy_samples[MOVE][0]
    sample = changed(before, View("turn_left", float(np.radians(12))))
    cameras = [sample.before.camera, sample.after.camera, Shift(turn=float(np.radians(9))).of(sample.before.camera)]
    outlines = outlines_of(sample, {**record_of(sample), **STILL, "found_turn": 9.0})
    for strokes, colour, camera in (
        (outlines.source, ORIGINAL.colour, cameras[0]),
        (outlines.edited, ASKED.colour, cameras[1]),
        (outlines.edited, FOUND.colour, cameras[2]),
    ):
        drawn = np.concatenate([stroke.lines_N22 for stroke in strokes if stroke.pen.colour == colour])
        expected = [pictured(edges_N23(thing.box), camera)[0] for thing in sample.before.things]
        assert np.allclose(drawn, np.concatenate(expected), atol=1e-6)
    assert len(outlines_of(sample, record_of(sample)).edited) == len(sample.before.things)


CAMERA = Camera.look_at(np.array([0.3, -2.0, 1.0]), np.array([0.0, 0.0, 0.6]), fov=1.0, width=200, height=200)
STILL = dict.fromkeys(("found_turn", "found_tilt", "found_forward", "found_sideways", "found_up"), 0.0)


def moved(**motion: float) -> Camera:
    camera = found_camera(CAMERA, {**STILL, **motion})
    assert camera is not None
    return camera


def test_a_camera_that_was_not_found_is_none() -> None:
    assert found_camera(CAMERA, {"found_turn": None}) is None


def test_a_camera_that_did_not_move_is_the_same() -> None:
    assert moved().pose_wc.is_close(CAMERA.pose_wc)


def test_a_camera_turned_left_sees_the_middle_on_its_right_and_one_tilted_up_sees_it_below() -> None:
    middle = CAMERA.pose_wc.apply(np.array([[0.0, 0.0, 2.0]]))
    (turned,), _ = moved(found_turn=10.0).project(middle)
    assert turned[0] > 120
    (tilted,), _ = moved(found_tilt=10.0).project(middle)
    assert tilted == pytest.approx([100.0, 100.0 + CAMERA.focal_y * np.tan(np.radians(10))])


def test_a_turned_and_tilted_camera_is_upright_and_looks_where_it_should() -> None:
    ahead = CAMERA.ahead_3
    camera = moved(found_turn=30.0, found_tilt=-5.0)
    assert camera.pose_wc.rotation_33[2, 0] == pytest.approx(0.0, abs=1e-12)
    heading = np.degrees(np.arctan2(camera.ahead_3[1], camera.ahead_3[0]) - np.arctan2(ahead[1], ahead[0]))
    assert heading == pytest.approx(30.0)
    down = [np.degrees(np.arcsin(-c.pose_wc.rotation_33[2, 2])) for c in (CAMERA, camera)]
    assert down[1] - down[0] == pytest.approx(5.0)


def test_shifts_are_along_the_old_heading() -> None:
    camera = moved(found_turn=90.0, found_forward=0.2, found_sideways=-0.1, found_up=0.05)
    shift_3 = camera.pose_wc.translation_3 - CAMERA.pose_wc.translation_3
    assert shift_3 == pytest.approx(0.2 * CAMERA.ahead_3 - 0.1 * CAMERA.right_3 + [0, 0, 0.05])
