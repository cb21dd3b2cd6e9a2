"""What never moves is rendered joined, and looks as if it were not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dagster_gsi.geometry.camera import Camera
from dagster_gsi.geometry.pose import Pose
from dagster_gsi.rendering.base import BACKGROUND, FIRST_THING, SUPPORT, Geometry
from dagster_gsi.rendering.bodies import model_parts
from dagster_gsi.rendering.llvm import best_variant
from dagster_gsi.rendering.mitsuba import open_view
from dagster_gsi.rendering.shapes import shapes_of_things, standing_shapes
from dagster_gsi.scenes.catalogue import Catalogue
from dagster_gsi.scenes.scene import Interior, Lighting, Scene, Support, Thing, Words
from tests.toy_assets import toy_scene, toy_table, toy_thing, write_toy_catalogue

REAL = Catalogue(Path(__file__).parents[2] / "data/assets")
SHELL = "shell-studio-ground"


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return write_toy_catalogue(tmp_path_factory.mktemp("shapes") / "toy")


def _furniture(catalogue: Catalogue) -> tuple[Thing, ...]:
    """Three boxes and a wedge around the table: turned, stretched and mirrored."""
    box, wedge = (toy_thing(catalogue, asset, (0.0, 0.0, 0.0)) for asset in ("red-box", "blue-wedge"))
    return tuple(
        replace(body, name=f"fixture-{k}", stretch_3=np.array(stretch), pose_wo=Pose.upright(yaw, np.array(at)))
        for k, (body, stretch, yaw, at) in enumerate((
            (box, (2.0, 1.0, 3.0), 0.3, (-0.9, 0.3, 0.0)),
            (box, (-1.0, 2.0, 4.0), -0.8, (0.9, 0.2, 0.0)),
            (box, (1.0, 1.0, 1.0), 0.0, (0.0, 0.6, 0.9)),
            (wedge, (-1.5, 1.5, 1.5), 1.1, (-0.3, -0.1, 0.75)),
        ))
    )  # fmt: skip


def _trace(scene: Scene, catalogue: Catalogue) -> Geometry:
    return open_view(scene, catalogue, variant=best_variant("auto"), samples_per_pixel=1, seed=0).trace(scene)


def test_joined_furniture_is_traced_exactly_as_each_piece_alone(catalogue: Catalogue) -> None:
    scene = replace(toy_scene(catalogue, 96), things=())
    around, table = _furniture(catalogue), scene.supports[0]
    joined = replace(scene, fixtures=around, supports=(table, replace(table, body=replace(table.body, name="desk", pose_wo=Pose.upright(0.2, np.array([0.1, 1.4, 0.1]))))))  # fmt: skip
    apart = replace(joined, fixtures=(), things=around)
    merged, single = _trace(joined, catalogue), _trace(apart, catalogue)
    # A triangle whose corners come in another order is met at another last digit.
    np.testing.assert_allclose(merged.depth_HW, single.depth_HW, rtol=1e-6, atol=0)
    # Things have values of their own; fixtures are background, however many there are.
    as_fixtures = np.where(single.ids_HW >= FIRST_THING, BACKGROUND, single.ids_HW)
    np.testing.assert_array_equal(merged.ids_HW, as_fixtures)
    assert set(np.unique(single.ids_HW)) == {BACKGROUND, SUPPORT, *(FIRST_THING + k for k in range(len(around)))}


def test_copies_of_a_model_are_one_shape_a_material(catalogue: Catalogue) -> None:
    scene = replace(toy_scene(catalogue), fixtures=_furniture(catalogue))
    names = [shape.name for shape in standing_shapes(scene, catalogue)]
    assert names == ["support-0", "fixture-0", "fixture-1"]
    boxes, wedge = standing_shapes(scene, catalogue)[1:]
    assert len(boxes.part.positions_V3) == 3 * len(model_parts(catalogue.model_path("red-box"))[0].positions_V3)
    assert len(wedge.part.positions_V3) == len(model_parts(catalogue.model_path("blue-wedge"))[0].positions_V3)


def test_supports_are_one_owner_and_each_may_have_its_wood(catalogue: Catalogue) -> None:
    table = toy_table(catalogue)
    wooden = Support(replace(table.body, name="desk"), table.top, table.outline_N2, "wood-toy")
    shapes = standing_shapes(replace(toy_scene(catalogue), supports=(table, wooden, table)), catalogue)
    assert [shape.owner for shape in shapes] == [SUPPORT, SUPPORT]
    assert [shape.part.material.texture is not None for shape in shapes] == [False, True]


def test_things_are_never_joined(catalogue: Catalogue) -> None:
    scene = toy_scene(catalogue)
    twins = replace(scene, things=(*scene.things, replace(scene.find("red-box"), name="twin")))
    shapes = shapes_of_things(twins, catalogue)
    assert [shape.owner for shape in shapes] == [2, 3, 4, 5, 5, 6]  # the mug has two materials
    assert len({shape.name for shape in shapes}) == len(shapes)


def test_a_shell_has_the_floor_and_walls_of_the_room_and_no_panes() -> None:
    floor, wall = REAL.textures["floor"][0], REAL.textures["wall"][0]
    shell = standing_shapes(_in_the_studio(floor, wall), REAL)
    own = {part.material.name: part for part in model_parts(REAL.model_path(SHELL))}
    assert "glass" in own
    drawn = {shape.part.material.name: shape.part for shape in shell if shape.name.startswith("shell")}
    assert set(drawn) == set(own) - {"glass"}
    assert {shape.owner for shape in shell if shape.name.startswith("shell")} == {BACKGROUND}
    for role in ("floor", "wall"):
        part, plain = drawn[role], own[role]
        assert part.material.texture is not None
        np.testing.assert_array_equal(part.positions_V3, plain.positions_V3)
        # A tile of the pictures is 1.6 m wide, and the shell's coordinates are metres.
        assert part.uv_V2 is not None
        assert plain.uv_V2 is not None
        np.testing.assert_allclose(part.uv_V2 * 1.6, plain.uv_V2, rtol=1e-5, atol=1e-5)
    assert drawn["ceiling"] is own["ceiling"]


def test_other_floors_make_another_picture_of_the_same_shape() -> None:
    one, *_, other = REAL.textures["floor"]
    first, second = (
        next(
            s
            for s in standing_shapes(_in_the_studio(floor, REAL.textures["wall"][0]), REAL)
            if s.part.material.name == "floor"
        )
        for floor in (one, other)
    )
    assert first.part.material.texture.tobytes() != second.part.material.texture.tobytes()  # type: ignore[union-attr]
    np.testing.assert_array_equal(first.part.positions_V3, second.part.positions_V3)


def _in_the_studio(floor: str, wall: str) -> Scene:
    card = next(card for card in REAL if card.kind == "support" and card.surfaces)
    words = Words(card.category_en, card.category_zh)
    body = Thing("table", card.id, words, words, np.array(card.size), 1, Pose.identity(), on="table")
    camera = Camera.look_at(np.array([1.0, -1.0, 1.5]), np.array([2.0, -2.0, 1.0]), fov=1.0, width=32, height=32)
    room = Interior("Studio", "Kitchen", SHELL, floor, wall)
    return Scene((Support.boxy(body),), (), camera, room, Lighting(REAL.environments[0], 0.0, 1.0, ()))
