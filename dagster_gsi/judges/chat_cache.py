"""Answers of models, kept on disk by what was asked."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Generic

from pydantic import BaseModel, ConfigDict, ValidationError

from dagster_gsi.files import write_text
from dagster_gsi.judges.chat_answer import Form

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


class Kept(BaseModel, Generic[Form]):
    """One file: the answer, and by whom to which prompt, for people who look into the folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    prompt: str
    answer: Form
    said: str = ""
    """The whole text that the answer was read from."""
    prompt_tokens: int = 0
    """What the answer cost, with its repair."""
    completion_tokens: int = 0


def name_of(told: Mapping[str, Any], pictures: Sequence[NDArray[np.uint8]]) -> str:
    """SHA-256 of everything that an answer depends on: what the model is told, and the pictures that it is shown."""
    shapes = [picture_HW3.shape for picture_HW3 in pictures]
    digest = hashlib.sha256(json.dumps({**told, "shapes": shapes}, sort_keys=True).encode())
    for picture_HW3 in pictures:
        # Fixed length before the bytes: the end of one picture cannot pass for the start of the next.
        digest.update(picture_HW3.nbytes.to_bytes(8, "big") + picture_HW3.tobytes())
    return digest.hexdigest()


def path_of(folder: Path, name: str) -> Path:
    return folder / name[:2] / f"{name}.json"


def read_kept(folder: Path, name: str, form: type[Form]) -> Kept[Form] | None:
    """The kept answer, or None where there is none or its file is damaged: it is asked for again and replaced."""
    try:
        return Kept[form].model_validate_json(path_of(folder, name).read_bytes())  # type: ignore[valid-type]
    except (FileNotFoundError, ValidationError):
        return None


def keep(folder: Path, name: str, kept: Kept[Form]) -> None:
    try:
        write_text(path_of(folder, name), kept.model_dump_json(indent=1) + "\n")
    except FileNotFoundError:
        # Another process keeps an answer to the same question at this moment and has taken the unfinished file's place.
        return
