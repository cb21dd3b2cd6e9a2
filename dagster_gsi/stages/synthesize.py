"""Synthesize one set of GSI-Syn: scenes, edits, physics, pictures, shards and their manifest."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

import numpy as np
from pydantic import AfterValidator, Field, model_validator

from dagster_gsi import geometry, homes, operations, physics, rendering, samples, scenes, synthesis
from dagster_gsi.files import code_digest
from dagster_gsi.judges import crops, lpips, winograd
from dagster_gsi.operations import OPERATIONS
from dagster_gsi.progress import progress
from dagster_gsi.rendering.llvm import best_variant
from dagster_gsi.samples.acceptance import cells_of
from dagster_gsi.samples.manifest import write_manifest
from dagster_gsi.samples.sample import Split
from dagster_gsi.samples.shards import read_samples, read_set, shard_paths, write_shard
from dagster_gsi.scenes.bound import open_assets
from dagster_gsi.scenes.catalogue import ASSETS
from dagster_gsi.stages.base import Params, Report, Stage
from dagster_gsi.stages.compute import ComputeParams, run_tasks
from dagster_gsi.stages.workers import count_one
from dagster_gsi.synthesis.candidates import Limits
from dagster_gsi.synthesis.environments import Environment
from dagster_gsi.synthesis.layouts import SCENES
from dagster_gsi.synthesis.pairs import Recipe, synthesize_shard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dagster_gsi.samples.sample import Pictures, Sample

HOMES = "data/homes"
_MAKERS = (geometry, scenes, homes, operations, samples, rendering, physics, crops, lpips, winograd, synthesis)


def _known(operation: str) -> str:
    if operation not in OPERATIONS:
        raise ValueError(f"unknown operation {operation!r}; known are: {', '.join(OPERATIONS)}")
    return operation


class LimitParams(Params):
    """When an edit counts as visible; `dagster_gsi.synthesis.candidates.Limits` says what each means."""

    visible: float = Field(ge=0, le=1)
    mask_fraction: float = Field(ge=0, le=1)
    pixel_change: float = Field(ge=0, le=255)
    look_change: float = Field(ge=0)


class SetParams(Params):
    """One set: where its scenes are, which split it belongs to, and how many pairs it has."""

    environment: Environment
    split: Split
    pairs: int = Field(gt=0)
    assets: str
    """Folder of the models; that of an import has layouts, too, and its tables are laid out as these are."""
    operations: tuple[Annotated[str, AfterValidator(_known)], ...] = Field(default=tuple(OPERATIONS), min_length=1)
    """What is drawn, by name, in equal shares."""
    limits: LimitParams | None = None
    """In place of `synthesize.limits`: things are smaller in rooms than on tables."""

    @model_validator(mode="after")
    def _is_ours_or_of_tables_to_train_on(self) -> Self:
        if self.assets != ASSETS and (self.environment, self.split) != ("table", "train"):
            raise ValueError(
                f"assets {self.assets!r} are for tables to train on: rooms are furnished from {ASSETS}, and `gsi evaluate` "
                "looks for the models of test sets there"
            )
        return self


class SynthesizeParams(Params):
    """The `synthesize` section of params.yaml."""

    seed: int = Field(ge=0)
    image_size: int = Field(ge=32, le=4096)
    samples_per_pixel: int = Field(gt=0)
    edits_per_scene: int = Field(gt=0)
    pairs_per_shard: int = Field(gt=0)
    variant: Literal["auto", "llvm_ad_rgb", "cuda_ad_rgb", "scalar_rgb"]
    workers: int = Field(ge=0)
    limits: LimitParams
    sets: dict[str, SetParams]
    compute: ComputeParams = ComputeParams()

    unwatched: ClassVar[frozenset[str]] = frozenset({"workers", "compute"})


def run(params: SynthesizeParams, root: Path, key: str) -> Report:
    started = time.monotonic()
    asked = params.sets[key]
    recipe = recipe_of(params, key)
    open_assets(root, recipe.assets).check()
    sizes = [
        min(params.pairs_per_shard, asked.pairs - first) for first in range(0, asked.pairs, params.pairs_per_shard)
    ]
    work = _workspace(root, recipe, sizes)
    todo = [(shard, pairs) for shard, pairs in enumerate(sizes) if not _shard_path(work, shard).exists()]
    done = asked.pairs - sum(pairs for _, pairs in todo)
    with progress(f"synthesize {key}", asked.pairs, "pairs", done=done) as advance:
        tasks = [(recipe, shard, pairs, root, work) for shard, pairs in todo]
        for _ in run_tasks(_write, tasks, root=root, compute=params.compute, workers=params.workers, advance=advance):
            pass
    for left in work.glob("*.partial*"):  # by attempts on nodes that died
        left.unlink()
    write_manifest(work)
    _write_preview(work)
    out = root / "data/gsi_syn" / key
    report = _report(work, seconds=time.monotonic() - started, made=asked.pairs - done)
    shutil.rmtree(out, ignore_errors=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    work.rename(out)
    return report.model_copy(update={"preview": f"data/gsi_syn/{key}/preview.jpg"})


STAGE = Stage("synthesize", SynthesizeParams, run, sections=("compute",))


def recipe_of(params: SynthesizeParams, key: str) -> Recipe:
    """What the set of that name follows from."""
    asked = params.sets[key]
    return Recipe(
        name=key,
        environment=asked.environment,
        split=asked.split,
        seed=params.seed,
        image_size=params.image_size,
        samples_per_pixel=params.samples_per_pixel,
        edits_per_scene=params.edits_per_scene,
        variant=best_variant(params.variant),
        limits=Limits(**(asked.limits or params.limits).model_dump()),
        operations=asked.operations,
        assets=asked.assets,
    )


def _write(recipe: Recipe, shard: int, pairs: int, root: Path, work: Path) -> None:
    """One worker's task: a whole shard."""
    use_one_thread()
    catalogue = open_assets(root, recipe.assets)

    def counted() -> Iterator[tuple[Sample, Pictures]]:
        for pair in synthesize_shard(recipe, shard, pairs, catalogue, root / HOMES):
            yield pair
            count_one()

    write_shard(_shard_path(work, shard), counted())


def use_one_thread() -> None:
    """For all that a worker calls: there are as many workers as cores."""
    import cv2
    import torch

    from dagster_gsi.rendering.mitsuba import use_threads

    use_threads(1)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)


def _shard_path(folder: Path, shard: int) -> Path:
    return folder / f"shard-{shard:05d}.tar"


def _workspace(root: Path, recipe: Recipe, sizes: list[int]) -> Path:
    """The folder where finished shards gather until the set is whole.

    Its name holds a hash of all that the shards follow from, so an interrupted run goes on only with shards that it
    would make itself. Shards of other parameters or of older code are removed.
    """
    digest = hashlib.sha256(json.dumps([asdict(recipe), sizes], sort_keys=True).encode())
    digest.update(code_digest(_MAKERS).encode())
    for folder in (root / recipe.assets, root / HOMES):
        for source in sorted(path for path in folder.rglob("*") if path.is_file()):
            digest.update(f"{source.name} {source.stat().st_size}".encode())
    for name in ("catalogue.json", SCENES):
        path = root / recipe.assets / name
        digest.update(path.read_bytes() if path.is_file() else b"")
    gathering = root / ".cache/synthesize"
    work = gathering / f"{recipe.name}-{digest.hexdigest()[:16]}"
    for other in gathering.glob(f"{recipe.name}-*"):
        if other != work:
            shutil.rmtree(other)
    work.mkdir(parents=True, exist_ok=True)
    return work


def _report(folder: Path, *, seconds: float, made: int) -> Report:
    samples = [sample for path in shard_paths(folder) for sample in read_samples(path)]
    rejected: Counter[str] = Counter()
    for sample in samples:
        rejected.update(sample.rejections)
    operations = Counter(sample.edit.name for sample in samples)
    bytes_on_disk = sum(path.stat().st_size for path in folder.iterdir())
    return Report(
        metrics={
            "pairs": len(samples),
            "scenes": len({sample.scene_id for sample in samples}),
            "shards": len(shard_paths(folder)),
            "megabytes": round(bytes_on_disk / 1e6, 3),
            **{f"pairs_{name}": count for name, count in sorted(operations.items())},
            **{
                f"acceptance_{cell.operation}": round(cell.acceptance, 3)
                for cell in cells_of(operations, rejected)
                if cell.acceptance is not None
            },
            **{f"rejected/{reason}": count for reason, count in sorted(rejected.items())},
            "mean_look_change": round(float(np.mean([s.figures["look_change"] for s in samples])), 3),
            "mean_pixel_change": round(float(np.mean([s.figures["pixel_change"] for s in samples])), 3),
        },
        log={"seconds": round(seconds, 1), "pairs_made": made, "pairs_per_hour": round(3600 * made / seconds, 1)},
    )


def _write_preview(folder: Path) -> None:
    from itertools import islice

    from dagster_gsi.reporting.sheets import pairs_sheet

    pairs_sheet(list(islice(read_set(folder), 8)), width=960).save(folder / "preview.jpg", quality=85)
