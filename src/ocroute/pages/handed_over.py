"""A page that goes to another process: its pixels lie in a file, which both map into memory, and nothing is copied twice."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import msgspec
import numpy as np

from ocroute.document.sheet import Sheet
from ocroute.pages.page import InputPage, Raster


class HandedOver(msgspec.Struct, frozen=True):
    """An upright page as a value.

    Attributes:
        file: with its raster, in numpy's format; whoever is done with the page removes it.
        width, height: pixels.
        source, number, dpi, turned, skew, sheet: see `InputPage`.
    """

    file: str
    width: int
    height: int
    source: str
    number: int
    dpi: float | None
    turned: int
    skew: float
    sheet: Sheet | None = None


def hand_over(page: InputPage) -> HandedOver:
    """Put the raster of ``page`` into a temporary file.

    Raises:
        OSError: there is no room.
        CorruptInput: the page cannot be decoded.
    """
    raster = page.raster()
    handle, file = tempfile.mkstemp(".npy")
    try:
        with os.fdopen(handle, "wb") as out:
            np.save(out, raster)
    except OSError:
        Path(file).unlink()
        raise
    height, width = raster.shape[:2]
    return HandedOver(file, width, height, page.source, page.number, page.dpi, page.turned, page.skew, page.sheet)


class HandedPage(InputPage):
    """The page in the process that it was handed to: its raster, and nothing else that the file may hold.

    The file may be removed once the raster has been asked for, on systems that let files go that are mapped.
    """

    def __init__(self, page: HandedOver) -> None:
        super().__init__()
        self._file, self._size = page.file, (page.width, page.height)
        self.source, self.number, self.dpi = page.source, page.number, page.dpi
        self.turned, self.skew, self.sheet = page.turned, page.skew, page.sheet

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self._size

    def _render(self) -> Raster:
        mapped: Raster = np.load(self._file, mmap_mode="r")
        return mapped
