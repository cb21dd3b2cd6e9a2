"""Candidates look from all over a room's free floor, all around, and are pictures like any other."""

from __future__ import annotations

import numpy as np
import pytest

from dagster_gsi.homes.candidates import Candidates, draw_candidates
from dagster_gsi.homes.partition import rooms_of
from tests.homes.homes_by_hand import LEVELS, ROOM, WALLS, home, kitchen


def drawn(seed: int = 1, size: tuple[int, int] = (512, 512)) -> Candidates:
    (room,) = rooms_of(kitchen(), "ground")
    return draw_candidates(room, kitchen(), np.random.default_rng(seed), size=size)


def test_they_stand_on_free_floor_and_look_everywhere() -> None:
    (room,) = rooms_of(kitchen(), "ground")
    found = drawn()
    assert len(found) == 64 * 12 * 4
    free = {tuple(point_2) for point_2 in room.points_N2}
    places = np.unique(found.eyes_N3, axis=0)
    assert len(places) == 64
    assert {tuple(place_3[:2]) for place_3 in places} <= free
    assert ((found.eyes_N3[:, 2] >= 1.1) & (found.eyes_N3[:, 2] <= 1.65)).all()
    assert ((found.pitches_N >= np.radians(-40)) & (found.pitches_N <= np.radians(-5))).all()
    assert ((found.fovs_N >= np.radians(45)) & (found.fovs_N <= np.radians(65))).all()
    for place_3 in places:
        headings = np.unique(found.headings_N[(found.eyes_N3 == place_3).all(axis=1)])
        assert np.diff(headings) == pytest.approx(np.full(11, np.pi / 6))


def test_each_direction_is_looked_at_from_level_to_steep() -> None:
    pitch_PHV = np.degrees(drawn().pitches_N).reshape(64, 12, 4)
    for step in range(4):
        assert (pitch_PHV[..., step] >= -40 + 8.75 * step).all()
        assert (pitch_PHV[..., step] <= -40 + 8.75 * (step + 1)).all()


def test_the_same_seed_draws_the_same() -> None:
    assert drawn(3).eyes_N3.tolist() == drawn(3).eyes_N3.tolist()
    assert drawn(3).fovs_N.tolist() == drawn(3).fovs_N.tolist()
    assert drawn(3).eyes_N3.tolist() != drawn(4).eyes_N3.tolist()


@pytest.mark.parametrize("size", [(512, 512), (640, 360)])
def test_axes_and_halves_are_those_of_the_cameras(size: tuple[int, int]) -> None:
    found = drawn(size=size)
    for index in range(0, len(found), 97):
        camera = found.camera(index)
        assert camera.pose_wc.translation_3 == pytest.approx(found.eyes_N3[index])
        assert pytest.approx(found.axes_N33()[index]) == camera.pose_wc.rotation_33.T
        assert (camera.width, camera.height) == size
        assert found.halves_N2()[index] == pytest.approx(
            [size[0] / 2 / camera.focal_x, size[1] / 2 / camera.focal_y]
        )  # fmt: skip


def test_eyes_are_above_the_floor_of_their_level_and_below_its_ceiling() -> None:
    cellar = LEVELS.replace("height='240'", "height='150'")
    house = home(cellar, WALLS.replace("<wall ", "<wall level='down' "), ROOM.replace("<room ", "<room level='down' "))
    (room,) = rooms_of(house, "down")
    heights_N = draw_candidates(room, house, np.random.default_rng(1), size=(64, 64)).eyes_N3[:, 2] + 2.5
    assert heights_N.min() >= 1.1
    assert 1.25 < heights_N.max() <= 1.3
