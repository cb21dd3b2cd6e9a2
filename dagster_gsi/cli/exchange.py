"""`gsi export official` and `gsi import official`: sets to and from the published layout."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from dagster_gsi.interchange.official_export import export_set
from dagster_gsi.interchange.official_import import REFUSED, import_set, opened
from dagster_gsi.progress import progress
from dagster_gsi.samples.shards import read_samples, set_folder, set_folders, shard_paths
from dagster_gsi.stages.base import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dagster_gsi.interchange.official_scene import Frame

# As many as can be read at a glance.
_SHOWN = 5
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def export_official(root: Path, name: str, out: Path, *, truth: Path | None, detections: Path | None) -> None:
    """Write the set `name` and say where the published evaluator will not read it as we do."""
    known = [folder.name for folder in set_folders(root)]
    if name not in known:
        raise ValueError(f"there is no set {name!r}; {did_you_mean(name, known)}")
    folder = set_folder(root, name)
    total = sum(1 for path in shard_paths(folder) for _ in read_samples(path))
    with progress(f"export {name}", total, "samples") as advance:
        done = export_set(folder, out, truth=truth, detections=detections, advance=advance)
    print(f"{out}: {done.samples} edits of {done.sources} pictures")
    if truth is not None:
        print(f"{truth}: {done.truths} true pictures")
    if detections is not None:
        print(f"{detections}: what a perfect detector sees")
    if done.rephrased:
        print(
            f"{len(done.rephrased)} prompts begin with a word that the published evaluator does not know, and are "
            f"phrased otherwise: {_some(done.rephrased)}"
        )
    if done.misread:
        print(
            f"{len(done.misread)} prompts will be taken for another operation, because of words such as 'camera': "
            f"{_some(done.misread)}"
        )


def import_official(root: Path, paths: Sequence[Path], name: str, frame: Frame) -> None:
    """Write data/official/NAME and say what is in it and what is not."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"--name {name!r}: small letters, digits, - and _ are a set's name, such as 'fine'")
    if (root / "data/gsi_syn" / name).exists():
        raise ValueError(f"--name {name!r}: there is a set of that name in data/gsi_syn already; choose another")
    out = root / "data/official" / name
    with opened(paths, out.parent) as items, progress(f"import {name}", len(items), "edits") as advance:
        done = import_set(items, out, frame=frame, advance=advance)
    print(f"{out}: {done.whole + done.from_boxes} samples, of which {done.from_boxes} are made from boxes alone")
    if done.refused:
        print(f"{len(done.refused)} edits are refused ({out / REFUSED} lists all):")
        for reason, count in Counter(done.refused.values()).most_common(_SHOWN):
            first = next(key for key, value in done.refused.items() if value == reason)
            print(f"  {count} x {reason} ({first})")


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
