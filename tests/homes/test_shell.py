"""Shells: what is built around the rooms of a home."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dagster_gsi.assets.gltf import to_glb
from dagster_gsi.assets.picture import Caster, Rays
from dagster_gsi.homes.holes import holes
from dagster_gsi.homes.home import Home
from dagster_gsi.homes.sh3d import read_home
from dagster_gsi.homes.shelf import homes_in
from dagster_gsi.homes.shell import is_indoors, shell_levels, shell_mesh, shell_name
from dagster_gsi.scenes.mesh import Mesh, Part, load_mesh
from tests.homes.homes_by_hand import DOOR, LEVELS, ROOM, WALLS, home, kitchen

HOMES = {name: read_home(path) for name, path in homes_in([Path(__file__).parents[2] / "data/homes"]).items()}
SHELLS = {
    (name, level.id): (home, level, shell_mesh(home, level))
    for name, home in HOMES.items()
    for level in shell_levels(home)
}
FRAME = "<doorOrWindow name='Passage' catalogId='eTeks#doorFrame' x='100' y='310' width='90' depth='20' height='210'/>"
WINDOW = (
    "<doorOrWindow name='Window' catalogId='eTeks#window85x123' x='200' y='-10' width='100' depth='20' height='120' "
    "elevation='90'/>"
)


def shell(of: Home) -> Mesh:
    return shell_mesh(of, of.levels[0])


def part(mesh: Mesh, role: str) -> Part:
    return next(part for part in mesh.parts if part.material.name == role)


def crosses_F3(part: Part) -> np.ndarray:
    """Twice the area of each triangle, along its normal."""
    corners_F33 = part.positions_V3[part.faces_F3].astype(np.float64)
    return np.cross(corners_F33[:, 1] - corners_F33[:, 0], corners_F33[:, 2] - corners_F33[:, 0])


def areas(part: Part) -> dict[str, float]:
    """Square metres that face upwards, downwards and sideways."""
    crosses_F3_ = crosses_F3(part)
    area_F = np.linalg.norm(crosses_F3_, axis=1) / 2
    up_F = crosses_F3_[:, 2] / (2 * area_F)
    return {
        "up": float(area_F[up_F > 0.5].sum()),
        "down": float(area_F[up_F < -0.5].sum()),
        "sideways": float(area_F[np.abs(up_F) <= 0.5].sum()),
    }


def first_seen(mesh: Mesh, eye_3: np.ndarray, directions_N3: np.ndarray) -> tuple[list[str], np.ndarray, np.ndarray]:
    """What each ray meets first: the role, how far away, and the cosine between ray and the way that the face looks."""
    caster = Caster(mesh)
    hits = caster.hits(Rays(np.tile(eye_3, (len(directions_N3), 1)), directions_N3))
    normals_F3 = np.concatenate([crosses_F3(part) for part in mesh.parts])
    normals_F3 /= np.linalg.norm(normals_F3, axis=1, keepdims=True)
    roles = [mesh.parts[caster.part_F[face]].material.name if face >= 0 else "nothing" for face in hits.face_N]
    return roles, hits.distance_N, (normals_F3[hits.face_N] * directions_N3).sum(axis=1)


def around(count: int, seed: int) -> np.ndarray:
    directions_N3 = np.random.default_rng(seed).normal(size=(count, 3))
    return np.asarray(directions_N3 / np.linalg.norm(directions_N3, axis=1, keepdims=True))


def test_walls_have_the_area_of_their_two_sides_less_the_door_and_with_its_reveals() -> None:
    # The room is 4 by 3 by 2.5 m, walls are 0.2 thick, the door is 0.9 by 2.1.
    inside, outside = 14 * 2.5, 2 * (4.4 + 3.4) * 2.5
    walls = areas(part(shell(kitchen()), "wall"))
    assert walls["sideways"] == pytest.approx(inside + outside - 2 * 0.9 * 2.1 + 2 * 0.2 * 2.1, abs=1e-4)
    assert walls["down"] == pytest.approx(0.9 * 0.2, abs=1e-4)
    assert walls["up"] == 0.0


def test_floor_and_ceiling_reach_under_and_over_the_walls_and_face_the_room() -> None:
    mesh = shell(kitchen())
    for role, facing, height in (("floor", "up", 0.0), ("ceiling", "down", 2.5)):
        assert areas(part(mesh, role)) == pytest.approx({"up": 0, "down": 0, "sideways": 0} | {facing: 4.4 * 3.4})
        assert set(part(mesh, role).positions_V3[:, 2]) == {np.float32(height)}


def test_a_window_has_a_sill_a_lintel_a_frame_and_a_thin_clear_pane() -> None:
    mesh = shell(home(WINDOW, WALLS, ROOM))
    walls = areas(part(mesh, "wall"))
    assert (walls["up"], walls["down"]) == pytest.approx((0.2, 0.2), abs=1e-4)
    pane = part(mesh, "glass")
    assert pane.material.opacity < 0.2
    assert len(pane.faces_F3) == 2
    low_3, high_3 = pane.positions_V3.min(axis=0), pane.positions_V3.max(axis=0)
    # In the middle of the north wall, whose middle line is at y = 0.1, within a frame of 5.5 cm.
    assert low_3 == pytest.approx([1.555, 0.1, 0.955], abs=1e-4)
    assert high_3 == pytest.approx([2.445, 0.1, 2.045], abs=1e-4)


def test_one_walks_through_a_passage_and_not_through_a_door() -> None:
    eye_3, south_13 = np.array([1.0, -1.0, 1.5]), np.array([[0.0, -1.0, 0.0]])
    assert first_seen(shell(home(FRAME, WALLS, ROOM)), eye_3, south_13)[0] == ["nothing"]
    roles, distance_N, _ = first_seen(shell(home(DOOR.format(""), WALLS, ROOM)), eye_3, south_13)
    assert roles == ["door"]
    # The leaf is 4 cm thick in the middle of the wall, at y = -3.1, with fields 8 mm proud.
    assert distance_N[0] == pytest.approx(3.1 - 0.02 - 0.008 - 1.0, abs=1e-5)


def test_the_handle_is_at_the_free_edge_of_the_door() -> None:
    def handle(attributes: str) -> float:
        return float(part(shell(home(DOOR.format(attributes), WALLS, ROOM)), "handle").positions_V3[:, 0].mean())

    # It is hinged on its left as seen from outside in the south, at x = 0.55; mirrored, on its right.
    assert handle("") > 1.2
    assert handle("modelMirrored='true'") < 0.8


def test_a_hidden_door_makes_no_hole() -> None:
    hidden = home(DOOR.format("visible='false'"), WALLS, ROOM)
    assert holes(hidden, hidden.levels[0]) == ()
    assert areas(part(shell(hidden), "wall"))["down"] == 0.0


def test_a_hole_goes_through_all_walls_that_lie_in_it() -> None:
    # The author drew the south wall twice, the second time half as long and with another thickness.
    twice = "<wall id='again' xStart='50' yStart='305' xEnd='250' yEnd='305' height='250' thickness='10'/>"
    eye_3, south_13 = np.array([1.0, -1.0, 1.5]), np.array([[0.0, -1.0, 0.0]])
    assert first_seen(shell(home(FRAME, twice, WALLS, ROOM)), eye_3, south_13)[0] == ["nothing"]


def test_parapets_have_tops_and_balconies_have_no_ceiling() -> None:
    balcony = (
        "<room id='b' name='Balcony' ceilingVisible='false'><point x='0' y='320'/><point x='400' y='320'/>"
        "<point x='400' y='420'/><point x='0' y='420'/></room>"
        "<wall id='parapet' xStart='0' yStart='425' xEnd='400' yEnd='425' height='100' thickness='10'/>"
    )
    whole = home(WALLS, ROOM, balcony)
    assert [is_indoors(whole, room) for room in whole.rooms] == [True, False]
    mesh = shell(whole)
    assert areas(part(mesh, "wall"))["up"] == pytest.approx(4 * 0.1, abs=1e-4)
    assert areas(part(mesh, "ceiling"))["down"] == pytest.approx(4.4 * 3.4, abs=1e-3)
    assert areas(part(mesh, "floor"))["up"] == pytest.approx(4.4 * 3.4 + 4 * 1.1, abs=1e-3)


def test_a_room_without_a_drawn_ceiling_gets_one_where_walls_are_around_it() -> None:
    bare = home(WALLS, ROOM.replace("name=", "ceilingVisible='false' name="))
    assert is_indoors(bare, bare.rooms[0])
    assert areas(part(shell(bare), "ceiling"))["down"] == pytest.approx(4.4 * 3.4)


def test_the_floor_of_a_level_is_at_zero_and_levels_without_rooms_have_no_shell() -> None:
    def on(text: str) -> str:
        return text.replace("<wall ", "<wall level='down' ").replace("<room ", "<room level='down' ")

    cellar = home(LEVELS, on(WALLS), on(ROOM))
    assert [level.id for level in shell_levels(cellar)] == ["down"]
    points_N3 = shell(cellar).points()
    # A wall of 2.5 m ends at the ceiling of its level, which is 2.4 m high.
    assert (points_N3[:, 2].min(), points_N3[:, 2].max()) == pytest.approx((0.0, 2.4))


def test_round_walls_are_smooth_and_their_pictures_run_on() -> None:
    wall = (
        "<wall id='round' xStart='0' yStart='0' xEnd='400' yEnd='0' height='250' thickness='20' "
        "arcExtent='-3.141592653589793'/>"
    )
    mesh = shell(home(wall, ROOM))
    walls = part(mesh, "wall")
    radius_V = np.hypot(walls.positions_V3[:, 0] - 2.0, walls.positions_V3[:, 1])
    outer_V = (np.abs(radius_V - 2.1) < 1e-3) & (walls.positions_V3[:, 1] < -0.1)
    outwards_V3 = (walls.positions_V3[outer_V] - [2.0, 0.0, 0.0]) * [1.0, 1.0, 0.0] / 2.1
    assert walls.normals_V3[outer_V] == pytest.approx(outwards_V3, abs=2e-3)
    along_V = walls.uv_V2[outer_V, 0]
    # Half a circle of 36 edges, less those at both ends.
    assert np.ptp(along_V) == pytest.approx(2 * 2.1 * 36 * np.sin(np.pi / 72), abs=0.5)


@pytest.mark.parametrize("key", SHELLS, ids=str)
def test_whoever_stands_in_a_room_sees_the_fronts_of_faces_only(key: tuple[str, str]) -> None:
    home, level, mesh = SHELLS[key]
    directions_N3 = around(400, seed=7)
    for room in home.floors:
        if room.level != level.id or room.area < 1.0 or not is_indoors(home, room):
            continue
        from shapely import Polygon

        spot = Polygon(room.outline_N2).buffer(0).buffer(-0.1).representative_point()
        roles, _, cosine_N = first_seen(mesh, np.array([spot.x, spot.y, 1.4371]), directions_N3)
        # Panes are looked at from both sides; through passages one may look out.
        solid_N = np.array([role not in {"nothing", "glass"} for role in roles])
        assert (cosine_N[solid_N] < 0).all(), room.name
        assert solid_N.mean() > 0.6, room.name


@pytest.mark.parametrize("key", SHELLS, ids=str)
def test_pictures_lie_on_all_faces_in_metres(key: tuple[str, str]) -> None:
    _, _, mesh = SHELLS[key]
    for one in mesh.parts:
        assert one.uv_V2 is not None
        corners_F32 = one.uv_V2[one.faces_F3].astype(np.float64)
        first_F2, second_F2 = corners_F32[:, 1] - corners_F32[:, 0], corners_F32[:, 2] - corners_F32[:, 0]
        on_picture_F = np.abs(first_F2[:, 0] * second_F2[:, 1] - first_F2[:, 1] * second_F2[:, 0])
        assert np.linalg.norm(crosses_F3(one), axis=1) == pytest.approx(on_picture_F, abs=1e-4)
        assert np.linalg.norm(one.normals_V3, axis=1) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("key", SHELLS, ids=str)
def test_a_shell_is_small_and_keeps_its_roles_in_its_file(key: tuple[str, str], tmp_path: Path) -> None:
    home, level, mesh = SHELLS[key]
    glb = to_glb(mesh)
    assert len(glb) < 300_000
    path = tmp_path / f"{shell_name(home, level)}.glb"
    path.write_bytes(glb)
    assert [part.material.name for part in load_mesh(path).parts] == [part.material.name for part in mesh.parts]


def test_a_shell_is_the_same_again() -> None:
    home, level, mesh = SHELLS["1BedroomApartmentWithRoundWall", "ground"]
    assert to_glb(shell_mesh(home, level)) == to_glb(mesh)


def test_the_homes_have_the_shells_of_the_levels_that_are_lived_in() -> None:
    names = [shell_name(home, level) for home, level, _ in SHELLS.values()]
    assert len(set(names)) == len(names) == 13
    attic = [shell_name(home, level) for home, level, _ in SHELLS.values() if home.name == "3BedroomHouseWithAttic"]
    assert attic == [f"shell-3bedroomhousewithattic-{level}" for level in ("1st-floor", "2nd-floor", "attic")]


def test_levels_of_one_name_have_shells_of_different_names() -> None:
    twins = home(LEVELS.replace("Ground", "Cellar"))
    assert [shell_name(twins, level) for level in twins.levels] == ["shell-by-hand-cellar-0", "shell-by-hand-cellar-1"]
