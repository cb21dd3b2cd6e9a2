"""The picture frame of the published evaluator: a square of 896 pixels, filled from the top left. Nothing else knows it.

A picture's longest side becomes 896, then both sides are cut about the middle to whole patches of 14 pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dagster_gsi.geometry.camera import Camera

if TYPE_CHECKING:
    from dagster_gsi.geometry.pose import Array, Pose

SIDE = 896
PATCH = 14


@dataclass(frozen=True, slots=True)
class Cut:
    """How a picture of one size lies in the frame, in pixels."""

    resized_width: int
    resized_height: int
    left: int
    top: int
    width: int
    height: int


def cut_of(width: int, height: int) -> Cut:
    """Where a picture of that size ends up."""
    scale = SIDE / max(width, height)
    wide, high = int(width * scale + 0.5), int(height * scale + 0.5)
    kept_width, kept_height = wide // PATCH * PATCH, high // PATCH * PATCH
    return Cut(wide, high, wide // 2 - kept_width // 2, high // 2 - kept_height // 2, kept_width, kept_height)


def official_frame(camera: Camera) -> Camera:
    """The same view with intrinsics in pixels of the frame."""
    cut = cut_of(camera.width, camera.height)
    wide = camera.resized(cut.resized_width, cut.resized_height)
    return replace(
        wide, centre_x=wide.centre_x - cut.left, centre_y=wide.centre_y - cut.top, width=cut.width, height=cut.height
    )


def source_camera(matrix_33: Array, pose_wc: Pose, width: int, height: int) -> Camera:
    """The camera of a picture of that size whose intrinsics are given in pixels of the frame: the inverse of
    `official_frame`.
    """
    cut = cut_of(width, height)
    (focal_x, _, centre_x), (_, focal_y, centre_y), _ = matrix_33.tolist()
    wide = Camera(
        pose_wc, focal_x, focal_y, centre_x + cut.left, centre_y + cut.top, cut.resized_width, cut.resized_height
    )
    return wide.resized(width, height)
