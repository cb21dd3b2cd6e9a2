"""Scenes in a real home: what stands there rests, and it is seen by somebody who stands in the room."""

from __future__ import annotations

from itertools import combinations, islice
from pathlib import Path

import numpy as np
import pytest
from shapely import Point, Polygon

from dagster_gsi.homes.home import Home
from dagster_gsi.homes.sh3d import read_home
from dagster_gsi.homes.shell import shell_levels, shell_name
from dagster_gsi.samples.codec import scene_from_document, scene_to_document
from dagster_gsi.samples.sample import Split
from dagster_gsi.scenes.catalogue import Catalogue
from dagster_gsi.scenes.hull import load_hull
from dagster_gsi.scenes.scene import Interior, Scene
from dagster_gsi.synthesis.interior import Place, draw_interiors, places_in
from dagster_gsi.synthesis.rejection import Rejection
from dagster_gsi.synthesis.splits import catalogue_of, furniture_of
from dagster_gsi.synthesis.tabletop import moved_things

ROOT = Path(__file__).parents[2]
CATALOGUE = Catalogue(ROOT / "data/assets")
SANITARY = {"toilet", "bathtub", "shower"}


def _home(name: str) -> Home:
    return read_home(ROOT / f"data/homes/{name}.xml")


def _scenes(place: Place, seed: int, count: int, split: Split = "test") -> list[Scene]:
    drawn = draw_interiors(
        [place],
        furniture_of(CATALOGUE, split),
        catalogue_of(CATALOGUE, split),
        np.random.default_rng(seed),
        image_size=128,
    )
    return list(islice((scene for scene in islice(drawn, 30) if isinstance(scene, Scene)), count))


@pytest.fixture(scope="module")
def studio() -> Place:
    """Bedroom, kitchen and hall of the studio: 7 square metres of free floor."""
    return places_in([_home("Studio")], bathroom=False)[0]


@pytest.fixture(scope="module")
def scenes(studio: Place) -> list[Scene]:
    found = _scenes(studio, seed=3, count=4)
    assert len(found) == 4
    return found


@pytest.fixture(scope="module")
def upstairs() -> tuple[Place, Scene]:
    """A bedroom whose floor is 2.6 m above the ground."""
    home = _home("3BedroomHouseWithAttic")
    place = next(place for place in places_in([home], bathroom=False) if place.floor.name == "Bedroom #1")
    assert place.level.elevation > 2
    return place, _scenes(place, seed=0, count=1, split="train")[0]


def _shares_arrangement(one: Scene, other: Scene) -> bool:
    return one.things is other.things


def test_a_room_has_several_views_of_one_arrangement_and_then_another(scenes: list[Scene]) -> None:
    assert any(_shares_arrangement(one, other) for one, other in combinations(scenes, 2))
    assert not _shares_arrangement(scenes[0], scenes[-1])
    eyes = {tuple(scene.camera.pose_wc.translation_3) for scene in scenes}
    assert len(eyes) >= 3


def test_cameras_stand_on_the_free_floor_at_the_height_of_eyes(
    scenes: list[Scene], studio: Place, upstairs: tuple[Place, Scene]
) -> None:
    for place, scene in [*((studio, scene) for scene in scenes), upstairs]:
        eye_3 = scene.camera.pose_wc.translation_3
        assert 1.1 <= eye_3[2] <= 1.65
        assert np.linalg.norm(place.floor.points_N2 - eye_3[:2], axis=1).min() < 1e-6
        assert any(Polygon(part.outline_N2).contains(Point(eye_3[:2])) for part in place.floor.parts)
        assert scene.camera.right_3[2] == pytest.approx(0.0, abs=1e-9)
        # Down onto the tops, but no plan.
        assert np.radians(-55) < np.arcsin(scene.camera.pose_wc.rotation_33[2, 2]) < 0


def test_views_show_at_least_three_things_whole(scenes: list[Scene]) -> None:
    for scene in scenes:
        size = scene.camera.width
        whole = 0
        for thing in scene.things:
            pixels_82, depth_8 = scene.camera.project(thing.box.corners_83())
            whole += bool((depth_8 > 0).all() and (pixels_82 >= 0).all() and (pixels_82 <= size).all())
        assert whole >= 3


def test_things_stand_on_tops_of_the_room_and_nothing_moves_when_let_go(scenes: list[Scene]) -> None:
    for scene in (scenes[0], scenes[-1]):
        assert len(scene.things) >= 3
        for thing in scene.things:
            top = scene.support_of(thing)
            assert thing.pose_wo.tilt == 0.0
            assert thing.pose_wo.translation_3[2] == pytest.approx(top.height)
            footprint = load_hull(CATALOGUE.model_path(thing.asset)).footprint(thing)
            assert top.polygon().buffer(0.02).contains(footprint)
        assert moved_things(scene, CATALOGUE) == ()


def test_tops_are_in_the_room_and_in_reach(scenes: list[Scene], studio: Place, upstairs: tuple[Place, Scene]) -> None:
    for place, scene in ((studio, scenes[0]), upstairs):
        for top in scene.supports:
            assert 0.3 <= top.height <= 1.3
            assert any(
                Polygon(p.outline_N2).buffer(0.1).contains(Point(top.body.centre_3[:2])) for p in place.floor.parts
            )


def test_everything_is_in_the_frame_of_the_shell(
    scenes: list[Scene], studio: Place, upstairs: tuple[Place, Scene]
) -> None:
    for place, scene in ((studio, scenes[0]), upstairs):
        assert isinstance(scene.room, Interior)
        assert scene.room.shell == shell_name(place.home, place.level)
        low_3, high_3 = (
            edge(load_hull(CATALOGUE.model_path(scene.room.shell)).points_N3, axis=0) for edge in (np.min, np.max)
        )
        assert low_3[2] == pytest.approx(0.0, abs=0.01)
        everything = np.concatenate([body.box.corners_83() for body in (*scene.furniture, *scene.things)])
        centres = np.array([body.centre_3 for body in (*scene.furniture, *scene.things)])
        assert (everything[:, 2] > -0.3).all()
        assert (centres[:, :2] >= low_3[:2] - 0.5).all()
        assert (centres[:, :2] <= high_3[:2] + 0.5).all()
        assert (centres[:, 2] <= high_3[2] + 0.5).all()
        for lamp in scene.lighting.lamps:
            assert lamp.place_3[2] == pytest.approx(place.level.height - 0.06)


def test_names_mean_one_thing_each(scenes: list[Scene], upstairs: tuple[Place, Scene]) -> None:
    for scene in (*scenes, upstairs[1]):
        names = [body.name for body in (*scene.furniture, *scene.things)]
        assert len(set(names)) == len(names)
        assert all(scene.has_support(thing.on) for thing in scene.things)


def test_a_room_says_where_it_is_and_what_it_is_made_of(scenes: list[Scene], studio: Place) -> None:
    for scene in scenes:
        room = scene.room
        assert isinstance(room, Interior)
        assert (room.home, room.room) == ("Studio", studio.floor.name)
        assert room.floor in CATALOGUE.textures["floor"]
        assert room.wall in CATALOGUE.textures["wall"]
        assert scene.lighting.environment in {"bridge", "city", "esplanade"}
        assert scene.lighting.lamps


def test_models_are_of_the_split(scenes: list[Scene]) -> None:
    objects, furniture = catalogue_of(CATALOGUE, "test"), furniture_of(CATALOGUE, "test")
    for scene in scenes:
        assert {thing.asset for thing in scene.things} <= set(objects.cards)
        assert {body.asset for body in scene.furniture} <= set(furniture.cards)


def test_the_same_rng_gives_the_same_documents(scenes: list[Scene], studio: Place) -> None:
    again = _scenes(studio, seed=3, count=2)
    for one, other in zip(again, scenes, strict=False):
        document = scene_to_document(other)
        assert scene_to_document(one) == document
        assert scene_to_document(scene_from_document(document)) == document


@pytest.mark.parametrize("name", ["Studio", "2BedroomApartment"])
def test_bathrooms_are_the_places_with_sanitary_pieces(name: str) -> None:
    home = _home(name)
    bathrooms, rooms = (places_in([home], bathroom=bathroom) for bathroom in (True, False))
    assert bathrooms
    assert rooms
    for place in (*bathrooms, *rooms):
        inside = [
            piece
            for piece in home.furniture
            if piece.category in SANITARY
            and piece.level == place.floor.level
            and any(Polygon(part.outline_N2).contains(Point(piece.box.centre_3[:2])) for part in place.floor.parts)
        ]
        assert bool(inside) is place.bathroom
        assert place.level in shell_levels(home)
    assert {place.floor.name for place in bathrooms} == {"Bathroom"}


def test_a_room_without_tops_is_a_rejection() -> None:
    corridor = next(
        place for place in places_in([_home("2BedroomApartment")], bathroom=False) if place.floor.name == "Corridor"
    )
    first = next(
        draw_interiors(
            [corridor],
            furniture_of(CATALOGUE, "test"),
            catalogue_of(CATALOGUE, "test"),
            np.random.default_rng(0),
            image_size=64,
        )
    )
    assert first == Rejection("nothing to put things on")


def test_things_stand_only_on_furniture_that_the_other_split_has_not(scenes: list[Scene]) -> None:
    own = catalogue_of(CATALOGUE, "test").cards
    assert all(support.body.asset in own for scene in scenes for support in scene.supports)
    assert all(
        support.name not in {body.name for body in scene.fixtures} for scene in scenes for support in scene.supports
    )


def test_terraces_and_balconies_are_no_rooms(studio: Place) -> None:
    names = {place.floor.name for bathroom in (True, False) for place in places_in([studio.home], bathroom=bathroom)}
    assert names == {"Bedroom + Kitchen + Hall", "Bedroom", "Bathroom"}


def test_a_room_that_stays_bare_is_tried_twice_and_no_more(studio: Place) -> None:
    apartment = places_in([_home("2BedroomApartment")], bathroom=False)
    corridor = next(place for place in apartment if place.floor.name == "Corridor")
    drawn = draw_interiors(
        [corridor, studio],
        furniture_of(CATALOGUE, "test"),
        catalogue_of(CATALOGUE, "test"),
        np.random.default_rng(0),
        image_size=64,
    )
    assert list(islice(drawn, 40)).count(Rejection("nothing to put things on")) == 2
