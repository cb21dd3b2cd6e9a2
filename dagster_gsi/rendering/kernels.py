"""One compiled kernel for all scenes of a process, and of the next process.

Dr.Jit writes into a kernel the highest numbers of the shapes, materials and lights that are alive and the code of each
kind of material among them. Left alone, every scene has its own kernel, and compiling it takes longer than a small
picture. So a few are kept alive that have high numbers and show every kind; kernels on disk (`~/.drjit`) then fit too.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from dagster_gsi.rendering.materials import one_of_each_kind

# More than two scenes of the largest kind hold together; above that, kernels are compiled again.
_NUM_SHAPES, _NUM_MATERIALS, _NUM_EMITTERS = 160, 480, 8


@cache
def stand_ins(variant: str) -> tuple[Any, ...]:
    """Objects of the current `variant` that belong to no scene, to be kept while the process lives."""
    import mitsuba as mi

    assert mi.variant() == variant
    materials = [mi.load_dict({"type": "principled"}) for _ in range(_NUM_MATERIALS)]
    kinds = [mi.load_dict(kind) for kind in one_of_each_kind()]
    shapes = [_triangle() for _ in range(_NUM_SHAPES)]
    sky = mi.Bitmap(np.ones((2, 4, 3), dtype=np.float32))
    emitters = [mi.load_dict({"type": "envmap", "bitmap": sky}) for _ in range(_NUM_EMITTERS)]
    # The others go, and their numbers become free for scenes.
    return materials[-1], *kinds, shapes[-1], emitters[-1]


def _triangle() -> Any:
    import mitsuba as mi

    return mi.Mesh("stand-in", 3, 1, has_vertex_normals=True, has_vertex_texcoords=True)
