"""How the simulator is started, and that what it says is read as it says it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from dagster_gsi.sources.thor_controller import Lens, Refusal, act, open_controller
from dagster_gsi.sources.thor_scene import read_state
from tests.thor_by_hand import StandIn, kitchen

LENS = Lens(64, 48, 50.0, "Low")
PACKAGE = {
    "__init__.py": "",
    "controller.py": (
        "class Controller:\n    def __init__(self, **settings): self.settings = settings\n    def stop(self): pass\n"
    ),
    "platform.py": "STR_PLATFORM_MAP = {'CloudRendering': 'vulkan', 'Linux64': 'x11', 'OSXIntel64': 'mac'}\n",
    "build.py": (
        "COMMIT_ID = 'f0825'\n"
        "class Build:\n"
        "    def __init__(self, platform, commit_id, include_private_scenes, releases_dir=None):\n"
        "        self.base_dir = f'{releases_dir}/thor-{platform}-{commit_id}'\n"
        "        self.url = f'http://127.0.0.1:9/builds/thor-{platform}-{commit_id}.zip'\n"
    ),
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package by the name of the real one, with the parts of it that are used; and a home without any build."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "ai2thor"]:
        monkeypatch.delitem(sys.modules, name)
    folder = tmp_path / "packages" / "ai2thor"
    folder.mkdir(parents=True)
    for name, text in PACKAGE.items():
        (folder / name).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(folder.parent)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture(autouse=True)
def _forget(monkeypatch: pytest.MonkeyPatch):  # noqa: ANN202
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.partition(".")[0] == "ai2thor":
            del sys.modules[name]


def test_nothing_is_downloaded_unasked_and_the_size_is_told(package: Path) -> None:
    with pytest.raises(
        ValueError, match=r"--download fetches it: http.*thor-vulkan-f0825.zip, of a size that its server"
    ):
        open_controller("FloorPlan1", LENS, build="CloudRendering")


def test_a_build_that_is_there_is_used_as_it_is(package: Path) -> None:
    (package / ".ai2thor" / "releases" / "thor-x11-f0825").mkdir(parents=True)
    controller = open_controller("FloorPlan1", LENS, build="Linux64")
    settings = controller.settings  # type: ignore[attr-defined]
    assert settings == {
        "scene": "FloorPlan1",
        "width": 64,
        "height": 48,
        "fieldOfView": 50.0,
        "quality": "Low",
        "platform": "x11",
        "commit_id": "f0825",
        "agentMode": "default",
        "visibilityDistance": 20.0,
        "gridSize": 0.25,
        "snapToGrid": False,
        "renderDepthImage": True,
        "renderInstanceSegmentation": True,
    }


def test_ones_own_build_needs_no_other(package: Path) -> None:
    program = package / "thor-Linux64-local"
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    with pytest.raises(
        ValueError, match=r"thor-Linux64-local: that is no program that can be started, and none of Cloud"
    ):
        open_controller("FloorPlan1", LENS, build=str(program))
    program.chmod(0o755)
    settings = open_controller("FloorPlan1", LENS, build=str(program)).settings  # type: ignore[attr-defined]
    assert settings["local_executable_path"] == str(program)
    assert "platform" not in settings


def test_without_the_package_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ai2thor.controller", None)
    with pytest.raises(ValueError, match=r"pip install 'ai2thor==5.0.0', and see docs/sources.md"):
        open_controller("FloorPlan1", LENS, build="CloudRendering")


def test_an_action_that_would_be_forced_is_never_sent() -> None:
    controller = StandIn({"FloorPlan1": kitchen})
    controller.reset("FloorPlan1")
    with pytest.raises(AssertionError):
        act(controller, "TeleportObject", objectId="x", forceAction=True)
    assert controller.asked == []


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("Mug|1 is colliding with Wall|2 after teleport.", "something is in the way"),
        ("Spawn area not clear (Sink|1) is in the way), can't place object at that point", "something is in the way"),
        ("Cannot teleport object in hand.", "TeleportObject fails"),
    ],
)
def test_refusals_are_counted_by_kind_and_keep_their_words(message: str, reason: str) -> None:
    class Unwilling(StandIn):
        def _TeleportObject(self, **_: object):  # noqa: ANN202
            return message, None

    controller = Unwilling({"FloorPlan1": kitchen})
    controller.reset("FloorPlan1")
    assert act(controller, "TeleportObject", objectId="Mug|1") == Refusal(reason, message)


def test_the_packages_own_event_is_read_like_the_stand_ins() -> None:
    """Bytes as Unity sends them, through the code of the real package, where it is installed."""
    server = pytest.importorskip("ai2thor.server")
    event = StandIn({"FloorPlan1": kitchen}).reset("FloorPlan1")
    colours = {item.id: [10 + index, 20, 30] for index, item in enumerate(event.items)}
    metadata = {**event.metadata, "colors": [{"name": name, "color": colour} for name, colour in colours.items()]}
    real = server.Event(metadata)
    ids_HW3 = np.zeros_like(event.frame)
    for name, mask_HW in event.instance_masks.items():
        ids_HW3[mask_HW] = colours[name]
    opaque_HW1 = np.full((*event.frame.shape[:2], 1), 255, dtype=np.uint8)
    # Unity counts rows from below, and with four channels.
    real.add_image(np.flip(np.concatenate([event.frame, opaque_HW1], axis=2), axis=0).tobytes())
    real.add_image_ids(np.flip(np.concatenate([ids_HW3, opaque_HW1], axis=2), axis=0).tobytes())
    real.add_image_depth(
        np.flip(event.depth_frame / 19.9, axis=0).astype(np.float32).tobytes(),
        depth_format=server.DepthFormat.Meters,
        camera_near_plane=0.1,
        camera_far_plane=20.0,
    )
    expected, found = read_state(event), read_state(real)
    assert np.array_equal(found.rgb_HW3, expected.rgb_HW3)
    assert found.depth_HW == pytest.approx(expected.depth_HW, rel=1e-6)
    assert found.masks.keys() == expected.masks.keys()
    assert all(np.array_equal(found.masks[name], mask_HW) for name, mask_HW in expected.masks.items())
