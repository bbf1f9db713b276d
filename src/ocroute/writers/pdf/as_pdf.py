"""An input as a PDF: a PDF as it is, an image in a PDF around it, its pixels never encoded anew where PDF can hold them."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ocroute.document.formats import Origin
from ocroute.document.model import Document
from ocroute.errors import InputError, NextStep, PackageMissing
from ocroute.pages.opening import sniff

_INSTALL = NextStep(command="pip install 'ocroute[pdf]'")
_POINTS = 72.0
_DPI = 200.0  # of an image that does not say its own


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


def pdf_of(document: Document, origin: Origin, scratch: Path) -> Path:
    """The file of a PDF, or one made in ``scratch`` around the frames of an image.

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
    made = scratch / "image.pdf"
    layout = _layout(next((page.dpi for page in document.pages if page.dpi), _DPI))
    try:
        with made.open("wb") as file, _quiet():
            try:
                _convert(img2pdf, Path(origin.path).read_bytes(), file, layout)
            except (img2pdf.AlphaChannelError, img2pdf.ImageOpenError, NotImplementedError):
                file.seek(0)
                file.truncate()
                _convert(img2pdf, _flattened(origin.path), file, layout)
    except Exception as error:  # it raises whatever its parsers do
        raise InputError(
            f"{origin.name or origin.path} cannot be put into a PDF: {error}", next_step="Save it as PNG, and read that"
        ) from error
    return made


def _convert(img2pdf: Any, image: Any, file: Any, layout: Any) -> None:
    img2pdf.convert(
        image, outputstream=file, layout_fun=layout, rotation=img2pdf.Rotation.ifvalid, engine=img2pdf.Engine.pikepdf
    )


def _layout(dpi: float) -> Any:
    """Every pixel is as large as ``dpi`` says, whatever the file says of itself."""

    def layout(width: int, height: int, _: Any) -> tuple[float, float, float, float]:
        size = width * _POINTS / dpi, height * _POINTS / dpi
        return *size, *size

    return layout


def _flattened(path: str) -> list[bytes]:
    """The frames of the image on white, each as a PNG."""
    from PIL import Image, ImageSequence

    frames = []
    with Image.open(path) as image:
        several = ImageSequence.Iterator(image) if image.format == "TIFF" else [image]
        for frame in several:
            rgba = frame.convert("RGBA")
            flat = Image.new("RGB", rgba.size, "white")
            flat.paste(rgba, mask=rgba.getchannel("A"))
            exif = frame.getexif()
            held = io.BytesIO()
            flat.save(held, "PNG", exif=exif)
            frames.append(held.getvalue())
    return frames


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
