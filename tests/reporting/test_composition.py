"""Sets whose counts can be worked out on paper."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_gsi.quality.separation import Usage
from dagster_gsi.reporting.composition import Composition, Tally, composition_of, evenness
from dagster_gsi.samples.manifest import write_manifest
from dagster_gsi.samples.sample import Sample
from dagster_gsi.samples.shards import write_shard
from dagster_gsi.scenes.catalogue import Catalogue
from dagster_gsi.scenes.scene import Interior
from tests.samples_by_hand import make_pair
from tests.toy_assets import write_toy_catalogue

COUNTS = st.lists(st.integers(1, 50), min_size=2, max_size=20)


def composed(root: Path, *samples: Sample) -> Composition:
    folder = root / "toy-test"
    folder.mkdir()
    _, pictures = make_pair(0)
    write_shard(folder / "shard-00000.tar", [(sample, pictures) for sample in samples])
    write_manifest(folder)
    catalogue = Catalogue(root / "assets") if (root / "assets").exists() else write_toy_catalogue(root / "assets")
    return composition_of(folder, Usage(catalogue))


def eight(**changes: object) -> list[Sample]:
    """Two of each of four operations; the changes are those of the first."""
    first, *others = (make_pair(number)[0] for number in range(8))
    return [replace(first, **changes), *others]


def tally_of(composition: Composition, title: str) -> Tally:
    (found,) = (tally for tally in composition.tallies if tally.title == title)
    return found


def test_amounts_directions_and_categories_are_counted(tmp_path: Path) -> None:
    made = composed(tmp_path, *eight())
    assert [(tally.title, tally.counts, tally.num_values) for tally in made.tallies] == [
        ("Operations", (("move", 2), ("rotate", 2), ("scale", 2), ("remove", 2)), 4),
        ("move: which way", (("left", 2),), 1),
        ("move: how much", (("15 cm", 2),), 1),
        ("rotate: which way", (("counterclockwise", 2),), 1),
        ("rotate: how much", (("45°", 2),), 1),
        ("scale: which way", (("up", 2),), 1),
        ("scale: how much", (("× 1.25", 2),), 1),
        ("remove: which one", (("leftmost", 2),), 1),
        ("Categories of targets", (("book", 6), ("mug", 2)), 2),
        ("Supports", (("table", 8),), 1),
    ]
    assert tally_of(made, "Operations").evenness == pytest.approx(1.0)
    assert tally_of(made, "move: which way").evenness is None
    # -(3/4 ld 3/4 + 1/4 ld 1/4)
    assert tally_of(made, "Categories of targets").evenness == pytest.approx(0.811278, abs=1e-6)


def test_acceptance_is_of_candidates_and_what_is_no_operation_s_stands_aside(tmp_path: Path) -> None:
    reasons = {"move: hidden after": 6, "rules: scale: collision": 90, "scene: things toppled": 3}
    made = composed(tmp_path, *eight(rejections=reasons))
    assert made.acceptance == pytest.approx(8 / 14)
    assert [(cell.operation, cell.pairs, cell.acceptance, cell.num_excluded) for cell in made.cells] == [
        ("move", 2, 0.25, 0),
        ("rotate", 2, 1.0, 0),
        ("scale", 2, 1.0, 90),
        ("remove", 2, 1.0, 0),
    ]
    assert made.tallies[-1] == Tally("Left aside", (("scene: things toppled", 3),))


def test_of_an_imported_set_all_reasons_are_listed_and_nothing_is_a_cell(tmp_path: Path) -> None:
    made = composed(tmp_path, *eight(rejections={"view: shows too little": 2}, provenance={"origin": "AI2-THOR 5"}))
    assert (made.acceptance, made.cells) == (None, ())
    assert made.tallies[-1] == Tally("Given up", (("view: shows too little", 2),))


def test_rooms_are_counted_with_their_homes(tmp_path: Path) -> None:
    def in_room(sample: Sample, home: str, room: str) -> Sample:
        interior = Interior(home=home, room=room, shell="s", floor="f", wall="w")
        return replace(sample, before=replace(sample.before, room=interior))

    places = [("A", "Kitchen")] * 2 + [("A", "Hall")] + [("B", "Kitchen")] * 5
    made = composed(tmp_path, *(in_room(sample, *place) for sample, place in zip(eight(), places, strict=True)))
    assert tally_of(made, "Homes").counts == (("B", 5), ("A", 3))
    assert tally_of(made, "Rooms").counts == (("B, Kitchen", 5), ("A, Kitchen", 2), ("A, Hall", 1))
    assert tally_of(made, "Rooms").num_values == 3


def test_names_beyond_sixteen_are_one_line_but_all_count_for_evenness(tmp_path: Path) -> None:
    samples = []
    for number in range(18):
        sample = replace(make_pair(0)[0], id=f"toy-test-{number}")
        body = replace(sample.before.supports[0].body, asset=f"table-{number:02d}")
        support = replace(sample.before.supports[0], body=body)
        samples.append(replace(sample, before=replace(sample.before, supports=(support,))))
    supports = tally_of(composed(tmp_path, *samples), "Supports")
    assert len(supports.counts) == 17
    assert supports.counts[-1] == ("2 more", 2)
    assert (supports.num_values, supports.evenness) == (18, pytest.approx(1.0))


@given(counts=COUNTS, factor=st.integers(2, 9))
def test_evenness_is_of_shares_and_not_of_numbers_or_their_order(counts: list[int], factor: int) -> None:
    found = evenness(counts)
    assert found is not None
    assert 0 < found <= 1 + 1e-12
    assert evenness([factor * count for count in reversed(counts)]) == pytest.approx(found)


@given(count=st.integers(1, 50), values=st.integers(2, 20))
def test_equal_counts_are_even_and_one_more_is_less_so(count: int, values: int) -> None:
    assert evenness([count] * values) == pytest.approx(1.0)
    more = evenness([count + 1, *[count] * (values - 1)])
    assert more is not None
    assert more < 1.0


def test_evenness_is_the_entropy_over_that_of_equal_counts() -> None:
    assert evenness([1, 1, 2]) == pytest.approx(1.5 * math.log(2) / math.log(3))
    assert evenness([7]) is None
    assert evenness([]) is None
