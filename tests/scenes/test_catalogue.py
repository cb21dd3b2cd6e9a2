"""The catalogue says what it has, and names file and remedy for what it has not."""

import json
from pathlib import Path

import numpy as np
import pytest

from dagster_gsi.scenes.catalogue import Catalogue
from dagster_gsi.scenes.hull import load_hull
from dagster_gsi.scenes.mesh import load_mesh
from tests.toy_assets import toy_scene, write_toy_catalogue


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return write_toy_catalogue(tmp_path / "assets")


def test_a_whole_catalogue_passes_its_check(catalogue: Catalogue) -> None:
    catalogue.check()
    assert catalogue["red-box"].kind == "object"
    assert catalogue.textures == {"floor": ("floor-toy",), "wall": ("wall-toy",), "wood": ("wood-toy",)}
    assert catalogue.environments == ("toy",)


@pytest.mark.parametrize(
    "lost", ["models/red-box.glb", "textures/floor-toy.jpg", "environments/toy.exr", "catalogue.json"]
)
def test_a_missing_file_is_named_before_any_work_begins(catalogue: Catalogue, lost: str) -> None:
    (catalogue.root / lost).unlink()
    with pytest.raises(ValueError, match=rf"{Path(lost).parts[0].split('.')[0]}.*(restore|build)"):
        Catalogue(catalogue.root).check()


def test_a_model_of_another_catalogue_is_named(catalogue: Catalogue) -> None:
    with pytest.raises(ValueError, match="has no model 'unicorn'"):
        catalogue["unicorn"]


def test_a_card_with_an_unknown_key_or_licence_is_refused(catalogue: Catalogue) -> None:
    path = catalogue.root / "catalogue.json"
    cards = json.loads(path.read_text())
    for change in ({"colour": "red"}, {"licence": "CC-BY-NC-4.0"}):
        path.write_text(json.dumps([{**cards[0], **change}]))
        with pytest.raises(ValueError, match=next(iter(change))):
            Catalogue(catalogue.root).check()


@pytest.mark.parametrize("content", [b"", b"glTF garbage", None])
def test_a_corrupt_model_is_named_with_the_remedy(catalogue: Catalogue, content: bytes | None) -> None:
    path = catalogue.model_path("red-box")
    path.write_bytes(path.read_bytes()[:500] if content is None else content)
    with pytest.raises(ValueError, match=r"red-box\.glb cannot be read as glTF.*restore or rebuild"):
        load_mesh(path)


def test_a_mesh_has_the_size_and_the_origin_that_its_card_says(catalogue: Catalogue) -> None:
    points_N3 = load_mesh(catalogue.model_path("red-box")).points()
    np.testing.assert_allclose(np.ptp(points_N3, axis=0), catalogue["red-box"].size, atol=1e-6)
    np.testing.assert_allclose((points_N3.max(axis=0) + points_N3.min(axis=0))[:2], 0, atol=1e-6)
    assert points_N3[:, 2].min() == pytest.approx(0, abs=1e-6)


def test_the_hull_of_a_thing_fills_its_box_and_its_footprint_has_the_area_of_the_base(catalogue: Catalogue) -> None:
    scene = toy_scene(catalogue)
    thing = next(thing for thing in scene.things if thing.asset == "red-box")
    hull = load_hull(catalogue.model_path("red-box"))
    assert hull.footprint(thing).area == pytest.approx(thing.size_3[0] * thing.size_3[1], rel=1e-6)
    assert thing.box.contains(hull.in_world(thing) * (1 - 1e-5) + thing.box.centre_3 * 1e-5).all()


def test_a_thing_of_which_only_the_box_is_known_has_no_model(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="imported from boxes have no models: choose the detector"):
        Catalogue(tmp_path).model_path("")
