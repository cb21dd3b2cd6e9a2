"""Messages of a chat: texts and pictures, as OpenAI-compatible endpoints take them."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

from PIL import Image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Message = dict[str, Any]


def text_part(text: str) -> Message:
    return {"type": "text", "text": text}


def picture_part(picture_HW3: NDArray[np.uint8], longest_side: int) -> Message:
    """A PNG as a data URL, made smaller where it is larger than `longest_side`."""
    image = Image.fromarray(picture_HW3)
    if max(image.size) > longest_side:
        scale = longest_side / max(image.size)
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.LANCZOS)
    data = io.BytesIO()
    # A third of the time of the usual level for an eighth more bytes; packing must keep up with fast endpoints.
    image.save(data, "PNG", compress_level=1)
    url = f"data:image/png;base64,{base64.b64encode(data.getvalue()).decode('ascii')}"
    return {"type": "image_url", "image_url": {"url": url}}


def answered(messages: list[Message], answer: str, reply: str) -> list[Message]:
    """The conversation with the model's answer and what it is told next."""
    return [*messages, {"role": "assistant", "content": answer}, {"role": "user", "content": reply}]
