"""Answers that were given before, read from the published cache."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from dagster_gsi.detectors.base import Detection, Query, UnansweredError
from dagster_gsi.detectors.official_answer import detection_from
from dagster_gsi.detectors.recording import cache_key, gather
from dagster_gsi.interchange.official_cache import read_cache
from dagster_gsi.interchange.official_frame import official_frame

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True, slots=True, eq=False)
class Cached:
    """Looks up what the cache holds for the query's sample and picture. Which detector answered it does not say."""

    version: ClassVar[str] = "cached-1"
    finds_all: ClassVar[bool] = True
    any_label: ClassVar[bool] = False
    path: Path
    answers: dict[str, Any]

    def detect(self, query: Query) -> tuple[Detection, ...]:
        key = cache_key(query.sample_id)
        where = f"{self.path}, {key}, {query.role}_result"
        entry = self.answers.get(key)
        if entry is None:
            raise UnansweredError(
                f"{self.path} has nothing under {key!r}: the detector was not asked about this sample"
            )
        result = entry.get(f"{query.role}_result") if isinstance(entry, dict) else None
        records = result.get("detections") if isinstance(result, dict) else None
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            raise UnansweredError(f"{where}: a list of detections is expected under `detections`, if an empty one")
        frame = official_frame(query.camera)
        try:
            return tuple(detection_from(record, query.label, frame) for record in records)
        except ValueError as error:
            raise UnansweredError(f"{where}: {error}") from error

    def require(self, sample_ids: Iterable[str]) -> None:
        """Refuse a cache that was made for other samples altogether."""
        keys = [cache_key(sample_id) for sample_id in sample_ids]
        if keys and self.answers.keys().isdisjoint(keys):
            raise ValueError(
                f"{self.path} is for other samples: it has {len(self.answers)} such as {next(iter(self.answers), None)!r} "
                f"and none of the {len(keys)} that are scored, such as {keys[0]!r}; name another detectors.cached.path"
            )


def open_cached(path: Path) -> Cached:
    """The cache at `path`, with what a run that was killed has left beside it."""
    gather(path)
    if not path.is_file():
        raise ValueError(f"{path} is missing: set detectors.cached.path to an infer_cache.json")
    return Cached(path, read_cache(path))
