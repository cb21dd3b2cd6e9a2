"""What an export holds, counted while it is written: the figures and the models that its card names."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dagster_gsi.samples.acceptance import failures
from dagster_gsi.samples.manifest import in_degrees, manifest_row
from dagster_gsi.scenes.scene import Interior

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dagster_gsi.samples.sample import Sample
    from dagster_gsi.scenes.catalogue import Card, Catalogue
    from dagster_gsi.scenes.scene import Scene

# Other values of a key are counted: one that differs from sample to sample says nothing of the set.
_MOST_VALUES = 20
_OF_ONE_SAMPLE = frozenset({"shard", "render_seed"})
# What the filters ask at least. Others, such as what is seen after a removal, may well be nothing.
_FLOORS = ("visible_before", "mask_fraction_before", "pixel_change", "look_change")


@dataclass(slots=True)
class Contents:
    """Counts over the samples of one set. Models are looked up in the catalogue as they come: no picture without credit."""

    catalogue: Catalogue
    set_name: str = ""
    pairs: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    """Samples that were left out because there is no true picture, by operation."""
    scenes: set[str] = field(default_factory=set)
    splits: Counter[str] = field(default_factory=Counter)
    environments: Counter[str] = field(default_factory=Counter)
    asked: Counter[tuple[str, str, float]] = field(default_factory=Counter)
    """Pairs by operation, direction and amount in metres, degrees or as a factor, to the precision that is told."""
    categories: Counter[str] = field(default_factory=Counter)
    picture_sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    """Pairs by width and height."""
    provenance: dict[str, set[str]] = field(default_factory=dict)
    floors: dict[str, float] = field(default_factory=dict)
    """The least of each figure that a filter asks for."""
    rejections: Counter[str] = field(default_factory=Counter)
    cards: dict[str, Card] = field(default_factory=dict)
    surroundings: set[str] = field(default_factory=set)
    """Names of textures and of environments."""
    has_chinese: bool = False
    """Whether any instruction differs between the languages: imported ones are the same text twice."""

    @property
    def is_imported(self) -> bool:
        """Whether some of the pictures were made elsewhere."""
        return "boxes" in self.provenance.get("geometry", ())

    @property
    def is_simulated(self) -> bool:
        """Whether some of these were made by AI2-THOR, for this set."""
        return any(origin.startswith("AI2-THOR ") for origin in self.provenance.get("origin", ()))

    @property
    def failures(self) -> dict[str, int]:
        """Candidates that failed, by reason: draws that no rule allows were never tried."""
        return failures(self.rejections)

    def add(self, sample: Sample) -> None:
        row = manifest_row(sample, "")
        self.set_name = sample.set
        self.pairs += 1
        self.scenes.add(sample.scene_id)
        self.splits[sample.split] += 1
        self.environments[sample.environment] += 1
        self.asked[_asked(str(row["operation"]), str(row["direction"]), float(str(row["amount"])))] += 1
        if row["target_category"] is not None:
            self.categories[str(row["target_category"])] += 1
        self.picture_sizes[sample.before.camera.width, sample.before.camera.height] += 1
        self.rejections.update(dict(sample.rejections))
        self.has_chinese |= sample.instruction.en != sample.instruction.zh
        for key, value in sample.provenance.items():
            values = self.provenance.setdefault(key, set())
            if key not in _OF_ONE_SAMPLE and len(values) < _MOST_VALUES:
                values.add(str(value))
        for name in _FLOORS:
            if name in sample.figures:
                self.floors[name] = min(sample.figures[name], self.floors.get(name, float("inf")))
        if sample.provenance.get("geometry") != "boxes":
            self._credit(sample.before)

    def skip(self, sample: Sample) -> None:
        """Count a sample that has no true picture."""
        self.set_name = sample.set
        self.skipped[sample.edit.name] += 1
        self.rejections.update(dict(sample.rejections))

    def _credit(self, scene: Scene) -> None:
        for thing in (*scene.furniture, *scene.things):
            self._use(thing.asset)
        if isinstance(scene.room, Interior):
            self._use(scene.room.shell)
        self.surroundings.update(_surroundings(scene))

    def _use(self, asset: str) -> None:
        if asset not in self.cards:
            self.cards[asset] = self.catalogue[asset]


def _surroundings(scene: Scene) -> Iterator[str]:
    yield scene.room.floor
    yield scene.room.wall
    yield scene.lighting.environment
    yield from (support.texture for support in scene.supports if support.texture is not None)


def _asked(operation: str, direction: str, amount: float) -> tuple[str, str, float]:
    precision = 0 if in_degrees(operation, direction) else 2
    return operation, direction, round(amount, precision)
