from __future__ import annotations

import base64
import io
from pathlib import Path

from PIL import Image

from dagster_gsi.pipeline.preview import as_markdown


def test_a_preview_is_a_small_picture_inside_its_text(tmp_path: Path) -> None:
    Image.new("RGB", (1200, 300), (200, 10, 10)).save(tmp_path / "wide.png")
    text = as_markdown(tmp_path / "wide.png")
    assert text is not None
    encoded = text.removeprefix("![preview](data:image/jpeg;base64,").removesuffix(")")
    picture = Image.open(io.BytesIO(base64.b64decode(encoded, validate=True)))
    assert (picture.format, picture.size) == ("JPEG", (640, 160))


def test_no_picture_is_no_preview(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("not a picture", encoding="utf-8")
    assert as_markdown(tmp_path / "text.png") is None
    assert as_markdown(tmp_path / "absent.png") is None
