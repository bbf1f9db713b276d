"""The pages as they were read, upright and deskewed, as image files."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from PIL import Image

from ocroute.document.formats import Origin
from ocroute.document.model import Document
from ocroute.pages.page import Raster
from ocroute.pages.reopening import Reopened

_SAVED = {"png": {"compress_level": 6}, "webp": {"lossless": True, "quality": 50, "method": 2}}


def save_page_images(document: Document, origin: Origin, folder: Path, kind: str) -> dict[int, str]:
    """Write the image of every page that could be opened into ``folder``.

    Returns:
        By page number, the address of the image beside a file that stands where ``folder`` stands.

    Raises:
        InputError: the source cannot be opened again.
        OSError: the images cannot be written.
    """
    folder.mkdir(exist_ok=True)
    names = {}
    with Reopened(origin) as source:
        for record in document.pages:
            if not (record.width and record.height):
                continue
            page = source.page(record)
            name = f"page-{record.number:04}.{kind}"
            _save(page.raster(), folder / name, kind, record.dpi)
            page.release()
            names[record.number] = quote(f"{folder.name}/{name}")
    return names


def _save(raster: Raster, path: Path, kind: str, dpi: float | None) -> None:
    resolution = {"dpi": (dpi, dpi)} if dpi and kind == "png" else {}
    Image.fromarray(raster).save(path, kind.upper(), **_SAVED[kind], **resolution)
