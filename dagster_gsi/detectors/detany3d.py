"""The paper's detector: DetAny3D behind GroundingDINO, in a process and an environment of its own.

Asked as the official code asks it: the target's kind as the text, the picture, and intrinsics in the published frame.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from PIL import Image

from dagster_gsi.detectors.base import Detection, Query, UnansweredError
from dagster_gsi.detectors.detany3d_process import Worker, WorkerCrash, WorkerTimeout
from dagster_gsi.detectors.detany3d_setup import Installation, installation
from dagster_gsi.detectors.official_answer import detection_from
from dagster_gsi.interchange.official_frame import official_frame

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dagster_gsi.detectors.params import DetAny3DParams
    from dagster_gsi.geometry.camera import Camera

# Pictures in a row that ended the worker or its patience, before it is taken for broken: loading takes minutes each time.
_MOST_IN_A_ROW = 3
_WHY_NOT_LOADED = {
    "package": "the environment lacks a package: {error}\n"
    "install it for {python}, as the README of the official code says",
    "repo": "params.yaml, detectors.detany3d.repo: {repo} is not the official code: {error}",
    "device": "params.yaml, detectors.detany3d.device: {error}; it needs an NVIDIA GPU and a torch built for it",
    "memory": "the GPU's memory ran out while the models were loaded: {error}\n"
    "free some, name another detectors.detany3d.device, or set evaluate.workers to 1: each has its own models",
    "grounding": "{error}: without it no text is understood. Its text encoder, bert-base-uncased, must be in the "
    "Hugging Face cache or reachable; the end of its errors:\n{tail}",
}
_NOT_LOADED = "the models could not be loaded: {error}; the end of its errors:\n{tail}"


class DetAny3D:
    """Starts its worker when it is first asked, and ends it with itself."""

    finds_all: ClassVar[bool] = True
    any_label: ClassVar[bool] = True

    def __init__(self, made: Installation, params: DetAny3DParams) -> None:
        self.installation, self.params = made, params
        self.version = f"detany3d-1 (box {params.box_threshold:g}, text {params.text_threshold:g})"
        self._scratch = tempfile.TemporaryDirectory(prefix="detany3d-")
        self._folder = Path(self._scratch.name)
        made.prepare(self._folder)
        self._worker: Worker | None = None
        self._given_up: str | None = None
        self._failed_in_a_row = self._asked = 0

    def detect(self, query: Query) -> tuple[Detection, ...]:
        frame = official_frame(query.camera)
        detections = self._answer(query, frame)
        try:
            return tuple(detection_from(record, query.label, frame) for record in detections)
        except ValueError as error:
            raise UnansweredError(f"detany3d answered with what is no box: {error}") from error

    def close(self) -> None:
        """End the worker. Asked again, it starts another."""
        if self._worker is not None:
            self._worker.end()
            self._worker = None

    def _answer(self, query: Query, frame: Camera) -> list[dict[str, Any]]:
        if self._given_up is not None:
            raise ValueError(self._given_up)
        height, width = query.picture_HW3.shape[:2]
        path = self._folder / "picture.png"
        Image.fromarray(query.picture_HW3).save(path)
        self._asked += 1
        request = {
            "id": self._asked,
            "image": str(path),
            "prompt": query.label,
            "intrinsics": frame.matrix_33.tolist(),
            "size": [width, height],
        }
        try:
            answer = self._asked_twice(request)
        except (WorkerCrash, WorkerTimeout) as error:
            raise self._counted(str(error)) from None
        self._failed_in_a_row = 0
        if "error" not in answer:
            return list(answer["detections"])
        if answer.get("kind") == "memory":
            self._given_up = (
                f"detany3d ran out of GPU memory: {answer['error']}\n"
                "free some, name another detectors.detany3d.device, or set evaluate.workers to 1"
            )
            self.close()
            raise ValueError(self._given_up)
        raise UnansweredError(f"detany3d could not look at the picture: {answer['error']}")

    def _asked_twice(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The answer; a worker that crashes is started again once, because others use its GPU as well."""
        for last in (False, True):
            if self._worker is None:
                self._worker = self._started()
            try:
                return self._worker.ask(dict(request), self.params.timeout_s)
            except WorkerCrash as crash:
                self._worker = None
                if last:
                    raise WorkerCrash(f"detany3d ended twice over one picture, {crash}") from None
            except WorkerTimeout as late:
                self._worker = None
                raise WorkerTimeout(
                    f"detany3d did not answer within {self.params.timeout_s:g} s (detectors.detany3d.timeout_s) and was "
                    f"ended; the end of its errors:\n{late}"
                ) from None
            except BaseException:
                self._worker = None
                raise
        raise AssertionError

    def _started(self) -> Worker:
        """A worker that has loaded everything. What keeps it from that will do so again, so it is not tried again."""
        worker = Worker(self.installation, self._folder)
        try:
            hello = worker.greet(dict(self.installation.settings), self.params.start_timeout_s)
        except WorkerCrash as crash:
            self._given_up = f"detany3d ended while it was loaded, {crash}"
        except WorkerTimeout as late:
            self._given_up = (
                f"detany3d was not loaded within {self.params.start_timeout_s:g} s (detectors.detany3d.start_timeout_s) "
                f"and was ended; the end of its errors:\n{late}"
            )
        except ValueError as error:
            self._given_up = str(error)
        else:
            if "error" not in hello:
                return worker
            text = _WHY_NOT_LOADED.get(hello.get("kind", ""), _NOT_LOADED)
            reason = text.format(
                error=hello["error"],
                python=self.installation.command[0],
                repo=self.installation.settings["repo"],
                tail=worker.tail(),
            )
            self._given_up = f"detany3d cannot run: {reason}"
        raise ValueError(self._given_up)

    def _counted(self, reason: str) -> ValueError:
        """One picture without an answer is that picture's row; several in a row are the detector's end."""
        self._failed_in_a_row += 1
        if self._failed_in_a_row < _MOST_IN_A_ROW:
            return UnansweredError(reason)
        self._given_up = f"given up after {self._failed_in_a_row} pictures in a row: {reason}"
        return ValueError(self._given_up)


def open_detany3d(params: DetAny3DParams, root: Path) -> DetAny3D:
    """Ready to be asked; what is not there is said now."""
    return DetAny3D(installation(params, root), params)
