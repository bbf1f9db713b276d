"""Every printed character of a PDF page with its place and style, read from pdfium with as few calls as it allows."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Mapping, Sequence
from ctypes import addressof, byref, c_double
from typing import Any, NamedTuple
from unicodedata import combining

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

from ocroute.pages.code_pages import cyrillic
from ocroute.pages.glyph_numbers import meant
from ocroute.pages.pdf_clips import Bounds, Clips, leaves
from ocroute.pages.pdf_fonts import Face, face_of
from ocroute.pages.pdf_frame import Frame
from ocroute.pages.pdf_text import SOFT_HYPHEN, TEX_LIGATURES, TEX_QUOTES
from ocroute.pages.symbol_fonts import UNKNOWN, meaning
from ocroute.values import InlineStyle

MAX_CHARS = 200_000
"""Pages with more (plots that print a letter for each point) are cut there: they would take minutes."""

SPACE, HYPHEN = 0x20, 0x2D
_TABS = (0x09, 0x0A)
"""What some programs mean blanks by."""

_HIGH, _LOW = range(0xD800, 0xDC00), range(0xDC00, 0xE000)

_BLANK = 0.01
"""Height over width up to which a character leaves no ink: pdfium gives one without a drawing its width and nearly no height."""

_OVERHANG = 0.4
"""Part of a character's width that may reach over the space behind it."""

_POINTS = 0x591, 0x8FF
"""Where Hebrew and Arabic vowel signs are found."""

_HEIGHT, _NONSENSE = 1.2, 3.0
"""How high characters are in ems of usual fonts, and by which factor they are at least as high in those that lie about it."""

LEVEL = 0.995
"""Cosine from which a direction is straight: the text layer of a scan may follow its skew by tenths of a degree."""

_INVISIBLE = (pdfium.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium.FPDF_TEXTRENDERMODE_CLIP)
_FAKE_BOLD = (pdfium.FPDF_TEXTRENDERMODE_FILL_STROKE, pdfium.FPDF_TEXTRENDERMODE_FILL_STROKE_CLIP)


class Style(NamedTuple):
    """What all characters of one text object share.

    Attributes:
        face: its font.
        size: height of the font's em in raster pixels.
        direction: (x, y) unit vector of the reading direction on the raster, y down.
        hidden: whether it is there to be searched, not seen.
        bold: whether it is drawn bold by outlining, whatever its font.
        marks: what is drawn on it: links, strokes; see `pdf_marks`.
        href: where its link leads.
    """

    face: Face
    size: float
    direction: tuple[float, float]
    hidden: bool
    bold: bool
    marks: frozenset[InlineStyle] = frozenset()
    href: str = ""

    @property
    def level(self) -> bool:
        """Whether it runs from left to right, but for the skew of a scan."""
        return self.direction[0] > LEVEL


class Glyphs(NamedTuple):
    """The characters of a page in the order of the file, as columns. Boxes are raster pixels before any turn.

    Attributes:
        code: (N,) code points; spaces that the file itself has are among them.
        x, y: (N,) origins on the baseline.
        box: (N, 4) loose boxes: as wide as the advance, as tall as the font. Degenerate where text stands sideways.
        ink: (N, 4) boxes of the outlines; zeros for level text, which its loose boxes measure.
        style: (N,) indices into ``styles``.
        styles: one for each text object.
        size: of the raster.
    """

    code: NDArray[np.int64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    box: NDArray[np.float64]
    ink: NDArray[np.float64]
    style: NDArray[np.int64]
    styles: list[Style]
    size: tuple[int, int]


_WIDE, _STYLE, _X, _Y, _RIGHT = 12, 1, 2, 3, 6
"""Numbers in a row of the table of characters, and where in it style, origin and right edge stand."""


def read_glyphs(page: pypdfium2.PdfPage, frame: Frame) -> Glyphs:
    """All characters that stand in the file; those that pdfium makes up (spaces, line ends) and those that the page's clip paths
    cut off are left out.
    """
    text = page.get_textpage()
    try:
        return _read(text, frame, Clips(page.raw))
    finally:
        text.close()


def _read(text: pypdfium2.PdfTextPage, frame: Frame, clips: Clips) -> Glyphs:
    styles = _Styles(text.raw, frame, clips)
    table = _table(text.raw, styles)
    rows = np.array(table.numbers, np.float64).reshape(-1, _WIDE)
    _measure(styles.all, rows, frame.scale)
    style_at = rows[:, _STYLE].astype(np.int64)
    codes = _without_blanks(rows[:, 0].astype(np.int64), style_at, table.drawn)
    return Glyphs(
        _understood(codes, style_at, styles.all, table.unsaid),
        *frame.map(rows[:, 2], rows[:, 3]),
        _mapped(frame, rows[:, 4:8]),
        _mapped(frame, rows[:, 8:12]),
        style_at,
        styles.all,
        frame.size,
    )


class _Styles:
    """The styles of a page's text objects, by number, and what their codes mean: each is asked for once.

    Attributes:
        all: the styles.
        bounds: of each, what its clip paths leave, if it has any.
        level, aslant: of each style, whether it is.
    """

    def __init__(self, raw: Any, frame: Frame, clips: Clips) -> None:
        self.all: list[Style] = []
        self.bounds: list[Bounds | None] = []
        self.level: list[bool] = []
        self.aslant: list[bool] = []
        self._raw, self._frame, self._clips = raw, frame, clips
        self._faces: dict[int, Face] = {}
        self.of: dict[int, int] = {}  # by the text object's address
        self.meant: dict[tuple[int, int], tuple[int, bool]] = {}  # by style and code, see `meaning`

    def add(self, index: int, owner: Any, address: int) -> int:
        """The number of the style of ``owner``, to which the character at ``index`` belongs."""
        made = _style(self._raw, index, owner, self._frame, self._faces)
        self.of[address] = len(self.all)
        self.all.append(made)
        self.bounds.append(self._clips.of(owner))
        self.level.append(made.level)
        self.aslant.append(max(map(abs, made.direction)) < LEVEL)
        return self.of[address]

    def meaning(self, style: int, code: int, index: int) -> tuple[int, bool]:
        """What ``code`` means in a style, and whether nobody says so: then it is a glyph's number."""
        signs, tex = self.all[style].face.signs, self.all[style].face.tex
        bare = bool(pdfium.FPDFText_HasUnicodeMapError(self._raw, index))
        said = code
        if signs is not None:
            said = meaning(signs, code, mapped=not bare)
        elif code < SPACE and bare and not (tex and code in TEX_LIGATURES):
            said = TEX_QUOTES.get(code, UNKNOWN) if tex else UNKNOWN
        elif code in _TABS or (code in TEX_LIGATURES and not tex):
            said = SPACE
        self.meant[style, code] = said, bare and signs is None
        return self.meant[style, code]


class _Table(NamedTuple):
    """The characters as they are read.

    Attributes:
        numbers: `_WIDE` of them a character: many times faster to fill than a list of tuples is to turn into numpy's.
        unsaid: codes that are numbers of glyphs, by their character's row.
        drawn: whether a style's character leaves ink.
    """

    numbers: array[float]
    unsaid: dict[int, int]
    drawn: dict[tuple[int, int], bool]


def _table(raw: Any, styles: _Styles) -> _Table:
    made_up, unicode_of = pdfium.FPDFText_IsGenerated, pdfium.FPDFText_GetUnicode
    object_of, origin_of = pdfium.FPDFText_GetTextObject, pdfium.FPDFText_GetCharOrigin
    loose_of, ink_of = pdfium.FPDFText_GetLooseCharBox, pdfium.FPDFText_GetCharBox
    x, y, left, right, bottom, top = (c_double() for _ in range(6))
    at_x, at_y, at = byref(x), byref(y), (byref(left), byref(right), byref(bottom), byref(top))
    rect = pdfium.FS_RECTF()
    at_rect = byref(rect)
    nowhere = (0.0, 0.0, 0.0, 0.0)
    table, unsaid, drawn = made = _Table(array("d"), {}, {})
    style_of, meant, level, aslant = styles.of, styles.meant, styles.level, styles.aslant
    for index in range(min(pdfium.FPDFText_CountChars(raw), MAX_CHARS)):
        owner = object_of(raw, index)
        code = unicode_of(raw, index)
        if code == SPACE and made_up(raw, index):
            origin_of(raw, index, at_x, at_y)
            if table and aslant[int(table[_STYLE - _WIDE])]:
                # Boxes of letters that run uphill overlap: no white between them tells words.
                table.extend((SPACE, table[_STYLE - _WIDE], x.value, y.value, *nowhere, *nowhere))
            elif table and table[_Y - _WIDE] == y.value and _is_overhang(table, x.value):
                # It stands where the character before it ends: what that one's box has beyond is overhang, as an italic f's.
                table[_RIGHT - _WIDE] = x.value
            continue
        if not owner:
            continue
        if code in _LOW and table and (high := int(table[-_WIDE])) in _HIGH:
            table[-_WIDE] = 0x10000 + (high - _HIGH[0] << 10) + code - _LOW[0]  # pdfium gives such a sign in two halves
            continue
        address = addressof(owner.contents)
        style = style_of.get(address)
        if style is None:
            style = styles.add(index, owner, address)
        bounds = styles.bounds[style]
        if bounds is not None:
            loose_of(raw, index, at_rect)
            if not leaves(bounds, rect):
                continue
        said, number = meant.get((style, code)) or styles.meaning(style, code, index)
        if said == SOFT_HYPHEN:
            ink_of(raw, index, *at)
            if right.value <= left.value:
                continue  # where a word could be broken, and is not
            said = HYPHEN
        if number:
            unsaid[len(table) // _WIDE] = code
        origin_of(raw, index, at_x, at_y)
        loose_of(raw, index, at_rect)
        loose = (rect.left, rect.bottom, rect.right, rect.top)
        ink = nowhere
        if not level[style]:
            ink_of(raw, index, *at)
            ink = (left.value, bottom.value, right.value, top.value)
        elif _POINTS[0] <= said <= _POINTS[1] and combining(chr(said)):
            # A vowel sign has no advance, and fonts differ in where its origin is: it stands where its ink does.
            ink_of(raw, index, *at)
            x.value, loose = left.value, (left.value, rect.bottom, right.value, rect.top)
        table.extend((said, style, x.value, y.value, *loose, *ink))
        if (style, said) not in drawn:
            ink_of(raw, index, *at)
            sides = right.value - left.value, top.value - bottom.value
            drawn[style, said] = min(sides) > _BLANK * max(sides)
    return made


def _is_overhang(table: Sequence[float], end: float) -> bool:
    """Whether little of the last character's box lies beyond ``end``: half an m that a space is typed over is none."""
    start, right = table[_X - _WIDE], table[_RIGHT - _WIDE]
    return start < end < right <= end + _OVERHANG * (right - start)


def _measure(styles: list[Style], rows: NDArray[np.float64], scale: float) -> None:
    """Give ``styles`` whose size says nothing, as those of Type 3 fonts that count in units of their own, the size that their
    characters have.
    """
    at = rows[:, _STYLE].astype(np.int64)
    total = np.bincount(at, np.abs(rows[:, 7] - rows[:, 5]) * scale, len(styles))
    heights = total / np.maximum(np.bincount(at, minlength=len(styles)), 1)
    for number, (style, height) in enumerate(zip(styles, heights.tolist(), strict=True)):
        if not style.face.name and height > 0 and not style.size / _NONSENSE < height < style.size * _NONSENSE:
            styles[number] = style._replace(size=height / _HEIGHT)


def _understood(
    codes: NDArray[np.int64], style_at: NDArray[np.int64], styles: Sequence[Style], numbers: Mapping[int, int]
) -> NDArray[np.int64]:
    """``codes`` with what the ``numbers`` of glyphs, by their places in it, and letters of another code page most likely mean."""
    faces: dict[int, int] = {}
    fonts = np.array([faces.setdefault(id(style.face), len(faces)) for style in styles] or [0], np.int64)[style_at]
    if numbers:
        at, said = (np.array(side, np.int64) for side in (list(numbers), list(numbers.values())))
        told = meant(said, fonts[at])
        codes[at[told != said]] = told[told != said]
    return cyrillic(codes, fonts)


def _without_blanks(
    codes: NDArray[np.int64], styles: NDArray[np.int64], drawn: Mapping[tuple[int, int], bool]
) -> NDArray[np.int64]:
    """``codes``, those of signs that leave no ink as spaces: some fonts call their space # or = .

    A style in which nothing leaves ink is one whose drawings nobody knows.
    """
    inked = {style for (style, _), there in drawn.items() if there}
    for (style, code), there in drawn.items():
        if not there and style in inked and SPACE < code < sys.maxunicode and not chr(code).isalnum():
            codes[(styles == style) & (codes == code)] = SPACE
    return codes


def _mapped(frame: Frame, boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 4) left, bottom, right, top in points as x0, y0, x1, y1 in pixels."""
    ax, ay = frame.map(boxes[:, 0], boxes[:, 1])
    bx, by = frame.map(boxes[:, 2], boxes[:, 3])
    return np.stack([np.minimum(ax, bx), np.minimum(ay, by), np.maximum(ax, bx), np.maximum(ay, by)], axis=1)


def _style(raw: Any, index: int, owner: Any, frame: Frame, faces: dict[int, Face]) -> Style:
    font = pdfium.FPDFTextObj_GetFont(owner)
    address = addressof(font.contents) if font else 0
    if address not in faces:
        faces[address] = face_of(font)
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(raw, index, byref(matrix))
    a, b, c, d = frame.matrix[:4]
    across = (a * matrix.a + c * matrix.b, b * matrix.a + d * matrix.b)
    up = (a * matrix.c + c * matrix.d, b * matrix.c + d * matrix.d)
    em = pdfium.FPDFText_GetFontSize(raw, index)
    length = float(np.hypot(*across)) * (-1.0 if em < 0 else 1.0) or 1.0  # type of negative size runs the other way
    mode = pdfium.FPDFTextObj_GetTextRenderMode(owner)
    return Style(
        faces[address],
        abs(em) * float(np.hypot(*up)),
        (across[0] / length, across[1] / length),
        mode in _INVISIBLE,
        mode in _FAKE_BOLD,
    )
