"""Scenes and edits as JSON documents and back. Every field is written out: the files outlive the classes."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from dagster_gsi.geometry.camera import Camera
from dagster_gsi.geometry.pose import Pose
from dagster_gsi.operations import OPERATIONS
from dagster_gsi.scenes.scene import Lighting, Room, Scene, Thing, Words

if TYPE_CHECKING:
    from dagster_gsi.operations.base import Operation

Document = dict[str, Any]


def scene_to_document(scene: Scene) -> Document:
    return {
        "support": _thing_to_document(scene.support),
        "surface": scene.surface,
        "support_texture": scene.support_texture,
        "things": [_thing_to_document(thing) for thing in scene.things],
        "camera": camera_to_document(scene.camera),
        "room": asdict(scene.room),
        "lighting": asdict(scene.lighting),
    }


def scene_from_document(document: Document) -> Scene:
    lighting = document["lighting"]
    return Scene(
        support=_thing_from_document(document["support"]),
        surface=document["surface"],
        support_texture=document["support_texture"],
        things=tuple(_thing_from_document(thing) for thing in document["things"]),
        camera=camera_from_document(document["camera"]),
        room=Room(**document["room"]),
        lighting=Lighting(**{**lighting, "lamp_3": tuple(lighting["lamp_3"]), "lamp_rgb": tuple(lighting["lamp_rgb"])}),
    )


def camera_to_document(camera: Camera) -> Document:
    return {
        "pose_wc": _pose_to_document(camera.pose_wc),
        "matrix": camera.matrix_33.tolist(),
        "width": camera.width,
        "height": camera.height,
    }


def camera_from_document(document: Document) -> Camera:
    (fx, _, cx), (_, fy, cy), _ = document["matrix"]
    return Camera(_pose_from_document(document["pose_wc"]), fx, fy, cx, cy, document["width"], document["height"])


def edit_to_document(edit: Operation) -> Document:
    return {"operation": edit.name, **asdict(edit)}  # type: ignore[call-overload]


def edit_from_document(document: Document) -> Operation:
    fields = dict(document)
    name = fields.pop("operation")
    if name not in OPERATIONS:
        raise ValueError(f"unknown operation {name!r}; known are: {', '.join(OPERATIONS)}")
    return OPERATIONS[name](**fields)


def _thing_to_document(thing: Thing) -> Document:
    return {
        "name": thing.name,
        "asset": thing.asset,
        "category": asdict(thing.category),
        "description": asdict(thing.description),
        "size": thing.size_3.tolist(),
        "symmetry": thing.symmetry,
        "pose_wo": _pose_to_document(thing.pose_wo),
        "scale": thing.scale,
    }


def _thing_from_document(document: Document) -> Thing:
    return Thing(
        name=document["name"],
        asset=document["asset"],
        category=Words(**document["category"]),
        description=Words(**document["description"]),
        size_3=np.array(document["size"], dtype=np.float64),
        symmetry=document["symmetry"],
        pose_wo=_pose_from_document(document["pose_wo"]),
        scale=document["scale"],
    )


def _pose_to_document(pose: Pose) -> Document:
    return {"rotation": pose.rotation_33.tolist(), "translation": pose.translation_3.tolist()}


def _pose_from_document(document: Document) -> Pose:
    return Pose(np.array(document["rotation"]), np.array(document["translation"]))
