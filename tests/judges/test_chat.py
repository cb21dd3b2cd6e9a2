"""The chat judge against a real server on this machine that misbehaves on purpose."""

from __future__ import annotations

import base64
import io
import json
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydantic import SecretStr

from dagster_gsi.judges.base import Request, Verdict
from dagster_gsi.judges.chat import Chat
from dagster_gsi.judges.chat_params import ChatParams
from dagster_gsi.judges.chat_prompt import PROMPT
from tests.endpoint_by_hand import GOOD, HANG_UP, Says, completion, serving

KEY = "sk-not-a-real-key-4711"
GRID = np.arange(48 * 64 * 3, dtype=np.int64).reshape(48, 64, 3)
SOURCE, EDITED = (GRID % 251).astype(np.uint8), (GRID % 241).astype(np.uint8)
REQUEST = Request(
    sample_id="a",
    operation="move",
    instruction="Move the “red” mug\n10 cm to the left.",
    source_HW3=SOURCE,
    edited_HW3=EDITED,
    mask_HW=np.ones((48, 64), dtype=bool),
    others_HW=np.zeros((48, 64), dtype=bool),
    before_4=np.array([0.0, 0.0, 64.0, 48.0]),
    after_4=None,
)


@dataclass
class Waits:
    """Sleeps that only note how long they were meant to be."""

    seconds: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def judge_at(url: str, folder: Path, *, key: str | None = None, waits: Waits | None = None, **params: Any) -> Chat:
    return Chat(
        ChatParams(url=url, model="judge-1", **params),
        folder,
        None if key is None else SecretStr(key),
        wait=waits or Waits(),
        draw=lambda: 1.0,
    )


def in_turn(*answers: Says) -> Callable[[int, dict[str, Any]], Says]:
    """The answers one after the other, the last one for ever."""
    return lambda number, _: answers[min(number, len(answers) - 1)]


def many(count: int) -> list[Request]:
    return [replace(REQUEST, sample_id=str(k), instruction=f"Move it {k} cm.") for k in range(count)]


def test_a_good_answer_is_the_verdict_and_both_pictures_were_shown_whole(tmp_path: Path) -> None:
    with serving(in_turn(completion(GOOD))) as server:
        judge = judge_at(server.url, tmp_path)
        assert judge.judge([REQUEST]) == [Verdict(7.5, "The same red mug.", 1000, 50)]
    (asked,) = server.asked
    assert server.paths == ["/v1/chat/completions"]
    assert (asked["model"], asked["temperature"]) == ("judge-1", 0.0)
    system, user = asked["messages"]
    assert (system["role"], user["role"]) == ("system", "user")
    shown = [part["image_url"]["url"] for part in user["content"] if part["type"] == "image_url"]
    prefix = "data:image/png;base64,"
    pictures = [np.array(Image.open(io.BytesIO(base64.b64decode(url.removeprefix(prefix))))) for url in shown]
    assert np.array_equal(pictures[0], SOURCE)
    assert np.array_equal(pictures[1], EDITED)
    assert json.dumps(REQUEST.instruction, ensure_ascii=False) in user["content"][0]["text"]
    assert judge.usage() == {
        "requests": 1,
        "cached": 0,
        "retries": 0,
        "repairs": 0,
        "failures": 0,
        "prompt_tokens": 1000,
        "completion_tokens": 50,
    }


def test_larger_pictures_are_sent_at_the_longest_side_that_is_set(tmp_path: Path) -> None:
    with serving(in_turn(completion(GOOD))) as server:
        judge_at(server.url, tmp_path, longest_side=32).judge([REQUEST])
    url = server.asked[0]["messages"][1]["content"][1]["image_url"]["url"]
    assert Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).size == (32, 24)


@pytest.mark.parametrize("operation", ["move", "rotate", "scale", "place", "receptacle", "remove", "view"])
def test_each_operation_is_judged_by_its_own_question(operation: str, tmp_path: Path) -> None:
    with serving(in_turn(completion(GOOD))) as server:
        judge_at(server.url, tmp_path).judge([replace(REQUEST, operation=operation, before_4=None)])
    question = server.asked[0]["messages"][1]["content"][-1]["text"]
    assert question == {"remove": PROMPT.remove, "view": PROMPT.view}.get(operation, PROMPT.target)


def test_verdicts_come_in_the_order_of_their_requests_whichever_answer_is_first(tmp_path: Path) -> None:
    def answer(_: int, document: dict[str, Any]) -> Says:
        number = int(document["messages"][1]["content"][0]["text"].partition("Move it ")[2].partition(" cm")[0])
        return completion(json.dumps({"score": number, "reasoning": str(number)}), after_s=0.02 * (5 - number))

    with serving(answer) as server:
        assert [v.score for v in judge_at(server.url, tmp_path).judge(many(6))] == [0, 1, 2, 3, 4, 5]


def test_no_requests_ask_nothing(tmp_path: Path) -> None:
    with serving(in_turn(completion(GOOD))) as server:
        assert judge_at(server.url, tmp_path).judge([]) == []
    assert server.asked == []


@pytest.mark.parametrize("limit", [1, 3])
def test_no_more_questions_are_under_way_than_the_limit(limit: int, tmp_path: Path) -> None:
    with serving(in_turn(completion(GOOD, after_s=0.2))) as server:
        verdicts = judge_at(server.url, tmp_path, concurrency=limit).judge(many(5))
    assert [v.score for v in verdicts] == [7.5] * 5
    assert server.most_at_once == limit


@pytest.mark.parametrize(
    "fault",
    [Says(b"oops", 500), Says(b"", 503), Says(b"slow down", 429), HANG_UP, Says(b""), Says(b"<html>"), Says(b"[1, 2]")],
    ids=["500", "503", "429", "closed connection", "empty body", "no JSON", "no completion"],
)
def test_a_fault_that_passes_costs_only_a_retry(fault: Says, tmp_path: Path) -> None:
    waits = Waits()
    with serving(in_turn(fault, fault, completion(GOOD))) as server:
        judge = judge_at(server.url, tmp_path, waits=waits, backoff_s=2.0)
        assert judge.judge([REQUEST]) == [Verdict(7.5, "The same red mug.", 1000, 50)]
    assert waits.seconds == [2.0, 4.0]
    assert (judge.usage()["retries"], judge.usage()["failures"]) == (2, 0)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Says(b'{"error": "overloaded"}', 500), 'HTTP 500 «{"error": "overloaded"}»'),
        (Says(b"too many", 429), "HTTP 429 «too many»"),
        (HANG_UP, "the connection failed"),
        (Says(b""), "no chat completion but nothing"),
        (Says(b'{"choices": []}'), "no chat completion but «{"),
        (Says(b"\xff\xfe{", headers={"Content-Type": "application/json; charset=none"}), "no chat completion but «"),
    ],
    ids=["500", "429", "closed connection", "empty body", "no choices", "no text"],
)
def test_a_fault_that_stays_is_a_reason_after_the_tries_and_never_a_number(
    fault: Says, said: str, tmp_path: Path
) -> None:
    with serving(in_turn(fault)) as server:
        judge = judge_at(server.url, tmp_path, tries=3)
        (verdict,) = judge.judge([REQUEST])
    assert verdict.score is None
    assert verdict.reason.startswith("No answer in 3 tries; at last ")
    assert said in verdict.reason
    assert len(server.asked) == 3
    assert judge.usage()["failures"] == 1
    assert not list(tmp_path.rglob("*.json"))


def test_an_answer_after_the_time_out_is_a_fault(tmp_path: Path) -> None:
    late = completion(GOOD, after_s=30.0)
    with serving(in_turn(late, completion(GOOD), late)) as server:
        assert judge_at(server.url, tmp_path, timeout_s=1.0).judge([REQUEST])[0].score == 7.5
        (verdict,) = judge_at(server.url, tmp_path / "other", timeout_s=1.0, tries=1).judge([REQUEST])
    assert verdict == Verdict(None, "No answer in 1 try; at last there was no answer within 1 s.")


@pytest.mark.parametrize("asked", ["7", "a date in an hour"])
def test_the_wait_that_the_endpoint_asks_for_is_kept(asked: str, tmp_path: Path) -> None:
    waits = Waits()
    if asked != "7":
        asked = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    with serving(in_turn(Says(b"", 429, {"Retry-After": asked}), completion(GOOD))) as server:
        judge = judge_at(server.url, tmp_path, waits=waits, longest_wait_s=4000.0)
        assert judge.judge([REQUEST])[0].score == 7.5
    (seconds,) = waits.seconds
    assert seconds == pytest.approx(7 if asked == "7" else 3600, abs=0.0 if asked == "7" else 60)


def test_a_wait_longer_than_the_longest_is_not_waited(tmp_path: Path) -> None:
    waits = Waits()
    with serving(in_turn(Says(b"quota", 429, {"Retry-After": "86400"}))) as server:
        (verdict,) = judge_at(server.url, tmp_path, waits=waits).judge([REQUEST])
    assert verdict.score is None
    assert "asks to wait 86400 s" in verdict.reason
    assert (waits.seconds, len(server.asked)) == ([], 1)


def test_the_waits_grow_to_the_longest_and_jitter_takes_up_to_half_of_them(tmp_path: Path) -> None:
    for draw, part in ((1.0, 1.0), (0.0, 0.5)):
        waits = Waits()
        with serving(in_turn(Says(b"", 500))) as server:
            judge = judge_at(server.url, tmp_path, waits=waits, tries=6, longest_wait_s=5.0)
            judge.draw = lambda draw=draw: draw
            judge.judge([REQUEST])
        assert waits.seconds == [part * s for s in (1, 2, 4, 5, 5)]


@pytest.mark.parametrize(
    "wrong",
    [
        completion("I would rather talk about the weather."),
        completion('{"score": 11, "reasoning": "Splendid."}'),
        completion('{"score": NaN, "reasoning": "?"}'),
        completion('{"score": "7", "reasoning": "A string."}'),
        completion('{"score": 7.5, "reas', finish="length"),
        completion(None),
    ],
    ids=["prose", "out of range", "NaN", "string", "cut off", "no content"],
)
def test_an_unreadable_answer_is_shown_to_the_model_once_with_what_is_wrong(wrong: Says, tmp_path: Path) -> None:
    with serving(in_turn(wrong, completion(GOOD))) as server:
        judge = judge_at(server.url, tmp_path)
        assert judge.judge([REQUEST]) == [Verdict(7.5, "The same red mug.", 2000, 100)]
    first, second = server.asked
    assert second["messages"][:2] == first["messages"]
    answer, complaint = second["messages"][2:]
    said = json.loads(wrong.body)["choices"][0]["message"]["content"]
    assert answer == {"role": "assistant", "content": said or ""}
    assert complaint["role"] == "user"
    assert "cannot be used" in complaint["content"]
    assert judge.usage()["repairs"] == 1
    assert judge.usage()["prompt_tokens"] == 2000


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (completion("No."), "there is no whole JSON object in «No.»"),
        (completion('{"score": 11, "reasoning": "!"}'), "score: input should be less than or equal to 10"),
        (completion('{"score": NaN, "reasoning": "?"}'), "score: input should be a finite number"),
        (completion('{"note": 7}'), "score: field required; reasoning: field required"),
        (completion('{"score": 7.5, "reas', finish="length"), "it was cut off at the limit of max_tokens (1024)"),
    ],
    ids=["prose", "out of range", "NaN", "wrong schema", "cut off"],
)
def test_a_second_unreadable_answer_is_a_failure_with_its_own_reason(wrong: Says, said: str, tmp_path: Path) -> None:
    with serving(in_turn(wrong)) as server:
        (verdict,) = judge_at(server.url, tmp_path).judge([REQUEST])
    assert verdict.score is None
    assert said in verdict.reason
    assert len(server.asked) == 2
    assert not list(tmp_path.rglob("*.json"))


@pytest.mark.parametrize(
    "refusal",
    [completion(None, refusal="I cannot judge people."), completion("I cannot judge people.", finish="content_filter")],
    ids=["field", "filter"],
)
def test_a_refusal_is_not_asked_to_be_mended(refusal: Says, tmp_path: Path) -> None:
    with serving(in_turn(refusal)) as server:
        (verdict,) = judge_at(server.url, tmp_path).judge([REQUEST])
    assert verdict == Verdict(None, "The model refused: «I cannot judge people.».")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Says(b"no such model", 404), "HTTP 404 «no such model»"),
        (Says(b"bad field", 400), "HTTP 400 «bad field»"),
        (Says(b"", 401), "let nobody in (HTTP 401): the key in GSI_JUDGE_KEY is not set"),
        (Says(b"", 307, {"Location": "http://127.0.0.1:9/v1"}), "set judges.chat.url to that one"),
    ],
    ids=["404", "400", "401", "redirect"],
)
def test_what_no_retry_mends_is_asked_once(answer: Says, said: str, tmp_path: Path) -> None:
    with serving(in_turn(answer)) as server:
        (verdict,) = judge_at(server.url, tmp_path).judge([REQUEST])
    assert verdict.score is None
    assert said in verdict.reason
    assert len(server.asked) == 1


def test_a_redirect_never_takes_the_key_to_another_server(tmp_path: Path) -> None:
    with serving(in_turn(completion(GOOD))) as other:
        there = Says(b"", 307, {"Location": f"{other.url}/chat/completions"})
        with serving(in_turn(there)) as server:
            assert judge_at(server.url, tmp_path, key=KEY).judge([REQUEST])[0].score is None
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"
    assert other.asked == []


def test_where_nobody_listens_most_questions_are_given_up_at_once(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        waits = Waits()
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        verdicts = judge_at(url, tmp_path, waits=waits, concurrency=1, tries=2).judge(many(50))
    assert all(v.score is None and "was not reached" in v.reason for v in verdicts)
    assert len(waits.seconds) == 3


def test_a_server_of_this_machine_is_reached_past_a_proxy_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with serving(in_turn(completion(GOOD))) as server:
        assert judge_at(server.url, tmp_path, tries=1).judge([REQUEST])[0].score == 7.5


def test_a_body_that_ends_early_is_a_fault_that_passes(tmp_path: Path) -> None:
    short = Says(b'{"choices"', headers={"Content-Length": "5000", "Connection": "close"})
    hang_up_midway = replace(short, close=True)
    with serving(in_turn(hang_up_midway, completion(GOOD))) as server:
        assert judge_at(server.url, tmp_path).judge([REQUEST])[0].score == 7.5
    assert len(server.asked) == 2


def test_a_second_run_asks_nothing_and_says_the_same(tmp_path: Path) -> None:
    with serving(in_turn(completion(GOOD))) as server:
        first = judge_at(server.url, tmp_path).judge(many(3))
        again = judge_at(server.url, tmp_path)
        assert again.judge(many(3)) == first
    assert len(server.asked) == 3
    assert (again.usage()["cached"], again.usage()["prompt_tokens"]) == (3, 0)
    assert not list(tmp_path.rglob("*.partial"))


def test_equal_requests_are_asked_once(tmp_path: Path) -> None:
    with serving(in_turn(completion(GOOD))) as server:
        verdicts = judge_at(server.url, tmp_path).judge([REQUEST, replace(REQUEST, sample_id="b")])
    assert verdicts[0] == verdicts[1]
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"request": {"instruction": "Move it."}},
        {"request": {"operation": "remove"}},
        {"request": {"edited_HW3": SOURCE}},
        {"request": {"source_HW3": EDITED}},
        {"request": {"edited_HW3": EDITED.reshape(64, 48, 3)}},
        {"params": {"model": "judge-2"}},
        {"params": {"temperature": 0.5}},
        {"params": {"longest_side": 64}},
        {"params": {"body": {"seed": 1}}},
        {"prompt": {"version": "other"}},
        {"prompt": {"system": "Be kind."}},
    ],
    ids=lambda other: "-".join((*other, *next(iter(other.values())))),
)
def test_whatever_an_answer_depends_on_asks_again_when_it_changes(other: dict[str, Any], tmp_path: Path) -> None:
    with serving(in_turn(completion(GOOD))) as server:
        judge = judge_at(server.url, tmp_path)
        judge.judge([REQUEST])
        judge.params = judge.params.model_copy(update=other.get("params", {}))
        judge.prompt = replace(PROMPT, **other.get("prompt", {}))
        judge.judge([replace(REQUEST, **other.get("request", {}))])
    assert len(server.asked) == 2


def test_the_address_and_how_patiently_it_is_asked_do_not_matter_to_kept_answers(tmp_path: Path) -> None:
    with serving(in_turn(completion(GOOD))) as first, serving(in_turn(completion(GOOD))) as second:
        judge_at(first.url, tmp_path).judge([REQUEST])
        judge_at(second.url, tmp_path, tries=1, timeout_s=9, concurrency=1, key=KEY).judge([REQUEST])
    assert (len(first.asked), len(second.asked)) == (1, 0)


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff\x00", b'{"answer": {"score": 12, "reasoning": ""}}', b"null"])
def test_a_damaged_kept_answer_is_asked_for_again_and_mended(damage: bytes, tmp_path: Path) -> None:
    with serving(in_turn(completion(GOOD))) as server:
        judge_at(server.url, tmp_path).judge([REQUEST])
        (kept,) = tmp_path.rglob("*.json")
        whole = kept.read_bytes()
        kept.write_bytes(damage)
        assert judge_at(server.url, tmp_path).judge([REQUEST])[0].score == 7.5
    assert len(server.asked) == 2
    assert kept.read_bytes() == whole


def test_the_cost_is_that_of_the_tokens_also_of_answers_that_were_of_no_use(tmp_path: Path) -> None:
    with serving(in_turn(completion("no"), completion(GOOD))) as server:
        judge = judge_at(server.url, tmp_path, price_prompt=2.0, price_completion=10.0)
        (verdict,) = judge.judge([REQUEST])
        again = judge_at(server.url, tmp_path, price_prompt=2.0, price_completion=10.0)
        # What an answer once cost is told again by every run that uses it; only what is asked now is spent.
        assert again.judge([REQUEST]) == [verdict]
    assert verdict.cost == judge.usage()["cost"] == pytest.approx((2000 * 2.0 + 100 * 10.0) / 1e6)
    assert again.usage()["cost"] == 0.0


def test_the_key_is_sent_and_appears_nowhere_else(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    echo = f"Wrong key {KEY}, " * 20
    answers = (
        Says(echo.encode(), 500),
        Says(echo.encode(), 400),
        Says(echo.encode(), 401),
        Says(echo.encode()),
        completion(echo),
        completion(None, refusal=echo),
        completion(json.dumps({"score": 3, "reasoning": echo})),
    )
    reasons = []
    for number, says in enumerate(answers):
        with serving(in_turn(says)) as server:
            judge = judge_at(server.url, tmp_path / str(number), key=KEY, tries=2)
            reasons += [verdict.reason for verdict in judge.judge([REQUEST])]
        assert server.headers[0]["Authorization"] == f"Bearer {KEY}"
        assert KEY not in json.dumps(server.asked)
        assert KEY not in f"{judge!r}{judge.params!r}{judge.usage()}{judge.version}"
    assert len(list(tmp_path.rglob("*.json"))) == 1
    shown = "".join([*reasons, caplog.text, *(path.read_text() for path in tmp_path.rglob("*.json"))])
    assert "[key]" in shown
    # Not a part of it either, where a text is cut.
    assert not any(KEY[:length] in shown for length in range(8, len(KEY) + 1))


@pytest.mark.parametrize(("status", "asked"), [(401, 1), (403, 4)])
def test_a_key_that_is_not_taken_is_not_tried_again_for_every_question(status: int, asked: int, tmp_path: Path) -> None:
    with serving(in_turn(Says(b"", status))) as server:
        verdicts = judge_at(server.url, tmp_path, key=KEY, concurrency=1).judge(many(4))
    reason = f"The endpoint let nobody in (HTTP {status}): the key in GSI_JUDGE_KEY was not accepted."
    assert verdicts == [Verdict(None, reason)] * 4
    assert len(server.asked) == asked


def test_without_a_key_nothing_is_said_of_one(tmp_path: Path) -> None:
    with serving(in_turn(completion(GOOD))) as server:
        judge_at(server.url, tmp_path).judge([REQUEST])
    assert "Authorization" not in server.headers[0]
