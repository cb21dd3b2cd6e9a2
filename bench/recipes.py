"""The sets that the benches make: as in params.yaml, at sizes of their own."""

from __future__ import annotations

from pathlib import Path

import yaml

from dagster_gsi.operations import OPERATIONS
from dagster_gsi.rendering.llvm import best_variant
from dagster_gsi.stages.base import load_params
from dagster_gsi.stages.synthesize import STAGE, SynthesizeParams
from dagster_gsi.synthesis.candidates import Limits
from dagster_gsi.synthesis.pairs import Recipe

ROOT = Path(__file__).parents[1]
ASSETS, HOMES = ROOT / "data/assets", ROOT / "data/homes"
ENVIRONMENTS = ("table", "room", "bathroom")


def recipe(key: str, *, seed: int, image_size: int, samples_per_pixel: int = 8) -> Recipe:
    """The set `key` of params.yaml with all seven operations."""
    params = load_params(STAGE, yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8")))
    assert isinstance(params, SynthesizeParams)
    asked = params.sets[key]
    return Recipe(
        name="bench",
        environment=asked.environment,
        split=asked.split,
        seed=seed,
        image_size=image_size,
        samples_per_pixel=samples_per_pixel,
        edits_per_scene=params.edits_per_scene,
        variant=best_variant("auto"),
        limits=Limits(**(asked.limits or params.limits).model_dump()),
        operations=tuple(OPERATIONS),
    )


def use_one_thread() -> None:
    """For all that a worker calls, as in the stage: there are as many workers as cores."""
    import cv2
    import torch

    from dagster_gsi.rendering.mitsuba import use_threads

    use_threads(1)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
