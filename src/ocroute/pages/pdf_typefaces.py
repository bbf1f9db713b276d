"""The files of a PDF page's fonts: those that the PDF brings with it, and those that stand in for the ones it only names."""

from __future__ import annotations

from collections.abc import Iterator
from ctypes import addressof, byref, c_size_t, c_uint8
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as pdfium

from ocroute.pages.pdf_fonts import name_of

MOST_BYTES: Final = 4_000_000  # of a font's file; larger ones have all ideographs
MOST_OBJECTS: Final = 5000  # of a page that are looked at
MOST_FONTS: Final = 40
DEEPEST: Final = 5  # forms within each other


def typefaces_of(page: pypdfium2.PdfPage) -> dict[str, tuple[bytes, ...]]:
    """By the name that a line's font has, the files of all fonts of that name: TrueType, OpenType, CFF or Type 1."""
    fonts: dict[int, Any] = {}
    for shown in _text_objects(page.raw):
        font = pdfium.FPDFTextObj_GetFont(shown)
        if font:
            fonts.setdefault(addressof(font.contents), font)
        if len(fonts) >= MOST_FONTS:
            break
    found: dict[str, dict[bytes, None]] = {}
    for font in fonts.values():
        if data := _file(font):
            found.setdefault(name_of(font), {})[data] = None
    return {name: tuple(files) for name, files in found.items()}


def _file(font: Any) -> bytes:
    size = c_size_t()
    if not pdfium.FPDFFont_GetFontData(font, None, 0, byref(size)) or not 0 < size.value <= MOST_BYTES:
        return b""
    buffer = (c_uint8 * size.value)()
    pdfium.FPDFFont_GetFontData(font, buffer, size.value, byref(size))
    return bytes(buffer)


def _text_objects(page: Any) -> Iterator[Any]:
    left = MOST_OBJECTS
    stack = [(pdfium.FPDFPage_GetObject, page, pdfium.FPDFPage_CountObjects(page), 0)]
    while stack:
        get, holder, count, depth = stack.pop()
        for at in range(min(count, left)):
            one = get(holder, at)
            kind = pdfium.FPDFPageObj_GetType(one)
            if kind == pdfium.FPDF_PAGEOBJ_TEXT:
                yield one
            elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth < DEEPEST:
                stack.append((pdfium.FPDFFormObj_GetObject, one, pdfium.FPDFFormObj_CountObjects(one), depth + 1))
        left -= min(count, left)
