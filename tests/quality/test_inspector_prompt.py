"""The words that a model is told are of a version, and say what form its answer must have."""

from __future__ import annotations

import numpy as np

from dagster_gsi.judges.chat_answer import read_answer
from dagster_gsi.quality.inspection import QUESTIONS, PairAnswer
from dagster_gsi.quality.inspector_pairs import Pair
from dagster_gsi.quality.inspector_prompt import DIGESTS, PROMPT, ask


def test_changed_words_need_a_new_version_and_a_line_with_their_digest() -> None:
    assert PROMPT.digest == DIGESTS[PROMPT.version]
    assert list(DIGESTS)[-1] == PROMPT.version
    assert len(set(DIGESTS.values())) == len(DIGESTS)


def test_nothing_is_said_but_those_words_and_the_instruction() -> None:
    black_HW3 = np.zeros((4, 4, 3), dtype=np.uint8)
    system, user = ask(PROMPT, Pair("a", "toy", "move", "Move “it”.", black_HW3, black_HW3), longest_side=64)
    assert (system["role"], user["role"]) == ("system", "user")
    kinds = [part["type"] for part in user["content"]]
    assert kinds == ["text", "image_url", "text", "image_url", "text"]
    said = [system["content"], *(part["text"] for part in user["content"] if part["type"] == "text")]
    assert said == [
        PROMPT.system,
        PROMPT.instruction.format(operation="move", instruction='"Move “it”."'),
        PROMPT.between,
        PROMPT.question,
    ]


def test_the_rules_ask_every_question_and_the_repair_shows_a_good_answer() -> None:
    assert [f'"{question}" - ' in PROMPT.system for question in QUESTIONS] == [True] * 3
    assert set(QUESTIONS) | {"reason"} == set(PairAnswer.model_fields)
    assert read_answer(PROMPT.repair.format(error="{}"), PairAnswer).matches is False
