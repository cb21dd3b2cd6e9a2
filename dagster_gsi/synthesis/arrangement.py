"""Small things put onto the furniture of a room, as people leave them."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.geometry.pose import Pose
from dagster_gsi.scenes.hull import load_hull
from dagster_gsi.synthesis.tabletop import as_thing

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from shapely import Polygon

    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.scenes.catalogue import Card, Catalogue
    from dagster_gsi.scenes.scene import Support, Thing

# What is smaller in all directions is a few pixels from across a room, what is larger fills a bedside table.
_SMALLEST, _LARGEST = 0.09, 0.5
# One thing for so many square metres of top, at most so many a top, and so many in a room.
_METRES2_A_THING, _MOST_ON_A_TOP, _MOST_IN_A_ROOM = 0.05, 7, 40
_GAP, _PLACEMENT_TRIES, _HEADROOM = 0.02, 30, 0.02
# A removal asks for the leftmost of a kind: one kind of a room comes so often.
_COPIES = (2, 4)
# What people have in a bathroom; other things look lost there.
_BATHROOM = frozenset({
    "basket", "bin", "bottle", "brush", "candle", "clock", "clothes", "cup", "deodorant", "detergent", "glass", "glove",
    "hair dryer", "jar", "mouthwash", "mug", "perfume", "plant", "potty", "radio", "scale", "scissors", "shoes", "soap",
    "soap dispenser", "sponge", "spray bottle", "tissue box", "toilet paper", "toothbrush cup", "toothpaste", "towel",
    "watch",
})  # fmt: skip
# Models of these kinds that belong elsewhere all the same.
_ELSEWHERE = frozenset({
    "beer-bottle", "beer-mug-glass", "cocktail-glass", "goblet", "kitchen-scale-green", "wine-bottle-dark",
    "wine-bottle-green", "wine-glass", "yogurt-bottle",
})  # fmt: skip


def put_things(
    supports: Sequence[Support],
    catalogue: Catalogue,
    headroom: Sequence[float],
    rng: np.random.Generator,
    *,
    bathroom: bool,
    given: Collection[str] = (),
) -> tuple[Thing, ...]:
    """Things at free places on the supports, with `headroom` metres above each; they are not settled yet.

    Their names are none of those that are `given` already: there is furniture that is called box or plant, too.
    """
    cards = [card for card in catalogue.of_kind("object") if _is_fitting(card, bathroom=bathroom)]
    if not cards or not supports:
        return ()
    by_category: dict[str, list[Card]] = {}
    for card in cards:
        by_category.setdefault(card.category_en, []).append(card)
    categories = sorted(by_category)
    kind = categories[rng.integers(len(categories))]
    places = [k for k, support in enumerate(supports) for _ in range(_count_on(support, rng))]
    places = [places[k] for k in rng.permutation(len(places))[:_MOST_IN_A_ROOM]]
    copies = min(int(rng.integers(*_COPIES)), len(places) // 2)
    taken: dict[int, list[Polygon]] = {}
    things: list[Thing] = []
    names = {*given, *(support.name for support in supports)}
    for number, k in enumerate(places):
        category = kind if number < copies else categories[rng.integers(len(categories))]
        alike = by_category[category]
        card = alike[rng.integers(len(alike))]
        if card.size[2] > headroom[k] - _HEADROOM:
            continue
        word = category.replace(" ", "-")
        name = next(free for n in count(number + 1) if (free := f"{word}-{n}") not in names)
        thing = _placed(card, name, supports[k], taken.setdefault(k, []), catalogue, rng)
        if thing is not None:
            things.append(thing)
            names.add(name)
    return tuple(things)


def _is_fitting(card: Card, *, bathroom: bool) -> bool:
    return _SMALLEST <= max(card.size) <= _LARGEST and (
        not bathroom or (card.category_en in _BATHROOM and card.id not in _ELSEWHERE)
    )


def _count_on(support: Support, rng: np.random.Generator) -> int:
    most = min(_MOST_ON_A_TOP, max(3, int(support.polygon().area / _METRES2_A_THING)))
    return int(rng.integers((most + 1) // 2, most + 1))


def _placed(
    card: Card, name: str, support: Support, taken: list[Polygon], catalogue: Catalogue, rng: np.random.Generator
) -> Thing | None:
    """The thing at a free place, its front about where the furniture's is; its footprint joins those that are taken."""
    free = support.polygon()
    left, bottom, right, top = free.bounds
    hull = load_hull(catalogue.model_path(card.id))
    for _ in range(_PLACEMENT_TRIES):
        place_2: Array = rng.uniform([left, bottom], [right, top])
        turn = rng.normal(0, 0.5) if card.has_front else rng.uniform(-np.pi, np.pi)
        pose = Pose.upright(float(support.body.pose_wo.yaw + turn), np.append(place_2, support.height))
        thing = as_thing(card, name, pose, on=support.name)
        footprint = hull.footprint(thing)
        if free.contains(footprint) and all(footprint.distance(other) > _GAP for other in taken):
            taken.append(footprint)
            return thing
    return None
