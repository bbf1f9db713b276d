"""Image files through Pillow. A multi-page TIFF is a document; every other file is one page."""

from __future__ import annotations

from math import sqrt
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil
from PIL import ExifTags, Image

from ocroute.errors import InputError, PageTooLarge
from ocroute.pages.page import InputPage, Raster
from ocroute.pages.pillow import FORMATS, decoding
from ocroute.pages.pixels import reduced_rgb
from ocroute.pages.source import Source

_BYTES_PER_PIXEL = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2}
"""What Pillow stores for one pixel; 4 in all other modes."""


class _Header(NamedTuple):
    """What is known of a frame before it is decoded. ``size`` is that of the file, before its orientation is undone."""

    size: tuple[int, int]
    orientation: int
    dpi: float | None


class ImageSource(Source):
    """An open image file."""

    def __init__(self, path: str, *, pages: str | None, max_pixels: int, file: str = "") -> None:
        with decoding(path):
            self._image = Image.open(file or path, formats=FORMATS)
        try:
            with decoding(path):
                count = getattr(self._image, "n_frames", 1) if self._image.format == "TIFF" else 1
            super().__init__(path, count, pages, max_pixels, file)
        except BaseException:
            self._image.close()
            raise

    def page(self, number: int) -> InputPage:
        """Frame ``number`` of a TIFF, or the image."""
        return ImagePage(self, number)

    def name(self, number: int) -> str:
        """What to call the page in an error."""
        return self.path if self.page_count == 1 else f"page {number} of {self.path}"

    def header(self, number: int) -> _Header:
        """What frame ``number`` says of itself; nothing is decoded."""
        with decoding(self.name(number)):
            self._image.seek(number - 1)
            return _Header(self._image.size, _orientation(self._image), _dpi(self._image))

    def close(self) -> None:
        """Close the file."""
        self._image.close()


class ImagePage(InputPage):
    """One frame of an image file, its EXIF orientation undone, reduced where it has more pixels than wanted."""

    def __init__(self, source: ImageSource, number: int) -> None:
        super().__init__()
        self.source, self.number = source.path, number
        self._file, self._name, self._max_pixels = source.file, source.name(number), source.max_pixels
        try:
            self._header: _Header | InputError = source.header(number)
        except InputError as error:  # raised when the page is used: it must not end the pages before it
            self._header = error
        else:
            self.dpi = self._header.dpi and self._header.dpi * self._target(self._header)[0] / self._header.size[0]

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels.

        Raises:
            CorruptInput: the frame has no readable header.
        """
        header = self._known()
        width, height = self._target(header)
        return (height, width) if header.orientation in (5, 6, 7, 8) else (width, height)

    def _known(self) -> _Header:
        if isinstance(self._header, InputError):
            raise self._header
        return self._header

    def _target(self, header: _Header) -> tuple[int, int]:
        width, height = header.size
        shrink = min(1.0, sqrt(self._max_pixels / (width * height)))
        return max(1, int(width * shrink)), max(1, int(height * shrink))

    def _render(self) -> Raster:
        header = self._known()
        target = self._target(header)
        # Opened anew, so that the decoded pixels go when this function ends; and as a file object, because Pillow maps a
        # named file into memory and then garbles uncompressed TIFF frames that are to be turned.
        with decoding(self._name), Path(self._file).open("rb") as file, Image.open(file, formats=FORMATS) as image:
            image.seek(self.number - 1)
            if target != image.size:
                image.draft(
                    None, target
                )  # a JPEG decodes at 1/2, 1/4 or 1/8 for less memory and time; others ignore it
            _check_memory(image, self._name)
            image.load()
            return _undo_orientation(reduced_rgb(image, target), header.orientation)


def _orientation(image: Image.Image) -> int:
    # Pillow itself turns TIFF frames when it decodes them, and says their turned size.
    if image.format == "TIFF":
        return 1
    # Not image.getexif(): for a PNG that decodes all pixels to look behind them.
    return int(Image.Image.getexif(image).get(ExifTags.Base.Orientation, 1))


def _undo_orientation(raster: Raster, orientation: int) -> Raster:
    if orientation in (5, 6, 7, 8):
        raster = raster.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        raster = raster[:, ::-1]
    if orientation in (3, 4, 7, 8):
        raster = raster[::-1]
    return np.ascontiguousarray(raster)


def _dpi(image: Image.Image) -> float | None:
    """The file's resolution, unless it makes the page absurd: programs write 72 or 1 when they do not know."""
    try:
        across, down = (float(value) for value in image.info["dpi"])
        inches = max(image.width / across, image.height / down)
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    believable = 50 <= across <= 2400 and 0.9 < across / down < 1.1 and 0.5 <= inches <= (17 if across <= 96 else 50)
    return across if believable else None


def _check_memory(image: Image.Image, name: str) -> None:
    needed = image.width * image.height * _BYTES_PER_PIXEL.get(image.mode, 4)
    if needed > psutil.virtual_memory().available / 2 or needed > 4 << 30:
        raise PageTooLarge(
            f"{name} has {image.width} x {image.height} pixels and would take {needed / 1e9:.1f} GB to decode",
            next_step="Reduce it first, e.g.: vips thumbnail in.tif out.png 8000",
        )
