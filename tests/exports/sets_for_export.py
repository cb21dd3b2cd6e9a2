"""What is in the pictures of the sets by hand, as a catalogue and its credits."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from dagster_gsi.samples.manifest import write_manifest
from dagster_gsi.samples.sample import Pictures, Sample
from dagster_gsi.samples.shards import write_shard
from dagster_gsi.scenes.catalogue import Card, Catalogue
from tests.interchange.sets_by_hand import seven_samples
from tests.samples_by_hand import make_pair

CREDITS = """# Credits

## Models

| model | creator | library and file | licence |
|---|---|---|---|
| book | somebody else | elsewhere | CC0-1.0 |

## Textures

| texture | source | licence |
|---|---|---|
| floor-toy | toys==1.0, floor.png | MIT |
| floor-unused | toys==1.0, other.png | MIT |
| wall-toy | Toys library, wall.jpg | CC0-1.0 |

toys: Copyright (c) 2026 Toymakers.

Permission is hereby granted.

## Panoramas

From the npm package @toys/skies@1.0 (CC0-1.0): night, toy.
"""


def write_catalogue(root: Path) -> Catalogue:
    """Cards for the things of the scene by hand, and one that is nowhere."""
    root.mkdir(parents=True)
    cards = [
        Card(
            id=name, kind="object", category_en="c", category_zh="c", description_en=name, description_zh=name,
            size=(0.1, 0.1, 0.1), has_front=False, symmetry=1, creator=creator, licence=licence, source=f"{name}.obj",
        )
        for name, creator, licence in (
            ("book", "Ada", "CC-BY-3.0"), ("mug-1", "Ben", "CC0-1.0"), ("mug-2", "Ben", "CC0-1.0"),
            ("table", "Cleo", "CC-BY-4.0"), ("unused", "Dan", "Apache-2.0"),
        )
    ]  # fmt: skip
    (root / "catalogue.json").write_text(json.dumps([card.model_dump(mode="json") for card in cards]), "utf-8")
    (root / "CREDITS.md").write_text(CREDITS, encoding="utf-8")
    return Catalogue(root)


def write_pairs(folder: Path, pairs: list[tuple[Sample, Pictures]]) -> None:
    """The pairs in two shards, and the manifest."""
    half = len(pairs) // 2
    write_shard(folder / "shard-00000.tar", pairs[:half])
    write_shard(folder / "shard-00001.tar", pairs[half:])
    write_manifest(folder)


def many(count: int) -> list[tuple[Sample, Pictures]]:
    """Noise, so that every picture has about 37 kB; every third pair is for testing."""
    return [make_pair(number, set_name="toy", split="train" if number % 3 else "test") for number in range(count)]


def only_views_are_true() -> list[tuple[Sample, Pictures]]:
    """One sample an operation, as published sets are: a true picture for the change of view alone."""
    return [
        (sample, pictures if sample.edit.name == "view" else replace(pictures, target=None))
        for sample, pictures in seven_samples("fine")
    ]


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
