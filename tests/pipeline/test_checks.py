from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from dagster_gsi.pipeline.checks import Finding, coverage, page, ranking


@pytest.fixture
def root(toy_project: Path) -> Path:
    editors = "\n".join(
        f"    {name}: {{kind: {kind}}}"
        for name, kind in (("best", "oracle"), ("cut", "warp"), ("as-is", "identity"), ("net", "command"))
    )
    params = (toy_project / "params.yaml").read_text(encoding="utf-8")
    (toy_project / "params.yaml").write_text(
        params.replace("    warp: {kind: warp}", editors).replace("[strict]", "[strict, official]"),
        encoding="utf-8",
    )
    certificate = toy_project / "data/gates/gsi_syn.json"
    certificate.parent.mkdir(parents=True)
    certificate.write_text('{"sets": {"toy": 200}}', encoding="utf-8")
    return toy_project


def evaluate(root: Path, editor: str, average: float, *, published: float | None = None, **statuses: int) -> None:
    counts = {f"toy/strict/count/{status}": count for status, count in statuses.items()}
    path = root / f"reports/evaluate-{editor}.json"
    path.parent.mkdir(exist_ok=True)
    figures = {"toy/strict/all/AVG": average, "toy/strict/move/AVG": 0.0, **counts}
    if published is not None:
        figures["toy/official/all/AVG"] = published
    path.write_text(json.dumps(figures), encoding="utf-8")


def test_all_samples_scored_is_full_coverage(root: Path) -> None:
    evaluate(root, "best", 99.0, scored=190, missing=10)
    assert coverage(root) == Finding(True, ("best, toy/strict: 200 of 200 (10 missing, 190 scored)",))


@pytest.mark.parametrize(
    ("statuses", "holds"),
    [
        ({"scored": 198, "unjudged": 2}, True),
        ({"scored": 197, "unjudged": 3}, False),
        ({"scored": 199}, False),
        ({"scored": 201}, False),
    ],
)
def test_a_sample_without_a_row_or_too_many_unjudged_is_not(root: Path, statuses: dict[str, int], holds: bool) -> None:
    evaluate(root, "best", 99.0, **statuses)
    assert coverage(root).holds == holds


def test_the_samples_of_an_imported_set_are_counted_by_its_manifest(root: Path) -> None:
    folder = root / "data/official/theirs"
    folder.mkdir(parents=True)
    pd.DataFrame({"id": [f"sample-{k}" for k in range(7)]}).to_parquet(folder / "manifest.parquet")
    figures = {"theirs/official/count/scored": 7}
    path = root / "reports/evaluate-best.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(figures), encoding="utf-8")
    assert coverage(root) == Finding(True, ("best, theirs/official: 7 of 7 (7 scored)",))
    path.write_text(json.dumps({"theirs/official/count/scored": 6}), encoding="utf-8")
    assert not coverage(root).holds


def test_nothing_evaluated_is_no_coverage(root: Path) -> None:
    assert coverage(root) == ranking(root) == Finding(False, ("nothing is evaluated yet",))


def test_the_truth_beats_the_baseline_and_the_baseline_the_untouched(root: Path) -> None:
    for editor, average in (("as-is", 12.0), ("best", 99.0), ("cut", 40.0), ("net", 100.0)):
        evaluate(root, editor, average, scored=200)
    assert ranking(root) == Finding(True, ("toy/strict: best 99.0, cut 40.0, as-is 12.0",))
    evaluate(root, "as-is", 40.0, scored=200)
    assert not ranking(root).holds


def test_only_the_first_protocol_must_rank_them(root: Path) -> None:
    for editor, average, published in (("best", 99.0, 50.0), ("cut", 40.0, 60.0)):
        evaluate(root, editor, average, published=published, scored=200)
    assert ranking(root) == Finding(True, ("toy/official: best 50.0, cut 60.0", "toy/strict: best 99.0, cut 40.0"))


def test_a_report_that_is_missing_or_cut_off_is_not_whole(tmp_path: Path) -> None:
    assert not page(tmp_path).holds
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports/report.html").write_text("<html><body>", encoding="utf-8")
    assert page(tmp_path) == Finding(False, ("0.00 MB, and cut off",))
    (tmp_path / "reports/report.html").write_text("<html></html>\n", encoding="utf-8")
    assert page(tmp_path).holds
