"""A set from AI2-THOR through the chain: the simulator's true answers score as truth, and unchanged pictures do not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dagster_gsi.detectors import DetectorsParams
from dagster_gsi.detectors.params import CachedParams
from dagster_gsi.editors.identity import IdentitySettings
from dagster_gsi.editors.oracle import OracleSettings
from dagster_gsi.evaluation.table import read_scores
from dagster_gsi.interchange.official_form import edited_detections, origin_detections
from dagster_gsi.judges import JudgesParams
from dagster_gsi.samples.sample import Sample
from dagster_gsi.samples.shards import read_set
from dagster_gsi.sources.thor_controller import Lens
from dagster_gsi.sources.thor_import import import_scenes
from dagster_gsi.sources.thor_visit import WITH_TARGET, Recipe
from dagster_gsi.stages.edit import EditParams
from dagster_gsi.stages.edit import run as edit
from dagster_gsi.stages.evaluate import EvaluateParams
from dagster_gsi.stages.evaluate import run as evaluate
from tests.thor_by_hand import StandIn, kitchen


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with nothing but the set; this process does the work of all workers."""

    def pool(function: Callable[..., object], tasks: list[tuple[object, ...]], **_: object) -> object:
        return (function(*task) for task in tasks)

    monkeypatch.setattr("dagster_gsi.stages.evaluate.run_tasks", pool)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'runs.db'}")
    controller = StandIn({"FloorPlan1": kitchen}, width=128, height=96, reachable=((0.25, -1.1),))
    recipe = Recipe(5, 1, WITH_TARGET, Lens(128, 96, 50.0), "stand-in")
    import_scenes(controller, ["FloorPlan1"], tmp_path / "data/official/thor", recipe, lambda _: None)
    return tmp_path


def seen(sample: Sample, *, changed: bool) -> dict[str, object]:
    """What a perfect detector answers for the source, and for the true answer or for the source once more."""
    target, state = sample.edit.target, sample.after if changed else sample.before
    assert target is not None
    found = state.find(target) if state.has(target) else None
    return {
        "origin_result": {"detections": origin_detections(sample.before, target)},
        "new_result": {"detections": edited_detections(sample.before, target, found, ())},
    }


@pytest.mark.slow
def test_the_truth_scores_full_marks_and_an_unchanged_picture_none(root: Path) -> None:
    samples = [sample for sample, _ in read_set(root / "data/official/thor")]
    (root / "seen").mkdir()
    for editor, changed in (("oracle", True), ("identity", False)):
        cache = {sample.id: seen(sample, changed=changed) for sample in samples}
        (root / f"seen/{editor}.json").write_text(json.dumps(cache), encoding="utf-8")
    editors = {"oracle": OracleSettings(kind="oracle"), "identity": IdentitySettings(kind="identity")}
    params = EvaluateParams(
        sets=("thor",),
        protocols=("strict",),
        detector="cached",
        judge="perceptual",
        resamples=100,
        seed=0,
        workers=1,
        detectors=DetectorsParams(cached=CachedParams(path=Path("seen/{editor}.json"))),
        judges=JudgesParams(),
    )
    for editor, compliance in (("oracle", 100.0), ("identity", 0.0)):
        edit(EditParams(sets=("thor",), editors=editors), root, editor)
        evaluate(params, root, editor)
        scores = read_scores(root / f"data/scores/{editor}.parquet")
        assert set(scores["operation"]) == set(WITH_TARGET)
        assert list(scores["ic"]) == [compliance] * len(samples)
        if editor == "oracle":
            assert list(scores["sa"]) == pytest.approx([100.0] * len(samples), abs=1e-3)
