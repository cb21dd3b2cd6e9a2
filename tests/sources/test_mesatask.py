"""Layouts written to the documented format are read as what they say, and anything else is a sentence with its key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from dagster_gsi.geometry.pose import Pose
from dagster_gsi.sources.mesatask import layout_files, read_layout
from tests.mesatask_by_hand import LYING, TIN, TURNED, WHOLE, ZONE, layout, thing, write_layout


def read(root: Path, document: Any) -> Any:
    return read_layout(write_layout(root, "dining_table_0007", document))


def test_centimetres_from_a_corner_become_metres_from_the_middle(tmp_path: Path) -> None:
    found = read(tmp_path, WHOLE)
    assert (found.name, found.kind, found.has_sink) == ("dining_table_0007", "dining_table", False)
    assert (found.width, found.depth) == (1.2, 0.8)
    tin = found.placed[0]
    assert (tin.instance, tin.uid) == ("1_tin_0", "uid-tin")
    np.testing.assert_allclose(tin.size_3, [0.10, 0.06, 0.20], atol=1e-15)
    np.testing.assert_allclose(tin.centre_3, [-0.20, -0.10, 0.10], atol=1e-15)
    np.testing.assert_array_equal(tin.rotation_33, np.eye(3))


def test_a_quarter_turn_about_z_is_yaw_and_one_about_x_lays_a_thing_down(tmp_path: Path) -> None:
    turned, lying = read(tmp_path, layout(TURNED, LYING)).placed
    yaw, tilt_33 = turned.turns()
    assert yaw == pytest.approx(np.pi / 2)
    np.testing.assert_array_equal(tilt_33, np.eye(3))
    yaw, tilt_33 = lying.turns()
    assert yaw == pytest.approx(0.0, abs=1e-12)
    # About x by a quarter: y goes to z, z to -y.
    np.testing.assert_allclose(tilt_33, [[1, 0, 0], [0, 0, -1], [0, 1, 0]], atol=1e-12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@example(quaternion=(0.0, 1.0, 0.0, 1.8e-6))  # a hair from upside down
@given(st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: np.linalg.norm(q) > 0.1))
def test_any_quaternion_is_the_rotation_that_it_means_and_yaw_after_tilt(tmp_path: Path, quaternion: Any) -> None:
    unit_4 = np.array(quaternion) / np.linalg.norm(quaternion)
    (placed,) = read(tmp_path, layout({**TIN, "rotation": unit_4.tolist()})).placed
    np.testing.assert_allclose(placed.rotation_33, Rotation.from_quat(unit_4).as_matrix(), atol=1e-12)
    yaw, tilt_33 = placed.turns()
    together_33 = Pose.about_z(yaw, np.zeros(3)).rotation_33 @ tilt_33
    if not np.array_equal(tilt_33, np.eye(3)):
        np.testing.assert_allclose(together_33, placed.rotation_33, atol=1e-7)
        # The shortest way: about a level axis, so that turning about z has no part in it.
        assert tilt_33[0, 1] == pytest.approx(tilt_33[1, 0], abs=1e-7)
    else:
        assert np.arccos(min(1.0, placed.rotation_33[2, 2])) < np.radians(3.0)


def test_an_enlarged_table_has_its_things_at_the_same_places_from_its_middle(tmp_path: Path) -> None:
    # As the published edits do it: 1.5 times as wide, twice as deep, everything moved by half of what was added.
    enlarged = {**WHOLE, "item_placement_zone": [0, 180, 0, 160]}
    enlarged["objects"] = [
        {**entry, "position": [entry["position"][0] + 30, entry["position"][1] + 40, entry["position"][2]]}
        for entry in WHOLE["objects"]
    ]
    small, large = read(tmp_path / "a", WHOLE), read(tmp_path / "b", enlarged)
    assert (large.width, large.depth) == (1.8, 1.6)
    for one, other in zip(small.placed, large.placed, strict=True):
        np.testing.assert_allclose(one.centre_3, other.centre_3, atol=1e-12)


def test_a_sink_is_told_whatever_it_is_called(tmp_path: Path) -> None:
    assert read(tmp_path, layout(TIN, sink_zone=[0, 20, 0, 20])).has_sink
    assert read(tmp_path, layout(TIN, restricted_zone=[0, 20, 0, 20])).has_sink
    assert not read(tmp_path, layout(TIN, restricted_zone=None)).has_sink


def test_what_the_published_code_does_not_need_may_be_missing(tmp_path: Path) -> None:
    document = layout(thing("a", "", [1, 1, 1], [1, 1, 1], rotation=None, retrieved_uid=None, scale_factor=None))
    del document["scene_settings"]
    (placed,) = read(tmp_path, document).placed
    assert placed.uid == ""
    np.testing.assert_array_equal(placed.rotation_33, np.eye(3))
    (placed,) = read(
        tmp_path, layout(thing("a", "x", [1, 1, 1], [1, 1, 1], retrieved_uid=None, selected_uid="y"))
    ).placed
    assert placed.uid == "y"


BROKEN = [
    ("{", "cannot be read as JSON"),
    ([], "is no layout: it holds list, not an object with keys"),
    (layout(TIN, scene_settings=3), "scene_settings: it is 3, not an object with units and up_axis"),
    (layout(TIN, scene_settings={"units": "inch"}), "scene_settings.units: it is 'inch', not centimeters"),
    (layout(TIN, scene_settings={"up_axis": "Y"}), "scene_settings.up_axis: it is 'Y', not Z"),
    ({"objects": [TIN]}, "item_placement_zone: it is missing"),
    (
        layout(TIN, item_placement_zone=[*ZONE, *ZONE]),
        "item_placement_zone: it is [0, 120, 0, 80, 0, 120, 0, 80], not a",
    ),
    (layout(TIN, item_placement_zone=[0, 1.2, 0, 0.8]), "item_placement_zone: a side of the table is 0.012 m, not 0.2"),
    (layout(TIN, item_placement_zone=[120, 0, 0, 80]), "item_placement_zone: a side of the table is -1.2 m"),
    (layout(), "objects: it is [], not a list of objects"),
    (layout(TIN, TIN), "objects: instance '1_tin_0' is there twice"),
    (layout(TIN, "cup"), "objects[1]: it is 'cup', not an object with keys"),
    (layout({**TIN, "instance": None}), "objects[0].instance: it is missing, not a name"),
    (layout({**TIN, "retrieved_uid": 5}), "objects[0].retrieved_uid: it is 5, not a name"),
    (layout({key: value for key, value in TIN.items() if key != "size"}), "objects[0].size: it is missing"),
    (layout({**TIN, "size": [1, 2]}), "objects[0].size: it is [1, 2], not a list of 3 numbers"),
    (layout({**TIN, "size": [1, 2, 0]}), "objects[0].size: [1, 2, 0] cm is no size of a thing on a table"),
    (layout({**TIN, "size": [1, 2, 900]}), "objects[0].size: [1, 2, 900] cm is no size of a thing on a table"),
    (layout({**TIN, "position": None}), "objects[0].position: it is missing, not a list of 3 numbers"),
    (layout({**TIN, "position": [1, float("nan"), 1]}), "objects[0].position: [1, nan, 1] are not 3 finite numbers"),
    (layout({**TIN, "position": [1, 10**400, 1]}), "are not 3 finite numbers"),
    (layout({**TIN, "position": [1, True, 1]}), "objects[0].position: [1, True, 1] are not 3 finite numbers"),
    (layout({**TIN, "position": [1, "2", 1]}), "objects[0].position: [1, '2', 1] are not 3 finite numbers"),
    (layout({**TIN, "position": [1, 1e5, 1]}), "objects[0].position: [1, 100000.0, 1] cm is more than 10 m from"),
    (layout({**TIN, "rotation": [0, 0, 1]}), "objects[0].rotation: it is [0, 0, 1], not a list of 4 numbers"),
    (layout({**TIN, "rotation": [0, 0, 0, 0]}), "objects[0].rotation: a quaternion (x, y, z, w) has length 1, not 0"),
    (layout({**TIN, "rotation": [0, 0, 90, 1]}), "objects[0].rotation: a quaternion (x, y, z, w) has length 1, not 90"),
]


@pytest.mark.parametrize(("document", "message"), BROKEN, ids=[message[:40] for _, message in BROKEN])
def test_what_is_wrong_is_told_with_file_and_key(tmp_path: Path, document: Any, message: str) -> None:
    with pytest.raises(ValueError) as told:
        read(tmp_path, document)
    assert str(told.value).startswith(str(tmp_path))
    assert "layout.json" in str(told.value)
    assert message in str(told.value)
    assert "\n" not in str(told.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(sorted(TIN)), inner, max_size=4),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(st.sampled_from([*sorted(layout()), *sorted(TIN)]), JSON)
def test_any_value_in_any_field_is_read_or_refused(tmp_path: Path, key: str, value: Any) -> None:
    document = layout({**TIN, key: value}) if key in TIN else layout(TIN, **{key: value})
    try:
        found = read(tmp_path, document)
    except ValueError as error:
        assert "layout.json" in str(error)  # noqa: PT017 - either outcome is right
    else:
        assert all(np.isfinite([*one.size_3, *one.centre_3, *one.rotation_33.ravel()]).all() for one in found.placed)


def test_layouts_are_found_by_the_names_of_their_scenes_and_edits_are_none(tmp_path: Path) -> None:
    second = write_layout(tmp_path, "office_table_0002", WHOLE)
    first = write_layout(tmp_path, "office_table_0001", WHOLE)
    (first.parent / "variants").mkdir()
    (first.parent / "variants/001_1_tin_0_move.json").write_text(json.dumps(WHOLE), encoding="utf-8")
    enlarged = first.parent.parent / "office_table_0003/origin_layout/layout_enlarged_1.50x_2.00y.json"
    enlarged.parent.mkdir(parents=True)
    enlarged.write_text(json.dumps(WHOLE), encoding="utf-8")
    expected = {"office_table_0001": first, "office_table_0002": second, "office_table_0003": enlarged}
    assert list(layout_files(tmp_path / "Layout_info").items()) == list(expected.items())
    assert layout_files(second) == {"office_table_0002": second}
    assert read_layout(enlarged).name == "office_table_0003"
    again = write_layout(tmp_path / "Layout_info/copy", "office_table_0001", WHOLE)
    with pytest.raises(ValueError, match=r"are both the scene office_table_0001"):
        layout_files(tmp_path / "Layout_info")
    again.unlink()
    with pytest.raises(ValueError, match=r"nothing is missing: name the folder that holds the layouts"):
        layout_files(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"empty has no layout\.json in it or below"):
        layout_files(tmp_path / "empty")
