"""An input as a PDF: a PDF as it is, an image in a PDF around it, its pixels never encoded anew where PDF can hold them."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Sequence
from math import prod, sqrt
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image, ImageChops, ImageSequence

from ocroute.document.formats import Origin
from ocroute.errors import InputError, NextStep, PackageMissing
from ocroute.pages.opening import open_input, sniff
from ocroute.pages.page import InputPage
from ocroute.pages.pillow import FORMATS, decoding

_INSTALL = NextStep(command="pip install 'ocroute[pdf]'")
_POINTS = 72.0
_DPI = 200.0  # of an image that does not say its own
_LEAST, _MOST = 3.0, 14400.0  # points of a page's side, by the format's specification
_A4 = (1654, 2339)  # pixels of a page of which nothing is known
_UPRIGHT = 1
_TURNS = (_UPRIGHT, 3, 6, 8)  # of EXIF: without a mirror


def pikepdf() -> Any:
    """The package.

    Raises:
        PackageMissing: it is not installed.
    """
    try:
        import pikepdf as package
    except ImportError as error:
        raise PackageMissing(
            "a PDF with a text layer needs pikepdf, which is not installed", next_step=_INSTALL
        ) from error
    return package


def pdf_of(origin: Origin, scratch: Path) -> Path:
    """The file of a PDF, or one made in ``scratch`` around the frames of an image that are pages.

    Raises:
        PackageMissing: the input is an image, and img2pdf is not installed.
        InputError: it cannot be opened.
    """
    if sniff(origin.path, origin.name) == "pdf":
        return Path(origin.path)
    try:
        import img2pdf
    except ImportError as error:
        raise PackageMissing(
            "a PDF around an image needs img2pdf, which is not installed", next_step=_INSTALL
        ) from error
    name, data = origin.name or origin.path, b""
    with open_input(origin.path, name=name) as source, _quiet():
        pages = [source.page(number) for number in range(1, source.page_count + 1)]
        if _shows_its_pixels(origin.path):
            with contextlib.suppress(Exception), decoding(name):  # its parsers raise whatever they do
                data = _around(img2pdf, [Path(origin.path).read_bytes()], pages)
        if not data:
            try:
                data = _around(img2pdf, [_as_it_was_read(page) for page in pages], pages)
            except Exception as error:
                raise InputError(
                    f"{name} cannot be put into a PDF: {error}", next_step="Save it as PNG, and read that"
                ) from error
    made = scratch / "image.pdf"
    made.write_bytes(data)
    _keep_pages(made, len(pages))
    return made


def _shows_its_pixels(path: str) -> bool:
    """Whether a PDF shows the frames as they were read: none is transparent or mirrored, or turned by a tag that gets lost."""
    try:
        with decoding(path), Image.open(path, formats=FORMATS) as image:
            several = image.format == "TIFF"
            turns = (_UPRIGHT,) if several else _TURNS
            # Not frame.getexif(): for a PNG that decodes all pixels to look behind them.
            return all(
                not frame.has_transparency_data
                and Image.Image.getexif(frame).get(ExifTags.Base.Orientation, _UPRIGHT) in turns
                for frame in (ImageSequence.Iterator(image) if several else [image])
            )
    except InputError:
        return False


def _around(img2pdf: Any, images: Sequence[bytes], pages: Sequence[InputPage]) -> bytes:
    """A PDF around the frames of ``images``, which are the ``pages``."""
    held = io.BytesIO()
    img2pdf.convert(
        images,
        outputstream=held,
        layout_fun=_layout(pages),
        rotation=img2pdf.Rotation.ifvalid,
        engine=img2pdf.Engine.pikepdf,
    )
    return held.getvalue()


def _layout(pages: Sequence[InputPage]) -> Any:
    """Every pixel is as large as its page says, whatever img2pdf finds in the file."""
    left = iter(pages)

    def layout(width: int, height: int, _: Any) -> tuple[float, float, float, float]:
        dpi, page = _DPI, next(left, None)
        if page is not None and page.dpi:
            dpi = page.dpi * sqrt(width * height / prod(page.size))  # the page may have been reduced
        size = tuple(min(max(side * _POINTS / dpi, _LEAST), _MOST) for side in (width, height))
        return size[0], size[1], size[0], size[1]

    return layout


def _as_it_was_read(page: InputPage) -> bytes:
    """The page as a PNG; white where its pixels cannot be had."""
    try:
        image = Image.fromarray(page.raster())
    except InputError:
        image = Image.new("L", _size_of(page), 255)
    page.release()
    if image.mode == "RGB" and not ImageChops.difference(image, image.convert("L").convert("RGB")).getbbox():
        image = image.convert("L")
    held = io.BytesIO()
    image.save(held, "PNG")
    return held.getvalue()


def _size_of(page: InputPage) -> tuple[int, int]:
    try:
        return page.size
    except InputError:
        return _A4


def _keep_pages(made: Path, count: int) -> None:
    """Leave out the frames that are no pages: later ones of an animation, previews and gain maps of photographs."""
    package = pikepdf()
    with package.open(made, allow_overwriting_input=True) as pdf:
        if len(pdf.pages) > count:
            del pdf.pages[count:]
            pdf.save(made)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Its remarks on standard error are not for the user."""
    import logging

    log = logging.getLogger("img2pdf")
    before, log.level = log.level, logging.ERROR
    try:
        yield
    finally:
        log.level = before
