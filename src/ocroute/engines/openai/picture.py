"""A page as a data URL."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from typing import Literal, NamedTuple

from PIL import Image

LARGE = 6 << 20
"""Bytes of a PNG from which a page goes as JPEG: photographs; scans and print stay below."""
_QUALITY = 92


class Picture(NamedTuple):
    """What is sent.

    Attributes:
        url: a data URL.
        frame: (width, height) in pixels.
        form: of the image.
    """

    url: str
    frame: tuple[int, int]
    form: Literal["png", "jpeg"]


def picture(image: Image.Image, frame: tuple[int, int]) -> Picture:
    """An RGB ``image``, resized to ``frame`` where that is another size."""
    if image.size != frame:
        image = image.resize(frame, Image.Resampling.BICUBIC)
    form: Literal["png", "jpeg"] = "png"
    data = _written(image, form, compress_level=3)
    if len(data) > LARGE:
        form = "jpeg"
        data = _written(image, form, quality=_QUALITY, subsampling=0)
    return Picture(f"data:image/{form};base64,{b64encode(data).decode('ascii')}", frame, form)


def _written(image: Image.Image, form: str, **settings: int) -> bytes:
    stream = BytesIO()
    image.save(stream, form, **settings)
    return stream.getvalue()
