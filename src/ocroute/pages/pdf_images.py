"""The files of images in a PDF, as they were put into it."""

from __future__ import annotations

import io
from ctypes import create_string_buffer
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from ocroute.document.affine import Matrix
from ocroute.pages.pdf_frame import Frame
from ocroute.pages.pdf_vectors import image_objects
from ocroute.values import Box

_SAME: Final = 0.9  # of both boxes: the image is what is looked for
_STRAIGHT: Final = 0.01


def original_jpeg(page: pypdfium2.PdfPage, frame: Frame, box: Box) -> bytes | None:
    """The JPEG that fills ``box`` of ``page``, upright; None where there is none.

    Args:
        page: open in PDFium.
        frame: in whose pixels ``box`` is.
        box: of a picture.
    """
    for item, matrix, sides in image_objects(page, frame):
        other = Box(*sides)
        if other.intersection(box) >= _SAME * max(other.area, box.area) and _is_upright(matrix):
            return _jpeg(item)
    return None


def _is_upright(matrix: Matrix) -> bool:
    a, b, c, d, _, _ = matrix
    return a > 0 > d and max(abs(b), abs(c)) <= _STRAIGHT * min(a, -d)


def _jpeg(item: Any) -> bytes | None:
    """The data of an image that is a JPEG by itself, in colours that viewers of files know."""
    size = pdfium.FPDFImageObj_GetImageDataDecoded(item, None, 0)  # all filters but those of images are undone
    buffer = create_string_buffer(size)
    pdfium.FPDFImageObj_GetImageDataDecoded(item, buffer, size)
    data = buffer.raw
    if not data.startswith(b"\xff\xd8"):
        return None
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
            return data if image.mode in ("L", "RGB") else None
    except OSError:
        return None
