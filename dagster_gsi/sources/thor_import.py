"""A set of samples made in AI2-THOR, one shard a scene; what is there already stays.

The folder is one of an imported set: shards and, last, the manifest. `thor.json` says by which settings it was made and what
became of each scene, so that an interrupted import goes on.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from dagster_gsi.files import write_text
from dagster_gsi.samples.manifest import write_manifest
from dagster_gsi.samples.shards import write_shard
from dagster_gsi.sources.thor_visit import SceneRecord, Visit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from dagster_gsi.sources.thor_controller import Controller
    from dagster_gsi.sources.thor_visit import Recipe

RECORD = "thor.json"
CREDITS = """# Credits

Pictures, masks and depth were rendered by AI2-THOR (https://ai2thor.allenai.org), by the Allen Institute for AI. Its code is
under the Apache License 2.0; the rooms, models and textures that the pictures show have terms of their own. Check them
before you pass pictures on. Edits and instructions are by dagster_gsi.
"""
_RANGE = re.compile(r"(?P<stem>FloorPlan(?:_(?:Train|Val)\d+_)?)(?P<first>\d+)(?:-(?P<last>\d+))?")


def scene_names(words: Sequence[str]) -> tuple[str, ...]:
    """Scenes by their names; FloorPlan1-5 and FloorPlan_Train1_1-3 are five and three."""
    names: dict[str, None] = {}
    for word in words:
        match = _RANGE.fullmatch(word)
        first, last = (0, -1) if match is None else (int(match["first"]), int(match["last"] or match["first"]))
        if match is None or last < first:
            raise ValueError(
                f"{word!r} is no scene: FloorPlan1 and FloorPlan_Train1_3 are, and ranges such as FloorPlan1-5"
            )
        names |= {f"{match['stem']}{number}": None for number in range(first, last + 1)}
    return tuple(names)


def import_scenes(
    controller: Controller, scenes: Sequence[str], out: Path, recipe: Recipe, advance: Callable[[int], None]
) -> dict[str, SceneRecord]:
    """Make what is missing of the set `out`, named as its folder is."""
    records = _known(out, scenes, recipe)
    for number, name in enumerate(scenes):
        shard = out / f"shard-{number:05}.tar"
        if name not in records or not shard.is_file():
            record = SceneRecord()
            record.samples = write_shard(shard, Visit(controller, name, out.name, recipe, record).samples())
            records[name] = record
            write_text(out / RECORD, _text(scenes, recipe, records))
        advance(1)
    if not any(record.samples for record in records.values()):
        reasons = sum((record.rejections for record in records.values()), Counter[str]()).most_common(5)
        worst = ", ".join(f"{reason} ({count})" for reason, count in reasons)
        raise ValueError(
            f"no edit of {len(scenes)} scenes could be used; most were given up for: {worst}. See {out / RECORD}"
        )
    write_text(out / "CREDITS.md", CREDITS)
    # Last: where there is a manifest, everything is there.
    write_manifest(out)
    return records


def _known(out: Path, scenes: Sequence[str], recipe: Recipe) -> dict[str, SceneRecord]:
    """What an earlier import by the same settings has done."""
    path = out / RECORD
    if not path.is_file():
        if out.is_dir() and any(out.iterdir()):
            raise ValueError(f"{out} is not empty, and no import from AI2-THOR made it: give another --name")
        return {}
    document = json.loads(path.read_text(encoding="utf-8"))
    if document["settings"] != json.loads(_text(scenes, recipe, {}))["settings"]:
        raise ValueError(
            f"{out} was made of other scenes or by other settings ({RECORD} lists them): give another --name"
        )
    return {name: SceneRecord.from_document(entry) for name, entry in document["scenes"].items()}


def _text(scenes: Sequence[str], recipe: Recipe, records: dict[str, SceneRecord]) -> str:
    document: dict[str, Any] = {
        "settings": {"scenes": list(scenes), **asdict(recipe)},
        "scenes": {name: record.to_document() for name, record in records.items()},
    }
    return json.dumps(document, indent=2, sort_keys=True) + "\n"
