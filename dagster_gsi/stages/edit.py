"""Let one editor answer every request of the test sets: `data/edits/<editor>/<set>/<sample_id>.png`.

What the editor could not answer stands in `data/edits/<editor>/failures.json` with the reason, and there is no picture
of it. A run that was interrupted continues: pictures that are complete, and whose sample, settings and editing code are
still the same, are kept.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from PIL import Image

from dagster_gsi import editors
from dagster_gsi.editors import EditorSettings, open_editor
from dagster_gsi.editors.base import EditError, Failure, Request, Told
from dagster_gsi.files import code_digest, replacing
from dagster_gsi.progress import progress
from dagster_gsi.samples.shards import read_samples, read_set, set_folder, shard_paths
from dagster_gsi.stages.base import Params, Report, Stage, did_you_mean
from dagster_gsi.stages.edited import folder_of, write_failures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from dagster_gsi.samples.sample import Pictures, Sample

Item = TypeVar("Item")

TAKEN = frozenset({"official"})
"""Names that no editor can have: `gsi evaluate NAME` means something else."""
_PREVIEWED = 4
"""Samples in the preview: a strip that fits beside the figures in the Dagster UI."""
_PREVIEW_SIZE = 160


class EditParams(Params):
    """Which editors answer which sets."""

    sets: tuple[str, ...]
    """Sets made here or imported, by name."""
    editors: dict[str, EditorSettings]
    """Settings by the name that the editor has in tables."""


def run(params: EditParams, root: Path, key: str) -> Report:
    """Edit all sets with the editor `key`; an editor that answers nothing at all is a SystemExit with its reason."""
    if key not in params.editors:
        raise ValueError(f"params.yaml, edit.editors has no {key!r}; {did_you_mean(key, params.editors)}")
    if key in TAKEN:
        raise ValueError(f"params.yaml, edit.editors.{key}: `gsi evaluate {key}` is a command: give it another name")
    settings = params.editors[key]
    folders = [set_folder(root, name) for name in params.sets]
    ids = [sample.id for folder in folders for path in shard_paths(folder) for sample in read_samples(path)]
    total = len(ids)
    if len(set(ids)) < total:
        twice = next(sample_id for sample_id, count in Counter(ids).items() if count > 1)
        raise ValueError(
            f"params.yaml, edit.sets: {', '.join(params.sets)} hold the sample {twice!r} more than once: name one of them"
        )
    # DVC runs the stage again when the editors' code changes, and then no old picture may stay.
    work = _Work(root, key, identity=f"{settings!r} {code_digest([editors])}", told=settings.told)
    failures: dict[str, str] = {}
    with progress(f"edit {key}", total, "pictures") as advance:
        editor = open_editor(settings, root=root, answer=work.answer)
        for sample_id, answer in editor.edit_all(work.requests(folders, skipped=lambda: advance(1))):
            if isinstance(answer, Failure):
                failures[sample_id] = answer.reason
            else:
                work.keep(sample_id, answer)
            advance(1)
    if len(failures) == total:
        reason = next(iter(failures.values()), "there are no samples")
        raise SystemExit(f"editor {key!r} answered none of {total} requests; the first reason: {reason}")
    work.finish(failures)
    return Report(
        metrics={"pictures": total - len(failures), "failures": len(failures)},
        log={"kept_from_before": work.num_kept},
        preview=work.preview(),
    )


class _Work:
    """One pass of an editor through the sets: hands out what is still to be done and keeps what comes back."""

    def __init__(self, root: Path, key: str, *, identity: str, told: Told) -> None:
        self._root, self._key, self._identity, self._told = root, key, identity, told
        self._out = folder_of(root, key)
        self._ledger = _Ledger(root / ".cache/edits" / f"{key}.jsonl")
        self._asked: dict[str, tuple[Path, str]] = {}
        self._expected: set[Path] = set()
        self._shown: list[tuple[Pictures, Path]] = []
        self._current: tuple[str, Image.Image | None] | None = None
        self.num_kept = 0

    def requests(self, folders: list[Path], *, skipped: Callable[[], None]) -> Iterator[Request]:
        for folder in folders:
            (self._out / folder.name).mkdir(parents=True, exist_ok=True)
            for (sample, pictures), (_, following) in cyclic_pairs(read_set(folder)):
                path = self._out / folder.name / f"{sample.id}.png"
                self._expected.add(path)
                if len(self._shown) < _PREVIEWED:
                    self._shown.append((pictures, path))
                answer = {"nothing": None, "truth": pictures.target, "another": following.target}[self._told]
                fingerprint = _fingerprint(self._identity, sample, pictures.source, answer)
                if self._ledger.confirms(path, fingerprint):
                    self.num_kept += 1
                    skipped()
                    continue
                self._asked[sample.id] = (path, fingerprint)
                self._current = (sample.id, answer)
                yield _request(sample, pictures)

    def answer(self, sample_id: str) -> Image.Image:
        """What a reference is told for the request that was handed out last; those of a whole set would not fit into
        memory.
        """
        assert self._current is not None
        current, answer = self._current
        assert current == sample_id, "only an editor that works one by one can be told an answer"
        if answer is None:
            raise EditError("the set holds no true picture to answer with")
        return answer

    def keep(self, sample_id: str, picture: Image.Image) -> None:
        path, fingerprint = self._asked.pop(sample_id)
        with replacing(path) as partial:
            picture.save(partial, "PNG")
        self._ledger.add(path, fingerprint)

    def finish(self, failures: dict[str, str]) -> None:
        """Record the failures and remove what earlier parameters left behind."""
        made = self._expected - {path for path, _ in self._asked.values()}
        for path in self._out.rglob("*"):
            if path.is_file() and path not in made:
                path.unlink()
        for folder in self._out.iterdir():
            if folder not in {path.parent for path in self._expected}:
                folder.rmdir()
        write_failures(self._out, failures)

    def preview(self) -> str:
        """A strip of the first samples: source above edit above truth. Returns its path from the root."""
        size = (_PREVIEW_SIZE, _PREVIEW_SIZE)
        strip = Image.new("RGB", (len(self._shown) * _PREVIEW_SIZE, 3 * _PREVIEW_SIZE), "white")
        for column, (pictures, path) in enumerate(self._shown):
            edited = Image.open(path) if path.is_file() else Image.new("RGB", size, "grey")
            for row, picture in enumerate((pictures.source, edited, pictures.target)):
                if picture is None:
                    continue
                strip.paste(picture.convert("RGB").resize(size), (column * _PREVIEW_SIZE, row * _PREVIEW_SIZE))
        name = f"logs/edit-{self._key}.png"
        (self._root / "logs").mkdir(exist_ok=True)
        strip.save(self._root / name)
        return name


class _Ledger:
    """Which pictures are complete, and of what: one JSON line each, written after the picture is in place.

    It lies outside the pictures' folder, so that the folder's bytes depend on the pictures alone.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        # A process that was killed may leave half a line.
        self._entries = {tuple(json.loads(line)) for line in lines if line.endswith("]")}

    def confirms(self, picture: Path, fingerprint: str) -> bool:
        return picture.is_file() and self._entry(picture, fingerprint) in self._entries

    def add(self, picture: Path, fingerprint: str) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write("\n" + json.dumps(self._entry(picture, fingerprint)))

    def _entry(self, picture: Path, fingerprint: str) -> tuple[str, str, str]:
        return (picture.name, fingerprint, hashlib.sha256(picture.read_bytes()).hexdigest())


def _request(sample: Sample, pictures: Pictures) -> Request:
    return Request(
        sample_id=sample.id,
        source=pictures.source,
        instruction_en=sample.instruction.en,
        instruction_zh=sample.instruction.zh,
        mask_HW=_mask(sample, pictures),
        depth_HW=pictures.source_geometry.depth_HW,
        camera=sample.before.camera,
    )


def _mask(sample: Sample, pictures: Pictures) -> NDArray[np.bool_]:
    """Where the target is in the source; nowhere where it is the view that is edited."""
    ids_HW = pictures.source_geometry.ids_HW
    if sample.edit.target is None:
        return np.zeros(ids_HW.shape, dtype=bool)
    return np.asarray(ids_HW == sample.instances[sample.edit.target])


def _fingerprint(identity: str, sample: Sample, source: Image.Image, answer: Image.Image | None) -> str:
    """Of all that an editor's picture follows from."""
    digest = hashlib.sha256(identity.encode())
    digest.update(json.dumps(sample.to_document(), sort_keys=True).encode())
    for picture in (source, answer):
        digest.update(b"" if picture is None else picture.tobytes())
    return digest.hexdigest()


def cyclic_pairs(items: Iterable[Item]) -> Iterator[tuple[Item, Item]]:
    """Each item with the one after it, and the last with the first: the shortest shuffle that leaves none in its place."""
    iterator = iter(items)
    first = current = next(iterator, None)
    for following in iterator:
        assert current is not None
        yield current, following
        current = following
    if first is not None and current is not None:
        yield current, first


STAGE = Stage("edit", EditParams, run)
