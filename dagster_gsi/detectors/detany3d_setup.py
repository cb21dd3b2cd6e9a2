"""What has to be there before DetAny3D can run, and how the official code finds it.

The official code names its weights relative to the working folder. It is run in a scratch folder whose links stand for
what `prepare_weights.sh` would link into the checkout, so that nothing is written to either.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_gsi.detectors import detany3d_worker

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dagster_gsi.detectors.params import DetAny3DParams

# Where the official code looks, relative to its working folder.
_LINKS = (
    "checkpoints/detany3d/detany3d_ckpts/other_exp_ckpt.pth",
    "checkpoints/detany3d/sam_ckpts/sam_vit_h_4b8939.pth",
    "checkpoints/detany3d/dino_ckpts/dinov2_vitl14_pretrain.pth",
    "GroundingDINO/groundingdino/config/GroundingDINO_SwinB_cfg.py",
    "GroundingDINO/weights/groundingdino_swinb_cogcoor.pth",
)
_CONFIG = "utils/detect_anything/configs/demo.yaml"
# Of this project's own environment; the other interpreter has its own.
_OURS = ("PYTHONPATH", "PYTHONHOME", "PYTHONSAFEPATH", "PYTHONSTARTUP", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")


@dataclass(frozen=True, slots=True)
class Installation:
    """How to start the worker and what to tell it first."""

    command: tuple[str, ...]
    settings: Mapping[str, Any]
    links: Mapping[str, Path]
    """What the working folder must hold, by relative name."""
    environment: Mapping[str, str]

    def prepare(self, folder: Path) -> None:
        """Lay the links in the working folder."""
        for name, path in self.links.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).symlink_to(path)


def installation(params: DetAny3DParams, root: Path) -> Installation:
    """Check what the settings name; the first thing that is missing is a ValueError that says what to do."""
    repo, weights = _folder(root, params.repo, "repo"), _folder(root, params.weights, "weights")
    for needed in ("models/model.py", _CONFIG):
        if not (repo / needed).is_file():
            raise ValueError(
                f"params.yaml, detectors.detany3d.repo: {repo} has no {needed}; "
                "name the folder `evaluation` of a checkout of https://github.com/aim-uofa/GSI-Bench"
            )
    python = _interpreter(root, params.python)
    worker = Path(detany3d_worker.__file__).resolve()
    return Installation(
        # Isolated: neither our modules nor the user's PYTHONPATH may meet the official packages `models` and `utils`.
        command=(python, "-I", "-B", "-u", "-X", "utf8", str(worker)),
        settings={
            "protocol": detany3d_worker.PROTOCOL,
            "repo": str(repo),
            "config": str(repo / _CONFIG),
            "box_threshold": params.box_threshold,
            "text_threshold": params.text_threshold,
        },
        links=_weights(weights, repo),
        environment=_environment(params.device),
    )


def _folder(root: Path, path: Path, key: str) -> Path:
    folder = (root / path.expanduser()).resolve()
    if not folder.is_dir():
        raise ValueError(f"params.yaml, detectors.detany3d.{key}: there is no folder {folder}; see docs/detectors.md")
    return folder


def _interpreter(root: Path, path: Path) -> str:
    """Links are kept: an environment's interpreter is a link, and finds its packages by its own place."""
    found = shutil.which(path) if len(path.parts) == 1 else str((root / path.expanduser()).absolute())
    if found is None or not os.access(found, os.X_OK) or not Path(found).is_file():
        raise ValueError(
            f"params.yaml, detectors.detany3d.python: {found or path} is no program; name the interpreter of the "
            "environment in which the official code runs, such as /opt/conda/envs/gsi/bin/python"
        )
    return found


def _weights(folder: Path, repo: Path) -> dict[str, Path]:
    """The file for each link: at the official place inside the folder, or anywhere in it by its name.

    GroundingDINO's configuration is part of its source, which may lie in the checkout.
    """
    found, missing = {}, []
    for link in _LINKS:
        name = Path(link).name
        places = [folder / link, folder / link.removeprefix("checkpoints/"), folder / name]
        at_place = next((place for place in places if place.is_file()), None)
        path = at_place or next((p for p in sorted(folder.rglob(name)) if p.is_file()), None)
        if path is None and name.endswith(".py"):
            path = next((p for p in sorted((repo / "src").rglob(name)) if p.is_file()), None)
        if path is None:
            missing.append(name)
        else:
            found[link] = path
    if missing:
        raise ValueError(
            f"params.yaml, detectors.detany3d.weights: {folder} lacks {', '.join(missing)}; "
            "docs/detectors.md says where each comes from"
        )
    return found


def _environment(device: str) -> dict[str, str]:
    """The official code always takes the first GPU it sees, so it is shown one only."""
    environment = {name: value for name, value in os.environ.items() if name not in _OURS}
    number = int(device.removeprefix("cuda:"))
    visible = [name for name in environment.get("CUDA_VISIBLE_DEVICES", "").split(",") if name.strip()]
    if visible and number >= len(visible):
        raise ValueError(
            f"params.yaml, detectors.detany3d.device: {device}, but CUDA_VISIBLE_DEVICES shows {len(visible)}: "
            f"{','.join(visible)}"
        )
    return {**environment, "CUDA_VISIBLE_DEVICES": visible[number].strip() if visible else str(number)}
