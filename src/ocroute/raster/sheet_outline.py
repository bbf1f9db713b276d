"""The sheet of paper in a photograph, by its four edges on what it lies on."""

from __future__ import annotations

from itertools import pairwise
from math import hypot
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ocroute.document.sheet import Point, Sheet
from ocroute.pages.page import InputPage, Raster
from ocroute.raster.ink import Ink, ink_of

Corners = NDArray[np.float64]

SMALL: Final = 640  # pixels of the long side on which edges are looked for
LETTERS: Final = 13  # pixels there by which letters are wiped off the paper
LEVELS: Final = 9  # of brightness at which a sheet is looked for
LEAST_AREA: Final = 0.2  # share of the photograph that is the sheet
FILLED: Final = 0.95  # of the four-sided shape that is as bright as paper, and of the bright place that is within it
AWAY: Final = 2.0  # pixels from the photograph's own edge: the sheet's edges are all in the picture
CONTRAST: Final = (
    18.0  # grey levels by which the paper is brighter than what is beside it, at the edge that shows least
)
BAND: Final = 7  # pixels from an edge at which both are measured
FAN: Final = 0.6  # degrees between two edges that should be parallel, from which the sheet was not seen from above
OPPOSITE: Final = 0.55  # of the longer one of two such edges that the other is at least
FEWEST: Final = 20  # letters of a sheet of paper; what has fewer may be anything bright
OUTSIDE: Final = 0.02  # of the page's letters that may stand beside the sheet: grain of a table may look like some


def find_sheet(page: InputPage) -> Sheet | None:
    """Where a photographed sheet lies; None for a page that was seen from above, or where it is not all in the picture.

    There has to be text on the sheet, and none beside it, where it would be lost.
    """
    corners = outline(page.raster())
    if corners is None or max(_fans(corners)) < FAN or not _holds_the_text(ink_of(page), corners):
        return None
    width, height = page.size
    a, b, c, d = (_rounded(point) for point in corners)
    return Sheet(width, height, (a, b, c, d))


def outline(raster: Raster) -> Corners | None:
    """(4, 2) corners of a bright sheet in an (H, W, 3) RGB photograph, top left first, then clockwise; None if there is none."""
    scale = max(1.0, max(raster.shape) / SMALL)
    size = (max(1, round(raster.shape[1] / scale)), max(1, round(raster.shape[0] / scale)))
    if min(size) < 4 * LETTERS:
        return None
    # Wood and skin are bright too, but not in every colour.
    small = cv2.resize(raster, size, interpolation=cv2.INTER_AREA).min(axis=2)
    paper = cv2.GaussianBlur(cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((LETTERS, LETTERS), np.uint8)), (0, 0), 1)
    paper = np.asarray(paper, np.uint8)
    if not _lies_on_something(paper):
        return None
    # A shadow across the sheet has no one level that parts it from what it lies on, but some level may.
    levels = np.unique(np.linspace(paper.min(), paper.max(), LEVELS + 2).astype(int)[1:-1])
    found = [corners for level in levels if (corners := _at_level(paper, int(level))) is not None]
    best = max(found, key=lambda corners: _contrast(corners, paper), default=None)
    if best is None or _contrast(best, paper) < CONTRAST:
        return None
    return np.asarray(best * (raster.shape[1] / size[0], raster.shape[0] / size[1]))


def _lies_on_something(paper: NDArray[np.uint8]) -> bool:
    """Whether the photograph is darker along all its edges than in its middle."""
    edges = (paper[:, 0], paper[:, -1], paper[0], paper[-1])
    height, width = paper.shape
    middle = float(np.median(paper[height // 4 : -height // 4, width // 4 : -width // 4]))
    return all(float(np.median(edge)) < middle - CONTRAST for edge in edges)


def _at_level(paper: NDArray[np.uint8], level: int) -> Corners | None:
    """The corners of the largest place that is brighter than ``level``, if it has four straight sides."""
    bright = (paper > level).astype(np.uint8)
    if not LEAST_AREA < float(bright.mean()) < 1:
        return None
    bright = np.asarray(cv2.morphologyEx(bright, cv2.MORPH_OPEN, np.ones((7, 7), np.uint8)))
    contours, _ = cv2.findContours(bright, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    whole = max(contours, key=cv2.contourArea, default=None)
    if whole is None or cv2.contourArea(whole) < LEAST_AREA * bright.size:
        return None
    corners = _four_sides(whole)
    return corners if corners is not None and _is_four_sided(corners, whole, bright.shape) else None


def _four_sides(contour: NDArray[np.int32]) -> Corners | None:
    """The corners at which straight lines through the four sides of ``contour`` meet."""
    hull = cv2.convexHull(contour)
    around = cv2.arcLength(hull, closed=True)
    rough = next((few for share in range(1, 12) if len(few := _reduced(hull, around * share / 100)) <= 4), None)
    if rough is None or len(rough) != 4:
        return None
    rough = _clockwise(rough)
    points = contour.reshape(-1, 2).astype(np.float64)
    lines = [_line(points, start, end) for start, end in pairwise([*rough, rough[0]])]
    if any(line is None for line in lines):
        return None
    corners = [_crossing(lines[at - 1], lines[at]) for at in range(4)]
    return None if any(corner is None for corner in corners) else np.array(corners, np.float64)


def _reduced(hull: NDArray[np.int32], slack: float) -> Corners:
    return np.asarray(cv2.approxPolyDP(hull, slack, closed=True).reshape(-1, 2), np.float64)


def _clockwise(corners: Corners) -> Corners:
    """Clockwise as seen, from the corner that is nearest to the top left."""
    angles = np.arctan2(*(corners - corners.mean(axis=0)).T[::-1])
    ordered = corners[np.argsort(angles)]
    return np.roll(ordered, -int(ordered.sum(axis=1).argmin()), axis=0)


def _line(points: Corners, start: Corners, end: Corners) -> tuple[Corners, Corners] | None:
    """A point and a direction of the line through those ``points`` that lie along a side, its ends left out."""
    along = end - start
    length = float(np.hypot(*along))
    if length < LETTERS:
        return None
    along /= length
    away = points - start
    across = np.abs(away @ np.array([-along[1], along[0]]))
    place = away @ along / length
    near = points[(across < max(3.0, 0.02 * length)) & (place > 0.08) & (place < 0.92)]
    if len(near) < 0.5 * length:
        return None
    vx, vy, x, y = cv2.fitLine(near.astype(np.float32), cv2.DIST_HUBER, 0, 0.01, 0.01).ravel()
    return np.array([x, y], np.float64), np.array([vx, vy], np.float64)


def _crossing(first: tuple[Corners, Corners] | None, second: tuple[Corners, Corners] | None) -> Corners | None:
    assert first is not None
    assert second is not None
    (p, d), (q, e) = first, second
    turn = d[0] * e[1] - d[1] * e[0]
    if abs(turn) < 0.3:
        return None
    step = ((q - p)[0] * e[1] - (q - p)[1] * e[0]) / turn
    return np.asarray(p + step * d)


def _is_four_sided(corners: Corners, contour: NDArray[np.int32], shape: tuple[int, ...]) -> bool:
    """Whether the corners say what the contour is, a sheet in perspective, all of it in the picture."""
    height, width = shape
    if (corners < AWAY).any() or (corners > np.array([width - 1, height - 1]) - AWAY).any():
        return False
    bright, inside = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    cv2.drawContours(bright, [contour], -1, 1, -1)
    cv2.fillConvexPoly(inside, np.rint(corners).astype(np.int32), 1)
    if int((bright & inside).sum()) < FILLED * max(int(inside.sum()), int(bright.sum())):
        return False
    sides = [hypot(*(end - start)) for start, end in pairwise([*corners, corners[0]])]
    return all(min(pair) >= OPPOSITE * max(pair) for pair in (sides[::2], sides[1::2]))


def _contrast(corners: Corners, paper: NDArray[np.uint8]) -> float:
    """By how many greys the paper is brighter than what is beside it, at the side that shows least."""
    return min(_contrast_at(start, end, paper) for start, end in pairwise([*corners, corners[0]]))


def _contrast_at(start: Corners, end: Corners, paper: NDArray[np.uint8]) -> float:
    """The same along one side, as a median; clockwise, so that inside is right."""
    along = (end - start) / max(1e-6, float(np.hypot(*(end - start))))
    inwards = np.array([-along[1], along[0]])
    places = start + np.linspace(0.1, 0.9, 50)[:, None] * (end - start)
    height, width = paper.shape

    def seen(offset: float) -> NDArray[np.float64]:
        x, y = np.rint(places + offset * inwards).astype(int).T
        return np.asarray(paper[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)], np.float64)

    return float(np.median(seen(BAND) - seen(-BAND)))


def _fans(corners: Corners) -> tuple[float, float]:
    """Degrees between the upper and the lower edge, and between the left and the right one."""
    a, b, c, d = corners
    return _angle(b - a, c - d), _angle(d - a, c - b)


def _angle(first: Corners, second: Corners) -> float:
    turn = first[0] * second[1] - first[1] * second[0]
    return abs(float(np.degrees(np.arctan2(turn, first @ second))))


def _holds_the_text(ink: Ink, corners: Corners) -> bool:
    """Whether there is text, and next to none of it beside the sheet: a window in a photograph of a room has none."""
    sheet = corners.astype(np.float32)
    beside = sum(line.glyphs for line in ink.lines if cv2.pointPolygonTest(sheet, line.box.center, False) < 0)
    return ink.glyphs >= FEWEST and beside <= OUTSIDE * ink.glyphs


def _rounded(point: Corners) -> Point:
    return round(float(point[0]), 1), round(float(point[1]), 1)
