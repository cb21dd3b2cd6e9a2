"""`manifest.parquet`: one row a sample, computed from the shards, for gates, tables and anyone with pandas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.files import replacing
from dagster_gsi.operations.move import Move
from dagster_gsi.operations.place import Place
from dagster_gsi.operations.receptacle import Receptacle
from dagster_gsi.operations.remove import Remove
from dagster_gsi.operations.rotate import Rotate
from dagster_gsi.operations.scale import Scale
from dagster_gsi.operations.view import View, is_turn
from dagster_gsi.samples.shards import read_samples, shard_paths
from dagster_gsi.scenes.scene import Interior

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from dagster_gsi.operations.base import Operation
    from dagster_gsi.samples.sample import Sample

NAME = "manifest.parquet"
# Null where they were not measured: only the makers of a set see behind its pictures.
_FIGURES = (
    "visible_before",
    "visible_after",
    "mask_fraction_before",
    "mask_fraction_after",
    "pixel_change",
    "look_change",
)


def manifest_row(sample: Sample, shard: str) -> dict[str, object]:
    """One row; lengths in metres, angles in degrees, areas as fractions of the picture."""
    target = None if sample.edit.target is None else sample.before.find(sample.edit.target)
    camera, room = sample.before.camera, sample.before.room
    support = sample.before.supports[0] if target is None else sample.before.support_of(target)
    direction, amount = direction_and_amount(sample.edit)
    return {
        "sample_id": sample.id,
        "scene_id": sample.scene_id,
        "set": sample.set,
        "split": sample.split,
        "environment": sample.environment,
        "operation": sample.edit.name,
        "code": sample.edit.code,
        "direction": direction,
        "amount": amount,
        "instruction_en": sample.instruction.en,
        "instruction_zh": sample.instruction.zh,
        "target": None if target is None else target.name,
        "target_asset": None if target is None else target.asset,
        "target_category": None if target is None else target.category.en,
        "support": support.name,
        "support_asset": support.body.asset,
        "home": room.home if isinstance(room, Interior) else None,
        "room": room.room if isinstance(room, Interior) else None,
        "num_things": len(sample.before.things),
        **{name: sample.figures.get(name) for name in _FIGURES},
        "image_width": camera.width,
        "image_height": camera.height,
        "fov_deg": float(np.degrees(2 * np.arctan(camera.width / 2 / camera.focal_x))),
        "seed": sample.provenance.get("seed"),
        "shard": shard,
    }


def write_manifest(folder: Path) -> int:
    """Write the manifest of all shards in `folder`; returns the number of rows."""
    import pandas as pd

    rows = [manifest_row(sample, path.name) for path in shard_paths(folder) for sample in read_samples(path)]
    with replacing(folder / NAME) as partial:
        pd.DataFrame(rows).to_parquet(partial, index=False)
    return len(rows)


def read_manifest(folder: Path) -> pd.DataFrame:
    """The manifest of one set; a missing or damaged file raises ValueError with its name and the remedy."""
    import pandas as pd

    path = folder / NAME
    try:
        return pd.read_parquet(path)
    except FileNotFoundError:
        raise ValueError(f"{path} is missing: run `dvc repro` or `dvc checkout`") from None
    except (OSError, ValueError) as error:
        raise ValueError(
            f"{path} is damaged ({error}): delete {folder} and run `dvc repro` or `dvc checkout`"
        ) from error


def direction_and_amount(edit: Operation) -> tuple[str, float]:
    """What is asked as two table cells: metres of a move, degrees of a turn, the factor of a scaling, else 0."""
    match edit:
        case Move():
            return edit.direction, edit.distance
        case Rotate():
            return ("counterclockwise" if edit.angle > 0 else "clockwise"), abs(float(np.degrees(edit.angle)))
        case Scale():
            return ("up" if edit.factor > 1 else "down"), edit.factor
        case Place():
            return edit.side, edit.distance
        case Receptacle():
            return edit.region, 0.0
        case Remove():
            return edit.extreme, 0.0
        case View():
            return edit.motion, float(np.degrees(edit.amount)) if is_turn(edit.motion) else edit.amount
    raise AssertionError(f"no table cells for {edit.name}")


def in_degrees(operation: str, direction: str) -> bool:
    """Whether the amounts of these two table cells are degrees."""
    return operation == Rotate.name or (operation == View.name and is_turn(direction))


def amount_in_words(operation: str, direction: str, amount: float) -> str:
    """An amount of the table as people read it: "15 cm", "45°", "× 1.5"; nothing where none is asked for."""
    if operation in (Receptacle.name, Remove.name):
        return ""
    if operation == Scale.name:
        return f"× {amount:g}"
    return f"{amount:.0f}°" if in_degrees(operation, direction) else f"{amount * 100:.0f} cm"
