"""Which glyph of which font stands where on a page of a PDF, whatever the file says that it means."""

from __future__ import annotations

import io
from collections.abc import Iterator
from ctypes import byref, c_double
from typing import Any, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from ocroute.writers.pdf.to_unicode import written

Glyph = tuple[tuple[int, int], int]
"""A glyph of the file: the font's object, and the code that draws it."""

_FIRST, _MOST = 0xE000, 0x1900  # the code points for private use, and how many they are
_BLANK = 0.01  # height over width up to which a glyph leaves no ink, as PDFium measures it
_DEEP = 5  # forms within forms


class Shown(NamedTuple):
    """A glyph on the page.

    Attributes:
        glyph: which one.
        place: the middle of its box, in the space of the page.
        inked: whether it leaves ink.
        says: what the file says that it means; empty where it says nothing.
    """

    glyph: Glyph
    place: tuple[float, float]
    inked: bool
    says: str


def shown_glyphs(pdf: Any, page: Any, package: Any) -> list[Shown] | None:
    """The glyphs of ``page`` in the order of the file; None where a font's codes cannot be told apart.

    PDFium tells what a character means, not which code draws it. So it is given a copy of the page in which every code of every
    font means a character of its own, for private use; and the page as it is, whose characters stand in the same places.

    Args:
        pdf: an open `pikepdf.Pdf`. Fonts of the page become objects of their own in it.
        page: of it.
        package: pikepdf.
    """
    codes: dict[tuple[int, int], set[int]] = {}
    try:
        for font, data in _strings(page.obj, page.resources, pdf, package, 0):
            width = code_width(font)
            if width is None:
                return None
            codes.setdefault(font.objgen, set()).update(
                int.from_bytes(data[at : at + width], "big") for at in range(0, len(data), width)
            )
    except (package.PdfError, ValueError, KeyError, TypeError, AttributeError):
        return None  # content that no reader is sure of
    glyphs: list[Glyph] = [(font, code) for font, some in codes.items() for code in sorted(some)]
    if not glyphs or len(glyphs) > _MOST:
        return None
    plain = _one_page(package, page)
    maps = {font: _told_apart(pdf, font, glyphs) for font in codes}
    before = {font: pdf.get_object(font).get("/ToUnicode") for font in codes}
    try:
        for font, mapped in maps.items():
            pdf.get_object(font).ToUnicode = mapped
        numbered = _one_page(package, page)
    finally:
        for font, own in before.items():
            set_map(pdf.get_object(font), own)
    try:
        says = {place: sign for sign, place, *_ in _characters(plain)}
        return [
            Shown(glyphs[ord(sign) - _FIRST], middle, inked, says.get(origin, ""))
            for sign, origin, middle, inked in _characters(numbered)
            if 0 <= ord(sign) - _FIRST < len(glyphs)
        ]
    except pypdfium2.PdfiumError:
        return None


def set_map(font: Any, stream: Any) -> None:
    """Give ``font`` a ToUnicode map, or take it away where ``stream`` is None."""
    if stream is not None:
        font.ToUnicode = stream
    elif "/ToUnicode" in font:
        del font.ToUnicode


def code_width(font: Any) -> int | None:
    """How many bytes a code of ``font`` has; None where that differs from code to code, or is not known."""
    if font.get("/Subtype") != "/Type0":
        return 1
    return 2 if font.get("/Encoding") in ("/Identity-H", "/Identity-V") else None


def _told_apart(pdf: Any, font: tuple[int, int], glyphs: list[Glyph]) -> Any:
    own = {code: chr(_FIRST + at) for at, (other, code) in enumerate(glyphs) if other == font}
    return pdf.make_stream(written(own, code_width(pdf.get_object(font)) or 1))


def _strings(stream: Any, resources: Any, pdf: Any, package: Any, depth: int) -> Iterator[tuple[Any, bytes]]:
    """Every string that is shown, with its font, in the page and in the forms that it draws."""
    font: Any = None
    saved: list[Any] = []
    for operands, operator in package.parse_content_stream(stream):
        match str(operator):
            case "q":
                saved.append(font)
            case "Q" if saved:
                font = saved.pop()
            case "Tf":
                font = _font(resources.Font, str(operands[0]), pdf)
            case "Tj" | "'" | '"' if font is not None:
                yield font, bytes(operands[-1])
            case "TJ" if font is not None:
                for item in operands[0]:
                    if isinstance(item, package.String):
                        yield font, bytes(item)
            case "Do" if depth < _DEEP:
                form = resources.get("/XObject", {}).get(str(operands[0]))
                if form is not None and form.get("/Subtype") == "/Form":
                    yield from _strings(form, form.get("/Resources", resources), pdf, package, depth + 1)


def _font(fonts: Any, name: str, pdf: Any) -> Any:
    font = fonts[name]
    if not font.is_indirect:
        font = fonts[name] = pdf.make_indirect(font)
    return font


def _one_page(package: Any, page: Any) -> bytes:
    held = io.BytesIO()
    with package.new() as single:
        single.pages.append(page)
        single.save(held)
    return held.getvalue()


def _characters(data: bytes) -> Iterator[tuple[str, tuple[float, float], tuple[float, float], bool]]:
    """Every character of a file of one page: itself, its origin, the middle of its box, and whether it leaves ink."""
    with pypdfium2.PdfDocument(data) as document:
        page = document[0]
        text = page.get_textpage()
        x, y, left, right, bottom, top = (c_double() for _ in range(6))
        box = byref(left), byref(right), byref(bottom), byref(top)
        loose = pdfium.FS_RECTF()
        for index in range(pdfium.FPDFText_CountChars(text.raw)):
            if pdfium.FPDFText_IsGenerated(text.raw, index):
                continue
            sign = chr(min(pdfium.FPDFText_GetUnicode(text.raw, index), 0x10FFFF))
            pdfium.FPDFText_GetCharOrigin(text.raw, index, byref(x), byref(y))
            pdfium.FPDFText_GetCharBox(text.raw, index, *box)
            pdfium.FPDFText_GetLooseCharBox(text.raw, index, byref(loose))
            sides = right.value - left.value, top.value - bottom.value
            middle = ((loose.left + loose.right) / 2, (loose.bottom + loose.top) / 2)
            yield sign, (x.value, y.value), middle, min(sides) > _BLANK * max(sides)
        text.close()
        page.close()
