"""A set of ours in the published layout, so that its own evaluator, and models that read it, can work on the set.

```
OUT/<image>.png                       source, once a scene
OUT/<image>_edit_<query>.json         prompt, boxes in camera axes, intrinsics of the 896 pixel frame; and `gsi`
OUT/<image>_x_gtedit_<query>.png      true picture of a view change
OUT/gsi/<image>_edit_<query>.<field>  what the layout has no place for: true picture, instance maps, depth
```
The key `gsi` holds the whole record of the sample and the sub-folder the fields of its shard; the published code looks at
neither, and `official_import` makes the same sample of them again.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from dagster_gsi.files import replacing, write_text
from dagster_gsi.interchange.official_form import origin_detections, record_of, truth_detections
from dagster_gsi.interchange.official_prompts import reads_as
from dagster_gsi.samples.shards import read_fields, read_samples, sample_of, shard_paths

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from dagster_gsi.samples.sample import Sample

OWN = "gsi"
"""The extra key of an edit's file and the sub-folder, which the published code ignores."""
# Every phrasing has been drawn long before that, where it is one of a few equally likely ones.
_PHRASINGS = 64
_OFFICIAL = {"place": "move", "receptacle": "move"}


@dataclass(slots=True)
class Exported:
    """What an export wrote and where the published evaluator will go wrong."""

    samples: int = 0
    sources: int = 0
    truths: int = 0
    rephrased: list[str] = field(default_factory=list)
    """Samples whose prompt is another phrasing than ours, which begins with a word that the evaluator does not know."""
    misread: list[str] = field(default_factory=list)
    """Samples that the evaluator takes for another operation, however they are phrased."""


def export_set(
    folder: Path, out: Path, *, truth: Path | None, detections: Path | None, advance: Callable[[int], None]
) -> Exported:
    """Write the set in `folder` to the new folder `out`, its true pictures to the new folder `truth` and what a perfect
    detector sees to the file `detections`.
    """
    for path in (out, truth):
        if path is not None and path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise ValueError(f"{path} is there already and not empty: name another folder, or delete it")
    scenes = Counter(sample.scene_id for path in shard_paths(folder) for sample in read_samples(path))
    done, cache, names = Exported(), dict[str, Any](), _Names(len(str(max(scenes.values()) - 1)))
    with ExitStack() as stack:
        flat = stack.enter_context(replacing(out))
        (flat / OWN).mkdir(parents=True)
        answers = None if truth is None else stack.enter_context(replacing(truth))
        if answers is not None:
            answers.mkdir()
        for shard, fields in ((path, one) for path in shard_paths(folder) for one in read_fields(path)):
            sample = sample_of(fields, shard)
            image, query = names.of(sample, fields["source.png"])
            _write(sample, fields, flat, image, query, _prompt(sample, done))
            if answers is not None and "target.png" in fields:
                (answers / f"{image}_edit_{query}.png").write_bytes(fields["target.png"])
                done.truths += 1
            cache[f"{image}_{query}"] = _seen(sample)
            done.samples += 1
            advance(1)
        if truth is not None and not done.truths:
            raise ValueError(f"{folder} has no true pictures to write to {truth}")
    done.sources = len(names.images)
    if detections is not None:
        write_text(detections, json.dumps(cache) + "\n")
    return done


class _Names:
    """Images by scene, and queries counted within each.

    All queries have the same number of digits: the published evaluator takes the true picture of query 12 for that of 1.
    """

    def __init__(self, digits: int) -> None:
        self._digits = digits
        self.images: dict[str, tuple[str, bytes]] = {}
        """Scene and digest of the source by the image's name."""
        self._queries: dict[str, int] = {}

    def of(self, sample: Sample, source: bytes) -> tuple[str, str]:
        """Image and query. A scene that has several sources has several images, the later ones with a number."""
        scene, known = sample.scene_id, (sample.scene_id, hashlib.sha256(source).digest())
        if any(mark in scene for mark in ("_edit_", "gtedit_", "_vis", "_rgb", "/")):
            raise ValueError(f"the scene {scene!r} of {sample.id} has a name that the official layout reads otherwise")
        numbered = itertools.chain([scene], (f"{scene}-{number}" for number in itertools.count(2)))
        image = next(name for name in numbered if self.images.get(name, known) == known)
        self.images[image] = known
        query = self._queries.get(image, 0)
        self._queries[image] = query + 1
        return image, f"{query:0{self._digits}}"


def _write(sample: Sample, fields: Mapping[str, bytes], flat: Path, image: str, query: str, prompt: str) -> None:
    stem = f"{image}_edit_{query}"
    (flat / f"{image}.png").write_bytes(fields["source.png"])
    record = {**record_of(sample.edit, sample.before, sample.after), "prompt": prompt, OWN: sample.to_document()}
    # In ASCII: the published evaluator reads with whatever encoding its machine is set to.
    (flat / f"{stem}.json").write_text(json.dumps(record), encoding="ascii")
    for name in fields.keys() - {"source.png", "json"}:
        (flat / OWN / f"{stem}.{name}").write_bytes(fields[name])
    if sample.edit.name == "view" and "target.png" in fields:
        (flat / f"{image}_x_gtedit_{query}.png").write_bytes(fields["target.png"])


def _seen(sample: Sample) -> dict[str, Any]:
    before, target = sample.before, sample.edit.target
    return {
        "origin_result": {"detections": origin_detections(before, target)},
        "new_result": {"detections": truth_detections(before, sample.after, target)},
    }


def _prompt(sample: Sample, done: Exported) -> str:
    """Our instruction where the evaluator takes it for what it is, or else a phrasing that it does."""
    operation = _OFFICIAL.get(sample.edit.name, sample.edit.name)
    if reads_as(sample.instruction.en, operation):
        return sample.instruction.en
    for seed in range(_PHRASINGS):
        other = sample.edit.instruction(sample.before, np.random.default_rng(seed)).en
        if reads_as(other, operation):
            done.rephrased.append(sample.id)
            return other
    done.misread.append(sample.id)
    return sample.instruction.en
