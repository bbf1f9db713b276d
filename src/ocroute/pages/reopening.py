"""The image of a page that was read before: opened again at its source, or given, and put upright as it was then."""

from __future__ import annotations

import os
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from ocroute.document.formats import Origin
from ocroute.document.model import Document, Page
from ocroute.errors import InputError, InputNotFound, NextStep, PasswordNeeded, UsageError
from ocroute.files import sha256_of
from ocroute.pages.flattened import flattened, seen_from_above, without_shadow
from ocroute.pages.opening import open_input
from ocroute.pages.page import InputPage, Raster, deskewed, turned
from ocroute.pages.pixels import to_rgb

_GIVE_SOURCE = NextStep(
    "Say where the file that was read is now: ocroute export --source FILE, or document.save(..., source=)"
)
_GIVE_IT = NextStep("Give the image of the page, or the path where the source is now: page.draw(image)")
_SAME_SHAPE = 0.02  # how far height / width may differ: renderers round to whole pixels


class Reopened:
    """The source of a document that was read before, open again. Use it in a ``with`` block.

    Raises:
        InputError: it cannot be opened.
    """

    def __init__(self, origin: Origin) -> None:
        try:
            self.source = open_input(origin.path, name=origin.name, password=origin.password)
        except InputError as error:
            message = f"the source of the document cannot be opened: {error.message}"
            step = error.next_step if isinstance(error, PasswordNeeded) else _GIVE_SOURCE
            raise type(error)(message, next_step=step) from error

    def page(self, record: Page) -> InputPage:
        """The upright page whose pixels the boxes of ``record`` are in; ``release`` it when it is done.

        Raises:
            InputError: the page is not the one that was read, or could not be opened then.
        """
        if not (record.width and record.height):
            raise _never_opened(record)
        if record.number > self.source.page_count:
            raise _another(self.source.path, record, None)
        page = _as_read(self.source.page(record.number), record)
        width, height = page.size
        if width != record.width or height != record.height:
            raise _another(self.source.path, record, page.size)
        return page

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.source.close()


def verified(document: Document, origin: Origin) -> None:
    """See that the file at ``origin`` is the one that was read.

    Raises:
        InputError: it is not there, cannot be read, or has another content.
    """
    name = origin.name or origin.path
    try:
        now = sha256_of(origin.path)
    except FileNotFoundError as error:
        raise InputNotFound(f"{name}, which the document was read from, is gone", next_step=_GIVE_SOURCE) from error
    except (OSError, ValueError) as error:
        raise InputError(
            f"{name}, which the document was read from, cannot be opened: {error}", next_step=_GIVE_SOURCE
        ) from error
    if document.sha256 and now != document.sha256:
        raise InputError(
            f"{name} has changed since it was read", next_step="Read it again, or give the file that was read"
        )


def upright(
    record: Page, image: Image.Image | NDArray[np.uint8] | str | os.PathLike[str] | None, *, password: str | None = None
) -> Raster:
    """The image in whose pixels the boxes of ``record`` are, (H, W, 3) uint8 RGB.

    Args:
        record: of a page that could be opened.
        image: the page as it was read, before it was turned, at any resolution; or where its source is now. None: at
            ``record.source``.
        password: of an encrypted PDF.

    Raises:
        InputError: there is no such source, it cannot be opened, or its page is not the one that was read; or no page could
            be opened then.
        UsageError: the image is none, or has another shape.
    """
    if not (record.width and record.height):
        raise _never_opened(record)
    if image is None or isinstance(image, str | os.PathLike):
        return _from_source(record, record.source if image is None else os.fspath(image), password)
    return _from_image(record, _pixels(image))


def _from_source(record: Page, path: str, password: str | None) -> Raster:
    try:
        with open_input(path, password=password) as source:
            known = record.number <= source.page_count
            page = _as_read(source.page(record.number), record) if known else None
            width, height = page.size if page else (0, 0)
            if page and width == record.width and height == record.height:
                return page.raster()
    except PasswordNeeded as error:
        raise PasswordNeeded(error.message, next_step="Give it: page.draw(password=...)") from error
    except InputError as error:
        message = f"the image of the page is not in the record, and its source cannot be opened: {error.message}"
        raise type(error)(message, next_step=_GIVE_IT) from error
    raise _another(path, record, (width, height) if page else None)


def _as_read(page: InputPage, record: Page) -> InputPage:
    return flattened(page, record.sheet).turned_by(record.turned // 90, record.skew)


def _never_opened(record: Page) -> InputError:
    return InputError(
        f"page {record.number} of {record.source} could not be opened when it was read: {record.error}",
        next_step="Look at the other pages",
    )


def _another(path: str, record: Page, size: tuple[int, int] | None) -> InputError:
    """The page of this number is not the one that was read; ``size`` is what it has now, None where there is none."""
    now = f"is {_size(*size)} pixels now, and was {_size(record.width, record.height)}" if size else "is not in it now"
    return InputError(f"{path} is not what was read: page {record.number} {now}", next_step=_GIVE_IT)


def _pixels(image: object) -> Raster:
    if isinstance(image, Image.Image):
        return to_rgb(ImageOps.exif_transpose(image))
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        shown = f"{image.dtype} array of shape {image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
        raise UsageError(
            f"a page cannot be drawn on a {shown}", next_step="Give a PIL image, or an RGB array of uint8, H x W x 3"
        )
    return image


def _from_image(record: Page, raster: Raster) -> Raster:
    before = record.sheet
    wanted = (before.width, before.height) if before else (round(record.width), round(record.height))
    if not before and record.turned % 180:
        wanted = wanted[::-1]
    height, width = raster.shape[:2]
    if not (height and width) or abs(height * wanted[0] / (width * wanted[1]) - 1) > _SAME_SHAPE:
        raise UsageError(
            f"the image has {_size(width, height)} pixels; the page was read as {_size(*wanted)}",
            next_step=f"Give page {record.number} of {record.source} as it was read, whole and not turned",
        )
    if (width, height) != wanted:
        method = cv2.INTER_AREA if width > wanted[0] else cv2.INTER_LINEAR
        raster = np.asarray(cv2.resize(raster, wanted, interpolation=method), np.uint8)
    if before:
        raster = without_shadow(seen_from_above(raster, before))
    standing = turned(raster, record.turned // 90)
    return deskewed(standing, record.skew) if record.skew else standing


def _size(width: float, height: float) -> str:
    return f"{width:.0f} x {height:.0f}"
