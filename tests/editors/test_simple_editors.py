from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydantic import TypeAdapter, ValidationError

from dagster_gsi.editors import EditorSettings, open_editor
from dagster_gsi.editors.base import Failure, Request
from dagster_gsi.geometry.camera import Camera

CAMERA = Camera.look_at(np.array([0.0, -1.0, 1.0]), np.zeros(3), fov=1.0, width=4, height=3)
SETTINGS: TypeAdapter[EditorSettings] = TypeAdapter(EditorSettings)


def _request(sample_id: str) -> Request:
    picture = Image.new("RGB", (4, 3), (1, 2, 3))
    return Request(sample_id, picture, "", "", np.ones((3, 4), dtype=bool), np.ones((3, 4), dtype=np.float32), CAMERA)


def test_the_oracle_gives_the_target_of_each_sample() -> None:
    truths = {"a": Image.new("RGB", (4, 3), "red"), "b": Image.new("RGBA", (4, 3), "blue")}
    oracle = open_editor(SETTINGS.validate_python({"kind": "oracle"}), root=Path(), answer=truths.__getitem__)
    edited = dict(oracle.edit_all([_request("b"), _request("a")]))
    assert list(edited) == ["b", "a"]
    for sample_id, truth in truths.items():
        assert edited[sample_id].mode == "RGB"
        assert np.array_equal(np.asarray(edited[sample_id]), np.asarray(truth.convert("RGB")))


def test_only_the_references_are_told_answers() -> None:
    documents = [{"kind": kind} for kind in ("oracle", "shuffled", "identity", "warp")]
    told = [SETTINGS.validate_python(document).told for document in documents]
    assert told == ["truth", "another", "nothing", "nothing"]


def test_the_identity_changes_nothing_and_does_not_ask_for_the_truth() -> None:
    identity = open_editor(SETTINGS.validate_python({"kind": "identity"}), root=Path(), answer={}.__getitem__)
    request = _request("a")
    ((_, edited),) = identity.edit_all([request])
    assert np.array_equal(np.asarray(edited), np.asarray(request.source))


def test_a_folder_gives_its_pictures_at_the_source_s_size_and_names_what_it_lacks(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    Image.new("L", (8, 6), 77).save(tmp_path / "made/a.png")
    Image.new("RGB", (4, 3)).save(tmp_path / "made/c.png")
    (tmp_path / "made/c.png").write_bytes((tmp_path / "made/c.png").read_bytes()[:44])
    folder = open_editor(
        SETTINGS.validate_python({"kind": "folder", "path": "made"}), root=tmp_path, answer={}.__getitem__
    )
    first, second, third = (answer for _, answer in folder.edit_all(map(_request, "abc")))
    assert np.array_equal(np.asarray(first), np.full((3, 4, 3), 77))
    assert second == Failure("there is no b.png")
    assert isinstance(third, Failure)
    assert third.reason.startswith("c.png cannot be read as a picture")


def test_a_folder_that_is_not_there_stops_everything(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not a folder"):
        open_editor(SETTINGS.validate_python({"kind": "folder", "path": "made"}), root=tmp_path, answer={}.__getitem__)


@pytest.mark.parametrize(
    "document",
    [{"kind": "warp", "speed": 3}, {"kind": "magic"}, {"kind": "folder"}, {"kind": "command", "command": ""}],
)
def test_settings_with_unknown_or_missing_keys_are_errors(document: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SETTINGS.validate_python(document)
