"""What the card says of an export in GSI-Bench's layout, which `interchange` writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dagster_gsi.exports.card import Layout

if TYPE_CHECKING:
    from dagster_gsi.exports.contents import Contents

_LOADING = """
import json
from pathlib import Path

from PIL import Image

path = min(Path().glob("*_edit_*.json"))
edit = json.loads(path.read_text(encoding="ascii"))
source = Image.open(path.name.split("_edit_")[0] + ".png")
print(edit["prompt"], source.size)
"""


def official_layout(contents: Contents) -> Layout:
    return Layout(
        form="the flat folder of GSI-Bench",
        files=(
            ("<image>.png", "the source, once a scene"),
            ("<image>_edit_<query>.json", "`prompt`, `target`, 3D boxes before and after in camera axes, intrinsics"),
            ("<image>_x_gtedit_<query>.png", "the true picture of a change of view"),
            ("gsi/<image>_edit_<query>.*", "true pictures, instance maps and depth, which the layout has no place for"),
        ),
        loading=_LOADING,
        # Prompts are the English ones.
        languages=("en",),
        # A table of sources without their edits would say nothing.
        front={"viewer": False},
        remarks=(
            f"All {contents.pairs} edits are here. Prompts that the published evaluator would not understand are phrased otherwise.",
        ),
    )
