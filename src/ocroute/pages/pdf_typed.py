"""Text typed onto a PDF page that the file has no drawing of: pdfium leaves it out, viewers set it in its box."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ctypes import byref, c_float, c_ushort
from itertools import islice
from typing import Any, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

_SIZE = re.compile(r"(\d{1,4}(?:\.\d{0,4})?|\.\d{1,4})\s+Tf")
_USUAL, _SIZES, _LEADING, _MARGIN = 12.0, (2.0, 200.0), 1.2, 2.0
"""Points, but for the leading, which is in ems."""

MAX_LINES = 1_000
"""Of all texts of a page; what comes after is left out."""


class Typed(NamedTuple):
    """A text to be set.

    Attributes:
        rect: left, bottom, right, top of its box in points of the page's user space.
        appearance: how, as the file says it: ``/Helv 11 Tf 0 g``.
    """

    text: str
    rect: tuple[float, float, float, float]
    appearance: str


def is_settable(text: str) -> bool:
    """Whether the font that every PDF reader brings has the letters of ``text``."""
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return bool(text.strip())


def set_typed(pdf: pypdfium2.PdfDocument, page: pypdfium2.PdfPage, typed: list[Typed]) -> None:
    """Write each text into the page, in lines as wide as its box, from the top down."""
    for line, x, y, size in islice(_placed(pdf, typed), MAX_LINES):
        item = _text_object(pdf, line, size)
        pdfium.FPDFPageObj_Transform(item, 1, 0, 0, 1, x, y)
        pdfium.FPDFPage_InsertObject(page, item)
    pdfium.FPDFPage_GenerateContent(page)


def _placed(pdf: pypdfium2.PdfDocument, typed: list[Typed]) -> Iterator[tuple[str, float, float, float]]:
    """Each line, where it begins on its baseline, and its size, in points."""
    for text in typed:
        found = _SIZE.search(text.appearance)
        size = float(found[1]) if found else 0.0  # 0 means: as fits
        size = min(max(size, _SIZES[0]), _SIZES[1]) if size else _USUAL
        left, _, right, top = text.rect
        width = max(right - left - 2 * _MARGIN, size)
        for number, line in enumerate(_lines(pdf, text.text, size, width)):
            yield line, left + _MARGIN, top - _MARGIN - size * (0.8 + _LEADING * number), size


def _lines(pdf: pypdfium2.PdfDocument, text: str, size: float, width: float) -> Iterator[str]:
    for paragraph in re.split(r"\r\n?|\n", text[: 100 * MAX_LINES]):
        words = paragraph.split()
        if not words:
            continue
        letter = _width(pdf, paragraph, size) / max(1, len(paragraph))  # near enough: lines need not be justified
        line = words[0]
        for word in words[1:]:
            if (len(line) + 1 + len(word)) * letter > width:
                yield line
                line = word
            else:
                line = f"{line} {word}"
        yield line


def _text_object(pdf: pypdfium2.PdfDocument, text: str, size: float) -> Any:
    item = pdfium.FPDFPageObj_NewTextObj(pdf, b"Helvetica", size)
    encoded = text.encode("utf-16-le") + b"\0\0"
    pdfium.FPDFText_SetText(item, (c_ushort * (len(encoded) // 2)).from_buffer_copy(encoded))
    return item


def _width(pdf: pypdfium2.PdfDocument, text: str, size: float) -> float:
    item = _text_object(pdf, text, size)
    left, bottom, right, top = (c_float() for _ in range(4))
    pdfium.FPDFPageObj_GetBounds(item, byref(left), byref(bottom), byref(right), byref(top))
    pdfium.FPDFPageObj_Destroy(item)
    return max(0.0, right.value - left.value)
