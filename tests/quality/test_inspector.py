"""Pairs before a real server on this machine."""

from __future__ import annotations

import base64
import io
import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dagster_gsi.quality.inspection import Inspection, failures
from dagster_gsi.quality.inspector import Inspector, open_inspector
from dagster_gsi.quality.inspector_pairs import Pair
from dagster_gsi.quality.inspector_params import InspectorParams
from dagster_gsi.quality.inspector_prompt import PROMPT
from tests.endpoint_by_hand import HANG_UP, Says, completion, serving

GRID = np.arange(48 * 64 * 3, dtype=np.int64).reshape(48, 64, 3)
PAIR = Pair(
    "a", "toy", "move", "Move the “red” mug\n10 cm.", (GRID % 251).astype(np.uint8), (GRID % 241).astype(np.uint8)
)


def says(reason: str = "Fine.", *, matches: bool = True) -> str:
    return json.dumps({"plausible": True, "unambiguous": True, "matches": matches, "reason": reason})


def always(text: str) -> Callable[[int, dict[str, Any]], Says]:
    return lambda *_: completion(text)


def inspector_at(url: str, folder: Path, **params: Any) -> Inspector:
    params = {"model": "eye-1", "backoff_s": 0.0, **params}
    return Inspector(InspectorParams(url=url, **params), folder, None)


def look(inspector: Inspector, *pairs: Pair) -> list[Inspection]:
    counted: list[int] = []
    found = inspector.inspect(pairs, counted.append)
    assert sum(counted) == len(pairs)
    return found


def many(count: int) -> list[Pair]:
    return [replace(PAIR, sample_id=str(k), instruction=f"Move it {k} cm.") for k in range(count)]


def number_in(document: dict[str, Any]) -> int:
    return int(document["messages"][1]["content"][0]["text"].partition("Move it ")[2].partition(" cm")[0])


def test_the_model_sees_both_pictures_whole_and_its_answer_is_the_row(tmp_path: Path) -> None:
    text = "Let me look.\n" + says("The mug\nwent left.", matches=False)
    with serving(always(text)) as server:
        inspector = inspector_at(server.url, tmp_path)
        (row,) = look(inspector, PAIR)
    (asked,) = server.asked
    shown = [part["image_url"]["url"] for part in asked["messages"][1]["content"] if part["type"] == "image_url"]
    pictures = [np.array(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))) for url in shown]
    assert [np.array_equal(*both) for both in zip(pictures, (PAIR.source_HW3, PAIR.target_HW3), strict=True)] == [
        True
    ] * 2
    assert json.dumps(PAIR.instruction, ensure_ascii=False) in asked["messages"][1]["content"][0]["text"]
    (kept,) = tmp_path.rglob("*.json")
    findings = (True, True, False, "The mug went left.", text, 1000, 50)
    assert row == Inspection("a", "toy", "move", "eye-1", PROMPT.version, kept.stem, *findings)
    assert inspector.usage() == {
        "requests": 1,
        "cached": 0,
        "retries": 0,
        "repairs": 0,
        "failures": 0,
        "prompt_tokens": 1000,
        "completion_tokens": 50,
    }


def test_rows_come_in_the_order_of_their_pairs_whichever_answer_is_first(tmp_path: Path) -> None:
    def answer(_: int, document: dict[str, Any]) -> Says:
        number = number_in(document)
        return completion(says(str(number)), after_s=0.02 * (5 - number))

    with serving(answer) as server:
        rows = look(inspector_at(server.url, tmp_path, concurrency=6), *many(6))
    assert [(row.sample_id, row.reason) for row in rows] == [(str(k), str(k)) for k in range(6)]


def test_few_pairs_are_in_memory_at_once(tmp_path: Path) -> None:
    taken: list[str] = []
    when_asked: list[int] = []

    def pairs() -> Iterator[Pair]:
        for pair in many(6):
            taken.append(pair.sample_id)
            yield pair

    def answer(number: int, _: dict[str, Any]) -> Says:
        when_asked.append(len(taken) - number)
        return completion(says())

    with serving(answer) as server:
        inspector_at(server.url, tmp_path, concurrency=2).inspect(pairs(), lambda _: None)
    assert len(when_asked) == 6
    assert max(when_asked) <= 2


def test_words_that_are_no_answer_are_mended_once(tmp_path: Path) -> None:
    with serving(lambda number, _: completion('{"plausible": "yes"}' if number == 0 else says())) as server:
        inspector = inspector_at(server.url, tmp_path)
        (row,) = look(inspector, PAIR)
    assert (row.is_faultless, row.prompt_tokens, inspector.usage()["repairs"]) == (True, 2000, 1)
    assert "plausible: input should be a valid boolean" in server.asked[1]["messages"][-1]["content"]


def test_a_question_that_fails_is_asked_again_and_then_unjudged_never_good(tmp_path: Path) -> None:
    with serving(lambda *_: HANG_UP) as server:
        inspector = inspector_at(server.url, tmp_path, tries=3)
        (row,) = look(inspector, PAIR)
    assert len(server.asked) == 3
    assert (row.plausible, row.unambiguous, row.matches, row.said) == (None, None, None, None)
    assert (row.is_judged, row.is_faultless) == (False, False)
    assert row.reason.startswith("No answer in 3 tries; at last the connection failed")
    assert inspector.usage()["failures"] == 1
    assert not list(tmp_path.rglob("*.json"))


def test_a_server_that_is_not_there_is_told_with_its_key_and_soon_not_asked_any_more(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        inspector = inspector_at(url, tmp_path, tries=1, concurrency=1)
        rows = look(inspector, *many(6))
    line, remedy = failures(rows, inspector.params)
    assert [row.reason.partition(" ")[0] for row in rows] == ["No"] * 3 + ["Not"] * 3
    assert line.startswith(
        f"toy: 6 of 6 pairs were not judged, more than 1%: 3 x No answer in 1 try; at last {url} was not"
    )
    assert remedy.startswith(f"See that params.yaml, gate_syn.mllm, names a server that answers (url: {url})")


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    def interrupted() -> Iterator[Pair]:
        yield from many(5)
        raise KeyboardInterrupt

    with serving(always(says())) as server:
        with pytest.raises(KeyboardInterrupt):
            inspector_at(server.url, tmp_path, concurrency=1).inspect(interrupted(), lambda _: None)
        rows = look(inspector_at(server.url, tmp_path), *many(8))
    assert sorted(map(number_in, server.asked)) == list(range(8))
    assert [row.is_faultless for row in rows] == [True] * 8


def test_equal_pairs_are_asked_once_whatever_they_are_called(tmp_path: Path) -> None:
    pairs = [replace(PAIR, sample_id=str(k), set=f"set-{k % 2}") for k in range(6)]
    with serving(lambda number, _: completion(says(str(number)), after_s=0.05)) as server:
        rows = look(inspector_at(server.url, tmp_path), *pairs)
    assert len(server.asked) == 1
    assert [(row.sample_id, row.reason) for row in rows] == [(str(k), "0") for k in range(6)]


@pytest.mark.parametrize(
    ("change", "params"),
    [
        ({"source_HW3": PAIR.target_HW3}, {}),
        ({"target_HW3": PAIR.source_HW3}, {}),
        ({"instruction": "Move it."}, {}),
        ({"operation": "place"}, {}),
        ({}, {"model": "eye-2"}),
        ({}, {"temperature": 0.5}),
        ({}, {"longest_side": 32}),
    ],
    ids=["source", "target", "instruction", "operation", "model", "temperature", "size"],
)
def test_whatever_an_answer_depends_on_is_asked_anew(
    change: dict[str, Any], params: dict[str, Any], tmp_path: Path
) -> None:
    with serving(always(says())) as server:
        look(inspector_at(server.url, tmp_path), PAIR)
        look(inspector_at(server.url, tmp_path, **params), replace(PAIR, **change))
    assert len(server.asked) == 2


def test_another_version_of_the_prompt_is_asked_anew(tmp_path: Path) -> None:
    with serving(always(says())) as server:
        inspector = inspector_at(server.url, tmp_path)
        look(inspector, PAIR)
        inspector.prompt = replace(PROMPT, version="next")
        (row,) = look(inspector, PAIR)
    assert len(server.asked) == 2
    assert row.prompt == "next"


def test_where_and_how_many_are_asked_and_what_must_be_found_do_not_matter_to_kept_answers(tmp_path: Path) -> None:
    with serving(always(says())) as first, serving(always(says())) as second:
        rows = look(inspector_at(first.url, tmp_path), PAIR)
        again = look(inspector_at(second.url, tmp_path, tries=1, concurrency=1, sample=3, least_share=0.5), PAIR)
    assert (len(first.asked), len(second.asked)) == (1, 0)
    assert again == rows


def test_a_missing_key_is_told_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GSI_JUDGE_KEY", raising=False)
    with pytest.raises(
        ValueError, match=r"^gate_syn\.mllm\.requires_key is set, but the variable GSI_JUDGE_KEY is not"
    ):
        open_inspector(InspectorParams(model="eye-1", requires_key=True), tmp_path)
    assert open_inspector(InspectorParams(model="eye-1"), tmp_path).folder == tmp_path / ".cache/inspections"
