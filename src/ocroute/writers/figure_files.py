"""The pictures of the pages as files."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from PIL import Image

from ocroute.document.formats import Figure, Origin
from ocroute.document.model import Document, Page
from ocroute.files import write_whole
from ocroute.pages.page import InputPage
from ocroute.pages.reopening import Reopened
from ocroute.values import Box


def save_figures(document: Document, origin: Origin, folder: Path) -> dict[tuple[int, Box], Figure]:
    """Write every picture that a block shows into ``folder``: a PDF's JPEG as it is, else a PNG cut from the upright page.

    Returns:
        By page number and ``block.image``, the file.

    Raises:
        InputError: the source cannot be opened again.
        OSError: the pictures cannot be written.
    """
    found: dict[tuple[int, Box], Figure] = {}
    with Reopened(origin) as source:
        for record in document.pages:
            boxes = [block.image for block in record.blocks if block.image is not None]
            if boxes:
                folder.mkdir(exist_ok=True)
                page = source.page(record)
                found |= _of_page(page, record, boxes, folder)
                page.release()
    return found


def _of_page(page: InputPage, record: Page, boxes: Iterable[Box], folder: Path) -> dict[tuple[int, Box], Figure]:
    found = {}
    for number, box in enumerate(dict.fromkeys(boxes), 1):
        data, suffix = page.original_jpeg(box), "jpg"
        if data is None:
            data, suffix = _cut(page, box), "png"
        if data:
            name = f"page-{record.number:04}-{number}.{suffix}"
            write_whole(folder / name, data, durable=False)
            found[record.number, box] = Figure(quote(f"{folder.name}/{name}"), folder / name)
    return found


def _cut(page: InputPage, box: Box) -> bytes:
    """A PNG of what ``box`` shows; empty where it is outside the page."""
    width, height = page.size
    x0, y0 = max(0, math.floor(box.x0)), max(0, math.floor(box.y0))
    x1, y1 = min(width, math.ceil(box.x1)), min(height, math.ceil(box.y1))
    if x0 >= x1 or y0 >= y1:
        return b""
    held = io.BytesIO()
    Image.fromarray(page.raster()[y0:y1, x0:x1]).save(held, "PNG")
    return held.getvalue()
