"""`gsi scenes import`: scenes of other data sets, and what was left out of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dagster_gsi.progress import progress
from dagster_gsi.scenes.catalogue import Catalogue
from dagster_gsi.sources.mesatask import layout_files
from dagster_gsi.sources.mesatask_assets import open_library
from dagster_gsi.sources.mesatask_import import Importer

if TYPE_CHECKING:
    from pathlib import Path

    from dagster_gsi.sources.mesatask_import import Summary


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
    print(f"{into}: scenes.jsonl, catalogue.json, CREDITS.md; dropped.jsonl names what was left out")
    print("licence: CC BY-NC-SA 4.0; pictures of these scenes are for non-commercial use, under the same terms")


def table_of(summary: Summary) -> list[str]:
    """The counts as lines, the most frequent reasons first."""
    rows = [("layouts", summary.layouts), ("scenes", summary.scenes), ("things", summary.things)]
    rows += [("models", summary.models)]
    reasons = sorted(summary.dropped.items(), key=lambda item: (-item[1], item[0]))
    lines = [f"{name:<32} {count:>7}" for name, count in rows]
    return [*lines, "left out:", *(f"  {reason:<30} {count:>7}" for reason, count in reasons or [("nothing", 0)])]
