"""Poses form a group, and turns are what their names say."""

import numpy as np
import pytest

from dagster_gsi.geometry.pose import Pose, rotation_angle, wrapped


def _random(seed: int) -> Pose:
    rng = np.random.default_rng(seed)
    orthonormal_33, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    return Pose(orthonormal_33 * np.sign(np.linalg.det(orthonormal_33)), rng.normal(size=3))


@pytest.mark.parametrize(
    ("rotation_33", "why"),
    [
        (np.eye(3) * 1.00001, "not orthonormal"),
        (np.array([[1.0, 2e-9, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]), "not orthonormal"),
        (np.full((3, 3), np.nan), "not orthonormal"),
        (np.diag([1.0, 1.0, -1.0]), "a reflection"),
    ],
    ids=["stretched", "sheared", "undefined", "mirrored"],
)
def test_what_is_no_rotation_makes_no_pose(rotation_33: np.ndarray, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Pose(rotation_33, np.zeros(3))


def test_a_pose_times_its_inverse_is_the_identity() -> None:
    pose = _random(1)
    assert (pose @ pose.inverse()).is_close(Pose.identity(), atol=1e-12)
    assert (pose.inverse() @ pose).is_close(Pose.identity(), atol=1e-12)


def test_a_chain_of_poses_applies_from_right_to_left() -> None:
    first, second = _random(2), _random(3)
    points_N3 = np.random.default_rng(4).normal(size=(5, 3))
    np.testing.assert_allclose((first @ second).apply(points_N3), first.apply(second.apply(points_N3)), atol=1e-12)


def test_a_quarter_turn_about_a_point_takes_x_to_y_and_keeps_the_point() -> None:
    turn = Pose.about_z(np.pi / 2, at_3=np.array([1.0, 2.0, 3.0]))
    np.testing.assert_allclose(turn.apply(np.array([[2.0, 2.0, 3.0], [1.0, 2.0, 3.0]])), [[1, 3, 3], [1, 2, 3]])


@pytest.mark.parametrize("yaw", [-3.0, -0.5, 0.0, 1.2, 3.1])
def test_an_upright_pose_tells_its_yaw_and_does_not_lean(yaw: float) -> None:
    pose = Pose.upright(yaw, np.array([0.0, 0.0, 1.0]))
    assert pose.yaw == pytest.approx(yaw)
    assert pose.tilt == 0.0


def test_the_tilt_of_a_lying_object_is_a_right_angle() -> None:
    lying = Pose(np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]), np.zeros(3))
    assert lying.tilt == pytest.approx(np.pi / 2)


def test_the_angle_between_rotations_is_the_shortest_turn() -> None:
    turned = Pose.about_z(np.radians(350), at_3=np.zeros(3)).rotation_33
    assert rotation_angle(np.eye(3), turned) == pytest.approx(np.radians(10))


@pytest.mark.parametrize(
    ("angle", "period", "expected"), [(370, 360, 10), (-190, 360, 170), (100, 90, 10), (50, 90, -40)]
)
def test_angles_wrap_into_half_a_period_each_way(angle: float, period: float, expected: float) -> None:
    assert wrapped(angle, period=period) == pytest.approx(expected)


@pytest.mark.parametrize("bad_33", [np.eye(3) * 2, np.diag([1.0, 1.0, -1.0])])
def test_what_is_no_rotation_is_refused(bad_33: np.ndarray) -> None:
    with pytest.raises(ValueError, match="rotation_33 is"):
        Pose(bad_33, np.zeros(3))


def test_the_arrays_of_a_pose_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        _random(5).translation_3[0] = 7.0
