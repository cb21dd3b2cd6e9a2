"""Answers of judging models, kept on disk by what was asked."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from dagster_gsi.files import write_text
from dagster_gsi.judges.chat_answer import Answer

if TYPE_CHECKING:
    from pathlib import Path

    from dagster_gsi.judges.base import Request
    from dagster_gsi.judges.chat_prompt import Prompt


class Kept(BaseModel):
    """One file: the answer, and by whom to which prompt, for people who look into the folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    prompt: str
    answer: Answer
    prompt_tokens: int = 0
    """What the answer cost, with its repair."""
    completion_tokens: int = 0


def name_of(prompt: Prompt, model: str, parameters: dict[str, Any], request: Request) -> str:
    """SHA-256 of everything that the answer depends on; the sample's id and the server's address are not of it."""
    told = {
        "prompt": [prompt.version, prompt.system, prompt.question(request.operation), prompt.repair],
        "model": model,
        "parameters": parameters,
        "operation": request.operation,
        "instruction": request.instruction,
        "shapes": [request.source_HW3.shape, request.edited_HW3.shape],
    }
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    for picture_HW3 in (request.source_HW3, request.edited_HW3):
        # Fixed length before the bytes: the end of one picture cannot pass for the start of the next.
        digest.update(picture_HW3.nbytes.to_bytes(8, "big") + picture_HW3.tobytes())
    return digest.hexdigest()


def path_of(folder: Path, name: str) -> Path:
    return folder / name[:2] / f"{name}.json"


def read_kept(folder: Path, name: str) -> Kept | None:
    """The kept answer, or None where there is none or its file is damaged: it is asked for again and replaced."""
    path = path_of(folder, name)
    try:
        return Kept.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def keep(folder: Path, name: str, kept: Kept) -> None:
    try:
        write_text(path_of(folder, name), kept.model_dump_json(indent=1) + "\n")
    except FileNotFoundError:
        # Another process keeps an answer to the same question at this moment and has taken the unfinished file's place.
        return
