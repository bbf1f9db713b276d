"""What a PDF page draws as vectors: ruling lines and filled rectangles; and the density of its scanned image."""

from __future__ import annotations

from collections.abc import Iterator
from ctypes import byref, c_float, c_int, c_uint
from itertools import pairwise
from math import hypot
from typing import Any, Literal, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from ocroute.document.affine import Matrix, compose
from ocroute.pages.pdf_frame import Frame

Segment = tuple[float, float, float, float]

MAX_OBJECTS = 20_000
"""Maps and plots draw more; what comes after is no table."""

_MAX_SEGMENTS = 4_000
_DEPTH = 5
_THIN_POINTS = 3.0
"""A filled rectangle thinner than this is a line drawn as a rectangle."""

_TICK_BOX = (5.5, 24.0)
"""Side of a tick box in points."""

_LIGHT = 150
"""Of 255: a box filled with a darker colour is no tick box but a key to a chart."""

_ROUND = 0.06
"""Part of the radius by which points of a circle may miss it."""

_MOST_POINTS = 80
"""Of a tick or cross drawn by hand."""

_LONG_POINTS = 5.0
_STRAIGHT = 0.02
"""Slope up to which a line is horizontal or vertical."""

_COVERS = 0.8
"""Part of the page that images must cover for it to be a scan."""

_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


Shape = Literal["rule", "fill", "square", "scribble", "circle"]


class Vectors(NamedTuple):
    """What is drawn, (x0, y0, x1, y1) in raster pixels.

    Attributes:
        rules: horizontal and vertical lines.
        fills: filled boxes.
        squares: outlines of squares as small as a tick box; their sides are rules too.
        scribbles: drawings no larger that are neither rules nor boxes, as a tick is.
        circles: outlines of circles of that size, as radio buttons are.
    """

    rules: tuple[Segment, ...]
    fills: tuple[Segment, ...]
    squares: tuple[Segment, ...] = ()
    scribbles: tuple[Segment, ...] = ()
    circles: tuple[Segment, ...] = ()


NO_VECTORS = Vectors((), ())


def read_vectors(page: pypdfium2.PdfPage, frame: Frame) -> Vectors:
    """All of it on the page, also what is inside form XObjects."""
    found: dict[Shape, dict[Segment, None]] = {shape: {} for shape in ("rule", "fill", "square", "scribble", "circle")}
    for item, matrix in _objects(page, pdfium.FPDF_PAGEOBJ_PATH):
        for segment, shape in _shapes(item, compose(compose(_matrix(item), matrix), frame.matrix), frame.scale):
            cut = _cut(segment, frame.size)
            if cut is not None:
                found[shape][cut] = None
    return Vectors(*map(tuple, found.values()))


def image_density(page: pypdfium2.PdfPage) -> float | None:
    """Pixels per point of the images that make the page a scan; None where they do not cover it."""
    left, bottom, right, top = page.get_bbox()
    area, covered, density = max(1e-6, (right - left) * (top - bottom)), 0.0, 0.0
    across, down = c_uint(), c_uint()
    for item, matrix in _objects(page, pdfium.FPDF_PAGEOBJ_IMAGE):
        a, b, c, d, e, f = compose(_matrix(item), matrix)
        xs, ys = _corners((a, b, c, d, e, f))
        width = min(max(xs), right) - max(min(xs), left)
        height = min(max(ys), top) - max(min(ys), bottom)
        if width <= 0 or height <= 0 or not pdfium.FPDFImageObj_GetImagePixelSize(item, byref(across), byref(down)):
            continue
        covered += width * height
        if width * height > 0.1 * area:
            density = max(density, across.value / max(1e-6, (a * a + b * b) ** 0.5))
    return density if covered >= _COVERS * area and density > 0 else None


def image_boxes(page: pypdfium2.PdfPage, frame: Frame) -> tuple[Segment, ...]:
    """(x0, y0, x1, y1) in pixels of the images on the page, those cut away that lie outside it."""
    return tuple(box for _, _, box in image_objects(page, frame))


def image_objects(page: pypdfium2.PdfPage, frame: Frame) -> Iterator[tuple[Any, Matrix, Segment]]:
    """PDFium's objects of the images on the page, the matrix of each from the unit square to pixels, and its box."""
    for item, outer in _objects(page, pdfium.FPDF_PAGEOBJ_IMAGE):
        matrix = compose(compose(_matrix(item), outer), frame.matrix)
        xs, ys = _corners(matrix)
        if (box := _cut((min(xs), min(ys), max(xs), max(ys)), frame.size)) is not None:
            yield item, matrix, box


def _corners(matrix: Matrix) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """x and y of the corners of the unit square, which an image fills."""
    a, b, c, d, e, f = matrix
    return (e, e + a, e + c, e + a + c), (f, f + b, f + d, f + b + d)


def _objects(page: pypdfium2.PdfPage, kind: int) -> Iterator[tuple[Any, Matrix]]:
    """Page objects of one kind with the matrix of the form XObjects they stand in."""
    count = pdfium.FPDFPage_CountObjects(page)
    budget = [MAX_OBJECTS]
    for index in range(min(count, MAX_OBJECTS)):
        yield from _within(pdfium.FPDFPage_GetObject(page, index), kind, _IDENTITY, _DEPTH, budget)


def _within(item: Any, kind: int, matrix: Matrix, depth: int, budget: list[int]) -> Iterator[tuple[Any, Matrix]]:
    budget[0] -= 1
    if budget[0] < 0:
        return
    found = pdfium.FPDFPageObj_GetType(item)
    if found == kind:
        yield item, matrix
    elif found == pdfium.FPDF_PAGEOBJ_FORM and depth:
        inner = compose(_matrix(item), matrix)
        for index in range(min(pdfium.FPDFFormObj_CountObjects(item), MAX_OBJECTS)):
            yield from _within(pdfium.FPDFFormObj_GetObject(item, index), kind, inner, depth - 1, budget)


def _matrix(item: Any) -> Matrix:
    matrix = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(item, byref(matrix)):
        return _IDENTITY
    return matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f


def _shapes(item: Any, matrix: Matrix, scale: float) -> Iterator[tuple[Segment, Shape]]:
    """Each line or filled rectangle of one path and what is as small as a tick box, in pixels."""
    fill, stroke = c_int(), c_int()
    if not pdfium.FPDFPath_GetDrawMode(item, byref(fill), byref(stroke)) or not (fill.value or stroke.value):
        return
    if pdfium.FPDFPath_CountSegments(item) > _MAX_SEGMENTS:
        return
    for points in _subpaths(item, matrix):
        if stroke.value:
            for a, b in pairwise(points):
                if b.straight and _is_rule(abs(b.x - a.x), abs(b.y - a.y), scale):
                    yield _level(a.x, a.y, b.x, b.y), "rule"
        if small := _small(
            points, scale, outlined=bool(stroke.value) and (not fill.value or _least_colour(item) >= _LIGHT)
        ):
            yield small
        if fill.value and len(points) >= 4 and all(point.straight for point in points):
            xs, ys = [point.x for point in points], [point.y for point in points]
            x0, y0, x1, y1 = min(xs), min(ys), max(xs), max(ys)
            if min(x1 - x0, y1 - y0) <= _THIN_POINTS * scale:
                if not stroke.value and max(x1 - x0, y1 - y0) >= _LONG_POINTS * scale:
                    yield _middle(x0, y0, x1, y1), "rule"
            elif _is_box(points, x0, y0, x1, y1) and not _is_white(item):
                yield (x0, y0, x1, y1), "fill"


def _small(points: list[_Point], scale: float, *, outlined: bool) -> tuple[Segment, Shape] | None:
    """The square, the circle or the scribble that a subpath is, if it is one."""
    if not 2 <= len(points) <= _MOST_POINTS:
        return None
    xs, ys = [point.x for point in points], [point.y for point in points]
    x0, y0, x1, y1 = min(xs), min(ys), max(xs), max(ys)
    short, long = sorted((x1 - x0, y1 - y0))
    if not (_TICK_BOX[0] / 2 * scale <= long <= _TICK_BOX[1] * scale and short > _STRAIGHT * long):
        return None
    corners = {(point.x > (x0 + x1) / 2, point.y > (y0 + y1) / 2) for point in points}
    straight = all(point.straight for point in points[1:])
    large = outlined and short >= max(_TICK_BOX[0] * scale, 0.8 * long)
    if len(corners) < 4 or not straight or not _is_box(points, x0, y0, x1, y1):
        return (x0, y0, x1, y1), "circle" if large and _is_circle(points, x0, y0, x1, y1) else "scribble"
    return ((x0, y0, x1, y1), "square") if large else None


def _is_circle(points: list[_Point], x0: float, y0: float, x1: float, y1: float) -> bool:
    """Whether a subpath is curves all of whose ends lie on the circle in its box, all around it."""
    curves = [point for point in points[1:] if not point.straight]
    if len(curves) < 12 or len(curves) % 3 or any(point.straight for point in points[1 : 1 + len(curves)]):
        return False
    x, y, radius = (x0 + x1) / 2, (y0 + y1) / 2, (x1 - x0 + y1 - y0) / 4
    ends = curves[2::3]
    around = all(abs(hypot(end.x - x, end.y - y) - radius) <= _ROUND * radius for end in ends)
    return around and hypot(points[0].x - ends[-1].x, points[0].y - ends[-1].y) <= _ROUND * radius


class _Point(NamedTuple):
    """A point in pixels; ``straight`` is whether a straight line leads to it. Control points of curves are points too."""

    x: float
    y: float
    straight: bool


def _subpaths(item: Any, matrix: Matrix) -> Iterator[list[_Point]]:
    a, b, c, d, e, f = matrix
    x, y = c_float(), c_float()
    points: list[_Point] = []
    for index in range(pdfium.FPDFPath_CountSegments(item)):
        segment = pdfium.FPDFPath_GetPathSegment(item, index)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        pdfium.FPDFPathSegment_GetPoint(segment, byref(x), byref(y))
        if kind == pdfium.FPDF_SEGMENT_MOVETO and points:
            yield points
            points = []
        straight = kind != pdfium.FPDF_SEGMENT_BEZIERTO
        points.append(_Point(a * x.value + c * y.value + e, b * x.value + d * y.value + f, straight))
        if pdfium.FPDFPathSegment_GetClose(segment):
            points.append(points[0])
    if points:
        yield points


def _is_rule(width: float, height: float, scale: float) -> bool:
    return max(width, height) >= _LONG_POINTS * scale and min(width, height) <= _STRAIGHT * max(width, height)


def _level(ax: float, ay: float, bx: float, by: float) -> Segment:
    if abs(bx - ax) >= abs(by - ay):
        middle = (ay + by) / 2
        return min(ax, bx), middle, max(ax, bx), middle
    middle = (ax + bx) / 2
    return middle, min(ay, by), middle, max(ay, by)


def _middle(x0: float, y0: float, x1: float, y1: float) -> Segment:
    if x1 - x0 >= y1 - y0:
        return x0, (y0 + y1) / 2, x1, (y0 + y1) / 2
    return (x0 + x1) / 2, y0, (x0 + x1) / 2, y1


def _is_box(points: list[_Point], x0: float, y0: float, x1: float, y1: float) -> bool:
    slack = 0.02 * max(x1 - x0, y1 - y0)
    return all(min(abs(x - x0), abs(x - x1)) <= slack and min(abs(y - y0), abs(y - y1)) <= slack for x, y, _ in points)


def _is_white(item: Any) -> bool:
    return _least_colour(item) >= 252


def _least_colour(item: Any) -> int:
    """The least of the three colours that a path is filled with, 0 to 255; 255 where nothing of them is seen."""
    red, green, blue, alpha = c_uint(), c_uint(), c_uint(), c_uint()
    pdfium.FPDFPageObj_GetFillColor(item, byref(red), byref(green), byref(blue), byref(alpha))
    return min(red.value, green.value, blue.value) if alpha.value else 255


def _cut(segment: Segment, size: tuple[int, int]) -> Segment | None:
    """The part on the page, to a hundredth of a pixel; None where there is none."""
    width, height = size
    x0, y0, x1, y1 = segment
    x0, x1 = max(x0, 0.0), min(x1, float(width))
    y0, y1 = max(y0, 0.0), min(y1, float(height))
    if x0 > x1 or y0 > y1:
        return None
    return round(x0, 2), round(y0, 2), round(x1, 2), round(y1, 2)
