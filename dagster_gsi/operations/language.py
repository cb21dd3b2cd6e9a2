"""Instructions in English and Chinese, with names that mean one thing only."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from dagster_gsi.operations.phrasings import TEMPLATES
from dagster_gsi.scenes.scene import Words

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import numpy as np

    from dagster_gsi.scenes.scene import Scene, Thing


def identifiable(scene: Scene) -> tuple[Thing, ...]:
    """The things that a description alone picks out: "the blue bowl" may be the dark blue bowl of apples."""
    return tuple(
        thing
        for thing in scene.things
        if not any(_has(other.description, thing.description) for other in scene.things if other.name != thing.name)
    )


def nameable(scene: Scene, targets: Collection[str]) -> tuple[Thing, ...]:
    """Those of the targets that a description alone picks out, in the scene's order."""
    return tuple(thing for thing in identifiable(scene) if thing.name in targets)


def drawn(scene: Scene, targets: Collection[str], rng: np.random.Generator) -> Thing | None:
    """One of the targets that a request can name; None, and nothing drawn, where there is none."""
    things = nameable(scene, targets)
    return things[rng.integers(len(things))] if things else None


def is_clear(kind: Words, scene: Scene) -> bool:
    """Whether the noun of a kind means the things of that kind and nothing else that is there.

    It does not where furniture may be called so, or a thing of another kind: "the bottle" may be the green detergent
    bottle.
    """
    others = [thing for thing in scene.things if thing.category.en != kind.en]
    return not any(may_mean(kind, body) for body in (*others, *scene.furniture))


def may_mean(noun: Words, body: Thing) -> bool:
    """Whether somebody may call the body so: "the cabinet" may be a white kitchen cabinet."""
    return _has(body.category, noun) or _has(body.description, noun)


def _has(words: Words, noun: Words) -> bool:
    """Whether the noun is among the words of either language."""
    return f" {noun.en} " in f" {words.en} " or noun.zh in words.zh


def called(thing: Thing, scene: Scene, rng: np.random.Generator) -> Words:
    """The noun for a thing that is meant alone: people say "the mug" where there is one and describe it otherwise."""
    alone = len(scene.of_category(thing.category.en)) == 1 and is_clear(thing.category, scene)
    return thing.category if alone and rng.random() < 0.3 else thing.description


def phrase(
    key: str,
    scene: Scene,
    target: str | None,
    rng: np.random.Generator,
    *,
    nouns: Mapping[str, Words] = MappingProxyType({}),
    **amounts: str,
) -> Words:
    """One phrasing of the template `key`. A removal names the kind; everything else needs the description.

    `nouns` fill in what else the request names, in both languages.
    """
    nouns = dict(nouns)
    if target is not None:
        thing = scene.find(target)
        nouns["it"] = thing.category if key.startswith("remove") else called(thing, scene, rng)
    template = TEMPLATES[key]
    index = int(rng.integers(len(template["en"])))
    return Words(
        en=template["en"][index].format(**{name: noun.en for name, noun in nouns.items()}, **amounts),
        zh=template["zh"][index].format(**{name: noun.zh for name, noun in nouns.items()}, **amounts),
    )
