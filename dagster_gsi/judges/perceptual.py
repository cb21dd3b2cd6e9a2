"""The judge that needs no model server: by features, colour and grain of what should look the same.

It is deterministic and quick. It sees colour, texture and shape, not meaning. Distances d of several kinds become one
score, 10 * 2^-sum((d / h)^3): 10 for no difference, 5 where one kind alone is at its h. The third power
makes what even true answers differ by cost next to nothing. By operation:

* moved, placed, scaled: the target's cut from the source against that at its found place, brought to one size and to the
  coarser one's detail, shifted and scaled by a few per cent onto each other, and cut out by the target's silhouette.
  LPIPS compares place by place; colour and grain are compared as sets (`look.py`);
* turned: the same, but the silhouette is stretched to the found frame and LPIPS features are compared by their means,
  because other sides show;
* seen from elsewhere: the whole pictures, as for a turn;
* removed: each place in the hole must look like some place of the background around it: by colour and grain together,
  and by the first LPIPS features. This needs no true answer, and a background of another but fitting pattern is fine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from dagster_gsi.judges.base import Request, Verdict
from dagster_gsi.judges.hole import Hole, hole_of, strangeness
from dagster_gsi.judges.pair import Pair, mean_distances, place_distances, placed, turned, whole

if TYPE_CHECKING:
    from collections.abc import Sequence

# Requests that are looked at together: enough for the network to be busy, few enough for a small machine.
_BATCH = 16
# Distances at which the look is half lost, for each kind of pair: LPIPS, colour, grain; for holes: colour and grain
# together, first LPIPS features. Chosen on rendered pairs so that true answers have 90 of 100 and more in the mean, and the
# spoilt ones of `bench/judge.py`, which prints what these numbers give, have less the more they are spoilt.
_HALF_PLACED = (0.28, 0.55, 0.28)
_HALF_TURNED = (0.20, 0.40, 0.30)
# A room has more of everything than a thing, so that two rooms are less far from each other than two things.
_HALF_SEEN = (0.07, 0.18, 0.22)
_HALF_FILLED = (0.45, 0.07)
_HALF = {"placed": _HALF_PLACED, "turned": _HALF_TURNED, "seen": _HALF_SEEN}


@dataclass(frozen=True, slots=True)
class Perceptual:
    """Judges by LPIPS features, colour and grain."""

    version: ClassVar[str] = "perceptual-3"

    def usage(self) -> dict[str, float]:
        return {}

    def judge(self, requests: Sequence[Request]) -> list[Verdict]:
        return [
            verdict
            for start in range(0, len(requests), _BATCH)
            for verdict in _verdicts([_prepared(request) for request in requests[start : start + _BATCH]])
        ]


def _prepared(request: Request) -> Pair | Hole | Verdict:
    """What is to be compared, or the verdict where there is nothing to compare."""
    if request.operation == "view":
        return whole(request)
    if request.before_4 is None or not request.mask_HW.any():
        return Verdict(None, "The source shows nothing of the target, so there is no look to compare with.")
    if request.operation == "remove":
        return hole_of(request) or Verdict(None, "Around the hole there is no picture to compare it with.")
    if request.after_4 is None:
        return Verdict(0.0, "The target was not found, so there is no look to compare.")
    for frame_4 in (request.before_4, request.after_4):
        if not np.isfinite(frame_4).all() or (frame_4[2:] <= frame_4[:2]).any():
            return Verdict(None, f"The frame {frame_4.tolist()} holds no pixel, so there is no look to compare.")
    if request.operation == "rotate":
        return turned(request, request.before_4, request.after_4)
    return placed(request, request.before_4, request.after_4)


def _verdicts(batch: list[Pair | Hole | Verdict]) -> list[Verdict]:
    """Features of all of a kind are computed at once."""
    in_place = [one for one in batch if isinstance(one, Pair) and one.kind == "placed"]
    as_wholes = [one for one in batch if isinstance(one, Pair) and one.kind != "placed"]
    holes = [one for one in batch if isinstance(one, Hole)]
    distances = {id(p): d for p, d in zip(in_place, place_distances(in_place), strict=True)}
    distances |= {id(p): d for p, d in zip(as_wholes, mean_distances(as_wholes), strict=True)}
    distances |= {id(h): d for h, d in zip(holes, strangeness(holes), strict=True)}
    verdicts = []
    for one in batch:
        match one:
            case Verdict():
                verdicts.append(one)
            case Pair():
                found = {"LPIPS features": distances[id(one)], "colour": one.colour, "grain": one.grain}
                verdicts.append(_scored("Its look before and after differs", found, _HALF[one.kind]))
            case Hole():
                found = {"colour and grain": one.look, "first LPIPS features": distances[id(one)]}
                verdicts.append(_scored("The filled hole differs from its surroundings", found, _HALF_FILLED))
    return verdicts


def _scored(what: str, distances: dict[str, float], halves: tuple[float, ...]) -> Verdict:
    lost = sum((d / h) ** 3 for d, h in zip(distances.values(), halves, strict=True))
    figures = (f"{d:.3f} in {kind} (half at {h:g})" for (kind, d), h in zip(distances.items(), halves, strict=True))
    return Verdict(10.0 * 2.0**-lost, f"{what} by {', '.join(figures)}.")
