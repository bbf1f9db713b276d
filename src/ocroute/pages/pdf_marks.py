"""What is drawn on or laid over the characters of a page: strokes through and under them, links, marks of reviewers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from ctypes import byref, create_string_buffer
from typing import Any, Final, NamedTuple

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

from ocroute.pages.pdf_chars import SPACE, Glyphs
from ocroute.pages.pdf_flat import MAX_ANNOTATIONS, each_annotation
from ocroute.pages.pdf_frame import Frame
from ocroute.values import InlineStyle

Segment = tuple[float, float, float, float]

STRUCK: Final = (0.12, 0.42)
"""Ems above the baseline at which a stroke goes through the letters: half the x-height to half the capitals."""

UNDERLINED: Final = (-0.24, 0.02)
"""Ems above the baseline at which a stroke stands under them; rules of tables and blanks of forms lie lower."""

_OVERHANG = 0.6
"""Ems by which a stroke may begin before its first letter or end behind its last: what reaches further is a rule."""

_SYMBOLS = (0x2500, 0x27BF)
"""Boxes, arrows, ticks: strokes at their edges are their own."""

_MOST_STROKES, _MOST_MARKS = 3_000, 5_000
_USUAL_SIZES = 8
"""Times the median size of type that strokes are looked for around: one giant letter must not make each look at all others."""

_LARGEST_LINK = 0.25
"""Part of the page from which a link is a place to click on, not a part of the text."""

_UNSEEN = pdfium.FPDF_ANNOT_FLAG_HIDDEN | pdfium.FPDF_ANNOT_FLAG_NOVIEW
_MARKS: dict[int, InlineStyle] = {
    pdfium.FPDF_ANNOT_LINK: "link",
    pdfium.FPDF_ANNOT_STRIKEOUT: "strike",
    pdfium.FPDF_ANNOT_UNDERLINE: "underline",
}


class Mark(NamedTuple):
    """A rectangle of the page in which all characters have a style; (left, bottom, right, top) in points."""

    style: InlineStyle
    rect: Segment
    href: str = ""


def read_marks(pdf: pypdfium2.PdfDocument, page: pypdfium2.PdfPage) -> list[Mark]:
    """The links to addresses and the strokes that are annotations of ``page``; links inside the document are none."""
    if not 0 < pdfium.FPDFPage_GetAnnotCount(page) <= MAX_ANNOTATIONS:
        return []
    marks = []
    left, bottom, right, top = page.get_bbox()
    for annotation in each_annotation(page):
        style = _MARKS.get(pdfium.FPDFAnnot_GetSubtype(annotation))
        if style is None or pdfium.FPDFAnnot_GetFlags(annotation) & _UNSEEN:
            continue
        href = _address(pdf, annotation) if style == "link" else ""
        if style == "link" and not href:
            continue
        for rect in _rectangles(annotation):
            if (rect[2] - rect[0]) * (rect[3] - rect[1]) < _LARGEST_LINK * (right - left) * (top - bottom):
                marks.append(Mark(style, rect, href))
            if len(marks) >= _MOST_MARKS:
                return marks
    return marks


def _address(pdf: pypdfium2.PdfDocument, annotation: Any) -> str:
    link = pdfium.FPDFAnnot_GetLink(annotation)
    action = pdfium.FPDFLink_GetAction(link) if link else None
    if not action or pdfium.FPDFAction_GetType(action) != pdfium.PDFACTION_URI:
        return ""
    length = pdfium.FPDFAction_GetURIPath(pdf, action, None, 0)
    buffer = create_string_buffer(max(1, min(length, 8192)))
    pdfium.FPDFAction_GetURIPath(pdf, action, buffer, len(buffer))
    return buffer.value.decode("utf-8", "replace").strip()


def _rectangles(annotation: Any) -> Iterator[Segment]:
    """One a line of text where the annotation says so, else the whole of it."""
    points, count = pdfium.FS_QUADPOINTSF(), pdfium.FPDFAnnot_CountAttachmentPoints(annotation)
    for index in range(min(count, MAX_ANNOTATIONS)):
        if pdfium.FPDFAnnot_GetAttachmentPoints(annotation, index, byref(points)):
            xs = points.x1, points.x2, points.x3, points.x4
            ys = points.y1, points.y2, points.y3, points.y4
            yield min(xs), min(ys), max(xs), max(ys)
    rect = pdfium.FS_RECTF()
    if not count and pdfium.FPDFAnnot_GetRect(annotation, byref(rect)):
        yield (
            min(rect.left, rect.right),
            min(rect.bottom, rect.top),
            max(rect.left, rect.right),
            max(rect.bottom, rect.top),
        )


def with_marks(glyphs: Glyphs, marks: Sequence[Mark], strokes: Iterable[Segment], frame: Frame) -> Glyphs:
    """``glyphs`` in styles that tell what is drawn on them.

    Args:
        marks: annotations.
        strokes: ruling lines of the page, (x0, y0, x1, y1) in pixels.
    """
    if not len(glyphs.code):
        return glyphs
    found: dict[int, dict[InlineStyle, str]] = {}
    places = _Places.of(glyphs)
    for style, rect, href in marks:
        for index in places.inside(_box(rect, frame)):
            found.setdefault(index, {})[style] = href  # of two links on one place, a click goes to the later
    level = [(x0, y0, x1) for x0, y0, x1, y1 in strokes if y0 == y1 and x1 > x0]
    for x0, y, x1 in level[:_MOST_STROKES]:
        for style, index in places.under(x0, y, x1):
            found.setdefault(index, {}).setdefault(style, "")
    return _restyled(glyphs, found) if found else glyphs


def _box(rect: Segment, frame: Frame) -> Segment:
    xs, ys = frame.map(np.array([rect[0], rect[2]]), np.array([rect[1], rect[3]]))
    return float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max())


class _Places(NamedTuple):
    """The printed characters, ordered by their baselines: (N,) pixels; ``place`` is where each stands in the file."""

    place: NDArray[np.intp]
    x0: NDArray[np.float64]
    x1: NDArray[np.float64]
    base: NDArray[np.float64]
    size: NDArray[np.float64]
    largest: float
    level: NDArray[np.bool_]

    @classmethod
    def of(cls, glyphs: Glyphs) -> _Places:
        shown = np.array([not style.hidden for style in glyphs.styles])[glyphs.style] & (glyphs.code != SPACE)
        shown &= (glyphs.code < _SYMBOLS[0]) | (glyphs.code > _SYMBOLS[1])
        chosen = np.flatnonzero(shown)
        chosen = chosen[np.argsort(glyphs.y[chosen], kind="stable")]
        size = np.array([style.size for style in glyphs.styles])[glyphs.style[chosen]]
        level = np.array([style.level for style in glyphs.styles])[glyphs.style[chosen]]
        x0, x1 = glyphs.x[chosen], glyphs.box[chosen, 2]
        x1 = np.where((x1 > x0) & (x1 - x0 < 3 * np.maximum(size, 1)), x1, x0 + 0.5 * size)
        largest = min(size.max(), _USUAL_SIZES * np.median(size)) if len(size) else 0.0
        return cls(chosen, x0, x1, glyphs.y[chosen], size, float(largest), level)

    def _between(self, top: float, bottom: float) -> slice:
        first, last = np.searchsorted(self.base, [top, bottom])
        return slice(int(first), int(last))

    def inside(self, box: Segment) -> list[int]:
        """The characters whose middles lie in ``box``."""
        x0, y0, x1, y1 = box
        near = self._between(y0, y1 + self.largest)
        x, y = (self.x0[near] + self.x1[near]) / 2, self.base[near] - 0.3 * self.size[near]
        hit = (x > x0) & (x < x1) & (y > y0) & (y < y1)
        return [int(place) for place in self.place[near][hit]]

    def under(self, x0: float, y: float, x1: float) -> Iterator[tuple[InlineStyle, int]]:
        """The characters that a level stroke goes through or stands under, where it is as long as they are."""
        near = self._between(y - 0.5 * self.largest, y + 0.5 * self.largest)
        middle = (self.x0[near] + self.x1[near]) / 2
        size = np.maximum(self.size[near], 1e-3)
        height = (self.base[near] - y) / size
        along = (middle > x0) & (middle < x1) & self.level[near]
        bands: tuple[tuple[InlineStyle, tuple[float, float]], ...] = (("strike", STRUCK), ("underline", UNDERLINED))
        for style, (low, high) in bands:
            hit = along & (height > low) & (height < high)
            if not hit.any():
                continue
            reach = _OVERHANG * float(size[hit].max())
            if self.x0[near][hit].min() - x0 < reach and x1 - self.x1[near][hit].max() < reach:
                for index in self.place[near][hit].tolist():
                    yield style, index


def _restyled(glyphs: Glyphs, found: dict[int, dict[InlineStyle, str]]) -> Glyphs:
    styles, style = list(glyphs.styles), glyphs.style.copy()
    made: dict[tuple[int, frozenset[tuple[InlineStyle, str]]], int] = {}
    for index, marks in found.items():
        key = int(style[index]), frozenset(marks.items())
        if key not in made:
            made[key] = len(styles)
            styles.append(styles[key[0]]._replace(marks=frozenset(marks), href=marks.get("link", "")))
        style[index] = made[key]
    return glyphs._replace(style=style, styles=styles)
