"""A stand-in for the official checkout, its weights and its environment: what the real worker is tried on."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from dagster_gsi.detectors.base import Query
from dagster_gsi.detectors.params import DetAny3DParams
from dagster_gsi.scenes.scene import Scene

# The official class's signature. It prints as the official one does, reads from its input, and asserts how it is run.
MODEL = """
import json, os, sys
from pathlib import Path
import numpy as np
from PIL import Image

HERE = Path(__file__).parent

class DetAny3DInference:
    def __init__(self, config_path="./detect_anything/configs/demo.yaml"):
        assert Path(config_path).read_text() == "resume: there"
        print("Loading SAM model...")
        os.system("echo from a child")
        assert sys.stdin.read() == ""
        for name in ("checkpoints/detany3d/detany3d_ckpts/other_exp_ckpt.pth",
                     "checkpoints/detany3d/sam_ckpts/sam_vit_h_4b8939.pth",
                     "checkpoints/detany3d/dino_ckpts/dinov2_vitl14_pretrain.pth",
                     "GroundingDINO/groundingdino/config/GroundingDINO_SwinB_cfg.py",
                     "GroundingDINO/weights/groundingdino_swinb_cogcoor.pth"):
            assert Path(name).read_text() == Path(name).name
        self.dino_available = True
        self.box_threshold, self.text_threshold = 0.1, 0.1

    def generate_colors(self, img, num_colors=100):
        raise ValueError("probabilities contain NaN")

    def predict(self, image_path, text_prompts=None, point_coords=None, bbox_coords=None, output_dir="./results",
                show_orientation=True, gt_camera_intrinsics=None):
        assert self.generate_colors(None)
        assert isinstance(gt_camera_intrinsics, np.ndarray) and gt_camera_intrinsics.shape == (3, 3)
        assert (point_coords, bbox_coords, output_dir, show_orientation) == (None, None, None, False)
        pixels = np.array(Image.open(image_path).convert("RGB"))
        print("Warning: on stdout, as the official code does")
        os.write(1, b"from below Python\\n")
        call = {"prompts": text_prompts, "intrinsics": gt_camera_intrinsics.tolist(), "sum": int(pixels.sum()),
                "thresholds": [self.box_threshold, self.text_threshold], "gpu": os.environ["CUDA_VISIBLE_DEVICES"]}
        with open(HERE / "calls.jsonl", "a") as calls:
            calls.write(json.dumps(call) + "\\n")
        return {"detections": self.detections()}

    def detections(self):
        return json.loads((HERE / "detections.json").read_text())
"""


def write_checkout(folder: Path, model: str = MODEL) -> Path:
    """`evaluation` of a checkout, and a folder with its weights beside it."""
    repo = folder / "GSI Bench/evaluation"
    for name, text in (("models/model.py", model), ("utils/detect_anything/configs/demo.yaml", "resume: there")):
        (repo / name).parent.mkdir(parents=True, exist_ok=True)
        (repo / name).write_text(text, encoding="utf-8")
    weights = folder / "weights"
    for name in (
        "detany3d_ckpts/other_exp_ckpt.pth",
        "sam_vit_h_4b8939.pth",
        "some/where/dinov2_vitl14_pretrain.pth",
        "GroundingDINO/weights/groundingdino_swinb_cogcoor.pth",
        "GroundingDINO_SwinB_cfg.py",
    ):
        (weights / name).parent.mkdir(parents=True, exist_ok=True)
        (weights / name).write_text(Path(name).name, encoding="utf-8")
    return repo


def params(**changes: Any) -> DetAny3DParams:
    """For a checkout that `write_checkout` made in the root."""
    settings = {"repo": "GSI Bench/evaluation", "weights": "weights", "python": sys.executable}
    return DetAny3DParams.model_validate({**settings, "start_timeout_s": 20, "timeout_s": 20, **changes})


def tell(repo: Path, detections: list[dict[str, Any]]) -> None:
    """What the stand-in shall see from now on."""
    (repo / "models/detections.json").write_text(json.dumps(detections), encoding="utf-8")


def calls(repo: Path) -> list[dict[str, Any]]:
    lines = (repo / "models/calls.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def query(scene: Scene, *, seed: int = 0, label: str = "mug", sample_id: str = "a") -> Query:
    camera = scene.camera
    pixels = np.random.default_rng(seed).integers(0, 256, (camera.height, camera.width, 3), dtype=np.uint8)
    return Query(pixels, camera, label, "mug-1", None, sample_id)
