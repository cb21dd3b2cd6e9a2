"""A stage is one node of `dvc.yaml`: parameters in, files and a report out.

Two records are kept apart. The report (`reports/<address>.json`) is a DVC metric and holds what follows from the
inputs alone, so that equal inputs give an equal `dvc.lock`. The log (`logs/<address>.json`) holds what differs from run
to run, such as timings and the MLflow run, and DVC does not know it.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Params(BaseModel):
    """A section of `params.yaml`. Unknown keys are errors, so a typo cannot pass for a default."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    unwatched: ClassVar[frozenset[str]] = frozenset()
    """Keys that change how a stage works but not what it makes, such as the number of workers: DVC ignores them."""


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
    """Sections of `params.yaml` besides its own; each is a field of `params` under the section's name."""


def load_params(stage: Stage, document: dict[str, Any]) -> Params:
    """The stage's section, validated; errors name the key, what is wrong with it and what is allowed."""
    for section in (stage.name, *stage.sections):
        if not isinstance(document.get(section), dict):
            raise ValueError(f"params.yaml has no section {section!r}; it has: {', '.join(document)}")
    own = document[stage.name]
    try:
        return stage.params.model_validate({**own, **{s: document[s] for s in stage.sections}}, strict=False)
    except ValidationError as error:
        raise ValueError("\n".join(_explain(stage, e["loc"], e["msg"], e["type"]) for e in error.errors())) from None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The closest known name as a question, then all of them."""
    known = list(known)
    close = difflib.get_close_matches(name, known, n=1)
    return f"{f'did you mean {close[0]!r}? ' if close else ''}allowed: {', '.join(known)}"


def _explain(stage: Stage, location: tuple[int | str, ...], message: str, kind: str) -> str:
    path, models = _walk(stage.params, location[:-1])
    section = () if path and path[0] in stage.sections else (stage.name,)
    key = f"params.yaml, {'.'.join(map(str, (*section, *path, *location[-1:])))}"
    if kind == "extra_forbidden":
        return f"{key}: unknown key; {did_you_mean(str(location[-1]), (f for m in models for f in m.model_fields))}"
    return f"{key}: {message[0].lower()}{message[1:]}"


def _walk(
    model: type[BaseModel], location: tuple[int | str, ...]
) -> tuple[tuple[int | str, ...], list[type[BaseModel]]]:
    """The keys on the way to `location` inside `model`, and the models it may hold.

    Among models told apart by a tag, pydantic puts the tag into the location, where no key is.
    """
    path: tuple[int | str, ...] = ()
    models = [model]
    for step in location:
        tagged = [m for m in models if any(step in get_args(f.annotation) for f in m.model_fields.values())]
        if len(models) > 1 and tagged:
            models = tagged
            continue
        path = (*path, step)
        inner = [m.model_fields[str(step)].annotation for m in models if step in m.model_fields]
        models = [found for annotation in inner for found in _models_in(annotation)] or models
    return path, models


def _models_in(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models_in(argument)]
