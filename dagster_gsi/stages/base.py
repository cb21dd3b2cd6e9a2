"""A stage is one node of `dvc.yaml`: parameters in, files and a report out.

Two records are kept apart. The report (`reports/<address>.json`) is a DVC metric and holds what follows from the
inputs alone, so that equal inputs give an equal `dvc.lock`. The log (`logs/<address>.json`) holds what differs from run
to run, such as timings and the MLflow run, and DVC does not know it.
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Params(BaseModel):
    """A section of `params.yaml`. Unknown keys are errors, so a typo cannot pass for a default."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Report(BaseModel):
    """What a stage says of its own output."""

    metrics: dict[str, float]
    """Follow from the inputs: the same on every run."""
    log: dict[str, float | str] = {}
    """Differ from run to run: seconds, the MLflow run's id."""
    preview: str | None = None
    """Path from the project's root to a small PNG or JPEG to show beside the figures."""


@dataclass(frozen=True)
class Stage:
    """A name in `dvc.yaml`, the parameters it reads and the function that does the work.

    `run(params, root)` or, for a stage with instances (`foreach`), `run(params, root, key)`.
    """

    name: str
    params: type[Params]
    run: Callable[..., Report]
    sections: tuple[str, ...] = ()
    """Sections of `params.yaml` besides its own that the stage's parameters are made of."""


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Yield an empty directory that takes the place of `path` if the block succeeds."""
    partial = path.with_name(f"{path.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    yield partial
    shutil.rmtree(path, ignore_errors=True)
    partial.rename(path)


def load_params(stage: Stage, document: dict[str, Any]) -> Params:
    """The stage's section, validated; errors name the key, what is wrong with it and what is allowed."""
    if stage.name not in document:
        raise ValueError(f"params.yaml has no section {stage.name!r}; it has: {', '.join(document)}")
    try:
        return stage.params.model_validate(document[stage.name], strict=False)
    except ValidationError as error:
        lines = [f"params.yaml, {stage.name}.{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        allowed = ", ".join(stage.params.model_fields)
        raise ValueError("\n".join([*lines, f"keys of {stage.name}: {allowed}"])) from None
