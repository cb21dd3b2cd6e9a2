"""One scene of AI2-THOR made into samples: views, edits that were done as asked, and what became of the others."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from PIL import Image

from dagster_gsi.interchange.painted import instances_of
from dagster_gsi.operations import OPERATIONS
from dagster_gsi.operations.place import Place
from dagster_gsi.samples.sample import Pictures, Sample
from dagster_gsi.sources.thor_controller import Lens, Refusal
from dagster_gsi.sources.thor_edits import Done, carry_out, is_same, misplaced
from dagster_gsi.sources.thor_scene import geometry_of, may_be_edited, read_state, reconstruct, seen
from dagster_gsi.sources.thor_views import choose_views, go
from dagster_gsi.synthesis.candidates import Limits
from dagster_gsi.synthesis.change import visible_change
from dagster_gsi.synthesis.rejection import Rejection

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dagster_gsi.operations.base import Operation
    from dagster_gsi.scenes.scene import Scene
    from dagster_gsi.sources.thor_controller import Controller
    from dagster_gsi.sources.thor_scene import State
    from dagster_gsi.sources.thor_views import View

WITH_TARGET = ("move", "place", "receptacle", "rotate", "scale", "remove")
"""The operations that actions on objects can do."""
LIMITS = Limits(visible=0.6, mask_fraction=0.004, pixel_change=10.0, look_change=0.15)
"""As for sets of our own; see the `synthesize` section of params.yaml."""
# Boxes rule out most of what cannot be, so that few of these cost a step of the simulator.
_TRIES_PER_EDIT = 12


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that the bytes of the set follow from, besides the simulator."""

    seed: int
    views: int
    """At most so many a scene; each gives at most one edit of each operation."""
    operations: tuple[str, ...]
    lens: Lens
    renderer: str
    """Name and version of the simulator, for the records."""


@dataclass(slots=True)
class SceneRecord:
    """What became of one scene."""

    samples: int = 0
    rejections: Counter[str] = field(default_factory=Counter)
    told: dict[str, str] = field(default_factory=dict)
    """The simulator's own words for actions that it did not do, the first of each reason."""

    def to_document(self) -> dict[str, Any]:
        return {"samples": self.samples, "rejections": dict(self.rejections), "told": self.told}

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        return cls(document["samples"], Counter(document["rejections"]), document["told"])


def split_of(scene: str) -> str:
    """The first 20 of each 30 rooms and RoboTHOR's training scenes are for training, as AI2-THOR's makers divide them;
    what they keep for validation counts as test.
    """
    if scene.startswith("FloorPlan_"):
        return "train" if "_Train" in scene else "test"
    return "train" if int(scene.removeprefix("FloorPlan")) % 100 <= 20 else "test"


def environment_of(scene: str) -> str:
    """Bathrooms are the scenes from 401 to 430."""
    return "bathroom" if re.fullmatch(r"FloorPlan4\d\d", scene) else "room"


@dataclass(slots=True)
class Visit:
    """One scene in the making."""

    controller: Controller
    name: str
    set_name: str
    recipe: Recipe
    record: SceneRecord
    _since: Counter[str] = field(default_factory=Counter)
    """Candidates given up since the last sample, by reason."""

    def samples(self) -> Iterator[tuple[Sample, Pictures]]:
        """All that can be made of the scene; fills in `record`."""
        rng = np.random.default_rng([self.recipe.seed, zlib.crc32(self.name.encode())])
        self.controller.reset(self.name)
        views = choose_views(self.controller, self.recipe.views, LIMITS.mask_fraction, rng, self._since)
        for number, view in enumerate(views):
            self.controller.reset(self.name)
            event = go(view, self.controller)
            if isinstance(event, Rejection):
                self._give_up("view", event)
                continue
            state = read_state(event)
            scene = reconstruct(state, self.controller)
            if isinstance(scene, Rejection):
                self._give_up("view", scene)
                continue
            for sample in self._samples_of(view, number, state, scene, rng):
                self.record.rejections += self._since
                self._since.clear()
                yield sample
        self.record.rejections += self._since

    def _samples_of(
        self, view: View, number: int, state: State, scene: Scene, rng: np.random.Generator
    ) -> Iterator[tuple[Sample, Pictures]]:
        """At most one accepted edit of each operation."""
        clear = self._clear(state, scene)
        for name in self.recipe.operations:
            for _ in range(_TRIES_PER_EDIT):
                edit = OPERATIONS[name].sample(scene, clear, rng)
                if edit is None:
                    self._give_up(name, Rejection("no target"))
                    break
                if (impossible := misplaced(edit, scene, edit.apply(scene))) is not None:
                    self._give_up(name, impossible)
                    continue
                outcome = self._accepted(edit, state, scene, clear)
                is_back = self._is_back(view, state)
                if isinstance(outcome, Rejection):
                    self._give_up(name, outcome)
                else:
                    yield self._sample(edit, f"{number:02}-{name}", state, scene, outcome, rng)
                if not is_back:
                    self._give_up("view", Rejection("does not come back"))
                    return
                if isinstance(outcome, Done):
                    break

    def _clear(self, state: State, scene: Scene) -> dict[str, dict[str, float]]:
        """What an edit may name: things by how much of them is seen, and supports that are seen."""
        clear: dict[str, dict[str, float]] = {}
        for thing in scene.things:
            figures = seen(thing, state, scene, "before")
            if not may_be_edited(thing, scene, state):
                self._give_up("thing", Rejection("does not stand by itself"))
            elif reason := _unclear(figures, "before"):
                self._give_up("thing", Rejection(reason))
            else:
                clear[thing.name] = figures
        for support in scene.supports:
            if support.name in state.masks and state.masks[support.name].mean() >= LIMITS.mask_fraction:
                clear[support.name] = {}
        return clear

    def _accepted(
        self, edit: Operation, state: State, scene: Scene, clear: Mapping[str, Mapping[str, float]]
    ) -> Done | Rejection:
        """The edit carried out, and both pictures looked at."""
        assert edit.target is not None
        done = carry_out(edit, scene, state, self.controller)
        if isinstance(done, Rejection):
            return done
        done.figures.update(clear[edit.target])
        if not done.after.has(edit.target):
            done.figures.update(visible_after=0.0, mask_fraction_after=0.0)
        else:
            shown = [(edit.target, ""), *([(edit.reference, "reference ")] if isinstance(edit, Place) else [])]
            for name, who in shown:
                figures = seen(done.after.find(name), done.state, done.after, "after")
                if reason := _unclear(figures, "after"):
                    return Rejection(f"{who}{reason}")
                if not who:
                    done.figures.update(figures)
        masks = [one.masks[edit.target] for one in (state, done.state) if edit.target in one.masks]
        inside_HW = np.logical_or.reduce(masks)
        change = visible_change(state.rgb_HW3, done.state.rgb_HW3, inside_HW, LIMITS)
        if isinstance(change, Rejection):
            return change
        done.figures.update(change)
        return done

    def _is_back(self, view: View, state: State) -> bool:
        """Bring the scene back to where it was; whether that came out."""
        event = go(view, self.controller)
        if not isinstance(event, Rejection) and is_same(state, read_state(event)):
            return True
        self.controller.reset(self.name)
        event = go(view, self.controller)
        return not isinstance(event, Rejection) and is_same(state, read_state(event))

    def _give_up(self, what: str, rejection: Rejection) -> None:
        self._since[f"{what}: {rejection.reason}"] += 1
        if isinstance(rejection, Refusal):
            self.record.told.setdefault(rejection.reason, rejection.message)

    def _sample(
        self, edit: Operation, number: str, state: State, scene: Scene, done: Done, rng: np.random.Generator
    ) -> tuple[Sample, Pictures]:
        scene_id = f"{self.set_name}-{self.name}-{number.partition('-')[0]}"
        sample = Sample(
            id=f"{self.set_name}-{self.name}-{number}",
            scene_id=scene_id,
            set=self.set_name,
            split=split_of(self.name),
            environment=environment_of(self.name),
            edit=edit,
            instruction=edit.instruction(scene, rng),
            before=scene,
            after=done.after,
            instances=instances_of(scene),
            figures={name: round(value, 6) for name, value in sorted(done.figures.items())},
            provenance={
                "origin": f"AI2-THOR {self.name}",
                "geometry": "boxes",
                "seed": self.recipe.seed,
                "renderer": self.recipe.renderer,
                "dagster_gsi": version("dagster-gsi"),
            },
            rejections=dict(sorted(self._since.items())),
        )
        pictures = Pictures(
            Image.fromarray(state.rgb_HW3),
            Image.fromarray(done.state.rgb_HW3),
            geometry_of(state, scene),
            geometry_of(done.state, scene),
        )
        return sample, pictures


def _unclear(figures: Mapping[str, float], when: str) -> str | None:
    """Why a thing does not count as clearly seen, or None if it does."""
    if figures[f"visible_{when}"] < LIMITS.visible:
        return f"hidden {when}"
    return f"too small {when}" if figures[f"mask_fraction_{when}"] < LIMITS.mask_fraction else None
