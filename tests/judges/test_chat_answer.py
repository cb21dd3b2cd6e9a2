from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_gsi.judges.chat_answer import Answer, AnswerError, read_answer

GOOD = '{"score": 8, "reasoning": "Same mug; {a brace} and a \\"quote\\"."}'


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"```json\n{GOOD}\n```",
        f"||V^=^V||\n{GOOD}\n||V^=^V||",
        f"Here is my judgement: {GOOD} I hope that helps {{truly}}!",
        f'<think>Perhaps {{"score": 2, "reasoning": "hm"}}, no.</think>{GOOD}',
        f"Of the set {{mug, book}} the mug counts.\n{GOOD}",
    ],
    ids=["bare", "fence", "marks", "prose", "thinking", "braces"],
)
def test_the_last_json_object_is_the_answer_whatever_stands_around_it(text: str) -> None:
    assert read_answer(text, Answer) == Answer(score=8, reasoning='Same mug; {a brace} and a "quote".')


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "no whole JSON object"),
        ("8", "no whole JSON object"),
        ('{"score": 8, "reasoning": "cut', "no whole JSON object"),
        ('{"score": 8}', "reasoning: field required"),
        ('{"score": "8", "reasoning": ""}', "score: input should be a valid number"),
        ('{"score": true, "reasoning": ""}', "score: input should be a valid number"),
        ('{"score": [8, 9], "reasoning": ""}', "score: input should be a valid number"),
        ('{"score": -1, "reasoning": ""}', "greater than or equal to 0"),
        ('{"score": 10.01, "reasoning": ""}', "less than or equal to 10"),
        ('{"score": Infinity, "reasoning": ""}', "finite"),
        ('{"score": 1e999, "reasoning": ""}', "finite"),
        ('{"score": 8, "reasoning": null}', "reasoning: input should be a valid string"),
        ('{"score": 8, "reasoning": "", "sure": true}', "sure: extra inputs"),
        (f'{GOOD} {{"note": 1}}', "score: field required"),
    ],
)
def test_what_is_not_exactly_a_score_and_a_reasoning_is_refused_with_its_fault(text: str, fault: str) -> None:
    with pytest.raises(AnswerError, match=fault):
        read_answer(text, Answer)


@given(st.text(alphabet=st.sampled_from('{}[]":,0e- scoreaning\\u8'), max_size=200))
def test_any_text_is_an_answer_or_a_fault(text: str) -> None:
    try:
        answer = read_answer(text, Answer)
    except AnswerError:
        return
    assert 0 <= answer.score <= 10


@given(score=st.floats(0, 10), reasoning=st.text(), around=st.text(alphabet=st.characters(exclude_characters="{}")))
def test_a_whole_answer_is_found_in_any_text_without_braces(score: float, reasoning: str, around: str) -> None:
    answer = read_answer(around + json.dumps({"score": score, "reasoning": reasoning}) + around, Answer)
    assert answer.score == score
    assert answer.reasoning.split() == reasoning.split()


def test_nesting_without_end_and_halves_of_characters_do_no_harm() -> None:
    with pytest.raises(AnswerError):
        read_answer('{"a":' * 100_000, Answer)
    assert read_answer('{"score": 1, "reasoning": "\\ud83d!"}', Answer).reasoning == "?!"
