"""Which of the things seen is which: for detectors that answer all things of a kind and know nothing of names.

Boxes of one learned detector are off by much, but in nearly the same way in both pictures of a sample. So the source's
detections are given names first, by the known scene, and the edited picture's are compared with them rather than with
the truth. What has not moved is told first; the target is at its old place or among what is left over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.geometry.box import Box
from dagster_gsi.geometry.pose import Pose

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dagster_gsi.detectors.base import Detection, Detector, Query
    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.scenes.scene import Thing

# Metres within which a detection is that of a known thing. The published evaluator allows a squared difference of 0.1,
# that is 0.32 m: monocular depth is off by some tenths at two metres, in the same direction for neighbours.
_OFF = 0.3
# Metres by which the detector's own answers differ between the pictures for a thing that was left alone. Wider than the
# shortest move asked for (0.05): a thing within it keeps its name, not its place.
_WANDERS = 0.1
# A thing that the source's detections lack has nothing but its true place to be known by; a wider circle would take the
# moved target for it.
_UNSEEN = 0.15
# Sorted lengths of one thing differ by less than this factor from picture to picture.
_SAME_SIZE = float(np.log(1.8))
# The target may have been scaled: by 2 at most as asked for, and by some more as done and as measured.
_SCALED = float(np.log(2.6))
# What is new is another thing that left its place, not the target, if it is nearer to that one's size by this factor.
_LIKER = float(np.log(1.3))


@dataclass(frozen=True, slots=True)
class Association:
    """What became of the known things of one kind."""

    target: Detection | None
    """The target in the edited picture, or None if it is not there. Its box is the true one moved, turned and scaled as
    the detector's was, where the detector saw the target in the source too.
    """
    lost: tuple[str, ...]
    """The others that were seen in the source and are not at their places in the edited picture."""


def associate(
    known: Mapping[str, Box], target: str | None, origin: Sequence[Detection], edited: Sequence[Detection]
) -> Association:
    """Name the detections of the edited picture.

    `known` are the true boxes before the edit of all things of the kind, the target's among them. The rule:

    1. The source's detections are matched with the known boxes, each one with one. What remains is taken for
       something that the detector sees and the scene does not have.
    2. The edited picture's detections are matched with those, all of them, the target as well.
    3. If the target is matched, that is where it is: a copy elsewhere does not make it moved.
    4. Else it is the most confident of what is left over and may be it by its shape, unless another thing has left its
       place too and has that size. Nothing left: it is absent.

    A match costs the distance and the difference of the sorted lengths, in units of what is allowed; the sum of all is
    least, and a match that costs more than none is none.
    """
    names = list(known)
    named = _matched([known[name] for name in names], [_OFF] * len(names), origin)
    seen = {names[row]: origin[column] for row, column in named.items()}
    references = [seen[name].box if name in seen else known[name] for name in names]
    reaches = [_WANDERS if name in seen else _UNSEEN for name in names]
    standing = [detection for column, detection in enumerate(origin) if column not in named.values()]
    references += [detection.box for detection in standing]
    reaches += [_WANDERS] * len(standing)
    kept = _matched(references, reaches, edited)
    lost = tuple(name for row, name in enumerate(names) if name in seen and row not in kept and name != target)
    if target is None:
        return Association(None, lost)
    row = names.index(target)
    left = [detection for column, detection in enumerate(edited) if column not in kept.values()]
    gone = [references[names.index(name)] for name in lost]
    found = edited[kept[row]] if row in kept else _likeliest(references[row], gone, left)
    if found is not None and target in seen:
        found = replace(found, box=_carried(known[target], seen[target].box, found.box))
    return Association(found, lost)


def seek(detector: Detector, query: Query, *, at_others: bool) -> Association:
    """Ask a detector that finds all for the target's kind in both pictures, and for the other kinds if `at_others`."""
    known = query.known
    if known is None:
        raise ValueError("which of several things is the target can only be told with the scene before the edit")
    scene = known.scene
    kind = scene.find(query.target).category.en
    kinds = {kind}
    if at_others and detector.any_label:
        kinds |= {thing.category.en for thing in scene.things}
    target, lost = None, set[str]()
    for label in sorted(kinds):
        things = [thing for thing in scene.of_category(label) if _shown(thing, query) or thing.name == query.target]
        if not things:
            continue
        asked = replace(query, label=label)
        if label != kind:
            # Only answers about the target's kind are kept.
            asked = replace(asked, target=things[0].name, sample_id="")
        edited = detector.detect(asked)
        origin = detector.detect(replace(asked, picture_HW3=known.picture_HW3, role="origin"))
        boxes = {thing.name: thing.box for thing in things}
        association = associate(boxes, query.target if label == kind else None, origin, edited)
        lost.update(association.lost)
        if label == kind:
            target = association.target
    return Association(target, tuple(t.name for t in scene.things if t.name in lost) if at_others else ())


def _shown(thing: Thing, query: Query) -> bool:
    """Whether the source shows the thing: what it does not show cannot be missed."""
    assert query.known is not None
    return bool((query.known.geometry.ids_HW == query.known.instances[thing.name]).any())


def _matched(references: Sequence[Box], reaches: Sequence[float], detections: Sequence[Detection]) -> dict[int, int]:
    """Row of each matched reference to the column of its detection; `reaches` are the metres allowed, by row."""
    from scipy.optimize import linear_sum_assignment

    if not references or not detections:
        return {}
    num_rows, num_columns = len(references), len(detections)
    # A column of its own for each row, at the price of a match that is just not allowed, is how a row stays alone.
    costs = np.full((num_rows, num_columns + num_rows), 1e6)
    costs[np.arange(num_rows), num_columns + np.arange(num_rows)] = 1.0
    for row, (reference, reach) in enumerate(zip(references, reaches, strict=True)):
        for column, detection in enumerate(detections):
            away = float(np.linalg.norm(reference.centre_3 - detection.box.centre_3)) / reach
            costs[row, column] = np.hypot(away, _unlike(reference, detection.box) / _SAME_SIZE)
    rows, columns = linear_sum_assignment(costs)
    return {
        int(row): int(column)
        for row, column in zip(rows, columns, strict=True)
        if column < num_columns and costs[row, column] < 1.0
    }


def _unlike(first: Box, second: Box) -> float:
    """Logarithm of the largest factor between the sorted lengths of two boxes."""
    return float(np.abs(_lengths(first) - _lengths(second)).max())


def _lengths(box: Box) -> Array:
    """Logarithms of the lengths, sorted: a detector may call the width of a thing its depth."""
    return np.log(np.sort(box.size_3))


def _likeliest(old: Box, gone: Sequence[Box], left: Sequence[Detection]) -> Detection | None:
    """The most confident detection that may be the target; of equals the nearest to its old place. `gone` are the boxes
    of other things that are not at their places either.
    """

    def may_be(box: Box) -> bool:
        ratios_3 = _lengths(box) - _lengths(old)
        scaled = float(ratios_3.mean())
        if abs(scaled) > _SCALED or float(np.abs(ratios_3 - scaled).max()) > _SAME_SIZE:
            return False
        return all(_unlike(box, old) <= _unlike(box, other) + _LIKER for other in gone)

    def rank(detection: Detection) -> tuple[float, float]:
        return -detection.confidence, float(np.linalg.norm(detection.box.centre_3 - old.centre_3))

    return min((detection for detection in left if may_be(detection.box)), key=rank, default=None)


def _carried(true: Box, origin: Box, edited: Box) -> Box:
    """The true box, moved, turned and scaled as the detector's box was from the source to the edited picture."""
    turn_33 = edited.pose_wb.rotation_33 @ origin.pose_wb.rotation_33.T
    scale = float(np.cbrt(np.prod(edited.size_3 / origin.size_3)))
    centre_3 = true.centre_3 + edited.centre_3 - origin.centre_3
    return Box(Pose(turn_33 @ true.pose_wb.rotation_33, centre_3), true.size_3 * scale)
