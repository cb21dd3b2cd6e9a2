"""What users set for each kind of detector."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat


class Section(BaseModel):
    """Unknown keys are errors, so a typo cannot pass for a default."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FitParams(Section):
    """`fit` has nothing to set: its constants are part of what its answers mean."""


class DetAny3DParams(Section):
    """`detany3d`: the paper's detector, in an environment of its own. Relative paths start at the project's root."""

    repo: Path
    """The folder `evaluation` of a checkout of aim-uofa/GSI-Bench."""
    weights: Path
    """The folder with the five files that its `prepare_weights.sh` asks for, in whatever folders inside it."""
    python: Path
    """Interpreter of the environment that its README makes; a bare name is looked for on the PATH."""
    device: str = Field(default="cuda:0", pattern=r"^cuda:\d+$")
    """Counted among the GPUs that this process may see."""
    box_threshold: float = Field(default=0.47, ge=0, le=1)
    text_threshold: float = Field(default=0.25, ge=0, le=1)
    """GroundingDINO's least scores for a frame and for a word of its label; the published values."""
    start_timeout_s: PositiveFloat = 900.0
    """For imports and for reading some gigabytes of weights, from a slow disk if need be."""
    timeout_s: PositiveFloat = 120.0
    """For one picture."""
    record: Path | None = None
    """Keep the answers here in the form of the published cache; `{editor}` stands for the editor's name."""


class CachedParams(Section):
    """`cached`: answers that were recorded before. Relative paths start at the project's root."""

    path: Path
    """An `infer_cache.json`; `{editor}` stands for the editor's name, since every editor has its own answers."""
