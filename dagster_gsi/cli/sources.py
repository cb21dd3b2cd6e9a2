"""`gsi scenes import`: scenes of other data sets, and what was left out of them."""

from __future__ import annotations

import re
from collections import Counter
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from dagster_gsi.progress import progress
from dagster_gsi.scenes.catalogue import Catalogue
from dagster_gsi.sources.mesatask import layout_files
from dagster_gsi.sources.mesatask_assets import open_library
from dagster_gsi.sources.mesatask_import import Importer
from dagster_gsi.sources.thor_controller import VERSION, Lens
from dagster_gsi.sources.thor_import import RECORD, import_scenes, scene_names
from dagster_gsi.sources.thor_visit import WITH_TARGET, Recipe
from dagster_gsi.stages.base import did_you_mean
from dagster_gsi.synthesis.layouts import SCENES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from dagster_gsi.sources.mesatask_import import Summary
    from dagster_gsi.sources.thor_controller import Controller
    from dagster_gsi.sources.thor_visit import SceneRecord

# Degrees. Half of AI2-THOR's own 90 would hold one table, and 90 makes things small and stretches what is at the edges.
_FOV = 60.0
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def import_mesatask(
    layouts: Path, assets: Path, *, into: Path, surroundings: Path, limit: int, seed: int, image_size: int
) -> None:
    """Make the folder, or go on with it, and print what was dropped and why."""
    if into.resolve() == surroundings.resolve():
        raise ValueError(
            f"--into {into}: that is the folder of the built-in models; these are under other terms (CC BY-NC-SA 4.0) and "
            "get a folder of their own"
        )
    files = dict(list(layout_files(layouts).items())[: limit or None])
    importer = Importer(open_library(assets), Catalogue(surroundings), into, seed, image_size)
    with progress("import MesaTask", len(files), "layouts") as advance:
        summary = importer.run(files, advance)
    print("\n".join(table_of(summary)))
    print(f"{into}: {SCENES}, catalogue.json, CREDITS.md; dropped.jsonl names what was left out")
    print("licence: CC BY-NC-SA 4.0; pictures of these scenes are for non-commercial use, under the same terms")


def table_of(summary: Summary) -> list[str]:
    """The counts as lines, the most frequent reasons first."""
    rows = [("layouts", summary.layouts), ("scenes", summary.scenes), ("things", summary.things)]
    rows += [("models", summary.models)]
    reasons = sorted(summary.dropped.items(), key=lambda item: (-item[1], item[0]))
    lines = [f"{name:<32} {count:>7}" for name, count in rows]
    return [*lines, "left out:", *(f"  {reason:<30} {count:>7}" for reason, count in reasons or [("nothing", 0)])]


def thor_recipe(operations: Sequence[str] | None, *, views: int, seed: int, image_size: int) -> Recipe:
    """What is asked for on the command line."""
    for operation in operations or ():
        if operation not in WITH_TARGET:
            raise ValueError(f"--operation {operation!r}: {did_you_mean(operation, list(WITH_TARGET))}")
    lens = Lens(image_size, image_size, _FOV)
    return Recipe(seed, views, tuple(operations or WITH_TARGET), lens, f"ai2thor {_thor_version()}")


def import_thor(
    root: Path, scenes: Sequence[str], name: str, recipe: Recipe, *, start: Callable[[str, Lens], Controller]
) -> None:
    """Make the set, or go on with it, and print what was given up and why. `start` opens the simulator with a scene."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"--name {name!r}: small letters, digits, - and _ are a set's name, up to 40, such as 'thor'")
    if (root / "data/gsi_syn" / name).exists():
        raise ValueError(f"--name {name!r}: there is a set of that name in data/gsi_syn already; choose another")
    names, out = scene_names(scenes), root / "data/official" / name
    controller = start(names[0], recipe.lens)
    try:
        with progress("import AI2-THOR", len(names), "scenes") as advance:
            records = import_scenes(controller, names, out, recipe, advance)
    finally:
        controller.stop()
    print("\n".join(thor_table(records)))
    print(f"{out}: a set for `gsi edit` and `gsi evaluate`; {RECORD} says what became of each scene")
    print(
        "licence: AI2-THOR's code is under Apache-2.0, its models and textures under terms of their own: see CREDITS.md"
    )


def _thor_version() -> str:
    try:
        return version("ai2thor")
    except PackageNotFoundError:
        return VERSION


def thor_table(records: Mapping[str, SceneRecord]) -> list[str]:
    """The counts as lines, the most frequent reasons first."""
    reasons = sum((record.rejections for record in records.values()), Counter[str]())
    samples = sum(record.samples for record in records.values())
    lines = [f"{name:<40} {count:>7}" for name, count in (("scenes", len(records)), ("samples", samples))]
    given_up = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    return [*lines, "given up:", *(f"  {reason:<38} {count:>7}" for reason, count in given_up or [("nothing", 0)])]
