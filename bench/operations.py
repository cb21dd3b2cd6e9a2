"""Does the strict protocol tell right from wrong for all seven operations? Prints one JSON line.

Renders a set through the synthesizer (kept in the folder that is given, for the next run) and scores three answers to
every request: the truth, the untouched source and the truth of another request. By operation: the mean IC and SA of
each, and the median errors of what was found in the truth.

    python -m bench.operations [SET [FOLDER]]
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bench.recipes import ASSETS, HOMES, recipe
from dagster_gsi.detectors.fit import Fit
from dagster_gsi.evaluation import strict
from dagster_gsi.evaluation.case import Case, look
from dagster_gsi.judges.base import Verdict
from dagster_gsi.operations import OPERATIONS
from dagster_gsi.samples.shards import read_set, write_shard
from dagster_gsi.scenes.catalogue import Catalogue
from dagster_gsi.stages.synthesize import use_one_thread
from dagster_gsi.synthesis.pairs import synthesize_shard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dagster_gsi.samples.sample import Pictures, Sample

PAIRS_PER_SHARD, SHARDS = 21, 4
# What is found in the truth, by operation: the columns whose medians are printed.
ERRORS = ("position_error", "angle_error", "factor_error")


def render(folder: Path, key: str) -> None:
    """The shards that are not there yet."""
    one = recipe(key, seed=77, image_size=256)
    for shard in range(SHARDS):
        path = folder / f"shard-{shard:05d}.tar"
        if not path.exists():
            print(f"rendering {path}", file=sys.stderr)
            write_shard(path, synthesize_shard(one, shard, PAIRS_PER_SHARD, Catalogue(ASSETS), HOMES))


def answers(pairs: list[tuple[Sample, Pictures]]) -> Iterator[tuple[str, Case]]:
    for index, (sample, pictures) in enumerate(pairs):
        other = next(p for s, p in pairs[index + 1 :] + pairs[:index] if s.scene_id != sample.scene_id)
        assert pictures.target is not None
        assert other.target is not None
        for kind, picture in (("truth", pictures.target), ("identity", pictures.source), ("shuffled", other.target)):
            yield kind, Case(sample, pictures, np.asarray(picture.convert("RGB")), "scored", "")


def main(folder: Path, key: str) -> dict[str, dict[str, float]]:
    render(folder, key)
    detector = Fit(Catalogue(ASSETS))
    values: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for kind, case in answers(list(read_set(folder))):
        kept = strict.measure_locality(case)
        operation = case.sample.edit.name
        found = look(case, detector, at_others=operation == "remove" and kept.gate)
        columns = strict.figures(case, found, kept, Verdict(10.0, "not asked"))
        of = values[operation]
        for name in ("ic", "sa"):
            of[f"{kind}_{name}"].append(columns[name])
        if kind == "truth":
            of["truth_el"].append(columns["el"])
            for name in ERRORS:
                if columns.get(name) is not None:
                    of[name].append(columns[name])
        if (kind == "truth" and not columns["ic"]) or (kind != "truth" and columns["ic"]):
            print(f"{kind} {case.sample.id}: {columns['reason']}", file=sys.stderr)
    return {
        name: {"pairs": len(values[name]["truth_ic"])}
        | {
            key: round(float((np.median if key in ERRORS else np.mean)(numbers)), 4)
            for key, numbers in values[name].items()
        }
        for name in OPERATIONS
        if name in values
    }


if __name__ == "__main__":
    use_one_thread()
    asked = sys.argv[1] if len(sys.argv) > 1 else "table-test"
    if len(sys.argv) > 2:
        Path(sys.argv[2]).mkdir(parents=True, exist_ok=True)
        print(json.dumps(main(Path(sys.argv[2]), asked)))
    else:
        with tempfile.TemporaryDirectory() as name:
            print(json.dumps(main(Path(name), asked)))
