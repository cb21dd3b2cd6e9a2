"""The key `gate_syn.mllm` of `params.yaml`."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from dagster_gsi.judges.chat_params import ChatParams


class InspectorParams(ChatParams):
    """A vision-language model that looks at pairs: where it is, as for the judge `chat`, and what it must find."""

    section: ClassVar[str] = "gate_syn.mllm"

    sample: int = Field(default=0, ge=0)
    """Pairs of each set that it is shown; 0 is all. Which ones follows from their ids."""
    least_share: float = Field(default=0.95, gt=0, le=1)
    """Of the pairs of a set that it is shown, those in which it must find no fault."""
    cache: str = ".cache/inspections"
    """Folder of kept answers; a relative path starts at the project's root."""
