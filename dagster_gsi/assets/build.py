"""Builds the asset folder: fetches the sources, converts and measures each model, writes cards and credits."""

from __future__ import annotations

import re
import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.assets.convert import Budget, Shape, convert
from dagster_gsi.assets.credits import credits_text
from dagster_gsi.assets.curation import Curation, Recipe, read_curation
from dagster_gsi.assets.gltf import to_glb
from dagster_gsi.assets.libraries import CREATORS, FETCHED, LICENCES, OWN, Listing, fetch_libraries, read_listings
from dagster_gsi.assets.measure import measure
from dagster_gsi.assets.obj import ObjModel, Paint, read_obj
from dagster_gsi.assets.own_models import own_model
from dagster_gsi.assets.shelf import added, catalogue_text, take_in
from dagster_gsi.assets.stability import settled
from dagster_gsi.assets.surroundings import fetch_pmndrs, fetch_robosuite, write_environment, write_texture
from dagster_gsi.scenes.catalogue import Card
from dagster_gsi.scenes.mesh import load_mesh

if TYPE_CHECKING:
    from pathlib import Path

    from dagster_gsi.scenes.catalogue import Kind
    from dagster_gsi.scenes.mesh import Material


def build(destination: Path, cache: Path) -> None:
    """Make the whole asset folder at `destination` from `curation.yaml`; downloads are kept in `cache`.

    The folder that is there is replaced only when everything succeeded. Raises ValueError that names every model which
    cannot be used, and why.
    """
    # Programs run inside the cache, where a relative path would mean another place.
    cache = cache.resolve()
    curation = read_curation()
    libraries, wheel, archive = fetch_libraries(cache), fetch_robosuite(cache), fetch_pmndrs(cache)
    partial = destination.with_name(f"{destination.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    (partial / "models").mkdir(parents=True)
    write_models(curation, libraries, partial)
    for texture in curation.textures:
        write_texture(texture, wheel, libraries, partial / "textures")
    for name in curation.environments:
        write_environment(name, archive, partial / "environments")
    # What people added is theirs: the selection does not know it.
    take_in(partial, added(destination))
    shutil.rmtree(destination, ignore_errors=True)
    partial.rename(destination)


def write_models(curation: Curation, libraries: Path, root: Path) -> None:
    """`models/*.glb`, `catalogue.json` and `CREDITS.md` under `root`."""
    listings = {library: read_listings(libraries / library) for library in FETCHED}
    cards, faults = [], []
    # Spawned: a process forked from one that holds Mitsuba's threads hangs.
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        waiting = [
            (recipe, pool.submit(write_model, kind, recipe, _listed(listings, recipe), libraries, root))
            for kind, recipe in curation.recipes
        ]
        for recipe, made in waiting:
            try:
                cards.append(made.result())
            except ValueError as error:
                faults.append(f"{recipe.id}: {error}")
    if faults:
        raise ValueError("these models cannot be used; correct or remove them in curation.yaml:\n" + "\n".join(faults))
    entries = [card.model_dump(mode="json") for card in cards]
    (root / "catalogue.json").write_text(catalogue_text(entries), encoding="utf-8")
    (root / "CREDITS.md").write_text(credits_text(curation, cards), encoding="utf-8")


def _listed(listings: dict[str, dict[str, Listing]], recipe: Recipe) -> Listing:
    if recipe.library == OWN:
        return own_model(recipe.path)[1]
    try:
        return listings[recipe.library][recipe.path]
    except KeyError:
        raise ValueError(f"{recipe.id}: no library has a model {recipe.model!r}; correct curation.yaml") from None


def write_model(kind: Kind, recipe: Recipe, listing: Listing, libraries: Path, root: Path) -> Card:
    """Convert one model and measure it. Raises ValueError where it does not stand or offers nothing to stand on."""
    shape = Shape(
        size_3=listing.size_3,
        rotation_33=listing.rotation_33,
        yaw=float(np.radians(recipe.yaw)),
        scale=recipe.scale,
        flatten=recipe.flatten / 1000.0,
        groups=recipe.groups,
        without=recipe.without,
    )
    own = recipe.library == OWN
    model = own_model(recipe.path)[0] if own else read_obj(libraries / recipe.model)
    model = repainted(model, recipe.paint)
    if recipe.pictures:
        model = papered(model, recipe.pictures, (libraries / recipe.model).parent)
    path = root / "models" / f"{recipe.id}.glb"
    converted = convert(model, shape, Budget(recipe.triangles, recipe.picture_side))
    path.write_bytes(to_glb(settled(converted) if recipe.settle else converted))
    # What is measured is what users will load.
    measured = measure(load_mesh(path), kind, has_surfaces=recipe.surfaces)
    return Card(
        id=recipe.id,
        kind=kind,
        category_en=recipe.category[0],
        category_zh=recipe.category[1],
        description_en=recipe.description[0],
        description_zh=recipe.description[1],
        size=measured.size,
        has_front=recipe.front,
        symmetry=measured.symmetry,
        surfaces=measured.surfaces,
        creator=CREATORS.get(recipe.library, listing.creator),
        licence=LICENCES[recipe.library],
        source=f"dagster_gsi {recipe.model}" if own else f"Sweet Home 3D {recipe.model}",
    )


def repainted(model: ObjModel, colours: dict[str, str]) -> ObjModel:
    """The model with plain colours for the materials whose names match. Raises ValueError where nothing matches."""
    paints = dict(model.paints)
    for pattern, colour in colours.items():
        red, green, blue = (int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
        for name in _materials(model, pattern):
            paints[name] = replace(_paint(paints, name), diffuse=(red, green, blue), picture=None)
    return replace(model, paints=paints)


def papered(model: ObjModel, pictures: dict[str, str], folder: Path) -> ObjModel:
    """The model with pictures of `folder` for the materials whose names match. Raises ValueError where nothing matches."""
    paints = dict(model.paints)
    for pattern, picture in pictures.items():
        for name in _materials(model, pattern):
            paints[name] = replace(_paint(paints, name), picture=folder / picture)
    return replace(model, paints=paints)


def _materials(model: ObjModel, pattern: str) -> list[str]:
    names = [str(name) for name in np.unique(model.material_F) if re.search(pattern, name)]
    if not names:
        raise ValueError(f"paint {pattern!r} matches none of {sorted(set(model.material_F.tolist()))}")
    return names


def _paint(paints: dict[str, Paint | Material], name: str) -> Paint:
    authored = paints.get(name)
    return authored if isinstance(authored, Paint) else Paint()
