"""The signs of a plan: furniture, doors, windows, lamps and views."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dagster_gsi.homes.check import footprint_N2
from dagster_gsi.homes.colours import CAMERA, FRONT, GLASS, HIGH, INK, LAMP, OPEN, QUIET, SHINE, WALL, piece_ink

if TYPE_CHECKING:
    from dagster_gsi.geometry.pose import Array
    from dagster_gsi.homes.canvas import Canvas
    from dagster_gsi.homes.home import Opening, Piece
    from dagster_gsi.homes.wall import Wall

# Metres: how far a view is drawn, what is too small to have a front, and where the line of the front is.
_SIGHT, _SMALL, _INSIDE = 0.9, 0.25, 0.045


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A camera seen from above: heading and field of view in radians."""

    name: str
    eye_2: Array
    heading: float
    fov: float


def draw_piece(canvas: Canvas, piece: Piece) -> None:
    """The ground that it covers, with a line along its front."""
    fill, line = piece_ink(piece.category)
    canvas.polygon(footprint_N2(piece), fill=fill, line=line, width=1.2)
    if piece.box.pose_wb.tilt == 0.0 and piece.box.size_3[:2].min() > _SMALL:
        left_2, right_2, rear_2 = (piece.box.footprint_42()[k] for k in (0, 1, 3))
        inwards_2 = (rear_2 - left_2) / np.linalg.norm(rear_2 - left_2) * _INSIDE
        along_2 = (right_2 - left_2) * 0.08
        canvas.line(np.stack([left_2 + inwards_2 + along_2, right_2 + inwards_2 - along_2]), ink=FRONT, width=1.4)


def draw_outline(canvas: Canvas, piece: Piece) -> None:
    """What hangs above the plane at which the plan is cut."""
    outline_N2 = footprint_N2(piece)
    canvas.line(np.concatenate([outline_N2, outline_N2[:1]]), ink=HIGH, width=1.1, dash=4.0)


def draw_opening(canvas: Canvas, opening: Opening, wall: Wall | None) -> None:
    """A hole in its wall, or where it stands alone: with leaves that open, or with a pane."""
    box = opening.piece.box
    depth = wall.thickness if wall is not None else float(box.size_3[1])
    across, through = box.pose_wb.rotation_33[:2, 0], box.pose_wb.rotation_33[:2, 1]
    middle_2 = box.centre_3[:2]
    if wall is not None and opening.along is not None:
        # Boxes hang over on one side; the hole is in the wall's middle.
        heading = wall.direction(opening.along)
        left_2 = np.array([-np.sin(heading), np.cos(heading)])
        middle_2 = middle_2 - through * (wall.locate(middle_2)[1] * float(left_2 @ through))
    half_2, thick_2 = across * float(box.size_3[0]) / 2, through * depth / 2
    gap_42 = middle_2 + np.stack([-half_2 - thick_2, half_2 - thick_2, half_2 + thick_2, thick_2 - half_2])
    canvas.polygon(gap_42, fill=OPEN if opening.kind == "door" else GLASS)
    for side in (-1.0, 1.0):
        canvas.line(np.stack([-half_2, half_2]) + middle_2 + side * thick_2, ink=QUIET, width=1.0)
        canvas.line(np.stack([-thick_2, thick_2]) + middle_2 + side * half_2, ink=WALL, width=1.4)
    if opening.kind == "window":
        canvas.line(np.stack([-half_2, half_2]) + middle_2, ink=WALL, width=1.3)
        return
    for sash in opening.sashes:
        arc_N2 = np.array([sash.edge(share) for share in np.linspace(0.0, 1.0, 24)])
        canvas.line(arc_N2, ink=QUIET, width=0.8)
        canvas.line(np.array([sash.hinge_2, sash.edge(1.0)]), ink=INK, width=2.0)


def draw_lamp(canvas: Canvas, middle_2: Array) -> None:
    """A small sun."""
    for angle in np.arange(8) * np.pi / 4:
        ray_2 = np.array([np.cos(angle), np.sin(angle)]) / canvas.scale
        canvas.line(middle_2 + np.stack([6.5 * ray_2, 9.5 * ray_2]), ink=LAMP, width=1.4)
    canvas.disc(middle_2, 4.5, fill=SHINE, line=LAMP)


def draw_view(canvas: Canvas, view: View) -> None:
    """What a camera sees, as far as a metre, and where it looks."""
    angles_N = view.heading + np.linspace(-view.fov / 2, view.fov / 2, 17)
    arc_N2 = view.eye_2 + _SIGHT * np.stack([np.cos(angles_N), np.sin(angles_N)], axis=1)
    sector_N2 = np.concatenate([view.eye_2[None], arc_N2])
    canvas.polygon(sector_N2, fill=(*CAMERA, 46), line=(*CAMERA, 150), width=0.9)
    canvas.line(np.stack([view.eye_2, arc_N2[8]]), ink=CAMERA, width=1.4)
    canvas.disc(view.eye_2, 4.0, fill=CAMERA, line=(255, 255, 255))
