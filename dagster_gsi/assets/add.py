"""Models from anywhere become part of a catalogue: measured, asked about, checked, and taken in all at once."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_gsi.assets.answers import Answers, check_figures, check_words, side_yaws
from dagster_gsi.assets.convert import Budget, Shape, convert, extents
from dagster_gsi.assets.found import read_model
from dagster_gsi.assets.gltf import to_glb
from dagster_gsi.assets.guess import METRES, UP_TO_Y_33, Unit, Up, likely_unit, likely_up, plausible_units
from dagster_gsi.assets.licences import TERMS, licence_text
from dagster_gsi.assets.measure import measure, rounded_size
from dagster_gsi.assets.sheet import draw_sides
from dagster_gsi.assets.shelf import Addition, cards_in, missing_from
from dagster_gsi.assets.stability import settled, stands
from dagster_gsi.assets.surfaces import surfaces
from dagster_gsi.assets.symmetry import symmetry
from dagster_gsi.scenes.catalogue import Card
from dagster_gsi.scenes.mesh import load_mesh

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dagster_gsi.assets.form import Form
    from dagster_gsi.assets.obj import ObjModel
    from dagster_gsi.scenes.mesh import Mesh


@dataclass(frozen=True, slots=True)
class Facts:
    """What a model shows by itself, before anybody is asked; with guesses where its file does not say."""

    is_obj: bool
    up: Up
    unit: Unit
    """It is measured in."""
    units: tuple[Unit, ...]
    """In which it would be of a plausible size; empty for one that somebody or the file has said."""
    extents_3: tuple[float, float, float]
    """Width, depth and height in the file's units."""
    size: tuple[float, float, float]
    triangles: int
    symmetry: int
    stands: bool
    heights: tuple[float, ...]
    """Of its support surfaces, in metres."""

    def remarks(self) -> list[str]:
        """Lines for people."""
        width, depth, height = (100 * extent for extent in self.size)
        turns = {0: "from every side the same", 1: "no two sides the same"}
        turned = turns.get(self.symmetry) or f"the same after each turn by {360 // self.symmetry} degrees"
        lines = [
            f"{width:.1f} x {depth:.1f} x {height:.1f} cm (width, depth, height), {self.triangles:,} triangles",
            f"{turned}; {'stands' if self.stands else 'does not stand by itself'}",
        ]
        if self.heights:
            lines.append(f"things can stand on it at {', '.join(f'{100 * at:.0f}' for at in self.heights)} cm")
        if self.is_obj:
            numbers = " x ".join(f"{extent:g}" for extent in self.extents_3)
            lines.append(f"{numbers} in the file, measured as {self.unit}; up is {self.up}")
            if self.units:
                lines.append(f"plausible units: {', '.join(self.units)}; many files are in none: is the size right?")
        return lines

    def known(self) -> dict[str, str]:
        """Answers that need nobody."""
        known: dict[str, str] = {}
        if self.is_obj:
            known["up"] = self.up
        if not self.heights:
            known["kind"] = "object"
        if self.symmetry != 1:
            known["front"] = "none"
        return known

    def likely(self) -> dict[str, str]:
        """Answers that somebody should confirm: a third of the sizes that are plausible in one unit are wrong in it."""
        return {"unit": self.unit} if len(self.units) == 1 else {}


def look(folder: Path, name: str, given: Mapping[str, Any], picture: Path) -> Facts:
    """Measure a model as far as `given` answers and guesses go, and draw its sides, titled by their axes.

    Raises ValueError where it cannot be used.
    """
    model = read_model(folder, name)
    is_obj = name.lower().endswith(".obj")
    up: Up = given.get("up") or (likely_up(model) if is_obj else "y")
    drawn_3 = extents(model, UP_TO_Y_33[up])
    units = plausible_units(max(drawn_3)) if is_obj and not {"unit", "height"} & set(given) else ()
    unit: Unit = given.get("unit") or (likely_unit(max(drawn_3)) if is_obj else "m")
    with _naming(name):
        height = float(given["height"]) if "height" in given else None
        shape = _shape(model, up, unit, float(given.get("scale", 1.0)), height)
        mesh = convert(model, shape, Budget(10_000, 512))
    facts = Facts(
        is_obj=is_obj,
        up=up,
        unit=unit,
        units=units,
        extents_3=drawn_3,
        size=rounded_size(mesh),
        triangles=len(model.corners_F33),
        symmetry=symmetry(mesh),
        stands=stands(mesh),
        heights=tuple(surface.height for surface in surfaces(mesh)),
    )
    azimuths = {axis: -yaw for axis, yaw in side_yaws(up).items()}
    draw_sides(mesh, azimuths, f"{name}: {facts.remarks()[0]}", picture)
    return facts


def prepare(folder: Path, form: Form, root: Path, advance: Callable[[int], None]) -> tuple[Addition, ...]:
    """Everything that the form says and nobody skips, made and checked against the asset folder `root`.

    Raises ValueError with a line for each model that is open or cannot be taken in.
    """
    lines = [f"{name}: {', '.join(keys)}" for name in form.wanted if (keys := form.open(name))]
    if lines:
        raise ValueError(f"nothing is added before {form.path} is filled in; it leaves open\n" + "\n".join(lines))
    said = {name: form.answers(name) for name in form.wanted}
    faults = check_words(said, cards_in(root))
    additions = []
    for name, answers in said.items():
        try:
            additions.append(made(folder, name, answers))
        except ValueError as error:
            faults.append(str(error))
        advance(1)
    if faults:
        raise ValueError(
            "nothing is added: correct these, or say `skip: true` to leave a model out\n" + "\n".join(faults)
        )
    missing_from(root, additions)
    return tuple(additions)


def made(folder: Path, name: str, said: Answers) -> Addition:
    """One model with its card. Raises ValueError that names it where it cannot be used."""
    model = read_model(folder, name)
    with _naming(name):
        return _made(folder, name, said, model)


def as_mesh(model: ObjModel, said: Answers) -> Mesh:
    """The clean mesh in the object's frame."""
    shape = _shape(model, said.up, said.unit, said.scale, said.height)
    shape = replace(shape, yaw=said.yaw, flatten=said.flatten / 1000.0)
    mesh = convert(model, shape, Budget(said.triangles, said.picture_side))
    return settled(mesh) if said.settle else mesh


def _made(folder: Path, name: str, said: Answers, model: ObjModel) -> Addition:
    # First what takes no time: a person waits for the answer.
    text = licence_text(folder, name) if TERMS[said.licence].needs_text else ""
    glb = to_glb(as_mesh(model, said))
    with tempfile.TemporaryDirectory() as place:
        # What is measured is what users will load.
        path = Path(place) / f"{said.id}.glb"
        path.write_bytes(glb)
        measured = measure(load_mesh(path), said.kind)
    check_figures(said, measured)
    card = Card(
        id=said.id,
        kind=said.kind,
        category_en=said.category_en,
        category_zh=said.category_zh,
        description_en=said.description_en,
        description_zh=said.description_zh,
        size=measured.size,
        has_front=said.front != "none",
        symmetry=measured.symmetry,
        surfaces=measured.surfaces,
        creator=said.creator,
        licence=said.licence,
        source=f"{said.source}, {name}",
    )
    return Addition(card, glb, text)


def _shape(model: ObjModel, up: Up, unit: Unit, scale: float, height_cm: float | None) -> Shape:
    rotation_33 = UP_TO_Y_33[up]
    width, depth, height = (extent * METRES[unit] for extent in extents(model, rotation_33))
    if height_cm is not None:
        scale = height_cm / 100 / height
    rows = tuple((row[0], row[1], row[2]) for row in rotation_33.tolist())
    return Shape(size_3=(width, depth, height), rotation_33=rows, scale=scale)


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Put the model's name before what is wrong with it."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
