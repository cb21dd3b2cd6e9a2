"""The reference cases are what the published evaluator printed; `fine` was run as real, `mesatask` as synthetic."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dagster_gsi.cli.entry import run
from dagster_gsi.evaluation.official import Kind, Score, operation_of, score, summary
from dagster_gsi.interchange.official_judgements import read_judgements

GOLDEN = Path(__file__).parents[3] / "shared" / "golden" / "official"
CASES: dict[str, Kind] = {"fine": "real", "mesatask": "syn"}
needs_golden = pytest.mark.skipif(not GOLDEN.is_dir(), reason="the reference cases are not beside this checkout")


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def picture(path: Path) -> Image.Image:
    return Image.open(path).convert("RGB")


@cache
def scores(name: str, count: int | None = None) -> dict[str, Score]:
    folder = GOLDEN / name
    detections = read(folder / "infer_cache.json")
    found = {}
    for path in sorted((folder / "generated").iterdir())[:count]:
        image, query = path.stem.split("_edit_")
        source, edited = picture(folder / "dataset" / f"{image}.png"), picture(path)
        truth = next(iter((folder / "dataset").glob(f"{image}_*gtedit_{query}*.*")), None)
        cached = detections[f"{image}_{query}"]
        found[f"{image}_{query}"] = score(
            np.array(source),
            np.array(edited if edited.size == source.size else edited.resize(source.size)),
            None if truth is None else np.array(picture(truth)),
            read(folder / "dataset" / f"{path.stem}.json"),
            cached["origin_result"]["detections"],
            cached["new_result"]["detections"],
            kind=CASES[name],
        )
    return found


def assert_as_printed(name: str, found: dict[str, Score]) -> None:
    expected = GOLDEN / name / "expected"
    compliance = read(expected / "instruction-compliance_eval_results.json")
    accuracy = read(expected / "spatial-accuracy_eval_results.json")
    locality = read(expected / "edit-locality_eval_results.json")
    assert set(found) <= set(compliance)
    for key, one in found.items():
        assert one.operation == compliance[key]["operation"]
        assert one.compliance == pytest.approx(compliance[key]["compliance"], abs=1e-6), key
        assert one.accuracy == pytest.approx(accuracy[key]["edit_score"], abs=1e-6), key
        assert one.locality.ssim == pytest.approx(locality[key]["ssim"], abs=1e-5), key
        assert one.locality.lpips == pytest.approx(locality[key]["lpips"], abs=1e-5), key
        assert one.locality.mse == pytest.approx(locality[key]["mse"], abs=1e-3), key


# The first five cases of either kind hold each of the five operations once.
@needs_golden
@pytest.mark.parametrize("name", CASES)
def test_one_sample_of_each_operation_has_the_reference_figures(name: str) -> None:
    found = scores(name, 5)
    assert {one.operation for one in found.values()} == {"move", "rotate", "remove", "scale", "view"}
    assert_as_printed(name, found)


@pytest.mark.slow
@needs_golden
@pytest.mark.parametrize("name", CASES)
def test_every_sample_has_the_reference_figures(name: str) -> None:
    found = scores(name)
    assert len(found) == 30
    assert_as_printed(name, found)


@pytest.mark.slow
@needs_golden
@pytest.mark.parametrize("name", CASES)
def test_the_aggregate_has_the_reference_figures(name: str) -> None:
    folder = GOLDEN / name
    judgements, _ = read_judgements(next(folder.glob("predictions_*.json")))
    found = summary(scores(name), judgements)
    expected = read(folder / "expected" / "EVAL_output_summary.json")[name]["peer"]
    assert found.instruction_compliance == pytest.approx(expected["instruction_compliance"], abs=1e-5)
    assert found.spatial_accuracy == pytest.approx(expected["spatial_accuracy"], abs=1e-5)
    assert found.locality_ssim == pytest.approx(expected["edit_locality"]["ssim"], abs=1e-4)
    assert found.locality_lpips == pytest.approx(expected["edit_locality"]["lpips"], abs=1e-4)
    assert found.appearance == pytest.approx(expected["ac"], abs=1e-9)
    assert found.average == pytest.approx(expected["average"], abs=1e-4)


def deviations(found: Any, expected: Any, path: tuple[str, ...] = ()) -> list[tuple[str, float]]:
    """How far each figure of a file is from the reference, after its keys have been found to be the same."""
    if not isinstance(expected, dict):
        return [("/".join(path), 0.0 if found == expected else abs(found - expected))]
    assert set(found) == set(expected), path
    return [pair for key in expected for pair in deviations(found[key], expected[key], (*path, key))]


@pytest.mark.slow
@needs_golden
@pytest.mark.parametrize("name", CASES)
def test_the_command_writes_the_reference_files(name: str, tmp_path: Path) -> None:
    folder = GOLDEN / name
    files = {
        "dataset": folder / "dataset",
        "edited": folder / "generated",
        "detections": folder / "infer_cache.json",
        "judgements": next(folder.glob("predictions_*.json")),
        "out": tmp_path,
    }
    given = [text for option, path in files.items() for text in (f"--{option}", str(path))]
    assert run(["evaluate", "official", *given, "--kind", CASES[name], "--name", name, "--model", "peer"]) == 0
    written = sorted(path.name for path in tmp_path.iterdir() if path.name != "problems.json")
    assert len(written) == 7
    for file in written:
        for where, apart in deviations(read(tmp_path / file), read(folder / "expected" / file)):
            assert apart <= (1e-3 if where.endswith("mse") else 1e-6), (file, where)


@pytest.mark.parametrize(
    ("prompt", "operation"),
    [
        ("Please push the mug 20 cm closer to the camera.", "move"),
        ("Push the mug 20 cm closer to the camera, seen from the camera.", "move"),
        ("Rotate the camera 30 degrees to the left.", "view"),
        ("Move the mug 5 cm relative to the camera view.", "move"),
        ("Make the mug larger.", "scale"),
        ("Spin the mug.", "rotate"),
        ("remove the leftmost mug", "remove"),
    ],
)
def test_the_first_word_names_the_operation_unless_the_camera_is_meant(prompt: str, operation: str) -> None:
    assert operation_of(prompt) == operation


def test_a_verb_that_is_in_no_list_is_refused() -> None:
    with pytest.raises(ValueError, match="Slide the mug"):
        operation_of("Slide the mug 10 cm to the left.")
