"""The table of scores: which columns a row has, and how rows become a file and come back.

One row per (model, set, sample, protocol). The four figures and their mean run from 0 to 100; lengths are metres,
angles degrees, areas fractions of the picture. A column that has no meaning for a row's operation or protocol is null.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Literal

from dagster_gsi.files import replacing

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pandas as pd

Status = Literal["scored", "missing", "unreadable", "missized", "undetected", "unjudged"]
"""scored: all figures are there. missing, unreadable, missized (other proportions than the source): no picture to
score, which counts 0 in every figure. undetected: the detector failed, or the set lacks what the protocol compares
with, so all figures are null. unjudged: the judge failed where its answer counts, so `ac` and `avg` are null, and under
the official protocol all figures."""

MAX_UNMEASURED = 0.01
"""Part of a set that detector and judge may leave out before averages mean something else."""

FIGURES = ("ic", "sa", "ac", "el", "avg")
"""The published order: instruction compliance, spatial accuracy, appearance consistency, edit locality, their mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """All that is known of one edited picture under one protocol."""

    model: str
    set: str
    sample: str
    scene: str
    """Samples of one scene share their source picture: intervals are clustered by it."""
    environment: str
    operation: str
    code: str
    protocol: str
    detector: str | None = None
    """Name and version of what looked, such as "fit 2": figures of different detectors are not compared."""
    judge: str | None = None
    """Name and version of what judged."""
    judge_prompt_tokens: int | None = None
    """What the judgement cost when it was given; null where nobody was asked. All protocols share one judgement."""
    judge_completion_tokens: int | None = None
    judge_cost: float | None = None
    """In the currency of the prices in params.yaml; null without prices."""
    limited: bool | None = None
    """Whether the run was told to score only some of its samples: means over such rows are not those of the set."""
    instruction: str
    status: Status
    reason: str
    """One sentence: what was found and why it passes or fails."""

    ic: float | None = 0.0
    """Null, as the other figures, where the official protocol leaves a sample out: it does not count missing pictures."""
    sa: float | None = 0.0
    ac: float | None = 0.0
    """0 unless the edit complies: an untouched picture deserves no credit for looking like itself."""
    el: float | None = 0.0
    """As `ac`: counts only where the edit complies."""
    avg: float | None = 0.0

    appearance: float | None = None
    """What the judge said, whatever compliance says; 0..100."""
    locality: float | None = None
    """100 (1 - LPIPS) outside the target's places, whatever compliance says."""
    locality_ssim: float | None = None
    """100 SSIM outside the target's places."""
    locality_mse: float | None = None
    """Mean squared error of 8-bit values outside the target's places."""
    gate: bool | None = None
    """Whether the rest of the picture was left alone enough for IC and SA to count."""
    masked_fraction: float | None = None
    """Part of the picture that locality does not look at."""

    present: bool | None = None
    """Whether the detector found the target."""
    confidence: float | None = None
    """The detector's, 0..1."""
    others_lost: int | None = None
    """Other things that are no longer where they were."""
    lost: str | None = None
    """Their names in the scene, joined by ", "."""
    found_right: float | None = None
    """Found displacement of the target along the camera's right, metres."""
    found_ahead: float | None = None
    """Found displacement away from the camera, metres."""
    asked_right: float | None = None
    asked_ahead: float | None = None
    found_angle: float | None = None
    """Found turn in degrees, counter-clockwise from above, brought into half a period of the target's symmetry."""
    asked_angle: float | None = None
    found_factor: float | None = None
    asked_factor: float | None = None
    position_error: float | None = None
    """Metres between the found and the asked place on the support."""
    angle_error: float | None = None
    """Degrees between the found and the asked heading, modulo the target's symmetry."""
    factor_error: float | None = None
    """|found / asked - 1|."""

    found_x: float | None = None
    """Centre of the found target's base in the world, metres."""
    found_y: float | None = None
    found_z: float | None = None
    found_yaw: float | None = None
    """Found heading in degrees, counter-clockwise from above."""
    found_scale: float | None = None
    """Found size as a factor of the asset's own."""
    asked_x: float | None = None
    """The same five of the true state after the edit; null where that state has no target."""
    asked_y: float | None = None
    asked_z: float | None = None
    asked_yaw: float | None = None
    asked_scale: float | None = None

    reference: str | None = None
    """What a placement is relative to, by its name in the scene."""
    reference_x: float | None = None
    """Centre of the reference's base in the edited picture's world, metres."""
    reference_y: float | None = None
    side: str | None = None
    """The asked side of the reference: left, right, front, behind."""
    receptacle: str | None = None
    """What the target is put on, by its name in the scene."""
    region: str | None = None
    """The asked part of it: centre, nearest, farthest, left, right."""
    found_region: str | None = None
    """The part of it that the target was found nearest to."""
    inside: bool | None = None
    """Whether the target's base centre was found over the receptacle."""
    height_error: float | None = None
    """Metres between the found base of the target and what it should stand on; positive is above."""

    found_turn: float | None = None
    """Found turn of the camera about the vertical in degrees, to the left positive."""
    found_tilt: float | None = None
    """Found tilt of the camera in degrees, upwards positive."""
    found_forward: float | None = None
    """Found shift of the camera along its horizontal heading before the edit, metres."""
    found_sideways: float | None = None
    """Found shift of the camera to its right, metres."""
    found_up: float | None = None
    """Found shift of the camera along the vertical, metres."""
    asked_turn: float | None = None
    asked_tilt: float | None = None
    asked_forward: float | None = None
    asked_sideways: float | None = None
    asked_up: float | None = None

    tolerance: float | None = None
    """What the error that the operation is about may be, in that error's unit."""
    normalised_error: float | None = None
    """All errors in units of their tolerances, as SA sees them."""


def unmeasured(scores: pd.DataFrame) -> pd.Series[bool]:
    """Which rows lack figures because the detector or the judge failed, not because the picture did."""
    return scores["status"].isin(["undetected", "unjudged"])


COLUMNS: tuple[str, ...] = tuple(field.name for field in fields(Row))
# Columns of nulls would otherwise take whatever type the other rows happen to have, and the file's bytes with them.
_KINDS = {"str": "string", "Status": "string", "float": "float64", "int": "Int64", "bool": "boolean"}


def frame_of(rows: Iterable[Row]) -> pd.DataFrame:
    """The rows as a table with all columns, sorted so that equal rows give equal bytes."""
    import pandas as pd

    frame = pd.DataFrame([asdict(row) for row in rows], columns=list(COLUMNS))
    frame = frame.astype({field.name: _KINDS[str(field.type).removesuffix(" | None")] for field in fields(Row)})
    return frame.sort_values(["model", "set", "protocol", "sample"], ignore_index=True)


def write_scores(path: Path, rows: Iterable[Row]) -> None:
    """Write one model's rows."""
    with replacing(path) as partial:
        frame_of(rows).to_parquet(partial, index=False)


def read_scores(path: Path) -> pd.DataFrame:
    """One model's rows; a missing or damaged file raises ValueError with its name and the remedy."""
    import pandas as pd

    try:
        frame = pd.read_parquet(path)
    except FileNotFoundError:
        raise ValueError(f"{path} is missing: run `dvc repro` or `dvc checkout`") from None
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} is damaged ({error}): delete it and run `dvc repro` or `dvc checkout`") from error
    if missing := [name for name in COLUMNS if name not in frame]:
        raise ValueError(f"{path} lacks the columns {', '.join(missing)}: delete it and run `dvc repro`")
    return frame
