from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from dagster_gsi.judges import JudgesParams, open_judge
from dagster_gsi.judges.chat import Chat, open_chat
from dagster_gsi.judges.chat_params import ChatParams
from dagster_gsi.judges.chat_prompt import PROMPT
from dagster_gsi.judges.perceptual import Perceptual


def test_the_default_judge_needs_no_settings(tmp_path: Path) -> None:
    judge = open_judge("perceptual", JudgesParams(), tmp_path)
    assert isinstance(judge, Perceptual)
    assert judge.version.startswith("perceptual-")
    assert judge.usage() == {}


def test_a_chosen_but_unset_chat_judge_is_an_error_that_names_the_keys(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"params.yaml, judges.chat is missing.*`model`.*`url`"):
        open_judge("chat", JudgesParams(), tmp_path)


def test_a_chat_judge_keeps_its_answers_under_the_root_and_names_model_and_prompt(tmp_path: Path) -> None:
    params = JudgesParams.model_validate({"chat": {"model": "Qwen/Qwen3-VL-8B-Instruct"}})
    judge = open_judge("chat", params, tmp_path)
    assert isinstance(judge, Chat)
    assert judge.folder == tmp_path / ".cache/judgements"
    assert judge.params.url == "http://127.0.0.1:8000/v1"
    assert judge.version == f"chat-{PROMPT.version}:Qwen/Qwen3-VL-8B-Instruct"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "model"),
        ({"model": "m", "modle": "m"}, "modle"),
        ({"model": "m", "url": "ftp://host/v1"}, "http or https"),
        ({"model": "m", "url": "file:///etc/passwd"}, "http or https"),
        ({"model": "m", "url": "http://host:99999/v1"}, "no address"),
        ({"model": "m", "concurrency": 0}, "concurrency"),
        ({"model": "m", "tries": 0}, "tries"),
        ({"model": "m", "timeout_s": float("nan")}, "timeout_s"),
        ({"model": "m", "body": {"messages": []}}, "must not hold messages"),
        ({"model": "m", "price_prompt": 1.0}, "go together"),
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        ChatParams.model_validate(settings)


@pytest.mark.parametrize("url", ["https://me:secret@host/v1", "https://host/v1?api_key=secret"])
def test_an_address_with_a_secret_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="must hold no user, password or query") as caught:
        ChatParams(model="m", url=url)
    assert all("secret" not in fault["msg"] for fault in caught.value.errors())


def test_the_key_comes_from_the_variable_that_the_settings_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GSI_JUDGE_KEY", "sk-one")
    monkeypatch.setenv("OTHER_KEY", "sk-two\n")
    for name, key in (("GSI_JUDGE_KEY", "sk-one"), ("OTHER_KEY", "sk-two")):
        judge = open_chat(ChatParams(model="m", key_env=name), tmp_path)
        assert judge.key is not None
        assert judge.key.get_secret_value() == key
        assert key not in repr(judge)


def test_a_missing_key_is_an_error_only_where_one_is_required(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GSI_JUDGE_KEY", raising=False)
    assert open_chat(ChatParams(model="m"), tmp_path).key is None
    with pytest.raises(ValueError, match="the variable GSI_JUDGE_KEY is not: export it"):
        open_chat(ChatParams(model="m", requires_key=True), tmp_path)


@pytest.mark.parametrize("key", ["sk-a\nsk-b", "sk-ключ", "sk a"])
def test_a_key_that_cannot_be_sent_is_refused_without_repeating_it(
    key: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GSI_JUDGE_KEY", key)
    with pytest.raises(ValueError, match="GSI_JUDGE_KEY holds characters that no key has") as caught:
        open_chat(ChatParams(model="m"), tmp_path)
    assert key not in str(caught.value)


def test_a_changed_prompt_has_a_new_version() -> None:
    texts = json.dumps({**asdict(PROMPT), "version": None})
    assert {PROMPT.version: hashlib.sha256(texts.encode()).hexdigest()[:12]} == {"1": "6dec96cdba74"}
