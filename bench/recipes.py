"""The sets that the benches make: as in the profile `paper`, at sizes of their own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from dagster_gsi.cli.profile import lay_over
from dagster_gsi.operations import OPERATIONS
from dagster_gsi.rendering.llvm import best_variant
from dagster_gsi.stages.base import load_params
from dagster_gsi.stages.synthesize import STAGE, SynthesizeParams, recipe_of

if TYPE_CHECKING:
    from dagster_gsi.synthesis.pairs import Recipe

ROOT = Path(__file__).parents[1]
ASSETS, HOMES = ROOT / "data/assets", ROOT / "data/homes"
ENVIRONMENTS = ("table", "room", "bathroom")


def recipe(key: str, *, seed: int, image_size: int, samples_per_pixel: int = 8) -> Recipe:
    """The set `key` of the profile `paper` with all seven operations."""
    document = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    lay_over(document, ROOT, "paper")
    params = load_params(STAGE, document)
    assert isinstance(params, SynthesizeParams)
    return replace(
        recipe_of(params, key),
        name="bench",
        seed=seed,
        image_size=image_size,
        samples_per_pixel=samples_per_pixel,
        variant=best_variant("auto"),
        operations=tuple(OPERATIONS),
    )
