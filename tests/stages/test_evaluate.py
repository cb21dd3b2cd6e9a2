"""The stage with answers that a detector gave before: the pictures are noise, the answers are the truth."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dagster_gsi.detectors import DetectorsParams
from dagster_gsi.detectors.params import CachedParams
from dagster_gsi.evaluation.table import read_scores
from dagster_gsi.interchange.official_form import edited_detections, origin_detections
from dagster_gsi.interchange.official_import import import_set, opened
from dagster_gsi.judges import JudgesParams
from dagster_gsi.judges.base import Request, Verdict
from dagster_gsi.rendering.base import Geometry
from dagster_gsi.samples.sample import Pictures, Sample
from dagster_gsi.samples.shards import write_shard
from dagster_gsi.stages.compute import run_tasks
from dagster_gsi.stages.evaluate import EvaluateParams, run
from tests.interchange.sets_by_hand import encoded, published_records, smooth_picture
from tests.samples_by_hand import make_pair

COUNT = 8
PARAMS = EvaluateParams(
    sets=("toy-test",),
    protocols=("strict", "official"),
    detector="cached",
    judge="perceptual",
    resamples=100,
    seed=0,
    workers=1,
    detectors=DetectorsParams(cached=CachedParams(path=Path("seen/{editor}.json"))),
    judges=JudgesParams(),
)


@pytest.fixture(scope="module", autouse=True)
def one_store(tmp_path_factory: pytest.TempPathFactory) -> object:
    """MLflow makes its tables once for all tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path_factory.mktemp('store') / 'runs.db'}")
        yield None


def pair_of(number: int) -> tuple[Sample, Pictures]:
    """A sample whose things are a block each."""
    sample, pictures = make_pair(number)
    ids = np.zeros((96, 128), dtype=np.uint16)
    for index, value in enumerate(sample.instances.values()):
        ids[40:50, 20 + 30 * index : 30 + 30 * index] = value
    geometry = Geometry(ids, pictures.source_geometry.depth_HW)
    return sample, replace(pictures, source_geometry=geometry, target_geometry=geometry)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A set of two shards, one editor's pictures, and a cache that says every edit was done."""
    pairs = [pair_of(number) for number in range(COUNT)]
    folder, edits = tmp_path / "data/gsi_syn/toy-test", tmp_path / "data/edits/mine/toy-test"
    folder.mkdir(parents=True)
    edits.mkdir(parents=True)
    write_shard(folder / "shard-00000.tar", pairs[: COUNT // 2])
    write_shard(folder / "shard-00001.tar", pairs[COUNT // 2 :])
    cache = {}
    for sample, pictures in pairs:
        pictures.source.save(edits / f"{sample.id}.png")
        target = sample.edit.target
        assert target is not None
        found = sample.after.find(target) if sample.after.has(target) else None
        cache[sample.id] = {
            "origin_result": {"detections": origin_detections(sample.before, target)},
            "new_result": {"detections": edited_detections(sample.before, target, found, ())},
        }
    write_cache(tmp_path, cache)
    return tmp_path


def write_cache(root: Path, cache: dict[str, object]) -> None:
    (root / "seen").mkdir(exist_ok=True)
    (root / "seen/mine.json").write_text(json.dumps(cache), encoding="utf-8")


def read_cache(root: Path) -> dict[str, object]:
    document: dict[str, object] = json.loads((root / "seen/mine.json").read_text(encoding="utf-8"))
    return document


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every worker imports torch anew; one test has real ones."""

    def pool(function: Callable[..., object], tasks: list[tuple[object, ...]], **_: object) -> object:
        return (function(*task) for task in tasks)

    monkeypatch.setattr("dagster_gsi.stages.evaluate.run_tasks", pool)


def test_every_sample_has_a_row_a_protocol_with_who_looked_and_who_judged(root: Path) -> None:
    report = run(PARAMS, root, "mine")
    scores = read_scores(root / "data/scores/mine.parquet")
    assert len(scores) == 2 * COUNT
    strict = scores[scores["protocol"] == "strict"]
    assert list(strict["ic"]) == [100.0] * COUNT
    assert set(scores["detector"]) == {"cached-1"}
    assert scores["judge"].str.startswith("perceptual").all()
    assert scores["limited"].isna().all()
    assert report.metrics["toy-test/strict/all/IC"] == 100.0
    assert report.metrics["toy-test/strict/count/scored"] == COUNT


def test_a_limit_takes_the_first_samples_and_is_stamped_on_every_figure(root: Path) -> None:
    report = run(PARAMS.model_copy(update={"limit": 5}), root, "mine")
    scores = read_scores(root / "data/scores/mine.parquet")
    assert set(scores["sample"]) == {f"toy-test-{number}" for number in range(5)}
    assert scores["limited"].all()
    assert all(name.startswith("toy-test:first 5/") for name in report.metrics)


def test_workers_change_no_byte(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(PARAMS, root, "mine")
    alone = (root / "data/scores/mine.parquet").read_bytes()
    monkeypatch.setattr("dagster_gsi.stages.evaluate.run_tasks", run_tasks)
    run(PARAMS.model_copy(update={"workers": 2}), root, "mine")
    assert (root / "data/scores/mine.parquet").read_bytes() == alone


def test_too_many_pictures_that_could_not_be_measured_end_the_run_without_scores(root: Path) -> None:
    cache = read_cache(root)
    del cache["toy-test-3"]
    write_cache(root, cache)
    with pytest.raises(SystemExit) as stop:
        run(PARAMS, root, "mine")
    assert "1 of 8 pictures could not be measured, more than 1%" in str(stop.value)
    assert "has nothing under 'toy-test-3'" in str(stop.value)
    assert not (root / "data/scores/mine.parquet").exists()


class Dead:
    """A judge whose endpoint is gone."""

    version = "dead 1"

    def judge(self, requests: Sequence[Request]) -> list[Verdict]:
        return [Verdict(None, "no connection") for _ in requests]

    def usage(self) -> dict[str, float]:
        return {}


@pytest.mark.parametrize("protocol", ["strict", "official"])
def test_a_dead_judge_ends_the_run_without_scores_under_each_protocol_alone(
    root: Path, monkeypatch: pytest.MonkeyPatch, protocol: str
) -> None:
    monkeypatch.setattr("dagster_gsi.stages.evaluate.open_judge", lambda *_: Dead())
    with pytest.raises(SystemExit) as stop:
        run(PARAMS.model_copy(update={"protocols": (protocol,)}), root, "mine")
    assert f"mine, toy-test, {protocol}: " in str(stop.value)
    assert "of 8 pictures could not be measured, more than 1%. No scores were written" in str(stop.value)
    assert "The judge failed: no connection" in str(stop.value)
    assert not (root / "data/scores/mine.parquet").exists()


@pytest.fixture
def imported(root: Path) -> Path:
    """The same project with an imported set of one change of view, which the editor answered with the truth."""
    record = published_records()["view"]
    bare = {key: record[key] for key in ("prompt", "camera_intrinsics")} | {"target": None}
    files = {"one_edit_0.json": json.dumps(bare).encode()}
    files |= {"one.png": encoded(smooth_picture(), "png"), "one_x_gtedit_0.png": encoded(smooth_picture(9), "png")}
    published, edits = root / "published", root / "data/edits/mine/theirs"
    published.mkdir()
    edits.mkdir()
    for name, data in files.items():
        (published / name).write_bytes(data)
    smooth_picture(9).save(edits / "one_edit_0.png")
    with opened([published], root) as items:
        import_set(items, root / "data/official/theirs", frame="896", advance=lambda _: None)
    return root


def test_changed_views_of_a_set_made_from_boxes_are_held_against_their_true_pictures_by_the_official_protocol(
    imported: Path,
) -> None:
    run(PARAMS.model_copy(update={"sets": ("toy-test", "theirs"), "protocols": ("official",)}), imported, "mine")
    scores = read_scores(imported / "data/scores/mine.parquet").set_index("sample")
    row = scores.loc["one_edit_0"]
    assert (row["status"], row["ic"], row["sa"]) == ("scored", 100.0, 100.0)


def test_a_set_of_which_strict_cannot_measure_the_changed_views_is_refused_before_any_work(imported: Path) -> None:
    with pytest.raises(
        ValueError, match=r"1 of 1 samples of theirs change the view, and the set is made from boxes"
    ) as no:
        run(PARAMS.model_copy(update={"sets": ("toy-test", "theirs")}), imported, "mine")
    assert "Set evaluate.protocols to [official]" in str(no.value)
    assert str(no.value).endswith("such as one_edit_0.json")
    assert not (imported / "data/scores").exists()


def test_a_cache_for_other_samples_is_refused_before_any_work(root: Path) -> None:
    write_cache(root, {f"other-{key}": value for key, value in read_cache(root).items()})
    with pytest.raises(ValueError, match=r"mine\.json is for other samples"):
        run(PARAMS, root, "mine")


def test_pictures_that_were_never_made_are_named_with_the_remedy(root: Path) -> None:
    with pytest.raises(ValueError, match=r"data/edits/yours/toy-test is missing: run `gsi edit yours`"):
        run(PARAMS, root, "yours")
