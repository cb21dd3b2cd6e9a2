"""What is asked of AI2-THOR's controller, and how the real one is started.

Actions are asked for and never forced: of what the simulator refuses there is no sample.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from dagster_gsi.synthesis.rejection import Rejection

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

VERSION = "5.0.0"
"""Of the package, as in pyproject.toml."""

BUILDS = ("CloudRendering", "Linux64", "OSXIntel64")
"""Of the simulator's program, by their makers' names."""
Quality = Literal["Very Low", "Low", "Medium", "High", "Very High", "Ultra"]

# What is in the picture counts as visible however far away; rooms are smaller than this.
_VISIBILITY = 20.0
_SETTINGS = {
    "agentMode": "default",
    "visibilityDistance": _VISIBILITY,
    "gridSize": 0.25,
    # Views look along the diagonals of the grid, too.
    "snapToGrid": False,
    "renderDepthImage": True,
    "renderInstanceSegmentation": True,
}


class Event(Protocol):
    """What comes back from every action: the state of the scene, and what the agent's camera sees of it."""

    @property
    def metadata(self) -> Mapping[str, Any]: ...
    @property
    def frame(self) -> NDArray[np.uint8]:
        """(height, width, 3) RGB."""

    @property
    def depth_frame(self) -> NDArray[np.float32]:
        """(height, width) metres along the optical axis."""

    @property
    def instance_masks(self) -> Mapping[str, NDArray[np.bool_]]:
        """(height, width) by objectId; what is not seen is not in it."""


class Controller(Protocol):
    """The part of `ai2thor.controller.Controller` that is used here."""

    def reset(self, scene: str) -> Event:
        """Load the scene anew, every object where it was made to be."""

    def step(self, action: str, **arguments: Any) -> Event:
        """Do one action; `metadata` says whether it was done, and why not."""

    def stop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Refusal(Rejection):
    """An action that was not done."""

    message: str
    """The simulator's own words."""


@dataclass(frozen=True, slots=True)
class Lens:
    """What the pictures are like."""

    width: int
    height: int
    fov: float
    """Vertical field of view in degrees, as Unity counts it."""
    quality: Quality = "Ultra"


def act(controller: Controller, action: str, **arguments: Any) -> Event | Refusal:
    """Do one action without forcing it."""
    assert not any(argument.startswith("force") for argument in arguments)
    event = controller.step(action=action, **arguments)
    if event.metadata["lastActionSuccess"]:
        return event
    message = str(event.metadata["errorMessage"])
    # "... is colliding with ... after teleport", "Spawn area not clear (...) is in the way".
    in_the_way = any(words in message for words in ("colliding", "not clear", "in the way"))
    return Refusal("something is in the way" if in_the_way else f"{action} fails", message)


def open_controller(scene: str, lens: Lens, *, build: str, download: bool = False) -> Controller:
    """Start the simulator.

    `build` is a name of `BUILDS`, whose program is downloaded only where `download` says so, or the path of a program.
    """
    try:
        package = import_module("ai2thor.controller")
    except ModuleNotFoundError as error:
        raise ValueError(
            f"AI2-THOR needs the package ai2thor ({error}): pip install 'ai2thor=={VERSION}', and see docs/sources.md for "
            "what is to be mended after that"
        ) from None
    where = _known_build(build, download=download) if build in BUILDS else _own_build(Path(build))
    settings = {"width": lens.width, "height": lens.height, "fieldOfView": lens.fov, "quality": lens.quality}
    controller: Controller = package.Controller(scene=scene, **settings, **where, **_SETTINGS)
    return controller


def _own_build(program: Path) -> dict[str, Any]:
    if not program.is_file() or not os.access(program, os.X_OK):
        raise ValueError(
            f"--build {program}: that is no program that can be started, and none of {', '.join(BUILDS)}; name the file "
            "thor-... in an unpacked build"
        )
    return {"local_executable_path": str(program)}


def _known_build(name: str, *, download: bool) -> dict[str, Any]:
    """The build that belongs to the package, as its controller takes it."""
    builds, platforms = import_module("ai2thor.build"), import_module("ai2thor.platform")
    platform = platforms.STR_PLATFORM_MAP[name]
    releases = Path.home() / ".ai2thor" / "releases"
    build = builds.Build(platform, builds.COMMIT_ID, include_private_scenes=False, releases_dir=str(releases))
    if not Path(build.base_dir).is_dir():
        told = f"{build.url}, {_size(build.url)}, is unpacked into {releases}"
        if not download:
            raise ValueError(
                f"AI2-THOR's program for {name} is not on this machine. --download fetches it: {told}. Or name the program of "
                "a build that you have by --build"
            )
        print(told)
    return {"platform": platform, "commit_id": builds.COMMIT_ID}


def _size(url: str) -> str:
    """How much a download is, asked of its server."""
    import httpx

    try:
        length = httpx.head(url, follow_redirects=True, timeout=10).headers.get("Content-Length")
    except httpx.HTTPError:
        length = None
    return "of a size that its server does not say" if length is None else f"{int(length) / 1e6:,.0f} MB"
