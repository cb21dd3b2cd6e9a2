"""Keeps what a detector answers, in the form of the published cache.

Answers go to a file of their own for every process, one line each, in a folder beside the cache: a run that is killed
loses none, and many processes record at once. `gather` brings them into the cache.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from dagster_gsi.detectors.official_answer import record_from
from dagster_gsi.files import write_text
from dagster_gsi.interchange.official_cache import read_cache
from dagster_gsi.interchange.official_frame import official_frame

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dagster_gsi.detectors.base import Detection, Detector, Query


def cache_key(sample_id: str) -> str:
    """The published name of a sample: `<image>_<query>` for the edit `<image>_edit_<query>`."""
    return "_".join(sample_id.split("_edit_")[:2])


class Recording:
    """A detector that keeps its answers for the samples' targets."""

    def __init__(self, detector: Detector, path: Path) -> None:
        self.detector, self.path = detector, path
        self._part: BinaryIO | None = None

    @property
    def version(self) -> str:
        return self.detector.version

    @property
    def finds_all(self) -> bool:
        return self.detector.finds_all

    @property
    def any_label(self) -> bool:
        return self.detector.any_label

    def detect(self, query: Query) -> tuple[Detection, ...]:
        detections = self.detector.detect(query)
        if query.sample_id:
            frame = official_frame(query.camera)
            records = [dict(record_from(detection, frame)) for detection in detections]
            line = {"key": cache_key(query.sample_id), "role": query.role, "detections": records}
            # One write a line: what is killed between two lines has lost nothing.
            part = self._opened()
            part.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        return detections

    def _opened(self) -> BinaryIO:
        if self._part is None:
            folder = _parts_of(self.path)
            folder.mkdir(parents=True, exist_ok=True)
            with _alone(folder):
                # Names in the order of time, so that what was answered last is what remains.
                self._part = (folder / f"{time.time_ns()}-{os.getpid()}.jsonl").open("xb", buffering=0)
                # Held as long as this process lives, however it ends: `gather` deletes what nobody holds.
                fcntl.flock(self._part, fcntl.LOCK_EX)
        return self._part

    def close(self) -> None:
        if self._part is not None:
            self._part.close()
            self._part = None


def gather(path: Path) -> int:
    """Bring all recorded answers into the cache at `path`, over what it holds; returns how many there were."""
    folder = _parts_of(path)
    if not folder.is_dir():
        return 0
    with _alone(folder):
        parts = sorted(folder.glob("*.jsonl"))
        # Looked at before they are read: what is complete now stays complete.
        complete = [part for part in parts if not _is_held(part)]
        document = read_cache(path, whole=True) if path.is_file() else {}
        count = 0
        for part in parts:
            for key, role, detections in _lines_of(part):
                document.setdefault(key, {})[f"{role}_result"] = {"detections": detections}
                count += 1
        if count:
            write_text(path, json.dumps(document, ensure_ascii=False, sort_keys=True) + "\n")
        for part in complete:
            part.unlink()
    return count


def _parts_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.parts")


def _lines_of(part: Path) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    for number, line in enumerate(part.read_bytes().splitlines(keepends=True), start=1):
        if not line.endswith(b"\n"):
            # Cut off by a full disk, or being written at this moment.
            return
        try:
            record = json.loads(line)
            yield record["key"], record["role"], record["detections"]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{part}, line {number} is no recorded answer ({error!r}): delete the file") from error


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """While nobody else gathers."""
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _is_held(part: Path) -> bool:
    """Whether a process may still write to it."""
    with part.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
