"""Where a picture of a known scene is taken from, when nothing but the camera may have moved.

Analysis by synthesis: motions of every plausible kind and what matched features suggest are tried on a small picture, the
best are refined by Gauss-Newton steps on larger ones. `alignment` says how well each explains the picture.
The camera is supposed to keep its lens and not to roll, as in every motion that is ever asked for.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dagster_gsi.detectors.alignment import Level
from dagster_gsi.detectors.base import UnansweredError
from dagster_gsi.detectors.reprojection import points_of
from dagster_gsi.geometry.pose import Pose
from dagster_gsi.geometry.shift import Shift

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dagster_gsi.detectors.base import Known
    from dagster_gsi.geometry.camera import Camera

# Longer sides of the pictures that are compared: coarse search, then refinement.
_COARSE, _MIDDLE, _FINE = 48, 96, 192
# Motions to begin with. Turns and tilts are tried together, as are shifts; twice what is ever asked for, in steps that
# the refinement bridges.
_ANGLES = np.radians((-32, -24, -17, -12, -8, -4, 0, 4, 8, 12, 17, 24, 32))
_METRES = (-0.6, -0.4, -0.25, -0.12, 0.0, 0.12, 0.25, 0.4, 0.6)
_NUM_REFINED = (5, 4)
"""How many candidates of each kind are refined, and how many of all go on to the middle picture."""
# Features of different pictures are matched at random, and hardly ever do ten of them agree on a pose within 3 pixels.
_SURE = 25
# Half of the source's pixels must be points of the world: rendered sets know nearly all, boxes a few in a hundred.
_LEAST_KNOWN = 0.5
# Of 24 changed views, degraded ones among them, all agreed by 0.59 or more; of 24 pictures of other scenes two did by 0.5,
# where plain walls and tables make up most of both. Locality tells those apart.
_LEAST_AGREEMENT = 0.5
# A camera found this near to where it was has not moved: a twentieth of the smallest motion that is asked for, and
# more than noise does.
_STILL = Shift(np.radians(0.5), np.radians(0.5), 0.01, 0.01, 0.01)
# Nor has one that the old place explains as well but for this much agreement: turning and moving aside can make up for
# each other in noise.
_NO_BETTER = 0.005


@dataclass(frozen=True, slots=True, eq=False)
class Viewpoint:
    """A camera that was found, and how well the picture agrees with it, 0..1."""

    camera: Camera
    shift: Shift
    confidence: float


def find_viewpoint(picture_HW3: NDArray[np.uint8], known: Known) -> Viewpoint | None:
    """The camera of `picture_HW3` (the source's size), or None if it does not show the known scene from anywhere near.

    A camera that did not move is exactly the source's. Without the source's depth there is no telling: `UnansweredError`.
    """
    if (share := float(np.mean(known.geometry.depth_HW > 0))) < _LEAST_KNOWN:
        raise UnansweredError(
            f"the depth of the source is known for {share:.0%} of its pixels, as of sets that are made from boxes: "
            "where the camera went cannot be found; `gsi evaluate official` scores changed views by their true pictures"
        )
    coarse, middle, fine = (Level(picture_HW3, known, side) for side in (_COARSE, _MIDDLE, _FINE))
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
    points_N3, solid_HW = points_of(known)
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


def _is_still(shift: Shift) -> bool:
    return bool((np.abs(astuple(shift)) <= np.array(astuple(_STILL))).all())
