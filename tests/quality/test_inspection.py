"""Shares and failures of sets, worked out on paper."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from dagster_gsi.quality.inspection import Inspection, PairAnswer, failures, shares, write_inspections
from dagster_gsi.quality.inspector_params import InspectorParams

PARAMS = InspectorParams(model="eye-1", least_share=0.95)
GOOD = Inspection("a", "toy", "move", "eye-1", "1", "0" * 64, True, True, True, "Fine.", "{}", 1000, 50)
FLOATS = replace(GOOD, sample_id="f", plausible=False, reason="It floats.")
WRONG = replace(GOOD, sample_id="w", unambiguous=False, matches=False, reason="Two mugs.")
LOST = Inspection("u", "toy", "move", "eye-1", "1", "0" * 64, None, None, None, "No answer.", None, 0, 0)


def test_shares_are_of_all_pairs_so_that_one_that_was_not_judged_has_none() -> None:
    assert shares([GOOD, FLOATS, WRONG, LOST]) == {
        "pairs": 4,
        "judged": 0.75,
        "plausible": 0.5,
        "unambiguous": 0.5,
        "matches": 0.5,
        "faultless": 0.25,
    }


@pytest.mark.parametrize("unjudged", [0, 1])
def test_one_unjudged_pair_in_a_hundred_is_borne(unjudged: int) -> None:
    assert failures([GOOD] * (100 - unjudged) + [LOST] * unjudged, PARAMS) == []


def test_more_unjudged_pairs_fail_with_their_reasons_and_once_what_to_do() -> None:
    found = [GOOD] * 97 + [LOST, LOST, replace(LOST, reason="Refused.")]
    lines = failures([*found, *(replace(one, set="other") for one in found)], PARAMS)
    assert lines[:-1] == [
        "toy: 3 of 100 pairs were not judged, more than 1%: 2 x No answer.; 1 x Refused.",
        "other: 3 of 100 pairs were not judged, more than 1%: 2 x No answer.; 1 x Refused.",
    ]
    assert lines[-1] == (
        "See that params.yaml, gate_syn.mllm, names a server that answers (url: http://127.0.0.1:8000/v1), a model that it "
        "serves (model: eye-1) and the variable that holds its key (key_env: GSI_JUDGE_KEY), and start again: what was "
        "answered is kept. Or set gate_syn.mllm to null to do without"
    )


def test_the_least_share_itself_is_enough_and_less_fails_with_the_faults() -> None:
    assert failures([GOOD] * 19 + [FLOATS], PARAMS) == []
    (line,) = failures([GOOD] * 18 + [FLOATS, WRONG], PARAMS)
    assert line == (
        "toy: eye-1 finds no fault in 18 of 20 pairs, less than gate_syn.mllm.least_share (0.95), but does in 2, such as "
        "f (not plausible: It floats.); w (not unambiguous, not matches: Two mugs.)"
    )


def test_an_unjudged_pair_does_not_count_as_faultless() -> None:
    found = [GOOD] * 99 + [LOST]
    assert failures(found, InspectorParams(model="eye-1", least_share=0.99)) == []
    assert len(failures(found, InspectorParams(model="eye-1", least_share=1.0))) == 1


def test_each_set_must_do_by_itself() -> None:
    lines = failures([GOOD] * 900 + [replace(FLOATS, set="other")], PARAMS)
    assert [line.partition(":")[0] for line in lines] == ["other"]


def test_rows_are_stored_with_everything_and_without_an_answer_they_are_null(tmp_path: Path) -> None:
    path = tmp_path / "gates/found.parquet"
    write_inspections(path, [GOOD, WRONG, LOST])
    assert pq.read_table(path).to_pylist() == [asdict(row) for row in (GOOD, WRONG, LOST)]
    first = path.read_bytes()
    write_inspections(path, [GOOD, WRONG, LOST])
    assert path.read_bytes() == first


def test_a_table_without_rows_has_the_same_columns(tmp_path: Path) -> None:
    write_inspections(tmp_path / "none.parquet", [])
    write_inspections(tmp_path / "one.parquet", [LOST])
    assert pq.read_schema(tmp_path / "none.parquet") == pq.read_schema(tmp_path / "one.parquet")
    assert len(pd.read_parquet(tmp_path / "none.parquet")) == 0


@pytest.mark.parametrize("finding", ["true", 1, None])
def test_an_answer_is_true_or_false_and_nothing_like_it(finding: object) -> None:
    with pytest.raises(ValidationError):
        PairAnswer.model_validate({"plausible": finding, "unambiguous": True, "matches": True, "reason": ""})
