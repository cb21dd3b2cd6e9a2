"""Scenes and edits as JSON documents and back. Every field is written out: the files outlive the classes."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dagster_gsi.geometry.camera import Camera
from dagster_gsi.geometry.pose import Pose
from dagster_gsi.operations import OPERATIONS
from dagster_gsi.scenes.scene import Interior, Lamp, Lighting, Room, Scene, Support, Thing, Words

if TYPE_CHECKING:
    from dagster_gsi.operations.base import Operation

Document = dict[str, Any]


def scene_to_document(scene: Scene) -> Document:
    return {
        **state_to_document(scene),
        "supports": [_support_to_document(support) for support in scene.supports],
        "fixtures": [_thing_to_document(thing) for thing in scene.fixtures],
        "room": {"kind": "interior" if isinstance(scene.room, Interior) else "made-up", **asdict(scene.room)},
        "lighting": asdict(scene.lighting),
    }


def scene_from_document(document: Document) -> Scene:
    return Scene(
        supports=tuple(_support_from_document(support) for support in document["supports"]),
        things=tuple(_thing_from_document(thing) for thing in document["things"]),
        camera=camera_from_document(document["camera"]),
        room=_room_from_document(document["room"]),
        lighting=_lighting_from_document(document["lighting"]),
        fixtures=tuple(_thing_from_document(thing) for thing in document["fixtures"]),
    )


def state_to_document(scene: Scene) -> Document:
    """What edits change: the things and the camera."""
    return {
        "things": [_thing_to_document(thing) for thing in scene.things],
        "camera": camera_to_document(scene.camera),
    }


def state_from_document(document: Document, before: Scene) -> Scene:
    """Another state of the scene `before`."""
    return replace(
        before,
        things=tuple(_thing_from_document(thing) for thing in document["things"]),
        camera=camera_from_document(document["camera"]),
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


def _room_from_document(document: Document) -> Room | Interior:
    fields = {name: value for name, value in document.items() if name != "kind"}
    return Interior(**fields) if document["kind"] == "interior" else Room(**fields)


def _lighting_from_document(document: Document) -> Lighting:
    lamps = tuple(
        Lamp(place_3=tuple(lamp["place_3"]), size=lamp["size"], rgb=tuple(lamp["rgb"])) for lamp in document["lamps"]
    )
    return Lighting(**{**document, "lamps": lamps})


def _support_to_document(support: Support) -> Document:
    return {
        "body": _thing_to_document(support.body),
        "top": support.top,
        "outline": support.outline_N2.tolist(),
        "texture": support.texture,
    }


def _support_from_document(document: Document) -> Support:
    return Support(
        body=_thing_from_document(document["body"]),
        top=document["top"],
        outline_N2=np.array(document["outline"], dtype=np.float64),
        texture=document["texture"],
    )


def _thing_to_document(thing: Thing) -> Document:
    return {
        "name": thing.name,
        "asset": thing.asset,
        "category": asdict(thing.category),
        "description": asdict(thing.description),
        "size": thing.size_3.tolist(),
        "symmetry": thing.symmetry,
        "pose_wo": _pose_to_document(thing.pose_wo),
        "on": thing.on,
        "scale": thing.scale,
        "stretch": thing.stretch_3.tolist(),
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
        on=document["on"],
        scale=document["scale"],
        stretch_3=np.array(document["stretch"], dtype=np.float64),
    )


def _pose_to_document(pose: Pose) -> Document:
    return {"rotation": pose.rotation_33.tolist(), "translation": pose.translation_3.tolist()}


def _pose_from_document(document: Document) -> Pose:
    return Pose(np.array(document["rotation"]), np.array(document["translation"]))
