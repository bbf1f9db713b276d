"""What a PDF font is, by what pdfium knows and by its name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ctypes import byref, c_float, create_string_buffer
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium

from ocroute.pages.symbol_fonts import encoding_of

_SUBSET = re.compile(r"^[A-Z]{6}\+")
_BOLD = re.compile(
    r"bold|black|heavy|demi|-medi\b|-bd|^cmbx|^cmb\d|^cmssbx|^sf(bx|bi|sx|tx)|^(ec|lm|la)bx|[a-z]TB[IO]?$",
    re.IGNORECASE,
)
_ITALIC = re.compile(
    r"ital|obli|slant|-it\b|-bdit|^cm(ti|sl|bxti|bxsl|ssi)|^sf(ti|sl|bi|it)|^ec(ti|sl|bi)|[a-z]T(B?I|BO)$",
    re.IGNORECASE,
)
_MONO = re.compile(
    r"mono(?!type)|courier|consol|typewriter|menlo|monaco|inconsolata|andale|fixed|source ?code|fira ?code|anonymouspro|hack-"
    r"|^cm(tt|sltt|tcsc|itt|vtt)|^(ec|lm|sf)(tt|st|it)t?\d|^lmmono|^(ec|la)tt|^t1xtt|^txtt|^lucidacons|^ocrb",
    re.IGNORECASE,
)
_TEX = re.compile(r"(cm|ec|lm|sf|tc|dc|fc|la|lh|vn|t1|ms)[a-z]*(\d|-)|nimbus|cm-?super", re.IGNORECASE)
_FLAG_FIXED, _FLAG_ITALIC, _FLAG_FORCE_BOLD = 1 << 0, 1 << 6, 1 << 18


class Face(NamedTuple):
    """A font.

    Attributes:
        name: its PostScript name without the tag of a subset.
        bold, italic: by its own flags or its name.
        ascent, descent: how far it reaches above and below the baseline, as parts of ``ascent - descent`` (descent is
            negative), as pdfium lays out its boxes.
        mono: whether all its letters are equally wide, by its flags or its name.
        signs: of a font of signs, what its codes mean where the file does not say; see `symbol_fonts`.
        tex: whether it may be one of TeX's, in whose encodings ligatures stand among the control characters: by its name, which
            bitmaps of them do not have.
    """

    name: str
    bold: bool
    italic: bool
    ascent: float
    descent: float
    mono: bool = False
    signs: Mapping[int, int] | None = None
    tex: bool = False


def face_of(font: Any) -> Face:
    """The face behind pdfium's font handle; a plain one where there is none."""
    if not font:
        return Face("", False, False, 0.8, -0.2)
    name = name_of(font)
    flags = max(0, pdfium.FPDFFont_GetFlags(font))
    signs = encoding_of(name)
    # pdfium's weight is guessed from the stem width, and calls many a regular face bold: the name knows better.
    return Face(
        name,
        bool(flags & _FLAG_FORCE_BOLD or _BOLD.search(name)),
        signs is None and bool(flags & _FLAG_ITALIC or _ITALIC.search(name)),
        *_reach(font),
        bool(flags & _FLAG_FIXED or _MONO.search(name)),
        signs,
        not name or bool(_TEX.match(name)),
    )


def name_of(font: Any) -> str:
    """The PostScript name behind pdfium's font handle, without the tag of a subset."""
    return _SUBSET.sub("", _name(font))


def _name(font: Any) -> str:
    length = pdfium.FPDFFont_GetBaseFontName(font, None, 0)
    buffer = create_string_buffer(max(1, length))
    pdfium.FPDFFont_GetBaseFontName(font, buffer, length)
    for encoding in ("utf-8", "gb18030", "cp932"):  # fonts of China and Japan give theirs as they write
        try:
            return buffer.value.decode(encoding)
        except UnicodeDecodeError:
            continue
    return buffer.value.decode("latin-1")


def _reach(font: Any) -> tuple[float, float]:
    up, down = c_float(), c_float()
    pdfium.FPDFFont_GetAscent(font, 1.0, byref(up))
    pdfium.FPDFFont_GetDescent(font, 1.0, byref(down))
    height = up.value - down.value
    # Type 3 and broken fonts say nonsense; then a Latin face's usual reach serves.
    if not (0.3 < height < 5 and up.value > 0):
        return 0.8, -0.2
    return up.value / height, down.value / height
