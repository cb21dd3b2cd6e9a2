"""Edits by AI2-THOR's actions: what the stand-in's world shows afterwards, and what becomes of its quirks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from dagster_gsi.geometry.pose import wrapped
from dagster_gsi.operations.base import Operation
from dagster_gsi.operations.move import Move
from dagster_gsi.operations.place import Place
from dagster_gsi.operations.receptacle import Receptacle
from dagster_gsi.operations.remove import Remove
from dagster_gsi.operations.rotate import Rotate
from dagster_gsi.operations.scale import Scale
from dagster_gsi.scenes.scene import Scene
from dagster_gsi.sources.thor_controller import Refusal
from dagster_gsi.sources.thor_edits import Done, carry_out, is_same, misplaced
from dagster_gsi.sources.thor_scene import State, read_state, reconstruct
from dagster_gsi.sources.thor_views import View, go
from dagster_gsi.synthesis.rejection import Rejection
from tests.thor_by_hand import Item, StandIn, kitchen

FRONT = View(np.array([0.25, -1.1, 0.9]), yaw=0, horizon=30)
"""Looks along Unity's z, our y: left is -x, and away is +z there."""
LEFT = Move("Mug_1", "left", 0.1)


def open_kitchen(change: Callable[[list[Item]], None] | None = None, **quirks: str) -> tuple[StandIn, State, Scene]:
    def room() -> list[Item]:
        items = kitchen(**quirks)
        if change is not None:
            change(items)
        return items

    controller = StandIn({"FloorPlan1": room})
    controller.reset("FloorPlan1")
    event = go(FRONT, controller)
    assert not isinstance(event, Rejection)
    state = read_state(event)
    scene = reconstruct(state, controller)
    assert isinstance(scene, Scene)
    controller.asked.clear()
    return controller, state, scene


def done(edit: Operation, **quirks: str) -> tuple[StandIn, Scene, Done]:
    controller, state, scene = open_kitchen(**quirks)
    outcome = carry_out(edit, scene, state, controller)
    assert isinstance(outcome, Done)
    return controller, scene, outcome


def named(controller: StandIn, name: str) -> Item:
    (item,) = (item for item in controller.items if item.name == name)
    return item


@pytest.mark.parametrize(
    ("edit", "base", "yaw", "size"),
    [
        (LEFT, (-0.35, 0.75, -0.15), 20, (0.10, 0.12, 0.14)),
        (Move("Mug_1", "away", 0.2), (-0.25, 0.75, 0.05), 20, (0.10, 0.12, 0.14)),
        (Place("Mug_1", "Statue_1", "left", 0.25), (-0.1, 0.75, -0.2), 20, (0.10, 0.12, 0.14)),
        (Receptacle("Mug_1", "Side_1", "centre", (1.2, -0.1)), (1.2, 0.6, -0.1), 20, (0.10, 0.12, 0.14)),
        (Rotate("Mug_1", float(np.radians(90))), (-0.25, 0.75, -0.15), 290, (0.10, 0.12, 0.14)),
        (Rotate("Mug_1", float(np.radians(-45))), (-0.25, 0.75, -0.15), 65, (0.10, 0.12, 0.14)),
        (Scale("Mug_1", 1.5), (-0.25, 0.75, -0.15), 20, (0.15, 0.18, 0.21)),
        (Scale("Mug_1", 0.5), (-0.25, 0.75, -0.15), 20, (0.05, 0.06, 0.07)),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_an_edit_is_done_in_the_simulators_world_exactly(
    edit: Operation, base: tuple[float, ...], yaw: float, size: tuple[float, ...]
) -> None:
    controller, scene, outcome = done(edit)
    mug = named(controller, "Mug_1")
    assert mug.base == pytest.approx(base, abs=1e-9)
    assert mug.yaw % 360 == pytest.approx(yaw)
    assert mug.size == pytest.approx(size)
    # And the sample says the same.
    said = outcome.after.find("Mug_1")
    assert said.pose_wo.translation_3 == pytest.approx([base[0], base[2], base[1]], abs=1e-9)
    assert said.pose_wo.yaw == pytest.approx(wrapped(np.radians(-yaw)))
    assert said.size_3 * said.scale == pytest.approx([size[0], size[2], size[1]])
    assert said.on == (edit.receptacle if isinstance(edit, Receptacle) else "Table_1")
    assert all(outcome.after.find(thing.name) is thing for thing in scene.things if thing.name != "Mug_1")
    assert outcome.figures == {
        "position_error": pytest.approx(0, abs=1e-9),
        "rotation_error": pytest.approx(0, abs=1e-6),
    }


def test_a_removal_takes_its_target_and_nothing_else() -> None:
    controller, scene, outcome = done(Remove("Cup_1", "leftmost"))
    assert {item.name for item in controller.items} == {item.name for item in kitchen()} - {"Cup_1"}
    assert {thing.name for thing in outcome.after.things} == {thing.name for thing in scene.things} - {"Cup_1"}
    assert "Cup_1" not in outcome.state.masks
    assert outcome.figures == {}


@pytest.mark.parametrize(
    ("edit", "actions"),
    [
        (LEFT, ["TeleportObject"]),
        (Scale("Mug_1", 1.5), ["ScaleObject", "TeleportObject"]),
        (Remove("Cup_1", "leftmost"), ["RemoveFromScene"]),
    ],
)
def test_actions_are_never_forced(edit: Operation, actions: list[str]) -> None:
    controller, _, _ = done(edit)
    assert [asked["action"] for asked in controller.asked if asked["action"] != "Pass"] == actions
    assert not any(key.lower().startswith("force") for asked in controller.asked for key in asked)


@pytest.mark.parametrize(
    ("quirk", "edit", "reason"),
    [
        ("refused", LEFT, "something is in the way"),
        ("refused", Scale("Mug_1", 1.5), "ScaleObject fails"),
        ("refused", Remove("Mug_1", "leftmost"), "RemoveFromScene fails"),
        ("5 cm off", LEFT, "target ends elsewhere"),
        ("falls over", LEFT, "target falls over or turns"),
        ("pushes", LEFT, "others move"),
        ("pushes", Remove("Mug_1", "leftmost"), "others move"),
        ("vanishes", LEFT, "target vanishes"),
        ("stays", Remove("Mug_1", "leftmost"), "target is still there"),
        ("breaks", Rotate("Mug_1", 1.0), "target breaks"),
        ("restless", LEFT, "does not come to rest"),
        ("splinters", LEFT, "others appear"),
        ("scaled by less", Scale("Mug_1", 1.5), "target has another size"),
        ("carried by nothing", LEFT, "target is not on its support"),
        ("moves the agent", LEFT, "camera moves"),
    ],
)
def test_what_did_not_come_out_as_asked_is_given_up_with_its_reason(quirk: str, edit: Operation, reason: str) -> None:
    controller, state, scene = open_kitchen(mug=quirk)
    outcome = carry_out(edit, scene, state, controller)
    assert isinstance(outcome, Rejection)
    assert outcome.reason == reason


def test_a_refusal_keeps_the_simulators_own_words() -> None:
    controller, state, scene = open_kitchen(mug="refused")
    outcome = carry_out(LEFT, scene, state, controller)
    assert isinstance(outcome, Refusal)
    assert outcome.message == "Mug|-00.25|+00.75|-00.15 is colliding with Wall_1 after teleport."


def test_what_is_moved_off_its_support_falls_and_is_given_up() -> None:
    edit = Move("Mug_1", "left", 0.6)
    controller, state, scene = open_kitchen()
    assert misplaced(edit, scene, edit.apply(scene)) == Rejection("off the support")
    assert carry_out(edit, scene, state, controller) == Rejection("target ends elsewhere")
    assert named(controller, "Mug_1").bottom == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (Move("Mug_1", "right", 0.4), "collision"),
        (Move("Book_1", "left", 0.05), None),
        (Receptacle("Vase_1", "Side_1", "right", (1.2, -0.1)), "out of the picture"),
        (Remove("Cup_1", "leftmost"), None),
    ],
)
def test_boxes_tell_beforehand_what_cannot_be(edit: Operation, reason: str | None) -> None:
    _, _, scene = open_kitchen()
    found = misplaced(edit, scene, edit.apply(scene))
    assert (found and found.reason) == reason


def test_a_move_that_reads_otherwise_in_the_picture_is_not_asked_for() -> None:
    edit = Move("Mug_1", "left", 0.1)
    _, _, scene = open_kitchen()
    # The same shift, called another way.
    assert misplaced(Move("Mug_1", "away", 0.1), scene, edit.apply(scene)) == Rejection(
        "direction unclear in the picture"
    )


def test_a_millimetre_or_a_size_makes_another_state() -> None:
    _, state, _ = open_kitchen()

    def nudged(items: list[Item]) -> None:
        items[3].base = (-0.2485, 0.75, -0.15)

    def grown(items: list[Item]) -> None:
        items[3].size = (0.10, 0.122, 0.14)

    assert is_same(state, open_kitchen()[1])
    assert not is_same(state, open_kitchen(nudged)[1])
    assert not is_same(state, open_kitchen(grown)[1])
    assert not is_same(state, replace(state, bodies={k: v for k, v in state.bodies.items() if k != "Cup_2"}))
