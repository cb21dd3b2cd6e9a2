"""A sample: one edit of one scene, with both pictures and all that is true of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal, Self

from dagster_gsi.samples.codec import (
    Document,
    edit_from_document,
    edit_to_document,
    scene_from_document,
    scene_to_document,
    state_from_document,
    state_to_document,
)
from dagster_gsi.scenes.scene import Scene, Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PIL import Image

    from dagster_gsi.operations.base import Operation
    from dagster_gsi.rendering.base import Geometry

Split = Literal["train", "test"]
SPLITS: tuple[Split, ...] = ("train", "test")


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """The record of one edit, without its pictures."""

    id: str
    scene_id: str
    """Samples with the same scene share their source picture: statistics are clustered by it."""
    set: str
    split: str
    environment: str
    edit: Operation
    instruction: Words
    before: Scene
    after: Scene
    instances: Mapping[str, int]
    """Value of each thing in the instance maps, by name."""
    figures: Mapping[str, float]
    """What the filters measured: visibilities, mask areas, pixel change."""
    provenance: Mapping[str, str | int]
    """Seed, shard, renderer, samples per pixel, versions."""
    rejections: Mapping[str, int]
    """Candidates given up between the sample before this one in its shard and this one, by reason."""

    def to_document(self) -> Document:
        return {
            "id": self.id,
            "scene_id": self.scene_id,
            "set": self.set,
            "split": self.split,
            "environment": self.environment,
            "edit": edit_to_document(self.edit),
            "instruction": asdict(self.instruction),
            "before": scene_to_document(self.before),
            # The rest of the scene is that of `before`.
            "after": state_to_document(self.after),
            "instances": dict(self.instances),
            "figures": dict(self.figures),
            "provenance": dict(self.provenance),
            "rejections": dict(self.rejections),
        }

    @classmethod
    def from_document(cls, document: Document) -> Self:
        before = scene_from_document(document["before"])
        return cls(
            **{
                **document,
                "edit": edit_from_document(document["edit"]),
                "instruction": Words(**document["instruction"]),
                "before": before,
                "after": state_from_document(document["after"], before),
            }
        )


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """The two pictures of a sample and the geometry behind each."""

    source: Image.Image
    target: Image.Image | None
    """The true answer; None where a set has none, as published sets of captures do."""
    source_geometry: Geometry
    target_geometry: Geometry
