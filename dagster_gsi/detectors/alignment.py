"""How well a supposed camera explains a picture of a known scene, at one size, and the nearest camera that does so best.

The source's depth makes its pixels points of the world (M of them are in the picture); the camera says where the edited
picture must show each of them, and how well the colours agree there is the measure.
"""

from __future__ import annotations

from dataclasses import astuple
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dagster_gsi.geometry.shift import Shift

if TYPE_CHECKING:
    from dagster_gsi.detectors.base import Known
    from dagster_gsi.geometry.pose import Array

Floats = NDArray[np.float32]

_STEPS = 12
# A camera that sees less of what the source shows cannot be told from any other.
_LEAST_OVERLAP = 0.25
# Residuals beyond this, in levels of 255, are something else than noise: what came into view, highlights, edges.
_SCALE = 12.0
# A view that loses sight of points must not win by losing those that disagree: each counts as a mild disagreement, in
# the agreement and in the robust cost.
_OUTSIDE, _OUTSIDE_COST = 0.3, 0.6


class Level:
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
