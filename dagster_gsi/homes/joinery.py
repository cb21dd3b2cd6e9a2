"""What is in the holes of walls: closed doors with handles, and windows with frames and panes."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dagster_gsi.geometry.pose import Pose
    from dagster_gsi.homes.holes import Hole
    from dagster_gsi.homes.sheets import Sheets

# Metres. Posts and rails are so wide, but never more than this share of the hole.
_POST, _SHARE = 0.055, 0.125
# A door's frame stands out of the wall on both sides; a window's is so deep at most, in the wall's middle.
_PROUD, _DEEPEST = 0.01, 0.07
_LEAF, _GAP, _STEP = 0.04, 0.004, 0.006
# Raised fields of a leaf: distance from its edges, and the heights between which they lie as shares of the leaf's.
_INSET, _FIELD, _FIELDS = 0.11, 0.008, ((0.07, 0.40), (0.47, 0.93))
_HANDLE_HEIGHT, _LEVER, _ROD = 1.03, 0.12, 0.02
# Panes are no wider; doors that are wider have two leaves.
_WIDEST_PANE, _WIDEST_LEAF = 1.6, 1.25


def add_joinery(sheets: Sheets, hole: Hole) -> None:
    """Fill a hole with what belongs into it; passages stay open."""
    if hole.inside == "door":
        _add_door(sheets, hole)
    elif hole.inside == "window":
        _add_window(sheets, hole)


def _add_door(sheets: Sheets, hole: Hole) -> None:
    post = min(_POST, _SHARE * hole.width)
    depth = hole.wall.thickness / 2 + _PROUD
    _add_frame(sheets, hole, post, depth)
    leaves = 2 if len(hole.opening.sashes) > 1 or hole.width > _WIDEST_LEAF else 1
    edges = np.linspace(-hole.width / 2 + post, hole.width / 2 - post, leaves + 1)
    for number, (left, right) in enumerate(pairwise(edges)):
        # Of two leaves, the handles are where they meet.
        hinge_left = number == 0 if leaves == 2 else _hinged_left(hole)
        ends = (float(left) + _GAP / 2, float(right) - _GAP / 2)
        _add_leaf(sheets, hole.pose, ends, (hole.low + _STEP, hole.high - post - _GAP / 2))
        _add_handles(sheets, hole, ends[1] if hinge_left else ends[0], -1.0 if hinge_left else 1.0)


def _hinged_left(hole: Hole) -> bool:
    """Whether the hinge is at lower x of the hole's frame."""
    if not hole.opening.sashes:
        return True
    x, y = hole.opening.sashes[0].hinge_2
    return float(hole.pose.inverse().apply(np.array([[x, y, 0.0]]))[0, 0]) < 0


def _add_leaf(sheets: Sheets, pose: Pose, across: tuple[float, float], up: tuple[float, float]) -> None:
    half = _LEAF / 2
    sheets.box("door", pose, (across[0], -half, up[0]), (across[1], half, up[1]), hidden="bottom")
    if across[1] - across[0] < 4 * _INSET:
        return
    for low, high in ((up[0] + share * (up[1] - up[0]) for share in field) for field in _FIELDS):
        for front in (-half - _FIELD, half):
            hidden = "rear" if front < 0 else "front"
            low_3, high_3 = (across[0] + _INSET, front, low), (across[1] - _INSET, front + _FIELD, high)
            sheets.box("door", pose, low_3, high_3, hidden=hidden)


def _add_handles(sheets: Sheets, hole: Hole, edge: float, inwards: float) -> None:
    """A lever on each side, from near the leaf's free edge towards its hinge."""
    height = hole.low + _HANDLE_HEIGHT
    if height > hole.high - _POST:
        return
    left, right = sorted((edge + inwards * 0.05, edge + inwards * (0.05 + _LEVER)))
    root = edge + inwards * 0.06
    for side in (-1.0, 1.0):
        near, far = side * _LEAF / 2, side * (_LEAF / 2 + 0.05)
        bottom, top = height - _ROD / 2, height + _ROD / 2
        rod = sorted((near, far))
        sheets.box("handle", hole.pose, (root - _ROD / 2, rod[0], bottom), (root + _ROD / 2, rod[1], top))
        lever = sorted((far - side * 0.012, far + side * 0.004))
        sheets.box("handle", hole.pose, (left, lever[0], bottom), (right, lever[1], top))


def _add_window(sheets: Sheets, hole: Hole) -> None:
    """A frame all around, a bar between panes, and one sheet of glass behind the bars."""
    post = min(_POST, _SHARE * hole.width, _SHARE * (hole.high - hole.low))
    depth = min(_DEEPEST, hole.wall.thickness + _PROUD) / 2
    _add_frame(sheets, hole, post, depth)
    across = hole.width / 2 - post
    low, high = hole.low + post, hole.high - post
    sheets.box("frame", hole.pose, (-across, -depth, hole.low), (across, depth, low), hidden="left right bottom")
    for place in _bars(hole):
        sides = (place - post / 2, place + post / 2)
        sheets.box("frame", hole.pose, (sides[0], -depth, low), (sides[1], depth, high), hidden="bottom top")
    corners_43 = np.array([[-across, 0.0, low], [across, 0.0, low], [across, 0.0, high], [-across, 0.0, high]])
    sheets.quad("glass", hole.pose.apply(corners_43), corners_43[:, [0, 2]])


def _bars(hole: Hole) -> Iterator[float]:
    """Where panes meet, in the hole's frame."""
    panes = max(len(hole.opening.sashes), int(np.ceil(hole.width / _WIDEST_PANE)))
    yield from (hole.width * (number / panes - 0.5) for number in range(1, panes))


def _add_frame(sheets: Sheets, hole: Hole, post: float, depth: float) -> None:
    """Two posts and the rail above them."""
    half = hole.width / 2
    for left in (-half, half - post):
        low_3, high_3 = (left, -depth, hole.low), (left + post, depth, hole.high)
        # What lies on the wall stands out of it, and has an edge there.
        sheets.box("frame", hole.pose, low_3, high_3, hidden="bottom")
    low_3, high_3 = (post - half, -depth, hole.high - post), (half - post, depth, hole.high)
    sheets.box("frame", hole.pose, low_3, high_3, hidden="left right")
