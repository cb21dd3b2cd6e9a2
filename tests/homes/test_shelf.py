from __future__ import annotations

from pathlib import Path

import pytest

from dagster_gsi.homes.categories import category_of
from dagster_gsi.homes.shelf import credits_text, homes_in, open_licence
from tests.homes.homes_by_hand import home


@pytest.mark.parametrize(
    ("said", "licence"),
    [
        ("CC-BY Creative Commons Attribution 3.0 Unported license or GNU General Public License", "CC-BY-3.0"),
        ("GNU General Public License", None),
        ("GNU GPL / CC-BY 4.0", "CC-BY-4.0"),
        ("Creative Commons Attribution 4.0 International", "CC-BY-4.0"),
        ("Creative Commons Attribution-NonCommercial 4.0", None),
        ("CC BY-SA 3.0", None),
        ("CC-BY-NC-3.0 or CC-BY-ND-3.0", None),
        ("CC-BY", None),
        ("CC0", "CC0-1.0"),
        ("All rights reserved", None),
        ("", None),
    ],
)
def test_only_what_lets_anybody_publish_pictures_is_an_open_licence(said: str, licence: str | None) -> None:
    assert open_licence(said) == licence


@pytest.mark.parametrize(
    ("catalogue", "name", "category"),
    [
        ("eTeks#bed140x190", "Bed 140x190", "bed"),
        ("eTeks#kitchenUpperCabinet", "Anything", "wall cabinet"),
        ("eTeks#texturableBox", "Carpet", "carpet"),
        ("eTeks#texturableBox", "Box", "box"),
        ("eTeks#texturableBox", "Buche", "box"),
        ("eTeks#fridgeFreezer", "Fridge & Freezer", "refrigerator"),
        ("eTeks#tvUnit", "TV unit", "TV stand"),
        ("eTeks#washbasinWithCabinet", "Washbasin with cabinet", "washbasin"),
        ("Someone#x17", "Wooden coffee table", "coffee table"),
        (None, "Flat TV", "television"),
        (None, "Thing", None),
    ],
)
def test_pieces_are_known_by_their_catalogue_first_and_by_their_names_where_it_says_little(
    catalogue: str | None, name: str, category: str | None
) -> None:
    assert category_of(catalogue, name) == category


def test_homes_are_known_by_their_names_and_those_of_the_first_folder_come_first(tmp_path: Path) -> None:
    for name in ("a/Flat.xml", "a/notes.txt", "b/Flat.sh3d", "b/House.SH3D"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = homes_in([tmp_path / "a", tmp_path / "b", tmp_path / "c"])
    assert found == {"Flat": tmp_path / "a/Flat.xml", "House": tmp_path / "b/House.SH3D"}


def test_credits_name_author_copyright_and_the_licence_that_was_chosen() -> None:
    said = "<property name='Author' value='A | B'/><property name='License' value='GPL or CC-BY 3.0'/>"
    text = credits_text([home(licence=said)], "somewhere")
    assert "| by-hand | A \\| B | not stated | CC-BY-3.0 | GPL or CC-BY 3.0 |" in text
    assert "https://creativecommons.org/licenses/by/3.0/legalcode" in text
