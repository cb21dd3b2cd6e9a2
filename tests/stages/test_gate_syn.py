"""The gate issues its certificate for good data only, and says which rows are bad."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from dagster_gsi.quality.inspector_pairs import chosen
from dagster_gsi.quality.inspector_prompt import PROMPT
from dagster_gsi.stages.base import load_params
from dagster_gsi.stages.gate_syn import CERTIFICATE, INSPECTIONS, STAGE, GateSynParams, run
from tests.endpoint_by_hand import Says, completion, serving
from tests.samples_by_hand import EDITS, write_set
from tests.toy_assets import write_toy_catalogue

PARAMS = GateSynParams(
    min_pairs=8,
    min_share=0.2,
    min_visible=0.5,
    mask_fraction=(0.01, 0.5),
    min_pixel_change=5.0,
    min_look_change=0.1,
    num_things=(2, 10),
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_toy_catalogue(tmp_path / "data/assets")
    write_set(tmp_path, "toy-test", 8)
    write_set(tmp_path, "toy-train", 8, split="train", prefix="other-")
    return tmp_path


def spoil(root: Path, column: str, value: Any, rows: slice = slice(2, 3)) -> None:
    path = root / "data/gsi_syn/toy-test/manifest.parquet"
    table = pd.read_parquet(path)
    table.loc[table.index[rows], column] = value
    table.to_parquet(path, index=False)


def complaint(root: Path, params: GateSynParams = PARAMS) -> str:
    with pytest.raises(SystemExit) as error:
        run(params, root)
    assert not (root / CERTIFICATE).exists()
    return str(error.value)


def rows(root: Path) -> list[dict[str, Any]]:
    return pq.read_table(root / INSPECTIONS).to_pylist()


def test_good_data_are_certified_with_their_counts(root: Path) -> None:
    report = run(PARAMS, root)
    certificate = json.loads((root / CERTIFICATE).read_text(encoding="utf-8"))
    assert certificate["sets"] == {"toy-test": 8, "toy-train": 8}
    assert set(certificate) == {"expectations", "sets", "shows"}
    # Two mugs and a book on a table in the four scenes of each set.
    assert certificate["shows"] == {
        "arrangements": {"train": 1, "test": 1, "shared": 0},
        "objects": {"train": 3, "test": 3, "shared": 0},
        "supports": {"train": 1, "test": 1, "shared": 0},
        "textures": {"train": 2, "test": 2, "shared": 2},
        "environments": {"train": 1, "test": 1, "shared": 1},
    }
    assert report.metrics == {"expectations": certificate["expectations"], "sets": 2, "samples": 16}
    # Without a model there are columns and no rows.
    assert pq.read_schema(root / INSPECTIONS).names[:4] == ["sample_id", "set", "operation", "model"]
    assert rows(root) == []


def test_bad_data_take_an_earlier_certificate_away(root: Path) -> None:
    run(PARAMS, root)
    spoil(root, "pixel_change", 0.5)
    text = complaint(root)
    assert "pixel_change: expect_column_values_to_be_between" in text
    assert "1 rows break it, such as toy-test-2 with 0.5" in text


def test_everything_that_is_wrong_is_named(root: Path) -> None:
    spoil(root, "instruction_en", "Move the {target} left.")
    spoil(root, "instruction_zh", "no Chinese")
    spoil(root, "code", "CM")
    spoil(root, "sample_id", "toy-test-3")
    spoil(root, "target_asset", None)
    spoil(root, "visible_before", 0.1)
    spoil(root, "amount", 9.0)
    spoil(root, "split", "train")
    spoil(root, "visible_after", 0.7, slice(7, 8))
    text = complaint(root, PARAMS.model_copy(update={"min_pairs": 9, "min_share": 0.3}))
    for line in (
        "instruction_en: expect_column_values_to_not_match_regex",
        "instruction_zh: expect_column_values_to_match_regex",
        "operation, code: expect_column_pair_values_to_be_in_set",
        "sample_id: expect_column_values_to_be_unique",
        "target_asset: expect_column_values_to_not_be_null",
        "visible_before: expect_column_values_to_be_between",
        "amount: expect_column_values_to_be_between",
        "splits: expect_column_values_to_be_between",
        "such as toy-test-7 with 0.7",
        "pairs: expect_column_values_to_be_between",
        "such as toy-test/move, toy-test/rotate, toy-test/scale with 0.25",
        "toy-test: manifest and shards differ, such as in toy-test-2, toy-test-3",
    ):
        assert line in text


def test_sets_of_both_splits_that_show_the_same_models_fail_with_the_models_and_the_sets(root: Path) -> None:
    write_set(root, "toy-more", 8, split="train")
    text = complaint(root)
    assert (
        "  objects: training and test sets share 3, such as book (book) in toy-more, toy-test; "
        "mug-1 (mug-1) in toy-more, toy-test; mug-2 (mug-2) in toy-more, toy-test: make these sets again"
    ) in text
    assert "  supports: training and test sets share 1, such as table (table) in toy-more, toy-test: " in text
    assert "  arrangements: training and test sets share 1, such as table with book at " in text
    assert "textures" not in text


def test_a_catalogue_that_is_not_there_is_an_error_that_says_what_to_do(root: Path) -> None:
    (root / "data/assets/catalogue.json").unlink()
    with pytest.raises(ValueError, match=r"catalogue\.json is missing: run `gsi assets build`"):
        run(PARAMS, root)


def test_no_data_is_an_error_that_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"holds no set.*gsi synthesize"):
        run(PARAMS, tmp_path)


def with_model(url: str, **params: Any) -> GateSynParams:
    document = {**PARAMS.model_dump(), "mllm": {"url": url, "model": "eye-1", "backoff_s": 0.0, "tries": 2, **params}}
    loaded = load_params(STAGE, {"gate_syn": document})
    assert isinstance(loaded, GateSynParams)
    return loaded


def finding(**findings: bool) -> str:
    answer = {"plausible": True, "unambiguous": True, "matches": True, **findings, "reason": "The book hides it."}
    return json.dumps(answer)


def operation_in(document: dict[str, Any]) -> str:
    return str(document["messages"][1]["content"][0]["text"].partition("operation: ")[2].partition(")")[0])


def test_a_model_looks_at_every_pair_and_a_second_run_asks_nothing_and_makes_the_same_bytes(root: Path) -> None:
    def answer(_: int, document: dict[str, Any]) -> Says:
        return completion(finding(matches=operation_in(document) != "rotate"))

    with serving(answer) as server:
        report = run(with_model(server.url, least_share=0.75), root)
        files = [(root / name).read_bytes() for name in (CERTIFICATE, INSPECTIONS)]
        # The pairs of the two toy sets are equal but for their names.
        assert len(server.asked) == 8
        again = run(with_model(server.url, least_share=0.75), root)
    assert len(server.asked) == 8
    assert [(root / name).read_bytes() for name in (CERTIFICATE, INSPECTIONS)] == files
    assert again.metrics == report.metrics
    found = {"pairs": 8, "judged": 1.0, "plausible": 1.0, "unambiguous": 1.0, "matches": 0.75, "faultless": 0.75}
    assert json.loads(files[0])["mllm"] == {
        "model": "eye-1",
        "prompt": PROMPT.version,
        "prompt_sha256": PROMPT.digest,
        "sets": {"toy-test": found, "toy-train": found},
    }
    assert {k: v for k, v in report.metrics.items() if "/" in k} == {
        f"mllm/{name}/{key}": value for name in ("toy-test", "toy-train") for key, value in found.items()
    }
    assert (report.log["mllm_requests"], again.log["mllm_cached"], again.log["mllm_prompt_tokens"]) == (16, 16, 0)
    names = [f"{name}-{number}" for name in ("toy-test", "toy-train") for number in range(8)]
    assert [(row["sample_id"], row["matches"]) for row in rows(root)] == [
        (name, EDITS[k % 4].name != "rotate") for k, name in enumerate(names)
    ]


def test_too_many_faults_leave_the_findings_but_no_certificate(root: Path) -> None:
    def answer(_: int, document: dict[str, Any]) -> Says:
        return completion(finding(plausible=operation_in(document) != "scale"))

    with serving(answer) as server:
        text = complaint(root, with_model(server.url))
    assert (
        "  toy-train: eye-1 finds no fault in 6 of 8 pairs, less than gate_syn.mllm.least_share (0.95), but does in 2, "
        "such as toy-train-2 (not plausible: The book hides it.); toy-train-6 (not plausible: The book hides it.)"
    ) in text
    assert [row["sample_id"] for row in rows(root) if not row["plausible"]] == [
        "toy-test-2",
        "toy-test-6",
        "toy-train-2",
        "toy-train-6",
    ]


def test_what_was_not_answered_fails_and_the_next_run_asks_only_that(root: Path) -> None:
    def refuses(_: int, document: dict[str, Any]) -> Says:
        if operation_in(document) == "remove":
            return completion(None, refusal="I would rather not.")
        return completion(finding())

    with serving(refuses) as server:
        text = complaint(root, with_model(server.url))
    assert "toy-test: 2 of 8 pairs were not judged, more than 1%: 2 x The model refused: «I would rather not.»." in text
    with serving(lambda *_: completion(finding())) as server:
        run(with_model(server.url), root)
    assert [operation_in(document) for document in server.asked] == ["remove", "remove"]
    assert json.loads((root / CERTIFICATE).read_text(encoding="utf-8"))["mllm"]["sets"]["toy-test"]["judged"] == 1.0


def test_only_the_chosen_pairs_are_shown_and_only_where_all_else_is_good(root: Path) -> None:
    ids = {name: [f"{name}-{number}" for number in range(8)] for name in ("toy-test", "toy-train")}
    with serving(lambda *_: completion(finding())) as server:
        run(with_model(server.url, sample=3), root)
        assert [row["sample_id"] for row in rows(root)] == [
            sample_id for name in ids for sample_id in ids[name] if sample_id in chosen(ids[name], 3)
        ]
        asked = len(server.asked)
        spoil(root, "pixel_change", 0.5)
        assert "pixel_change" in complaint(root, with_model(server.url))
    assert len(server.asked) == asked
    assert not (root / INSPECTIONS).exists()


@pytest.mark.parametrize(
    ("mllm", "message"),
    [
        ({"url": "http://127.0.0.1:8000/v1"}, r"^params\.yaml, gate_syn\.mllm\.model: field required$"),
        (
            {"model": "m", "least": 1},
            r"^params\.yaml, gate_syn\.mllm\.least: unknown key; did you mean 'least_share'\?",
        ),
        ({"model": "m", "least_share": 95}, r"^params\.yaml, gate_syn\.mllm\.least_share: input should be less than"),
    ],
)
def test_settings_that_are_wrong_are_told_with_their_key(mllm: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load_params(STAGE, {"gate_syn": {**PARAMS.model_dump(), "mllm": mllm}})
