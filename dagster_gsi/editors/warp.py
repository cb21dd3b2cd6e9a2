"""The classical baseline: cut the target out, fill the hole by inpainting, put the cut-out back transformed.

It is told the target's mask and the source's depth and camera, which learned models are not, and knows nothing of what
it cannot see: sides that turn into view, shadows, reflections. A move goes to the right place at the right size; a turn
is the one of a picture editor's layer, in the image plane. Learned models must beat it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dagster_gsi.editors.base import EditError, Editor, OneByOne, Settings
from dagster_gsi.editors.parse import Direction, Erase, Resize, Shift, Turn, parse

if TYPE_CHECKING:
    from dagster_gsi.editors.base import Request
    from dagster_gsi.geometry.camera import Camera
    from dagster_gsi.geometry.pose import Array

# Anti-aliasing and denoising mix the target into its surroundings; with less, the hole is filled with its colours.
_FRINGE_PX = 3
_INPAINT_RADIUS_PX = 4.0
# The cut-out's new depth is off by about the target's own relief: only what is clearly nearer goes in front of it.
_CLEARLY_NEARER = 0.03
# Outermost points in per cent that do not count for the extent: single pixels of a handle or a wrong depth.
_TRIM = 1.0


class WarpSettings(Settings):
    """`kind: warp`"""

    kind: Literal["warp"]


@dataclass(frozen=True, slots=True, eq=False)
class Similarity:
    """A move of the picture's plane: scale and turn about `pivot_2`, then bring it to `goal_2` (continuous pixels)."""

    pivot_2: Array
    goal_2: Array
    scale: float = 1.0
    angle: float = 0.0
    """Radians, counter-clockwise as the picture is looked at."""
    depth_shift: float = 0.0
    """Metres by which the cut-out recedes from the camera."""

    def matrix_23(self) -> Array:
        """As `cv2.warpAffine` takes it: integers are pixel centres there."""
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        # The picture's y axis points down, so counter-clockwise has its signs the other way round.
        linear_22 = self.scale * np.array([[cos, sin], [-sin, cos]])
        shift_2 = (self.goal_2 - 0.5) - linear_22 @ (self.pivot_2 - 0.5)
        return np.concatenate([linear_22, shift_2[:, None]], axis=1)


def open_warp() -> Editor:
    return OneByOne(warp)


def warp(request: Request) -> Image.Image:
    """The edited picture; EditError for an instruction that is not understood or a target that is not there."""
    wish = parse(request.instruction_en)
    if not request.mask_HW.any():
        raise EditError("the target's mask is empty: there is nothing to cut out")
    source_HW3 = np.asarray(request.source.convert("RGB"))
    filled_HW3 = fill(source_HW3, request.mask_HW)
    if isinstance(wish, Erase):
        return Image.fromarray(filled_HW3)
    return Image.fromarray(_put(source_HW3, filled_HW3, request, _similarity(wish, request)))


def fill(source_HW3: NDArray[np.uint8], mask_HW: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The picture without the masked thing (Bertalmio et al. 2001, Navier-Stokes, fluid dynamics and inpainting).

    OpenCV's other method, Telea's, is off by some grey levels even on a plain background.
    """
    import cv2

    side = 2 * _FRINGE_PX + 1
    hole_HW = cv2.dilate(mask_HW.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    return np.asarray(cv2.inpaint(source_HW3, hole_HW, _INPAINT_RADIUS_PX, cv2.INPAINT_NS), dtype=np.uint8)


def base_3(mask_HW: NDArray[np.bool_], depth_HW: NDArray[np.float32], camera: Camera) -> Array:
    """Where the target stands, in the world: the middle of its visible extent at the height of its lowest point."""
    rows_N, columns_N = np.nonzero(mask_HW & (depth_HW > 0))
    if len(rows_N) == 0:
        raise EditError("no depth is known inside the target's mask")
    pixels_N2 = np.stack([columns_N, rows_N], axis=1).astype(np.float64) + 0.5
    points_N3 = camera.unproject(pixels_N2, depth_HW[rows_N, columns_N].astype(np.float64))
    axes_33 = np.stack([camera.right_3, camera.ahead_3, np.array([0.0, 0.0, 1.0])])
    low_3, high_3 = np.percentile(points_N3 @ axes_33.T, [_TRIM, 100 - _TRIM], axis=0)
    middle_3 = np.array([(low_3[0] + high_3[0]) / 2, (low_3[1] + high_3[1]) / 2, low_3[2]])
    # Right and ahead are both horizontal and follow from two orthogonal camera axes, but need not be orthogonal.
    return np.linalg.solve(axes_33, middle_3)


def _similarity(wish: Shift | Turn | Resize, request: Request) -> Similarity:
    if isinstance(wish, Turn):
        rows_N, columns_N = np.nonzero(request.mask_HW)
        middle_2 = np.array([columns_N.min() + columns_N.max() + 1, rows_N.min() + rows_N.max() + 1]) / 2
        return Similarity(middle_2, middle_2, angle=wish.angle)
    stands_3 = base_3(request.mask_HW, request.depth_HW, request.camera)
    goal_3 = stands_3 + (wish.distance * _direction_3(wish.direction, request.camera) if isinstance(wish, Shift) else 0)
    pixels_22, depth_2 = request.camera.project(np.stack([stands_3, goal_3]))
    if depth_2.min() <= 0:
        raise EditError("the move would take the target behind the camera")
    scale = wish.factor if isinstance(wish, Resize) else float(depth_2[0] / depth_2[1])
    return Similarity(pixels_22[0], pixels_22[1], scale=scale, depth_shift=float(depth_2[1] - depth_2[0]))


def _direction_3(direction: Direction, camera: Camera) -> Array:
    match direction:
        case "left":
            return -camera.right_3
        case "right":
            return camera.right_3
        case "toward":
            return -camera.ahead_3
        case "away":
            return camera.ahead_3


def _put(
    source_HW3: NDArray[np.uint8], filled_HW3: NDArray[np.uint8], request: Request, similarity: Similarity
) -> NDArray[np.uint8]:
    """`filled_HW3` with the transformed cut-out on it, behind whatever is clearly nearer."""
    import cv2

    mask_HW = request.mask_HW.astype(np.float32)
    cut_HW4 = np.dstack([source_HW3 * mask_HW[..., None], mask_HW])
    # One pixel of soft edge. Beyond the mask it carries the target's own colours: the background must not come along.
    soft_HW4 = cv2.GaussianBlur(cut_HW4, (3, 3), 0)
    inside_HW1 = request.mask_HW[..., None]
    soft_HW4[..., :3] = np.where(inside_HW1, source_HW3 * soft_HW4[..., 3:], soft_HW4[..., :3])
    depth_HW = cv2.dilate(request.depth_HW * mask_HW, np.ones((3, 3), np.uint8))
    if similarity.scale < 1:
        # Low-pass for the coarser grid, with the width at which its Nyquist frequency is damped as a pixel's box does.
        sigma = 0.5 * float(np.sqrt(similarity.scale**-2 - 1))
        soft_HW4 = cv2.GaussianBlur(soft_HW4, (0, 0), sigma)
    height, width = mask_HW.shape
    matrix_23 = similarity.matrix_23()
    moved_HW4 = cv2.warpAffine(soft_HW4, matrix_23, (width, height), flags=cv2.INTER_LINEAR)
    depth_HW = cv2.warpAffine(depth_HW, matrix_23, (width, height), flags=cv2.INTER_NEAREST)
    others_HW = np.where(request.mask_HW | (request.depth_HW <= 0), np.inf, request.depth_HW)
    hidden_HW = (depth_HW > 0) & (others_HW < depth_HW + similarity.depth_shift - _CLEARLY_NEARER)
    moved_HW4[hidden_HW] = 0
    blended_HW3 = moved_HW4[..., :3] + filled_HW3 * (1 - moved_HW4[..., 3:])
    return np.asarray(np.clip(np.rint(blended_HW3), 0, 255), dtype=np.uint8)
