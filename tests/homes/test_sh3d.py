"""From the plan's frame (centimetres, y downwards, clockwise) to ours (metres, z upwards, counter-clockwise)."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from dagster_gsi.geometry.pose import Pose
from dagster_gsi.homes.home import Finish, Texture
from dagster_gsi.homes.sh3d import read_home
from tests.homes.homes_by_hand import DOOR, LEVELS, ROOM, TABLE, WALLS, document, home, kitchen

QUARTER = str(np.pi / 2)


def piece(attributes: str, inside: str = "") -> str:
    return f"<pieceOfFurniture name='P' x='100' y='200' width='60' depth='40' height='80' {attributes}>{inside}</pieceOfFurniture>"


def test_a_piece_stands_on_the_floor_with_its_middle_where_the_plan_has_it() -> None:
    (table,) = kitchen().pieces
    assert table.box.centre_3.tolist() == [2.0, -1.5, 0.375]
    assert table.box.size_3.tolist() == [1.2, 0.8, 0.75]
    assert table.box.pose_wb.is_close(Pose.upright(0.0, np.array([2.0, -1.5, 0.375])))
    assert (table.base, table.height) == (0.0, 0.75)
    assert (table.category, table.catalogue, table.model) == ("table", "eTeks#table", None)
    assert (table.movable, table.mirrored, table.visible, table.top, table.groups) == (True, False, True, 0.75, ())


def test_a_clockwise_quarter_turn_brings_the_front_to_the_west() -> None:
    (turned,) = home(piece(f"angle='{QUARTER}'")).pieces
    front_3 = turned.box.pose_wb.rotation_33 @ [0.0, -1.0, 0.0]
    assert front_3 == pytest.approx([-1.0, 0.0, 0.0], abs=1e-12)
    assert turned.box.pose_wb.yaw == pytest.approx(-np.pi / 2)


@pytest.mark.parametrize(("tip", "top_3"), [("pitch", [0.0, 1.0, 0.0]), ("roll", [1.0, 0.0, 0.0])])
def test_a_tipped_piece_lies_on_the_floor(tip: str, top_3: list[float]) -> None:
    (tipped,) = home(piece(f"{tip}='{QUARTER}'")).pieces
    assert tipped.box.pose_wb.rotation_33 @ [0.0, 0.0, 1.0] == pytest.approx(top_3, abs=1e-12)
    assert tipped.base == pytest.approx(0.0, abs=1e-12)
    assert tipped.height == pytest.approx(0.4 if tip == "pitch" else 0.6)


def test_the_height_of_a_tipped_model_that_the_file_knows_is_used() -> None:
    (tipped,) = home(piece("pitch='0.5' heightInPlan='90' elevation='10'")).pieces
    assert tipped.box.centre_3[2] == pytest.approx(0.1 + 0.45)


def test_what_a_piece_is_covered_with_is_kept() -> None:
    material = "<material name='wood' color='FF0000FF' shininess='0.5'/>"
    texture = "<texture name='Oak' image='3/oak.png' width='50' height='25'/>"
    rest = "modelMirrored='true' movable='false' model='0/bed.obj' modelRotation='0 0 -1 0 1 0 1 0 0' dropOnTopElevation='0.5'"
    (covered,) = home(piece(f"color='00336699' {rest}", material + texture)).pieces
    assert covered.finish == Finish((0.2, 0.4, 0.6), Texture("Oak", "3/oak.png", (0.5, 0.25)), None)
    assert covered.materials == (("wood", Finish((0.0, 0.0, 1.0), None, 0.5)),)
    assert (covered.mirrored, covered.movable, covered.model) == (True, False, "0/bed.obj")
    assert covered.model_rotation_33 == ((0, 0, -1), (0, 1, 0), (1, 0, 0))
    assert covered.top == 0.4
    (bare,) = home(piece("dropOnTopElevation='-0.01'")).pieces
    assert bare.top is None
    assert bare.finish == Finish()


def test_groups_are_flattened_and_hand_down_their_level_names_and_visibility() -> None:
    inner = f"<furnitureGroup name='Shelf' visible='false' x='0' y='0' width='1' depth='1' height='1' angle='1'>{piece('')}</furnitureGroup>"
    outer = f"<furnitureGroup name='Corner' level='up' x='9' y='9' width='1' depth='1' height='1'>{TABLE}{inner}</furnitureGroup>"
    table, hidden = home(LEVELS, outer).pieces
    assert (table.groups, table.visible, table.level) == (("Corner",), True, "up")
    assert (hidden.groups, hidden.visible, hidden.level) == (("Corner", "Shelf"), False, "up")
    # Places in a group are the plan's, not the group's.
    assert hidden.box.centre_3.tolist() == [1.0, -2.0, 0.4]
    assert hidden.box.pose_wb.yaw == 0.0


def test_heights_are_above_the_world_and_levels_put_them_there() -> None:
    below = home(LEVELS, piece("level='down' elevation='20'"), WALLS.replace("<wall ", "<wall level='down' "), ROOM)
    assert [(level.id, level.name, level.elevation, level.height) for level in below.levels] == [
        ("down", "Cellar", -2.5, 2.4), ("up", "Ground", 0.0, 2.5),
    ]  # fmt: skip
    assert below.pieces[0].base == pytest.approx(-2.3)
    assert below.walls[0].base == -2.5
    assert below.walls[0].top(1.0) == 0.0
    # What names no level is on the first.
    assert (below.rooms[0].floor_height, below.rooms[0].ceiling_height) == (-2.5, pytest.approx(-0.1))


def test_a_home_without_levels_has_one_as_high_as_its_walls() -> None:
    plain = home(ROOM, attributes="wallHeight='300'")
    assert [(level.elevation, level.height) for level in plain.levels] == [(0.0, 3.0)]
    assert plain.rooms[0].ceiling_height == 3.0


def test_rooms_have_their_area_in_either_direction_and_know_what_is_inside() -> None:
    (room,) = kitchen().rooms
    assert room.area == pytest.approx(12.0)
    assert room.outline_N2.tolist() == [[0, 0], [4, 0], [4, -3], [0, -3]]
    backwards = home("<room><point x='0' y='0'/><point x='0' y='300'/><point x='400' y='300'/></room>").rooms[0]
    assert backwards.area == pytest.approx(6.0)
    assert backwards.name == ""
    assert room.contains(np.array([3.9, -0.1]))
    assert not room.contains(np.array([4.1, -0.1]))
    assert not room.contains(np.array([3.9, 0.1]))


def test_a_ceiling_alone_is_no_floor_to_stand_on() -> None:
    ceiling = ROOM.replace("id='r'", "id='c' floorVisible='false'")
    both = home(ceiling, ROOM)
    assert [room.id for room in both.floors] == ["r"]
    assert both.area == pytest.approx(12.0)
    found = both.room_at(np.array([1.0, -1.0]), both.levels[0].id)
    assert found is not None
    assert found.id == "r"


def test_a_door_knows_its_wall_where_in_it_and_how_it_opens() -> None:
    (door,) = kitchen().openings
    # The south wall runs from 4.1 m to the left; the door's middle is at 1 m.
    assert (door.kind, door.wall, door.along) == ("door", "south", pytest.approx(3.1))
    (sash,) = door.sashes
    assert sash.hinge_2 == pytest.approx((0.55, -3.2))
    assert sash.edge(0.0) == pytest.approx((1.45, -3.2))
    assert sash.edge(1.0) == pytest.approx((0.55, -4.1))


def test_a_mirrored_and_turned_door_opens_the_other_way_round() -> None:
    mirrored = home(DOOR.format("modelMirrored='true'"), WALLS, ROOM).openings[0].sashes[0]
    assert mirrored.hinge_2 == pytest.approx((1.45, -3.2))
    assert mirrored.edge(0.0) == pytest.approx((0.55, -3.2))
    assert mirrored.edge(1.0) == pytest.approx((1.45, -4.1))
    turned = home(DOOR.format(f"angle='{np.pi}'"), WALLS, ROOM).openings[0].sashes[0]
    assert turned.hinge_2 == pytest.approx((1.45, -3.0))
    assert turned.edge(1.0) == pytest.approx((1.45, -2.1))


@pytest.mark.parametrize(
    ("attributes", "kind", "wall"),
    [
        ("elevation='90'", "window", "south"),
        ("elevation='6'", "window", "south"),
        ("elevation='260'", "window", None),
        ("angle='1.2'", "door", None),
        ("angle='0.2'", "door", "south"),
    ],
)
def test_what_reaches_the_floor_is_a_door_and_what_crosses_or_misses_the_wall_is_in_none(
    attributes: str, kind: str, wall: str | None
) -> None:
    (opening,) = home(DOOR.format(attributes), WALLS, ROOM).openings
    assert (opening.kind, opening.wall) == (kind, wall)


def test_an_opening_is_never_in_a_wall_of_no_length_or_of_another_level() -> None:
    point = "<wall id='point' xStart='100' yStart='310' xEnd='100' yEnd='310' height='250' thickness='20'/>"
    assert home(point, DOOR.format("")).openings[0].wall is None
    above = WALLS.replace("<wall ", "<wall level='up' ")
    assert home(LEVELS, DOOR.format("level='down'"), above).openings[0].wall is None


def test_a_lamp_shines_from_its_sources() -> None:
    source = "<lightSource x='0.5' y='1' z='0.25' color='00FF0000' diameter='0.5'/>"
    lamp = f"<light name='Lamp' x='100' y='200' elevation='100' width='20' depth='10' height='40' power='0.8' angle='{np.pi}'>{source}</light>"
    (light,) = home(lamp).lights
    (bulb,) = light.sources
    # At the rear of the lamp, which is turned about: on the side of the plan's lower edge.
    assert bulb.position == pytest.approx((1.0, -2.05, 1.1))
    assert (bulb.colour, bulb.diameter, light.power) == ((1.0, 0.0, 0.0), 0.1, 0.8)
    assert light.piece.category == "lamp"


@pytest.mark.parametrize(
    ("yaw", "pitch", "forward_3"),
    [
        (0.0, 0.0, [0, -1, 0]),
        (np.pi / 2, 0.0, [-1, 0, 0]),
        (np.pi, 0.0, [0, 1, 0]),
        (0.0, np.pi / 2, [0, 0, -1]),
        (np.pi, np.pi / 6, [0, np.sqrt(0.75), -0.5]),
    ],
)
def test_stored_cameras_look_where_the_author_looked(yaw: float, pitch: float, forward_3: list[float]) -> None:
    views = "".join(
        f"<observerCamera attribute='{kind}' name='V' x='100' y='200' z='170' yaw='{yaw}' pitch='{pitch}' fieldOfView='1.1'/>"
        for kind in ("observerCamera", "storedCamera")
    )
    (camera,) = home(views).cameras
    assert (camera.name, camera.fov) == ("V", 1.1)
    assert camera.pose_wc.translation_3.tolist() == [1.0, -2.0, 1.7]
    right_3, down_3, ahead_3 = camera.pose_wc.rotation_33.T
    assert ahead_3 == pytest.approx(forward_3, abs=1e-12)
    assert right_3[2] == pytest.approx(0.0, abs=1e-12)
    assert down_3[2] <= 0.0


def test_a_stored_view_is_a_camera_of_any_size_with_its_horizontal_field_of_view() -> None:
    view = f"<observerCamera attribute='storedCamera' x='0' y='0' z='100' yaw='0' pitch='0' fieldOfView='{QUARTER}'/>"
    camera = home(view).cameras[0].camera(200, 100)
    # Two metres ahead (to the south), as far to the right (west) as the picture goes; and half a metre up.
    pixels_N2, depth_N = camera.project(np.array([[-2.0, -2.0, 1.0], [0.0, -2.0, 1.5]]))
    assert pixels_N2 == pytest.approx(np.array([[200.0, 50.0], [100.0, 25.0]]))
    assert depth_N == pytest.approx([2.0, 2.0])


def test_walls_keep_their_sides_ends_and_slope() -> None:
    side = "leftSideColor='FF00FF00' rightSideShininess='0.25' heightAtEnd='150' wallAtEnd='b'"
    texture = "<texture attribute='rightSideTexture' name='Brick' image='5' width='100' height='50'/>"
    (wall,) = home(
        f"<wall id='a' xStart='0' yStart='0' xEnd='200' yEnd='0' thickness='10' height='250' {side}>{texture}</wall>"
    ).walls
    assert wall.left == Finish((0.0, 1.0, 0.0), None, None)
    assert wall.right == Finish(None, Texture("Brick", "5", (1.0, 0.5)), 0.25)
    assert (wall.length, wall.top(0.0), wall.top(1.0), wall.top(2.0)) == (2.0, 2.5, 2.0, 1.5)
    assert (wall.joined_start, wall.joined_end) == (None, "b")


def test_properties_say_who_made_it_and_what_is_allowed() -> None:
    said = "<property name='Author' value='A. Drawer'/><property name='License' value='CC0'/>"
    drawn = home(ROOM, licence=said)
    assert (drawn.author, drawn.licence, drawn.copyright) == ("A. Drawer", "CC0", "")


def test_archives_and_bare_files_give_the_same_home(tmp_path: Path) -> None:
    (tmp_path / "bare.xml").write_bytes(document(TABLE, WALLS, ROOM))
    with zipfile.ZipFile(tmp_path / "packed.sh3d", "w") as archive:
        archive.writestr("Home", b"\xac\xed\x00\x05")
        archive.writestr("Home.xml", document(TABLE, WALLS, ROOM))
        archive.writestr("0/table.obj", b"v 0 0 0")
    bare, packed = (read_home(tmp_path / name) for name in ("bare.xml", "packed.sh3d"))
    assert (bare.name, packed.name) == ("bare", "packed")
    assert bare.area == packed.area == pytest.approx(12.0)
    assert bare.pieces[0].box.pose_wb.is_close(packed.pieces[0].box.pose_wb)


def test_an_archive_of_an_old_version_says_how_to_save_it_anew(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "old.sh3d", "w") as archive:
        archive.writestr("Home", b"\xac\xed\x00\x05")
    with pytest.raises(ValueError, match=r"old\.sh3d was written by a Sweet Home 3D before 5\.3.*save it again"):
        read_home(tmp_path / "old.sh3d")


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.obj", b"", "must end in .sh3d or .xml"),
        ("a.sh3d", b"PK", "cut off or no zip archive"),
        ("a.xml", b"", "damaged or no XML"),
        ("a.xml", b"<house/>", "holds <house> and not <home>"),
        ("a.xml", b"<home><wall></home>", "damaged or no XML: mismatched tag"),
    ],
)
def test_what_is_no_home_is_one_message_with_its_name(name: str, data: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ValueError, match=message) as caught:
        read_home(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)


def test_a_missing_file_and_an_archive_of_something_else_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="missing"):
        read_home(tmp_path / "none.xml")
    with zipfile.ZipFile(tmp_path / "other.sh3d", "w") as archive:
        archive.writestr("readme.txt", b"hello")
    with pytest.raises(ValueError, match=r"holds no Home\.xml"):
        read_home(tmp_path / "other.sh3d")
