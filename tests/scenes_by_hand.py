"""Small scenes whose numbers can be worked out on paper; no model files are needed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dagster_gsi.geometry.camera import Camera
from dagster_gsi.geometry.pose import Pose
from dagster_gsi.scenes.scene import Lamp, Lighting, Room, Scene, Support, Thing, Words

_UPRIGHT = Pose.upright(0.3, np.zeros(3))


def thing(name: str, category: str, description: str, size: tuple[float, float, float], x: float, y: float) -> Thing:
    return Thing(
        name=name,
        asset=name,
        category=Words(category, f"{category}（中）"),
        description=Words(description, f"{description}（中）"),
        size_3=np.array(size),
        symmetry=1,
        pose_wo=Pose.upright(0.3, np.array([x, y, 0.7])),
        on="table",
    )


def two_mugs_and_a_book() -> Scene:
    """Two mugs and a book on a table 0.7 m high; the camera looks along +y, so left is -x and near is -y."""
    return Scene(
        supports=(
            Support.boxy(replace(thing("table", "table", "wooden table", (1.2, 0.8, 0.7), 0.0, 0.0), pose_wo=_UPRIGHT)),
        ),
        things=(
            thing("mug-1", "mug", "red mug", (0.09, 0.12, 0.1), -0.2, -0.1),
            thing("mug-2", "mug", "blue mug", (0.09, 0.12, 0.1), 0.1, 0.0),
            thing("book", "book", "thick book", (0.2, 0.15, 0.04), 0.0, 0.2),
        ),
        camera=Camera.look_at(np.array([0.0, -1.2, 1.5]), np.array([0.0, 0.0, 0.75]), fov=0.8, width=128, height=96),
        room=Room(floor="floor-toy", wall="wall-toy", depth=1.5, side=2.0, height=2.7),
        lighting=Lighting("toy", 0.5, 1.0, (Lamp((0.5, -0.5, 2.4), 0.8, (10.0, 10.0, 9.0)),)),
    )
