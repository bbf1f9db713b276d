"""A page as a data URL."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from io import BytesIO
from typing import Literal

from PIL import Image

LARGE = 6 << 20
"""Bytes of a PNG from which a page goes as JPEG: photographs; scans and print stay below."""
_QUALITY = 92


@dataclass(frozen=True, slots=True)
class Picture:
    """What is sent.

    Attributes:
        url: a data URL.
        input_size: (width, height) in pixels.
        form: of the image.
    """

    url: str
    input_size: tuple[int, int]
    form: Literal["png", "jpeg"]


def picture(image: Image.Image, input_size: tuple[int, int]) -> Picture:
    """An RGB ``image``, resized to ``input_size`` where that is another size."""
    if image.size != input_size:
        image = image.resize(input_size, Image.Resampling.BICUBIC)
    form: Literal["png", "jpeg"] = "png"
    data = _written(image, form, compress_level=3)
    if len(data) > LARGE:
        form = "jpeg"
        data = _written(image, form, quality=_QUALITY, subsampling=0)
    return Picture(f"data:image/{form};base64,{b64encode(data).decode('ascii')}", input_size, form)


def _written(image: Image.Image, form: str, **settings: int) -> bytes:
    stream = BytesIO()
    image.save(stream, form, **settings)
    return stream.getvalue()
