"""Shells of homes in the catalogue."""

from __future__ import annotations

from pathlib import Path

import pytest

from dagster_gsi.assets.shelf import added, take_in
from dagster_gsi.assets.shells import put_on_shelf, shells_of
from dagster_gsi.homes.sh3d import read_home
from dagster_gsi.scenes.catalogue import Catalogue
from dagster_gsi.scenes.mesh import load_mesh
from tests.homes.homes_by_hand import DOOR, ROOM, WALLS, home, kitchen
from tests.toy_assets import write_toy_catalogue

DATA = Path(__file__).parents[2] / "data"
WITHOUT = "<property name='Author' value='Jo | Jo'/>"


def test_a_shell_has_the_credits_of_its_home_and_the_size_of_its_walls() -> None:
    (shell,) = shells_of(read_home(DATA / "homes/Studio.xml"))
    card = shell.card
    assert (card.id, card.kind, card.category_en, card.licence) == ("shell-studio-ground", "shell", "home", "CC-BY-3.0")
    assert card.creator == "Véronique PUYBARET / Emmanuel PUYBARET"
    assert card.source.startswith(
        "built from the plan of the Sweet Home 3D home Studio (Sweet Home 3D, Copyright (c) 2017"
    )
    assert shells_of(kitchen())[0].card.size == pytest.approx((4.4, 3.42, 2.5), abs=0.03)


def test_a_home_without_an_open_licence_needs_its_owner_to_name_one() -> None:
    mine = home(WALLS, ROOM, licence=WITHOUT)
    with pytest.raises(ValueError, match=r"by-hand\.xml does not say what is allowed.*--licence CC-BY-4\.0"):
        shells_of(mine)
    (shell,) = shells_of(mine, "CC-BY-4.0")
    assert (shell.card.licence, shell.card.creator) == ("CC-BY-4.0", "Jo / Jo")
    theirs = home(WALLS, ROOM, licence="<property name='License' value='CC BY-NC 4.0'/>")
    with pytest.raises(ValueError, match=r"is under 'CC BY-NC 4\.0'"):
        shells_of(theirs, "CC-BY-4.0")


def test_a_home_without_rooms_has_no_shell() -> None:
    with pytest.raises(ValueError, match="has no rooms indoors: draw them"):
        shells_of(home(WALLS))


def test_shells_are_taken_in_once_and_anew_when_their_home_was_drawn_further(tmp_path: Path) -> None:
    root = tmp_path / "assets"
    write_toy_catalogue(root)
    before = (root / "catalogue.json").read_bytes()
    first = shells_of(home(WALLS, ROOM))
    assert put_on_shelf(root, first) == {"shell-by-hand-ground": "new"}
    assert put_on_shelf(root, first) == {"shell-by-hand-ground": "there already"}
    bytes_then = (root / "catalogue.json").read_bytes()
    further = shells_of(home(WALLS, ROOM, DOOR.format("")))
    assert put_on_shelf(root, further) == {"shell-by-hand-ground": "changed"}
    assert [addition.glb for addition in added(root)] == [further[0].glb]
    roles = [part.material.name for part in load_mesh(Catalogue(root).model_path("shell-by-hand-ground")).parts]
    assert roles == ["floor", "wall", "ceiling", "door", "frame", "handle"]
    assert put_on_shelf(root, first) == {"shell-by-hand-ground": "changed"}
    assert (root / "catalogue.json").read_bytes() == bytes_then != before
    # What a rebuilt folder takes along.
    again = tmp_path / "again"
    write_toy_catalogue(again)
    take_in(again, added(root))
    assert (again / "catalogue.json").read_bytes() == bytes_then


def test_another_model_is_never_replaced_by_a_shell(tmp_path: Path) -> None:
    write_toy_catalogue(tmp_path / "assets")
    (shell,) = shells_of(home(WALLS, ROOM))
    posing = type(shell)(shell.card.model_copy(update={"id": "oak-table"}), shell.glb)
    with pytest.raises(ValueError, match=r"oak-table: .* has a model of this id that is no shell"):
        put_on_shelf(tmp_path / "assets", [posing])


@pytest.mark.parametrize("path", sorted((DATA / "homes").glob("*.xml")), ids=lambda path: path.stem)
def test_the_shells_that_are_there_are_those_of_the_homes_that_are_there(path: Path, tmp_path: Path) -> None:
    catalogue = Catalogue(DATA / "assets")
    for shell in shells_of(read_home(path)):
        assert catalogue[shell.card.id] == shell.card
        (tmp_path / "again.glb").write_bytes(shell.glb)
        # Not byte for byte: processors round angles differently.
        there, again = load_mesh(catalogue.model_path(shell.card.id)), load_mesh(tmp_path / "again.glb")
        assert there.points() == pytest.approx(again.points(), abs=1e-5)
