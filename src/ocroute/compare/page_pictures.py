"""Pictures for the report: pages and crops as small as can still be read, in the file itself."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from contextlib import ExitStack

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ocroute.document.formats import Origin
from ocroute.document.model import Page
from ocroute.errors import InputError
from ocroute.pages.reopening import Reopened
from ocroute.values import Box

_LONG_SIDE = 1_000  # pixels of a page
_PAGE_BYTES = 38_000
_CROP_WIDTH = 760
_CROP_BYTES = 4_000
_QUALITIES = (50, 30, 15, 5)


class Pictures:
    """Opens the sources of pages one after the other. Use it in a ``with`` block."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._path = ""
        self._source: Reopened | InputError = InputError("nothing was opened")

    def raster(self, record: Page) -> NDArray[np.uint8] | str:
        """The upright page, (H, W, 3) uint8 RGB; or why it cannot be had."""
        try:
            page = self._reopened(record.source).page(record)
            try:
                return page.raster()
            finally:
                page.release()
        except InputError as error:
            return error.message

    def _reopened(self, path: str) -> Reopened:
        if path != self._path:
            self._open.close()
            self._path = path
            try:
                self._source = self._open.enter_context(Reopened(Origin(path)))
            except InputError as error:
                self._source = error
        if isinstance(self._source, InputError):
            raise self._source
        return self._source

    def __enter__(self) -> Pictures:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()


def page_address(raster: NDArray[np.uint8]) -> str:
    """A page as a ``data:`` address."""
    image = Image.fromarray(raster)
    image.thumbnail((_LONG_SIDE, _LONG_SIDE), reducing_gap=2.0)
    return _address(image, _PAGE_BYTES)


def crop_addresses(raster: NDArray[np.uint8], record: Page, boxes: Sequence[Box | None]) -> list[str]:
    """The places as ``data:`` addresses, with a little around them; empty for those that are none."""
    height, width = raster.shape[:2]
    across, down = width / (record.width or width), height / (record.height or height)
    found = []
    for box in boxes:
        if box is None:
            found.append("")
            continue
        margin = min(0.4 * box.height, 40)
        around = Box(box.x0 - margin, box.y0 - margin, box.x1 + margin, box.y1 + margin)
        place = Box(around.x0 * across, around.y0 * down, around.x1 * across, around.y1 * down).clamped(width, height)
        x0, y0, x1, y1 = map(round, (place.x0, place.y0, place.x1, place.y1))
        if x1 - x0 < 2 or y1 - y0 < 2:
            found.append("")
            continue
        image = Image.fromarray(raster[y0:y1, x0:x1]).convert("L")
        image.thumbnail((_CROP_WIDTH, _CROP_WIDTH), reducing_gap=2.0)
        found.append(_address(image, _CROP_BYTES))
    return found


def _address(image: Image.Image, most: int) -> str:
    """In the best quality that takes no more than ``most`` bytes, or the least."""
    data = b""
    for quality in _QUALITIES:
        held = io.BytesIO()
        image.save(held, "WEBP", quality=quality, method=1)
        data = held.getvalue()
        if len(data) <= most:
            break
    return f"data:image/webp;base64,{base64.b64encode(data).decode()}"
