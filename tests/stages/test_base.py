from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from dagster_gsi.stages.base import Params, Report, Stage, load_params


class Round(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["round"]
    radius: float


class Square(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["square"]
    side: float


class SetParams(Params):
    pairs: int


class MakeParams(Params):
    seed: int
    sets: dict[str, SetParams]
    shapes: dict[str, Annotated[Round | Square, Field(discriminator="kind")]] = Field(default_factory=dict)
    share: tuple[float, float] = (0.0, 1.0)


class JudgeParams(Params):
    strict: bool
    make: MakeParams


def run(params: Params, root: Path) -> Report:
    del params, root
    return Report(metrics={})


MAKE = Stage("make", MakeParams, run)
JUDGE = Stage("judge", JudgeParams, run, sections=("make",))
GOOD: dict[str, Any] = {
    "make": {"seed": 1, "sets": {"a": {"pairs": 4}}, "share": [0.1, 0.9]},
    "judge": {"strict": True},
}


def test_a_section_becomes_the_stages_parameters() -> None:
    assert load_params(MAKE, GOOD) == MakeParams(seed=1, sets={"a": SetParams(pairs=4)}, share=(0.1, 0.9))


def test_other_sections_are_fields_under_their_names() -> None:
    params = load_params(JUDGE, GOOD)
    assert isinstance(params, JudgeParams)
    assert params.make == load_params(MAKE, GOOD)


@pytest.mark.parametrize(
    ("section", "message"),
    [
        (
            {"sead": 1, "seed": 1, "sets": {}},
            "params.yaml, make.sead: unknown key; did you mean 'seed'? allowed: seed, sets, shapes, share",
        ),
        (
            {"seed": 1, "sets": {"a": {"pairs": 1, "pears": 2}}},
            "params.yaml, make.sets.a.pears: unknown key; did you mean 'pairs'? allowed: pairs",
        ),
        (
            {"seed": 1, "sets": {}, "shapes": {"x": {"kind": "square", "side": 1, "radius": 2}}},
            "params.yaml, make.shapes.x.radius: unknown key; allowed: kind, side",
        ),
        ({"seed": "one", "sets": {}}, "params.yaml, make.seed: input should be a valid integer"),
        ({"sets": {}}, "params.yaml, make.seed: field required"),
        ({"seed": 1, "sets": {"a": {"pairs": []}}}, "params.yaml, make.sets.a.pairs: input should be a valid integer"),
    ],
)
def test_an_error_names_the_key_what_is_wrong_and_what_is_allowed(section: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as error:
        load_params(MAKE, {"make": section})
    assert str(error.value).startswith(message)


def test_an_error_in_another_section_names_that_section() -> None:
    with pytest.raises(ValueError) as error:
        load_params(JUDGE, {"judge": {"strict": True}, "make": {"seed": 1, "sets": {}, "speed": 3}})
    assert str(error.value).startswith("params.yaml, make.speed: unknown key; did you mean 'seed'?")


def test_all_errors_are_told_at_once() -> None:
    with pytest.raises(ValueError) as error:
        load_params(MAKE, {"make": {"sets": {}, "tree": 1}})
    assert len(str(error.value).splitlines()) == 2


def test_a_missing_section_is_named() -> None:
    with pytest.raises(ValueError, match=r"params\.yaml has no section 'make'; it has: judge"):
        load_params(MAKE, {"judge": {}})
