"""Layouts of MesaTask-10K: what lies where on one table.

A layout counts in centimetres from a corner of the table top, x to the right, y away from the viewer, z up, with z = 0 on
the top. `size` is the box of the model before it is turned, `position` the middle of that box, `rotation` a quaternion
(x, y, z, w). Here all is in metres from the middle of the top; axes are the same. The published edits of a layout enlarge
the table about its middle, so that an enlarged one gives the same places on a larger top. docs/sources.md says where each
of these facts comes from.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dagster_gsi.assets.stability import shortest_rotation

if TYPE_CHECKING:
    from pathlib import Path

    from dagster_gsi.geometry.pose import Array

_CENTIMETRE = 0.01
_UNITS = {"cm", "centimeter", "centimeters", "centimetre", "centimetres"}
# A side of a table, and of a thing on it, in metres: outside, a file is in other units than it says.
_TABLE, _THING = (0.2, 5.0), (0.0005, 2.0)
_FARTHEST = 10.0
# Files are rounded to some digits; a quaternion that is longer or shorter than this is something else.
_ROUNDED = 0.01
_SINKS = ("sink_zone", "restricted_zone")
# Below this tilt, in radians, a thing is meant to stand: it is what settling forgives.
_UPRIGHT = np.radians(3.0)


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """One object of a layout."""

    instance: str
    """Its name in the layout."""
    uid: str
    """The model's, empty where the layout names none."""
    size_3: Array
    """Of the box before it is turned: the model's own x, y (away from its front) and z, in metres."""
    rotation_33: Array
    centre_3: Array
    """Of the box, from the middle of the table top, in metres."""

    def turns(self) -> tuple[float, Array]:
        """Yaw and tilt with rotation = yaw @ tilt: the tilt (3, 3) lays the model down by the shortest way.

        The tilt of a thing that is meant to stand is exactly none.
        """
        up_3 = np.array([0.0, 0.0, 1.0])
        tilt_33 = shortest_rotation(self.rotation_33[2], up_3)
        turn_33 = self.rotation_33 @ tilt_33.T
        yaw = float(np.arctan2(turn_33[1, 0], turn_33[0, 0]))
        angle = float(np.arccos(np.clip(tilt_33[2, 2], -1.0, 1.0)))
        return yaw, np.eye(3) if angle < _UPRIGHT else tilt_33


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """One table with what is on it."""

    name: str
    """Of the scene's folder: dining_table_0000."""
    width: float
    """Along x, in metres."""
    depth: float
    """Along y."""
    has_sink: bool
    """Whether a part of the top is a basin, which is read as table top."""
    placed: tuple[Placed, ...]

    @property
    def kind(self) -> str:
        """What table it is, from its name: dining_table."""
        return re.sub(r"_\d+$", "", self.name)


def layout_files(folder: Path) -> dict[str, Path]:
    """The layouts in `folder`, or the one that it is, by the names of their scenes, sorted.

    Published edits of layouts (`variants/`) are none: here edits are made, and checked, anew.
    """
    if folder.is_file():
        return {_scene_name(folder): folder}
    if not folder.is_dir():
        raise ValueError(f"{folder} is missing: name the folder that holds the layouts, Layout_info")
    found: dict[str, Path] = {}
    for path in sorted([*folder.rglob("layout.json"), *folder.rglob("layout_enlarged_*.json")]):
        name = _scene_name(path)
        if name in found:
            raise ValueError(
                f"{path} and {found[name]} are both the scene {name}: name a folder that holds one of them"
            )
        found[name] = path
    if not found:
        raise ValueError(f"{folder} has no layout.json in it or below: name the folder Layout_info")
    return dict(sorted(found.items()))


def read_layout(path: Path) -> Layout:
    """Raises ValueError, one sentence with file and key, where something is missing or makes no sense."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"{path} cannot be read as JSON ({error}): fetch it again") from error
    if not isinstance(document, dict):
        raise ValueError(f"{path} is no layout: it holds {type(document).__name__}, not an object with keys")
    _check_settings(path, document.get("scene_settings", {}))
    left, right, near, far = _CENTIMETRE * _numbers(document, "item_placement_zone", 4, f"{path}: ")
    for side in (right - left, far - near):
        if not _TABLE[0] <= side <= _TABLE[1]:
            raise ValueError(
                f"{path}: item_placement_zone: a side of the table is {side:g} m, not {_TABLE[0]} to {_TABLE[1]}; it is "
                "[x least, x most, y least, y most] in cm"
            )
    entries = document.get("objects")
    if not isinstance(entries, list) or not entries:
        raise ValueError(f"{path}: objects: it is {_shown(entries)}, not a list of objects")
    middle_3 = np.array([(left + right) / 2, (near + far) / 2, 0.0])
    placed = tuple(_placed(entry, middle_3, f"{path}: objects[{number}]") for number, entry in enumerate(entries))
    names = [one.instance for one in placed]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"{path}: objects: instance {twice!r} is there twice")
    return Layout(
        name=_scene_name(path),
        width=float(right - left),
        depth=float(far - near),
        has_sink=any(document.get(key) for key in _SINKS),
        placed=placed,
    )


def _scene_name(path: Path) -> str:
    folder = path.resolve().parent
    return (folder.parent if folder.name == "origin_layout" else folder).name


def _check_settings(path: Path, settings: object) -> None:
    """The published code reads every layout as centimetres with z up; a file that says otherwise is not read wrong."""
    if not isinstance(settings, dict):
        raise ValueError(f"{path}: scene_settings: it is {_shown(settings)}, not an object with units and up_axis")
    units, up = settings.get("units", "cm"), settings.get("up_axis", "Z")
    if not isinstance(units, str) or units.lower() not in _UNITS:
        raise ValueError(f"{path}: scene_settings.units: it is {_shown(units)}, not centimeters")
    if not isinstance(up, str) or up.upper() not in {"Z", "+Z"}:
        raise ValueError(f"{path}: scene_settings.up_axis: it is {_shown(up)}, not Z")


def _placed(entry: object, middle_3: Array, where: str) -> Placed:
    if not isinstance(entry, dict):
        raise ValueError(f"{where}: it is {_shown(entry)}, not an object with keys")
    instance = entry.get("instance")
    if not isinstance(instance, str) or not instance:
        raise ValueError(f"{where}.instance: it is {_shown(instance)}, not a name")
    # Layouts of the data set say retrieved_uid, those that its model makes say selected_uid.
    uid = entry.get("retrieved_uid") or entry.get("selected_uid") or ""
    if not isinstance(uid, str):
        raise ValueError(f"{where}.retrieved_uid: it is {_shown(uid)}, not a name")
    size_3 = _CENTIMETRE * _numbers(entry, "size", 3, f"{where}.")
    if not ((_THING[0] <= size_3) & (size_3 <= _THING[1])).all():
        raise ValueError(f"{where}.size: {entry['size']} cm is no size of a thing on a table")
    centre_3 = _CENTIMETRE * _numbers(entry, "position", 3, f"{where}.") - middle_3
    if np.abs(centre_3).max() > _FARTHEST:
        raise ValueError(
            f"{where}.position: {entry['position']} cm is more than {_FARTHEST:g} m from the table's middle"
        )
    return Placed(instance, uid, size_3, _rotation(entry, where), centre_3)


def _rotation(entry: dict[str, Any], where: str) -> Array:
    """The matrix of the quaternion (x, y, z, w); where there is none, the published code turns nothing."""
    if entry.get("rotation") is None:
        return np.eye(3)
    quaternion_4 = _numbers(entry, "rotation", 4, f"{where}.")
    with np.errstate(over="ignore"):
        length = float(np.linalg.norm(quaternion_4))
    if not abs(length - 1.0) <= _ROUNDED:
        raise ValueError(f"{where}.rotation: a quaternion (x, y, z, w) has length 1, not {length:g}")
    x, y, z, w = quaternion_4 / length
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def _numbers(entry: dict[str, Any], key: str, count: int, where: str) -> Array:
    """The list of `count` finite numbers under `key`."""
    if key not in entry:
        raise ValueError(f"{where}{key}: it is missing")
    value = entry[key]
    if not isinstance(value, list) or len(value) != count:
        raise ValueError(f"{where}{key}: it is {_shown(value)}, not a list of {count} numbers")
    # Whole numbers of JSON may have more digits than a float holds.
    if not all(isinstance(number, int | float) and not isinstance(number, bool) for number in value) or not all(
        abs(number) < 1e300 for number in value
    ):
        raise ValueError(f"{where}{key}: {_shown(value)} are not {count} finite numbers")
    return np.array(value, dtype=np.float64)


def _shown(value: object) -> str:
    """A value in a message, cut where it is long."""
    text = "missing" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
