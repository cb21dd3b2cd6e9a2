"""The kinds of judges. A new one is one file, one field in `JudgesParams` and one case in `open_judge`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from dagster_gsi.judges.chat_params import ChatParams

if TYPE_CHECKING:
    from pathlib import Path

    from dagster_gsi.judges.base import Judge

JudgeName = Literal["perceptual", "chat"]


class PerceptualParams(BaseModel):
    """The perceptual judge has nothing to set: its constants are part of what its scores mean."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class JudgesParams(BaseModel):
    """The section `judges` of `params.yaml`: one key a kind, whichever of them judges."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    perceptual: PerceptualParams = PerceptualParams()
    chat: ChatParams | None = None
    """A model behind an endpoint; it has no default, because only users know which one they serve."""


def open_judge(name: JudgeName, params: JudgesParams, root: Path) -> Judge:
    """A judge ready for work, in the process that uses it; relative paths start at `root`."""
    match name:
        case "perceptual":
            from dagster_gsi.judges.perceptual import Perceptual

            return Perceptual()
        case "chat":
            from dagster_gsi.judges.chat import open_chat

            if params.chat is None:
                raise ValueError(
                    "params.yaml, judges.chat is missing, but the judge `chat` is chosen: "
                    "give it `model`, and `url` where it is not http://127.0.0.1:8000/v1"
                )
            return open_chat(params.chat, root)
