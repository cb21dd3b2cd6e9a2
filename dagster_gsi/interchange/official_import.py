"""Sets in the published layout as sets of ours: archives as they are distributed, or unpacked folders.

An edit that `official_export` wrote comes back as the sample it was. Of any other the boxes are all there is: see
`official_scene` for what is made of them. Edits that cannot be used are refused one by one, with the reason.
"""

from __future__ import annotations

import itertools
import json
import re
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError

from dagster_gsi.archives import unpacked
from dagster_gsi.files import replacing, write_text
from dagster_gsi.interchange.official_cache import told
from dagster_gsi.interchange.official_dataset import Edit, Folder
from dagster_gsi.interchange.official_export import OWN
from dagster_gsi.interchange.official_picture import read_picture
from dagster_gsi.interchange.official_scene import reconstruct
from dagster_gsi.interchange.painted import instances_of, paint
from dagster_gsi.samples.manifest import write_manifest
from dagster_gsi.samples.sample import Pictures, Sample
from dagster_gsi.samples.shards import pictures_of, write_shard
from dagster_gsi.scenes.scene import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from PIL import Image

    from dagster_gsi.interchange.official_scene import Frame
    from dagster_gsi.rendering.base import Geometry

REFUSED = "refused.json"
_ENDINGS = (".json", ".png", ".jpg", ".jpeg")
_FIELDS = ("target.png", "source_ids.png", "source_depth.png", "target_ids.png", "target_depth.png")
# Shards of some hundred megabytes at the size of captures.
_PER_SHARD = 64
# What names a sample becomes a file's name, and a shard parts it from its fields at the first dot.
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_+-]{0,79}")
# The published sets by a word in the name of their archive or folder.
_ENVIRONMENTS = {"fine": "real", "mesatask": "table", "bathroom": "bathroom", "robothor": "room"}
# What reading a document of unknown making raises.
_MALFORMED = (KeyError, TypeError, ValueError, AttributeError, IndexError, OSError, SyntaxError)


@dataclass(frozen=True, slots=True)
class Item:
    """One edit's file, in the folder that holds its pictures."""

    folder: Folder
    origin: str
    """The archive or folder that the user named."""
    image: str
    query: str
    stem: str
    """Name of the edit's file without its ending."""


@dataclass(slots=True)
class Imported:
    """What an import made of its edits."""

    whole: int = 0
    """Samples that came back as they were exported."""
    from_boxes: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    """Reasons by the edit's file."""


@contextmanager
def opened(paths: Sequence[Path], beside: Path) -> Iterator[list[Item]]:
    """All edits of archives (unpacked into `beside` for as long as the block runs) and folders."""
    with ExitStack() as stack:
        items = []
        for path in paths:
            root = stack.enter_context(unpacked(path, beside, _ENDINGS))
            found = [item for folder in _folders(root) for item in _items(Folder.open(folder), path.name)]
            if not found:
                raise ValueError(f"{path} holds no edits: files named <image>_edit_<query>.json are expected")
            items += found
        yield items


def import_set(items: Sequence[Item], out: Path, *, frame: Frame, advance: Callable[[int], None]) -> Imported:
    """Write the set `out`, named as its folder is; its `refused.json` lists what is not in it, with the reasons."""
    done = Imported()
    samples = _samples(items, out.name, frame, done, advance)
    with replacing(out) as partial:
        partial.mkdir(parents=True)
        for number in itertools.count():
            some = itertools.islice(samples, _PER_SHARD)
            first = next(some, None)
            if first is None:
                break
            write_shard(partial / f"shard-{number:05}.tar", itertools.chain([first], some))
        write_text(partial / REFUSED, json.dumps(done.refused, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
        if not done.whole + done.from_boxes:
            name, reason = next(iter(done.refused.items()))
            raise ValueError(f"none of the {len(items)} edits can be used; the first, {name}: {reason}")
        write_manifest(partial)
    return done


def _folders(root: Path) -> list[Path]:
    """Every folder with edits in it, at whatever depth; what Macs add to archives and our own sub-folder are none."""
    found = {path.parent for path in root.rglob("*_edit_*.json") if path.is_file() and not path.name.startswith(".")}
    return sorted(path for path in found if path.name != OWN and "__MACOSX" not in path.relative_to(root).parts)


def _items(folder: Folder, origin: str) -> list[Item]:
    items = [Item(folder, origin, *parts) for parts in folder.edits]
    return sorted(items, key=lambda item: _in_order(item.stem))


def _in_order(name: str) -> list[tuple[int, str]]:
    """Sorts numbers in names by their value."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def _samples(
    items: Sequence[Item], name: str, frame: Frame, done: Imported, advance: Callable[[int], None]
) -> Iterator[tuple[Sample, Pictures]]:
    ids: set[str] = set()
    for item in items:
        try:
            sample, pictures = _read(item, name, frame)
            reason = f"there is another sample {sample.id!r}" if sample.id in ids else None
        except ValueError as error:
            reason = str(error)
        if reason is None:
            ids.add(sample.id)
            if sample.provenance.get("geometry") == "boxes":
                done.from_boxes += 1
            else:
                done.whole += 1
            yield sample, pictures
        else:
            # Archives may hold files of equal names.
            key = f"{item.stem}.json"
            done.refused[key if key not in done.refused else f"{item.origin}: {key}"] = reason
        advance(1)


def _read(item: Item, name: str, frame: Frame) -> tuple[Sample, Pictures]:
    document = _document(item)
    source, _ = read_picture(item.folder.source_of(item.image))
    if document.get(OWN) is not None and OWN in item.folder.names:
        sample, pictures = _whole(item, document[OWN])
    else:
        sample, pictures = _from_boxes(item, document, source, frame)
    if not _SAFE.fullmatch(sample.id):
        raise ValueError(f"its id {sample.id!r} is no name: letters, digits, - and _ are, up to 80")
    camera = sample.before.camera
    sizes = {(g.ids_HW.shape, g.depth_HW.shape) for g in (pictures.source_geometry, pictures.target_geometry)}
    if pictures.source.size != (camera.width, camera.height) or sizes != {((camera.height, camera.width),) * 2}:
        raise ValueError(f"its pictures and maps are not all {camera.width} x {camera.height}, as its camera says")
    return replace(sample, set=name), pictures


def _document(item: Item) -> dict[str, Any]:
    path = item.folder.path / f"{item.stem}.json"
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"it cannot be read: {error}") from None
    if not isinstance(document, dict):
        raise ValueError("it is no JSON object")
    return document


def _whole(item: Item, document: Any) -> tuple[Sample, Pictures]:
    """The sample as it was exported."""
    try:
        sample = Sample.from_document(document)
        fields = {"source.png": item.folder.source_of(item.image).read_bytes()}
        for name in _FIELDS:
            path = item.folder.path / OWN / f"{item.stem}.{name}"
            if name != "target.png" or path.exists():
                fields[name] = path.read_bytes()
        return sample, pictures_of(fields)
    except _MALFORMED as error:
        said = f"it has no {error}" if isinstance(error, KeyError) else str(error)
        raise ValueError(
            f"its record under `{OWN}`, or its files in the sub-folder {OWN}, are damaged ({said}): export the set again, "
            f"or delete the sub-folder to import from boxes"
        ) from None


def _from_boxes(item: Item, document: dict[str, Any], source: Image.Image, frame: Frame) -> tuple[Sample, Pictures]:
    try:
        edit = Edit.model_validate(document)
    except ValidationError as error:
        raise ValueError(told(error)) from None
    made = reconstruct(edit, document.get("reference"), source.size, frame)
    instances = instances_of(made.before)
    before, after = (paint(scene, instances, over=made.edit.target) for scene in (made.before, made.after))
    value = instances.get(made.edit.target or "", 0)
    sample = Sample(
        id=item.stem,
        scene_id=item.image,
        set="",
        split="test",
        environment=_environment(item),
        edit=made.edit,
        instruction=Words(edit.prompt, edit.prompt),
        before=made.before,
        after=made.after,
        instances=instances,
        figures={
            "mask_fraction_before": _share(before, value),
            "mask_fraction_after": _share(after, value),
        },
        provenance={"origin": item.origin, "geometry": "boxes", "frame": frame},
        rejections={},
    )
    truth = _truth(item) if made.edit.name == "view" else None
    return sample, Pictures(source, truth, before, after)


def _share(geometry: Geometry, value: int) -> float:
    return float(np.mean(geometry.ids_HW == value)) if value else 0.0


def _truth(item: Item) -> Image.Image | None:
    path, _ = item.folder.truth_of(item.image, item.query)
    return None if path is None else read_picture(path)[0]


def _environment(item: Item) -> str:
    told_by = f"{item.origin} {item.folder.path.name}".lower()
    return next((kind for word, kind in _ENVIRONMENTS.items() if word in told_by), "official")
