"""Boxes by hand: three mugs alike at 0, 0.3 and 0.6 m along x, seen by a detector that is off by the same in both pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest

from dagster_gsi.detectors.association import Association, associate, seek
from dagster_gsi.detectors.base import Detection, Known, Query
from dagster_gsi.geometry.box import Box
from dagster_gsi.geometry.pose import Pose, wrapped
from dagster_gsi.rendering.base import FIRST_THING, Geometry
from tests.scenes_by_hand import two_mugs_and_a_book

SIZE = (0.09, 0.12, 0.1)
# As a network is off: far too deep, a little to the side, 5 % too large.
BIAS_3 = np.array([0.02, 0.15, 0.01])


def box(x: float, y: float = 0.0, *, scale: float = 1.0, yaw: float = 0.0, size: tuple[float, ...] = SIZE) -> Box:
    """A box on the ground."""
    lengths_3 = np.array(size) * scale
    return Box(Pose.upright(yaw, np.array([x, y, lengths_3[2] / 2])), lengths_3)


def seen(*boxes: Box, confidence: float = 0.8, bias_3: np.ndarray = BIAS_3) -> list[Detection]:
    moved = [Box(Pose(b.pose_wb.rotation_33, b.centre_3 + bias_3), b.size_3 * 1.05) for b in boxes]
    return [Detection("mug", b, confidence) for b in moved]


THREE = {"left": box(0.0), "middle": box(0.3), "right": box(0.6)}
ORIGIN = seen(*THREE.values())


def told(edited: list[Detection], *, target: str = "middle", origin: list[Detection] = ORIGIN) -> Association:
    """The association, which must not depend on the order of the answers."""
    first = associate(THREE, target, origin, edited)
    again = associate(THREE, target, origin[::-1], edited[::-1])
    assert first.lost == again.lost
    assert (first.target is None) == (again.target is None)
    if first.target is not None and again.target is not None:
        assert first.target.box.pose_wb.is_close(again.target.box.pose_wb)
    return first


def found(association: Association) -> Box:
    assert association.target is not None
    return association.target.box


def same(first: Box, second: Box) -> bool:
    return first.pose_wb.is_close(second.pose_wb) and np.allclose(first.size_3, second.size_3)


@pytest.mark.parametrize("target", THREE)
def test_an_untouched_picture_shows_every_target_exactly_where_it_was(target: str) -> None:
    association = told(ORIGIN, target=target)
    assert same(found(association), THREE[target])
    assert association.lost == ()


@pytest.mark.parametrize("target", THREE)
def test_the_moved_one_of_three_alike_is_told_and_the_detectors_bias_cancels(target: str) -> None:
    others = [b for name, b in THREE.items() if name != target]
    place = box(0.2, -0.4, yaw=0.5)
    association = told(seen(*others, place), target=target)
    assert same(found(association), place)
    assert association.lost == ()


def test_a_move_shorter_than_what_the_detector_wanders_is_measured_all_the_same() -> None:
    place = box(0.35)
    assert same(found(told(seen(THREE["left"], place, THREE["right"]))), place)


@pytest.mark.parametrize("factor", [0.5, 0.75, 1.3, 2.0])
def test_a_scaled_thing_is_found_with_its_factor(factor: float) -> None:
    scaled = box(0.3, scale=factor)
    now = found(told(seen(THREE["left"], scaled, THREE["right"])))
    assert now.size_3 == pytest.approx(THREE["middle"].size_3 * factor)
    assert now.centre_3[:2] == pytest.approx([0.3, 0.0])


def test_a_turn_is_measured_from_the_detectors_own_heading() -> None:
    """It sees everything 0.4 rad askew."""
    origin = seen(*(box(x, yaw=0.4) for x in (0.0, 0.3, 0.6)))
    now = found(told(seen(box(0.0, yaw=0.4), box(0.3, yaw=0.4 - 0.7), box(0.6, yaw=0.4)), origin=origin))
    assert wrapped(now.pose_wb.yaw) == pytest.approx(-0.7)


def test_a_removed_target_is_absent_and_no_other_is_missed() -> None:
    assert told(seen(THREE["left"], THREE["right"])) == Association(None, ())


def test_another_that_is_gone_is_lost_and_does_not_take_the_target_with_it() -> None:
    association = told(seen(THREE["left"], THREE["middle"]))
    assert same(found(association), THREE["middle"])
    assert association.lost == ("right",)


def test_everything_gone_is_absent_and_lost() -> None:
    assert told([]) == Association(None, ("left", "right"))


def test_neighbours_of_one_look_that_changed_places_are_where_they_were() -> None:
    """No detector of boxes can tell them apart, and neither can a viewer."""
    association = told(seen(THREE["middle"], THREE["left"], THREE["right"]))
    assert same(found(association), THREE["middle"])


def test_neighbours_of_different_sizes_that_changed_places_are_told_by_their_sizes() -> None:
    known = {"large": box(0.0, scale=2.0), "small": box(0.3)}
    association = associate(known, "large", seen(*known.values()), seen(box(0.0), box(0.3, scale=2.0)))
    assert same(found(association), box(0.3, scale=2.0))


def test_a_copy_elsewhere_does_not_move_the_target() -> None:
    association = told(seen(*THREE.values()) + seen(box(1.2), confidence=0.99))
    assert same(found(association), THREE["middle"])


def test_false_detections_of_both_pictures_are_not_the_target() -> None:
    false = seen(box(1.5, 0.7), confidence=0.99)
    association = told(seen(THREE["left"], THREE["right"]) + false, origin=ORIGIN + false)
    assert association.target is None
    moved = told(seen(THREE["left"], box(0.3, -0.5), THREE["right"]) + false, origin=ORIGIN + false)
    assert same(found(moved), box(0.3, -0.5))


def test_of_two_new_ones_the_more_confident_of_a_fitting_shape_is_the_target() -> None:
    others = seen(THREE["left"], THREE["right"])
    place, worse = seen(box(0.3, -0.4), confidence=0.7), seen(box(0.9, 0.5), confidence=0.5)
    board = seen(box(0.3, 0.8, size=(0.5, 0.5, 0.01)), confidence=0.99)
    cupboard = seen(box(0.3, 0.8, scale=5.0), confidence=0.99)
    assert same(found(told(others + worse + place + board + cupboard)), box(0.3, -0.4))


def test_what_the_detector_missed_in_the_source_is_known_by_its_true_place() -> None:
    """Without bias here: the middle one is not seen in the source, and the left one is the target."""
    origin = seen(THREE["left"], THREE["right"], bias_3=np.zeros(3))
    edited = seen(THREE["middle"], THREE["right"], box(0.0, -0.4), bias_3=np.zeros(3))
    association = told(edited, target="left", origin=origin)
    assert same(found(association), box(0.0, -0.4))
    gone = told(edited[:2], target="left", origin=origin)
    assert gone.target is None
    # Nobody can say that a thing is lost which was never seen.
    assert told(edited[1:], target="left", origin=origin).lost == ()


def test_a_target_that_the_source_did_not_show_the_detector_is_taken_as_it_is_seen() -> None:
    origin = seen(THREE["left"], THREE["right"])
    edited = seen(THREE["left"], THREE["right"], box(0.3, -0.5))
    association = told(edited, origin=origin)
    assert association.target is edited[2]


@pytest.mark.parametrize("seed", range(20))
def test_noise_of_two_centimetres_changes_no_name(seed: int) -> None:
    rng = np.random.default_rng(seed)

    def noisy(detections: list[Detection]) -> list[Detection]:
        return [
            replace(d, box=Box(Pose(d.box.pose_wb.rotation_33, d.box.centre_3 + rng.normal(0, 0.02, 3)), d.box.size_3))
            for d in detections
        ]

    association = told(noisy(seen(THREE["left"], box(0.5, -0.3), THREE["right"])), origin=noisy(ORIGIN))
    assert np.linalg.norm(found(association).centre_3 - box(0.5, -0.3).centre_3) < 0.12
    assert association.lost == ()


SCENE = two_mugs_and_a_book()


@dataclass
class Sees:
    """Sees the things of one scene in the source and of another in the edited picture, by category."""

    version: ClassVar[str] = "toy-1"
    finds_all: ClassVar[bool] = True
    any_label: bool
    asked: list[tuple[str, str]]
    names: tuple[str, ...]

    def detect(self, query: Query) -> tuple[Detection, ...]:
        self.asked.append((query.label, query.role))
        things = SCENE.of_category(query.label)
        shown = [t for t in things if query.role == "origin" or t.name in self.names]
        return tuple(Detection(query.label, t.box, 0.9) for t in shown)


def known(*, shown: tuple[str, ...] = ("mug-1", "mug-2", "book")) -> Known:
    instances = {thing.name: FIRST_THING + index for index, thing in enumerate(SCENE.things)}
    ids_HW = np.zeros((2, 4), dtype=np.uint16)
    ids_HW[0, : len(shown)] = [instances[name] for name in shown]
    picture_HW3 = np.zeros((2, 4, 3), dtype=np.uint8)
    return Known(SCENE, picture_HW3, Geometry(ids_HW, np.ones((2, 4), dtype=np.float32)), instances)


def query(before: Known) -> Query:
    return Query(before.picture_HW3, SCENE.camera, "red mug", "mug-1", before)


def test_the_targets_kind_is_asked_for_in_both_pictures_and_other_kinds_where_others_count() -> None:
    detector = Sees(True, [], ("mug-2",))
    association = seek(detector, query(known()), at_others=True)
    assert association == Association(None, ("book",))
    assert sorted(detector.asked) == [(label, role) for label in ("book", "mug") for role in ("new", "origin")]
    detector.asked.clear()
    assert seek(detector, query(known()), at_others=False) == Association(None, ())
    assert sorted(detector.asked) == [("mug", "new"), ("mug", "origin")]


def test_a_detector_that_knows_one_kind_is_not_asked_for_others() -> None:
    detector = Sees(False, [], ())
    assert seek(detector, query(known()), at_others=True).lost == ("mug-2",)
    assert {label for label, _ in detector.asked} == {"mug"}


def test_what_the_source_does_not_show_is_not_asked_for_and_not_missed() -> None:
    detector = Sees(True, [], ())
    assert seek(detector, query(known(shown=("mug-1",))), at_others=True).lost == ()
    assert {label for label, _ in detector.asked} == {"mug"}


def test_without_the_scene_before_nobody_can_tell_the_target() -> None:
    with pytest.raises(ValueError, match="scene before the edit"):
        seek(Sees(True, [], ()), replace(query(known()), known=None), at_others=False)
