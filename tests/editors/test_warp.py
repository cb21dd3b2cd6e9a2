from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from dagster_gsi.editors.base import EditError, Failure, Request
from dagster_gsi.editors.warp import base_3, open_warp, warp
from dagster_gsi.geometry.camera import Camera
from dagster_gsi.geometry.pose import Array, Pose

SIZE, FOCAL, DEPTH = 128, 100.0, 1.0
RED, GREY, BLUE = (200, 20, 20), (120, 120, 120), (20, 20, 200)
# Level, at 1 m height, looking along +y: right is +x, ahead is +y.
CAMERA = Camera(
    Pose(np.array([[1.0, 0, 0], [0, 0, 1.0], [0, -1.0, 0]]), np.array([0.0, 0.0, 1.0])),
    FOCAL, FOCAL, SIZE / 2, SIZE / 2, SIZE, SIZE,
)  # fmt: skip
U_HW, V_HW = np.meshgrid(np.arange(SIZE) + 0.5, np.arange(SIZE) + 0.5)


def disc(centre: tuple[float, float], radius: float) -> NDArray[np.bool_]:
    return np.asarray((U_HW - centre[0]) ** 2 + (V_HW - centre[1]) ** 2 <= radius**2)


def request(instruction: str, mask_HW: NDArray[np.bool_] | None = None) -> Request:
    """A red disc facing the camera at 1 m, before a grey wall at 3 m."""
    mask_HW = disc((60, 70), 12) if mask_HW is None else mask_HW
    picture_HW3 = np.full((SIZE, SIZE, 3), GREY, dtype=np.uint8)
    picture_HW3[mask_HW] = RED
    depth_HW = np.where(mask_HW, DEPTH, 3.0).astype(np.float32)
    return Request("s", Image.fromarray(picture_HW3), instruction, "", mask_HW, depth_HW, CAMERA)


def redness(image: Image.Image) -> Array:
    """How much of each pixel is the red thing, in [0, 1]."""
    green_HW = np.asarray(image, dtype=np.float64)[..., 1]
    return np.clip((GREY[1] - green_HW) / (GREY[1] - RED[1]), 0, 1)


def middle(weight_HW: Array) -> tuple[float, float]:
    return float((weight_HW * U_HW).sum() / weight_HW.sum()), float((weight_HW * V_HW).sum() / weight_HW.sum())


@pytest.mark.parametrize(("side", "pixels"), [("left", -20), ("right", 20)])
def test_a_sideways_move_goes_by_focal_length_times_distance_over_depth(side: str, pixels: int) -> None:
    asked = request(f"Move the disc 20 cm to the {side}.")
    moved = redness(warp(asked))
    assert middle(moved) == pytest.approx((60 + pixels, 70), abs=0.01)
    assert np.array_equal(moved > 0.5, np.roll(redness(asked.source), pixels, axis=1) > 0.5)


def test_what_comes_closer_grows_by_the_ratio_of_depths_about_its_contact() -> None:
    asked = request("Pull the disc 20 cm toward the camera.")
    before, after = redness(asked.source), redness(warp(asked))
    assert after.sum() / before.sum() == pytest.approx((1 / 0.8) ** 2, rel=0.03)
    # The lowest point is 1 m ahead and 18 pixels under the axis: nearer by a fifth it is 18 / 0.8 under it.
    assert np.nonzero((after > 0.5).any(axis=1))[0].max() + 1 == pytest.approx(64 + 18 / 0.8, abs=1)
    assert middle(after)[0] == pytest.approx(64 - 4 / 0.8, abs=0.1)


@pytest.mark.parametrize("factor", [0.5, 0.75, 1.5, 2])
def test_scaling_multiplies_the_area_by_the_square_and_keeps_the_contact(factor: float) -> None:
    asked = request(f"Make the disc {factor:g} times as large.", disc((64, 80), 14))
    before, after = redness(asked.source), redness(warp(asked))
    assert after.sum() / before.sum() == pytest.approx(factor**2, rel=0.05)
    lowest = np.nonzero((after > 0.5).any(axis=1))[0].max()
    assert lowest == pytest.approx(np.nonzero((before > 0.5).any(axis=1))[0].max(), abs=1)


@pytest.mark.parametrize(
    ("instruction", "turned"),
    [
        ("Rotate the bar 90 degrees clockwise as seen from above.", -1),
        ("Rotate the bar 90 degrees counter-clockwise as seen from above.", 1),
    ],
)
def test_a_turn_is_the_picture_plane_s_in_its_own_sense(instruction: str, turned: int) -> None:
    mask_HW = np.zeros((SIZE, SIZE), dtype=bool)
    mask_HW[60:64, 44:84] = mask_HW[50:64, 80:84] = True  # an L: its foot shows which way it went
    asked = request(instruction, mask_HW)
    frame = np.s_[50 - 7 : 64 + 7, :]
    assert mask_HW[frame].sum() == mask_HW.sum()
    expected_HW = np.zeros_like(mask_HW)
    square = np.s_[57 - 20 : 57 + 20, 64 - 20 : 64 + 20]
    expected_HW[square] = np.rot90(mask_HW[square], turned)
    assert np.array_equal(redness(warp(asked)) > 0.5, expected_HW)


def test_erasing_leaves_no_trace_on_a_plain_background() -> None:
    asked = request("Remove the leftmost disc.")
    assert np.abs(np.asarray(warp(asked), dtype=int) - np.array(GREY)).max() <= 1


def test_an_erased_thing_takes_its_soft_edge_with_it() -> None:
    asked = request("Remove the leftmost disc.")
    picture_HW3 = np.asarray(asked.source).copy()
    rim_HW = disc((60, 70), 13) & ~asked.mask_HW
    picture_HW3[rim_HW] = (np.array(RED) + GREY) // 2
    soft = Request("s", Image.fromarray(picture_HW3), asked.instruction_en, "", asked.mask_HW, asked.depth_HW, CAMERA)
    assert np.abs(np.asarray(warp(soft), dtype=int) - np.array(GREY)).max() <= 1


def test_pixels_that_the_target_neither_left_nor_reached_stay_as_they_were() -> None:
    rng = np.random.default_rng(0)
    asked = request("Move the disc 20 cm to the right.")
    picture_HW3 = rng.integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)
    noisy = Request("s", Image.fromarray(picture_HW3), asked.instruction_en, "", asked.mask_HW, asked.depth_HW, CAMERA)
    far_HW = ~(disc((60, 70), 17) | disc((80, 70), 14))
    assert np.array_equal(np.asarray(warp(noisy))[far_HW], picture_HW3[far_HW])


@pytest.mark.parametrize(("depth", "hides"), [(0.5, True), (2.0, False)])
def test_what_stands_clearly_nearer_stays_in_front(depth: float, hides: bool) -> None:
    asked = request("Move the disc 20 cm to the right.")
    post_HW = (U_HW > 78) & (U_HW < 82)
    picture_HW3, depth_HW = np.asarray(asked.source).copy(), asked.depth_HW.copy()
    picture_HW3[post_HW], depth_HW[post_HW] = BLUE, depth
    posted = Request("s", Image.fromarray(picture_HW3), asked.instruction_en, "", asked.mask_HW, depth_HW, CAMERA)
    assert tuple(np.asarray(warp(posted))[70, 79]) == (BLUE if hides else RED)


def test_a_box_is_found_to_stand_on_the_middle_of_its_base() -> None:
    corners_83 = np.array([[x, y, z] for x in (0.1, 0.3) for y in (1.6, 2.0) for z in (0.2, 0.5)])
    camera = Camera.look_at(np.array([0.2, 0.0, 1.5]), np.array([0.2, 1.8, 0.3]), fov=1.0, width=256, height=256)
    depth_HW = _box_depth(corners_83, camera)
    assert base_3(depth_HW > 0, depth_HW, camera) == pytest.approx([0.2, 1.8, 0.2], abs=0.01)


def _box_depth(corners_83: Array, camera: Camera) -> NDArray[np.float32]:
    """Depth of an axis-aligned box by the slab method, 0 beside it."""
    origin_3, rays_HW3 = camera.rays()
    near_HW3 = (corners_83.min(axis=0) - origin_3) / rays_HW3
    far_HW3 = (corners_83.max(axis=0) - origin_3) / rays_HW3
    enter_HW = np.minimum(near_HW3, far_HW3).max(axis=2)
    leave_HW = np.maximum(near_HW3, far_HW3).min(axis=2)
    along_HW = rays_HW3 @ camera.pose_wc.rotation_33[:, 2]
    return np.where(enter_HW < leave_HW, enter_HW * along_HW, 0).astype(np.float32)


def test_what_cannot_be_done_is_a_failure_with_a_reason_and_the_rest_goes_on() -> None:
    empty = request("Remove the leftmost disc.", np.zeros((SIZE, SIZE), dtype=bool))
    behind = request("Pull the disc 150 cm toward the camera.")
    results = list(
        open_warp().edit_all([empty, behind, request("Paint the disc."), request("Remove the nearest disc.")])
    )
    reasons = [answer.reason if isinstance(answer, Failure) else answer.size for _, answer in results]
    assert "empty" in reasons[0]
    assert "behind the camera" in reasons[1]
    assert "not understood" in reasons[2]
    assert reasons[3] == (SIZE, SIZE)


def test_a_mask_without_depth_is_an_error() -> None:
    asked = request("Move the disc 20 cm to the right.")
    blind = Request("s", asked.source, asked.instruction_en, "", asked.mask_HW, np.zeros_like(asked.depth_HW), CAMERA)
    with pytest.raises(EditError, match="no depth"):
        warp(blind)
