"""Where a picture of a known scene is taken from, when nothing but the camera may have moved.

Analysis by synthesis: the source's depth makes its pixels points of the world; a supposed camera says where the edited
picture must show each of them, and how well the colours agree there is the measure. Motions of every plausible kind and
what matched features suggest are tried on a small picture, the best are refined by Gauss-Newton steps on larger ones.
The camera is supposed to keep its lens and not to roll, as in every motion that is ever asked for.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dagster_gsi.geometry.pose import Pose
from dagster_gsi.geometry.shift import Shift

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dagster_gsi.detectors.base import Known
    from dagster_gsi.geometry.camera import Camera
    from dagster_gsi.geometry.pose import Array

Floats = NDArray[np.float32]

# Longer sides of the pictures that are compared: coarse search, then refinement.
_COARSE, _MIDDLE, _FINE = 48, 96, 192
# Motions to begin with. Turns and tilts are tried together, as are shifts; twice what is ever asked for, in steps that
# the refinement bridges.
_ANGLES = np.radians((-32, -24, -17, -12, -8, -4, 0, 4, 8, 12, 17, 24, 32))
_METRES = (-0.6, -0.4, -0.25, -0.12, 0.0, 0.12, 0.25, 0.4, 0.6)
_NUM_REFINED = (5, 4)
"""How many candidates of each kind are refined, and how many of all go on to the middle picture."""
_STEPS = 12
# Features of different pictures are matched at random, and hardly ever do ten of them agree on a pose within 3 pixels.
_SURE = 25
# A camera that sees less of what the source shows cannot be told from any other.
_LEAST_OVERLAP = 0.25
# Of 24 changed views, degraded ones among them, all agreed by 0.59 or more; of 24 pictures of other scenes two did by 0.5,
# where plain walls and tables make up most of both. Locality tells those apart.
_LEAST_AGREEMENT = 0.5
# A camera found this near to where it was has not moved: a twentieth of the smallest motion that is asked for, and
# more than noise does.
_STILL = Shift(np.radians(0.5), np.radians(0.5), 0.01, 0.01, 0.01)
# Nor has one that the old place explains as well but for this much agreement: turning and moving aside can make up for
# each other in noise.
_NO_BETTER = 0.005
# Residuals beyond this, in levels of 255, are something else than noise: what came into view, highlights, edges.
_SCALE = 12.0


# A view that loses sight of points must not win by losing those that disagree: each counts as a mild disagreement, in
# the agreement and in the robust cost.
_OUTSIDE, _OUTSIDE_COST = 0.3, 0.6


@dataclass(frozen=True, slots=True, eq=False)
class Viewpoint:
    """A camera that was found, and how well the picture agrees with it, 0..1."""

    camera: Camera
    shift: Shift
    confidence: float


def find_viewpoint(picture_HW3: NDArray[np.uint8], known: Known) -> Viewpoint | None:
    """The camera of `picture_HW3` (the source's size), or None if it does not show the known scene from anywhere near.

    A camera that did not move is exactly the source's.
    """
    coarse, middle, fine = (_Level(picture_HW3, known, side) for side in (_COARSE, _MIDDLE, _FINE))
    # The best of each kind: a tilt and a descent look alike on a small picture. The old place is always among them, so
    # that an unchanged view cannot be missed, and so is what features say.
    by_features, num_agreeing = _by_features(picture_HW3, known)
    starts = {Shift(), *by_features}
    # Reflections in a polished top move with the camera and mislead colours; many features that agree do not.
    for motions in (_turns(), _moves()) if num_agreeing < _SURE else ():
        starts |= set(sorted(motions, key=coarse.agreement, reverse=True)[: _NUM_REFINED[0]])
    refined = {coarse.refined(shift) for shift in starts}
    finer = [middle.refined(shift) for shift in sorted(refined, key=middle.agreement, reverse=True)[: _NUM_REFINED[1]]]
    shift = fine.refined(max(finer, key=middle.agreement))
    agreement, unmoved = fine.agreement(shift), fine.agreement(Shift())
    if _is_still(shift) or unmoved >= agreement - _NO_BETTER:
        shift, agreement = Shift(), unmoved
    if agreement < _LEAST_AGREEMENT:
        return None
    return Viewpoint(shift.of(known.scene.camera), shift, float(np.clip(agreement, 0.0, 1.0)))


def seen_back(
    picture_HW3: NDArray[np.uint8], known: Known, camera: Camera
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """What `picture_HW3`, taken from `camera`, shows of each point that the source shows, and where it shows it.

    Points that leave the picture, hide behind others or have no depth are not shown.
    """
    import cv2

    points_N3, solid_HW = _points(known)
    pixels_N2, depth_N = camera.project(points_N3)
    height, width = solid_HW.shape
    map_HW2 = pixels_N2.reshape(height, width, 2).astype(np.float32) - np.float32(0.5)
    back_HW3 = cv2.remap(
        picture_HW3, map_HW2[..., 0], map_HW2[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    inside_N = (depth_N > 0) & ((pixels_N2 >= 0.5) & (pixels_N2 <= np.array([width, height]) - 0.5)).all(axis=1)
    shown_HW = (inside_N & solid_HW.ravel() & ~_hidden(pixels_N2, depth_N, inside_N, (height, width))).reshape(
        height, width
    )
    return np.asarray(back_HW3), shown_HW


# A point is hidden where another is seen nearer by 5 % and 1 cm: more than a floor slopes within two cells.
_NEARER, _NEARER_METRES = 0.05, 0.01
# Side in pixels of the cells in which points hide each other: wider than the gaps that a nearer view opens.
_CELL = 2


def _hidden(pixels_N2: Array, depth_N: Array, inside_N: NDArray[np.bool_], size: tuple[int, int]) -> NDArray[np.bool_]:
    from scipy.ndimage import minimum_filter

    rows, columns = size[0] // _CELL + 1, size[1] // _CELL + 1
    cell_N2 = np.clip((pixels_N2 / _CELL).astype(int), 0, [columns - 1, rows - 1])
    index_N = cell_N2[:, 1] * columns + cell_N2[:, 0]
    nearest = np.full(rows * columns, np.inf)
    np.minimum.at(nearest, index_N[inside_N], depth_N[inside_N])
    around = minimum_filter(nearest.reshape(rows, columns), size=3).ravel()
    return np.asarray(around[index_N] < depth_N * (1 - _NEARER) - _NEARER_METRES)


def _turns() -> Iterable[Shift]:
    for turn, tilt in product(_ANGLES, _ANGLES):
        yield Shift(turn=float(turn), tilt=float(tilt))


def _moves() -> Iterable[Shift]:
    for forward, sideways, up in product(_METRES, _METRES, _METRES):
        # All of them but the corners: no one moves a camera far along three axes at once.
        if sum(abs(metres) > 0.3 for metres in (forward, sideways, up)) <= 1:
            yield Shift(forward=forward, sideways=sideways, up=up)


def _by_features(picture_HW3: NDArray[np.uint8], known: Known) -> tuple[list[Shift], int]:
    """What matched SIFT features say, where there are enough of them, and how many agree on it."""
    import cv2

    sift = cv2.SIFT_create(nfeatures=600)
    (keys, first), (others, second) = (
        sift.detectAndCompute(cv2.cvtColor(p, cv2.COLOR_RGB2GRAY), None) for p in (known.picture_HW3, picture_HW3)
    )
    if first is None or second is None or len(others) < 2:
        return [], 0
    pairs = cv2.BFMatcher().knnMatch(first, second, k=2)
    # Lowe's ratio: the second-best match of a distinct feature is clearly worse.
    good = [pair[0] for pair in pairs if len(pair) == 2 and pair[0].distance < 0.8 * pair[1].distance]
    points_N3, solid_HW = _points(known)
    height, width = solid_HW.shape
    at = np.array([keys[match.queryIdx].pt for match in good], dtype=np.float64).reshape(-1, 2)
    column, row = np.clip(np.rint(at).astype(int), 0, [width - 1, height - 1]).T
    keep = solid_HW[row, column]
    points_M3 = points_N3[row * width + column][keep]
    # OpenCV counts from the centre of the first pixel, the camera from its corner.
    pixels_M2 = np.array([others[match.trainIdx].pt for match in good], dtype=np.float64).reshape(-1, 2)[keep] + 0.5
    if len(points_M3) < 8:
        return [], 0
    camera = known.scene.camera
    cv2.setRNGSeed(0)
    try:
        found, turn, move, agreeing = cv2.solvePnPRansac(
            points_M3,
            pixels_M2,
            camera.matrix_33,
            None,
            reprojectionError=3.0,
            iterationsCount=200,
            flags=cv2.SOLVEPNP_SQPNP,
        )
    except cv2.error:  # points that nearly coincide have no pose, and OpenCV asserts that they do not
        return [], 0
    if not found or not np.isfinite(turn).all() or not np.isfinite(move).all():
        return [], 0
    left_33, _, right_33 = np.linalg.svd(cv2.Rodrigues(turn)[0])
    pose_cw = Pose(left_33 @ right_33, move.ravel())
    return [Shift.between(camera, replace(camera, pose_wc=pose_cw.inverse()))], len(agreeing)


def _points(known: Known) -> tuple[Array, NDArray[np.bool_]]:
    """The world point behind each pixel, row by row, and which pixels have one."""
    height, width = known.geometry.depth_HW.shape
    u_HW, v_HW = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    depth_N = known.geometry.depth_HW.ravel().astype(np.float64)
    pixels_N2 = np.stack([u_HW.ravel(), v_HW.ravel()], axis=1)
    return known.scene.camera.unproject(pixels_N2, depth_N), known.geometry.depth_HW > 0


def _is_still(shift: Shift) -> bool:
    return bool((np.abs(astuple(shift)) <= np.array(astuple(_STILL))).all())


class _Level:
    """Source and edited picture at one size, blurred to what that size can show."""

    def __init__(self, picture_HW3: NDArray[np.uint8], known: Known, side: int) -> None:
        import cv2

        height, width = picture_HW3.shape[:2]
        scale = min(1.0, side / max(height, width))
        self._size = max(8, round(width * scale)), max(8, round(height * scale))
        self._camera = known.scene.camera.resized(*self._size)
        self._edited_hw3 = self._small(picture_HW3)
        columns, rows = self._size
        # The point at the middle of each small pixel, from the depth of the pixel there.
        u_N, v_N = (
            grid.ravel() for grid in np.meshgrid((np.arange(columns) + 0.5) / columns, (np.arange(rows) + 0.5) / rows)
        )
        depth_N = known.geometry.depth_HW[(v_N * height).astype(int), (u_N * width).astype(int)].astype(np.float64)
        solid_N = depth_N > 0
        pixels_N2 = np.stack([u_N * columns, v_N * rows], axis=1)
        self._points_N3 = self._camera.unproject(pixels_N2, depth_N)[solid_N]
        self._source_N3 = self._small(known.picture_HW3).reshape(-1, 3)[solid_N]
        self._dx_hw3 = cv2.Sobel(self._edited_hw3, -1, 1, 0, scale=1 / 8)
        self._dy_hw3 = cv2.Sobel(self._edited_hw3, -1, 0, 1, scale=1 / 8)

    @cached_property
    def _steps_5(self) -> Array:
        """Steps for the derivatives: about a tenth of a pixel."""
        angle = 0.1 / self._camera.focal_x
        metres = angle * float(np.median(np.linalg.norm(self._points_N3 - self._camera.pose_wc.translation_3, axis=1)))
        return np.array([angle, angle, metres, metres, metres])

    def agreement(self, shift: Shift) -> float:
        """Correlation of the colours, each channel about its mean, over the points that are in the picture; -1..1.

        Far outliers count as if they were near: a thing that was changed does not make another view of the rest.
        """
        pixels_N2, inside_N = self._projected(shift)
        if inside_N.mean() < _LEAST_OVERLAP:
            return -1.0
        first_M3 = self._source_N3[inside_N]
        second_M3 = _matched(self._sampled(self._edited_hw3, pixels_N2[inside_N]), first_M3)
        residual_M3 = np.minimum(np.abs(second_M3 - first_M3), 4 * _SCALE)
        spread_M3 = np.minimum(np.abs(first_M3 - np.median(first_M3, axis=0)), 4 * _SCALE)
        unlike = float((residual_M3**2).mean() / max(float((spread_M3**2).mean()), 1.0))
        return 1 - unlike - _OUTSIDE * (1 - float(inside_N.mean()))

    def refined(self, shift: Shift) -> Shift:
        """The nearest best shift, by Gauss-Newton steps that weigh outliers down (Geman and McClure)."""
        best, cost, damping = shift, self._cost(shift), 1e-3
        for _ in range(_STEPS):
            step_5 = self._step(best, damping)
            if step_5 is None:
                break
            trial = Shift(*(np.array(astuple(best)) + step_5))
            if (trial_cost := self._cost(trial)) < cost:
                best, gained, cost, damping = trial, cost - trial_cost, trial_cost, damping / 4
                if gained < 1e-5 * cost:
                    break
            else:
                damping *= 16
                if damping > 10:
                    break
        return best

    def _cost(self, shift: Shift) -> float:
        pixels_N2, inside_N = self._projected(shift)
        if inside_N.mean() < _LEAST_OVERLAP:
            return float("inf")
        first_M3 = self._source_N3[inside_N]
        residual_M3 = _matched(self._sampled(self._edited_hw3, pixels_N2[inside_N]), first_M3) - first_M3
        inside, unlike = float(inside_N.mean()), float((residual_M3**2 / (residual_M3**2 + _SCALE**2)).mean())
        return inside * unlike + (1 - inside) * _OUTSIDE_COST

    def _step(self, shift: Shift, damping: float) -> Array | None:
        pixels_N2, inside_N = self._projected(shift)
        if inside_N.mean() < _LEAST_OVERLAP:
            return None
        values_5 = np.array(astuple(shift))
        at_M2, first_M3 = pixels_N2[inside_N], self._source_N3[inside_N]
        sampled_M3 = self._sampled(self._edited_hw3, at_M2)
        residual_M3 = (_matched(sampled_M3, first_M3) - first_M3).astype(np.float64)
        dx_M3, dy_M3 = self._sampled(self._dx_hw3, at_M2), self._sampled(self._dy_hw3, at_M2)
        jacobian_M35 = np.zeros((*residual_M3.shape, 5))
        for index, size in enumerate(self._steps_5):
            other_5 = values_5.copy()
            other_5[index] += size
            flow_M2 = (self._projected(Shift(*other_5))[0][inside_N] - at_M2) / size
            jacobian_M35[..., index] = dx_M3 * flow_M2[:, :1] + dy_M3 * flow_M2[:, 1:]
        weight_M3 = 1.0 / (1.0 + (residual_M3 / _SCALE) ** 2) ** 2
        rows_K5 = (jacobian_M35 * self._steps_5).reshape(-1, 5)
        weight_K, residual_K = weight_M3.ravel(), residual_M3.ravel()
        normal_55 = rows_K5.T @ (rows_K5 * weight_K[:, None])
        normal_55[np.diag_indices(5)] *= 1 + damping
        try:
            return -np.linalg.solve(normal_55, rows_K5.T @ (weight_K * residual_K)) * self._steps_5
        except np.linalg.LinAlgError:
            return None

    def _projected(self, shift: Shift) -> tuple[Array, NDArray[np.bool_]]:
        pixels_N2, depth_N = shift.of(self._camera).project(self._points_N3)
        inside_N2 = (pixels_N2 >= 0.5) & (pixels_N2 <= np.array(self._size) - 0.5)
        return pixels_N2, inside_N2.all(axis=1) & (depth_N > 0.05)

    def _sampled(self, picture_hw3: Floats, pixels_M2: Array) -> Floats:
        import cv2

        u_M1, v_M1 = (pixels_M2.astype(np.float32) - np.float32(0.5)).T[..., None]
        # OpenCV's maps have at most 32767 rows.
        u_hw, v_hw = (np.resize(one, (-(-len(one) // 256), 256)) for one in (u_M1, v_M1))
        return np.asarray(cv2.remap(picture_hw3, u_hw, v_hw, cv2.INTER_LINEAR)).reshape(-1, 3)[: len(pixels_M2)]

    def _small(self, picture_HW3: NDArray[np.uint8]) -> Floats:
        import cv2

        small_hw3 = cv2.resize(picture_HW3.astype(np.float32), self._size, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.GaussianBlur(small_hw3, (0, 0), 0.8))


def _matched(values_M3: Floats, like_M3: Floats) -> Floats:
    """The first with each channel's gain and offset brought to the second's, by means and spreads about them."""
    means, spreads = zip(*((one.mean(axis=0), one.std(axis=0) + 1.0) for one in (values_M3, like_M3)), strict=True)
    # A gain beyond these would make one picture of a flat wall like any other.
    gain_3 = np.clip(spreads[1] / spreads[0], 0.6, 1.7)
    return np.asarray((values_M3 - means[0]) * gain_3 + means[1])
