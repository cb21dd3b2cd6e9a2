"""Runs DetAny3D for another process. This file is started by the interpreter of that detector's own environment.

It knows nothing of this project and needs Python 3.8, numpy and what the official code itself needs. One JSON object a
line, on the standard input and output that it was started with:

    first request   {"protocol": 1, "repo": folder, "config": file, "box_threshold": x, "text_threshold": x}
    first answer    {"protocol": 1, "loaded": {...}}           or {"protocol": 1, "error": text, "kind": kind}
    request         {"id": n, "image": file, "prompt": text, "intrinsics": 3 x 3, "size": [width, height]}
    answer          {"id": n, "detections": [...]}             or {"id": n, "error": text, "kind": kind}

Kinds are package, repo, device, memory, grounding, image and failure. It ends when its input does.
"""

from __future__ import annotations

import importlib
import json
import os
import queue
import sys
import threading
import traceback
from typing import TYPE_CHECKING, Any, Dict, TextIO  # noqa: UP035 - see Answer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

PROTOCOL = 1
Answer = Dict[str, Any]  # noqa: UP006 - Python 3.8 has no dict[...]
# Packages that are imported by another name than they are installed by.
_INSTALLED_AS = {
    "PIL": "Pillow",
    "box": "python-box",
    "cv2": "opencv-python",
    "groundingdino": "GroundingDINO, from its repository",
    "skimage": "scikit-image",
    "yaml": "PyYAML",
}


class Refusal(Exception):  # noqa: N818 - it becomes an answer, not an error
    """What cannot be done, and of which kind the reason is."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


def take_streams() -> tuple[TextIO, TextIO]:
    """The two ends of the talk, for nobody else: what libraries print goes to stderr, and they have nothing to read."""
    requests, answers = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return requests, answers


def lines_of(requests: TextIO) -> Iterator[str]:
    """Lines as they come. A thread reads, so that the end of the input ends the process in the middle of its work too."""
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        for line in requests:
            lines.put(line)
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    while True:
        yield lines.get()


def load(settings: Answer) -> Any:
    """The detector of the checkout, ready for work."""
    repo = os.path.realpath(settings["repo"])
    sys.path.insert(0, repo)
    module = imported(repo)
    require_gpu()
    inference = module.DetAny3DInference(settings["config"])
    if not getattr(inference, "dino_available", True):
        # The official code goes on without it and answers every text with no detections.
        imported_or_refused("groundingdino.util.inference")
        raise Refusal("grounding", "GroundingDINO did not load its configuration or its weights")
    inference.box_threshold = settings["box_threshold"]
    inference.text_threshold = settings["text_threshold"]
    # It draws colours from the picture for a drawing that nobody asks for, and fails where a picture is black.
    inference.generate_colors = lambda *_, **__: [(1.0, 1.0, 1.0)]
    return inference


def imported(repo: str) -> ModuleType:
    module = imported_or_refused("models.model")
    if not os.path.realpath(module.__file__ or "").startswith(repo + os.sep):
        raise Refusal("repo", f"the package `models` of the environment hides that of the checkout: {module.__file__}")
    if not hasattr(module, "DetAny3DInference"):
        raise Refusal("repo", "models/model.py has no class DetAny3DInference")
    return module


def imported_or_refused(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        package = (error.name or "").split(".")[0]
        if package in ("models", "utils"):
            raise Refusal("repo", f"it has no module {error.name}") from error
        installed_as = _INSTALLED_AS.get(package, package)
        raise Refusal("package", f"{package} is missing (to install: {installed_as})") from error
    except ImportError as error:
        raise Refusal("package", f"{error.name or name} cannot be imported: {error}") from error


def require_gpu() -> None:
    torch = sys.modules.get("torch")
    if torch is not None and not torch.cuda.is_available():
        raise Refusal("device", f"torch {torch.__version__} sees no CUDA GPU")


def described() -> Answer:
    """What the answers may depend on."""
    torch = sys.modules.get("torch")
    loaded = {"python": sys.version.split()[0]}
    if torch is not None:
        loaded.update(torch=str(torch.__version__), device=str(torch.cuda.get_device_name(0)))
    return loaded


def detections_of(inference: Any, request: Answer) -> list[Answer]:
    import numpy as np

    check_picture(request)
    result = inference.predict(
        request["image"],
        text_prompts=[request["prompt"]],
        point_coords=None,
        bbox_coords=None,
        output_dir=None,
        show_orientation=False,
        gt_camera_intrinsics=np.array(request["intrinsics"], dtype=np.float64),
    )
    return list(result["detections"])


def check_picture(request: Answer) -> None:
    from PIL import Image

    try:
        with Image.open(request["image"]) as picture:
            picture.load()
            size = list(picture.size)
    except (OSError, ValueError, SyntaxError) as error:
        raise Refusal("image", f"the picture cannot be read: {error}") from error
    if size != list(request["size"]):
        raise Refusal("image", f"the picture has {size} pixels, its intrinsics are for {request['size']}")


def reason_of(error: BaseException) -> Answer:
    """The kind and text of whatever went wrong."""
    if isinstance(error, Refusal):
        return {"kind": error.kind, "error": str(error)}
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, MemoryError) or "out of memory" in text.lower():
        return {"kind": "memory", "error": text}
    return {"kind": "failure", "error": text}


def free_memory() -> None:
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.cuda.empty_cache()


def main() -> None:
    requests, answers = take_streams()

    def say(answer: Answer) -> None:
        answers.write(json.dumps(answer, default=lambda value: value.tolist()) + "\n")
        answers.flush()

    lines = lines_of(requests)
    try:
        inference = load(json.loads(next(lines)))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever libraries raise becomes an answer
        traceback.print_exc()
        say(dict(reason_of(error), protocol=PROTOCOL))
        return
    say({"protocol": PROTOCOL, "loaded": described()})
    for line in lines:
        request = json.loads(line)
        try:
            say({"id": request["id"], "detections": detections_of(inference, request)})
        except (Exception, SystemExit) as error:
            traceback.print_exc()
            if "CUDA error" in str(error):
                # Nothing works on this device after such an error but in a new process.
                raise
            say(dict(reason_of(error), id=request["id"]))
            free_memory()


if __name__ == "__main__":
    main()
