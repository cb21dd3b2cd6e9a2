"""`gsi export` and `gsi import`: sets to and from other files than ours."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from dagster_gsi.exports.bagel import export_bagel as write_bagel
from dagster_gsi.exports.card import write_card
from dagster_gsi.exports.contents import Contents
from dagster_gsi.exports.huggingface import export_huggingface as write_huggingface
from dagster_gsi.exports.official import official_layout
from dagster_gsi.exports.pairs import new_folder, read_pairs, read_records
from dagster_gsi.interchange.official_export import export_set
from dagster_gsi.interchange.official_import import REFUSED, import_set, opened
from dagster_gsi.progress import progress
from dagster_gsi.samples.manifest import read_manifest
from dagster_gsi.samples.shards import set_folder, set_folders
from dagster_gsi.scenes.bound import open_assets
from dagster_gsi.scenes.catalogue import ASSETS
from dagster_gsi.stages.base import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dagster_gsi.exports.bagel import Language
    from dagster_gsi.exports.huggingface import Form
    from dagster_gsi.interchange.official_scene import Frame
    from dagster_gsi.scenes.catalogue import Catalogue

# As many as can be read at a glance.
_SHOWN = 5
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def export_official(root: Path, name: str, out: Path, *, truth: Path | None, detections: Path | None) -> None:
    """Write the set `name` and say where the published evaluator will not read it as we do."""
    folder = _known_set(root, name)
    contents = Contents(_catalogue(root, folder))
    with new_folder(out) as partial:
        for sample in read_records(folder):
            contents.add(sample)
        with progress(f"export {name}", contents.pairs, "samples") as advance:
            done = export_set(folder, partial, truth=truth, detections=detections, advance=advance)
        write_card(partial, contents, official_layout(contents))
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


def export_bagel(root: Path, name: str, out: Path, *, language: Language, data_dir: str | None) -> None:
    """Write the set `name` as BAGEL trains on it."""
    folder = _known_set(root, name)
    with progress(f"export {name}", len(read_manifest(folder)), "samples") as advance:
        contents, files = write_bagel(
            folder,
            out,
            _catalogue(root, folder),
            language=language,
            data_dir=str(out.absolute()) if data_dir is None else data_dir,
            advance=advance,
        )
    groups = sum(file.num_row_groups for file in files)
    print(f"{out}: {contents.pairs} pairs in {len(files)} files and {groups} row groups")
    _tell_skipped(contents)


def export_huggingface(root: Path, name: str, out: Path, *, form: Form) -> None:
    """Write the set `name` as `datasets` loads it."""
    folder = _known_set(root, name)
    with progress(f"export {name}", len(read_manifest(folder)), "samples") as advance:
        contents = write_huggingface(folder, out, _catalogue(root, folder), form=form, advance=advance)
    splits = ", ".join(f"{count} in {split}" for split, count in sorted(contents.splits.items()))
    print(f"{out}: {contents.pairs} pairs, {splits}")
    _tell_skipped(contents)


def _known_set(root: Path, name: str) -> Path:
    known = [folder.name for folder in set_folders(root)]
    if name not in known:
        raise ValueError(f"there is no set {name!r}; {did_you_mean(name, known)}")
    return set_folder(root, name)


def _catalogue(root: Path, folder: Path) -> Catalogue:
    """That of the models in the set's pictures."""
    first = next(read_pairs(folder), None)
    return open_assets(root, ASSETS if first is None else str(first.sample.provenance.get("assets", ASSETS)))


def _tell_skipped(contents: Contents) -> None:
    if contents.skipped:
        print(f"{contents.skipped.total()} samples are left out, because the set has no true picture for them")


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
