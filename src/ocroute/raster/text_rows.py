"""Which shapes of ink stand in rows that look like lines of text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ocroute.raster.dots import patterned, screen
from ocroute.values import Box

Mask = NDArray[np.uint8]
Stats = NDArray[np.int32]
Floats = NDArray[np.float64]

SLOPED_SHAPES: Final = 8  # of a row from which its slope can be told
STEEPEST: Final = 0.15  # slope of a row, up or down: 8 degrees
SHORT: Final = 8  # shapes; rows with fewer may be dots of a printed picture
SCREENED: Final = 12  # such rows from which that is looked into
ON_SCREEN: Final = 0.5  # of a row that lies in such a picture
PHOTO: Final = 4.0
"""Mean grey levels by which the ground under a line may be uneven: paper is flat, photographs are not."""


@dataclass(frozen=True, slots=True)
class InkLine:
    """A row of glyph-like shapes. ``box`` is in raster pixels; ``glyphs`` counts shapes, about one a letter."""

    box: Box
    glyphs: int


def sizes(stats: Stats, solid: NDArray[np.bool_], tallest: float) -> list[NDArray[np.bool_]]:
    """Which shapes could be letters, as one selection for running text and one for display sizes."""
    width, height, area = (
        stats[:, at].astype(np.float64) for at in (cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT, cv2.CC_STAT_AREA)
    )
    letter = solid & (height >= 4) & (height <= tallest) & (width <= 14 * height) & (height <= 14 * width)
    letter &= area >= 0.1 * width * height
    if not letter.any():
        return []
    body = float(np.median(height[letter]))
    return [letter & (height <= 2.4 * body), letter & (height > 2.4 * body)]


def rows_of(
    labels: NDArray[np.int32],
    stats: Stats,
    wanted: NDArray[np.bool_],
    uneven: Mask,
    scale: float,
    corner: tuple[int, int],
) -> tuple[list[InkLine], Mask]:
    """Join the wanted shapes to rows and keep the rows that look like lines of text.

    Args:
        labels: (h, w), which shape each pixel belongs to.
        stats: of the shapes, as OpenCV gives them.
        wanted: which of them could be letters, see `sizes`.
        uneven: (h, w), by how many greys the ground differs from a smooth one.
        scale: page pixels to one of these.
        corner: (x, y) of the top left pixel, in these.

    Returns:
        the rows in page pixels, and (h, w) 1 where their ink is.
    """
    text = np.zeros(labels.shape, np.uint8)
    if not wanted.any():
        return [], text
    letters = np.take(wanted.astype(np.uint8), labels)
    typical = float(np.median(stats[wanted, cv2.CC_STAT_HEIGHT]))
    reach = np.ones((1, max(3, round(1.3 * typical) | 1)), np.uint8)
    # Without OpenCV's statistics, which cost more than the labels: a row is as large as its letters together.
    count, rows = cv2.connectedComponents(cv2.morphologyEx(letters, cv2.MORPH_CLOSE, reach), connectivity=8)
    inside = np.flatnonzero(letters)
    row_of_pixel = rows.ravel()[inside]
    owner = np.zeros(len(stats), np.int32)
    owner[labels.ravel()[inside]] = row_of_pixel
    boxes = _around(stats[wanted], owner[wanted], count)
    keep = _text_like(stats, owner, count, boxes, _thickness(stats[wanted], owner[wanted], boxes))
    keep &= means(uneven, 1.0, boxes) <= PHOTO
    glyphs = np.bincount(owner[wanted], minlength=count)
    keep &= ~patterned(stats[wanted], owner[wanted], count)
    short = keep & (glyphs < SHORT)
    if np.count_nonzero(short) >= SCREENED:
        keep &= means(screen((labels > 0).astype(np.uint8), boxes[short]), 1.0, boxes) < ON_SCREEN
    kept = zip(((boxes[keep] + (*corner, *corner)) * scale).tolist(), glyphs[keep].tolist(), strict=True)
    lines = [InkLine(Box(*box), shapes) for box, shapes in kept]
    text.ravel()[inside] = keep[row_of_pixel]
    return lines, text


def _around(stats: Stats, owner: NDArray[np.int32], count: int) -> Floats:
    """(count, 4) x0, y0, x1, y1 around the shapes that each of ``count`` rows owns; zeros for a row without any."""
    left, top = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP]
    edges = np.zeros((4, count))
    edges[:2] = np.inf
    np.minimum.at(edges[0], owner, left)
    np.minimum.at(edges[1], owner, top)
    np.maximum.at(edges[2], owner, left + stats[:, cv2.CC_STAT_WIDTH])
    np.maximum.at(edges[3], owner, top + stats[:, cv2.CC_STAT_HEIGHT])
    return np.where(edges[2] > 0, edges, 0.0).T


def _thickness(stats: Stats, owner: NDArray[np.int32], boxes: Floats) -> Floats:
    """How high each of (N, 4) rows is along its own slope, as on a page that was photographed from the side.

    The slope is that of the line through the middles of the row's shapes; a row of few shapes is taken as level.
    """
    count = len(boxes)
    left, top, width, height = (stats[:, at].astype(np.float64) for at in range(4))
    x, y = left + width / 2, top + height / 2
    shapes = np.maximum(np.bincount(owner, minlength=count), 1)
    x = x - (np.bincount(owner, x, count) / shapes)[owner]
    y = y - (np.bincount(owner, y, count) / shapes)[owner]
    spread = np.bincount(owner, x * x, count)
    slope = np.bincount(owner, x * y, count) / np.maximum(spread, 1.0)
    slope = np.where(shapes >= SLOPED_SHAPES, np.clip(slope, -STEEPEST, STEEPEST), 0.0)
    drift = slope[owner] * x
    first, last = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(first, owner, top - drift)
    np.maximum.at(last, owner, top + height - drift)
    return np.where(slope != 0, last - first, boxes[:, 3] - boxes[:, 1])


def _text_like(
    stats: Stats, owner: NDArray[np.int32], count: int, boxes: Floats, thickness: Floats
) -> NDArray[np.bool_]:
    """Whether each row is at least three shapes of like size, wider than high, neither solid nor scattered."""
    height, area = (stats[:, at].astype(np.float64) for at in (cv2.CC_STAT_HEIGHT, cv2.CC_STAT_AREA))
    glyphs = np.bincount(owner, minlength=count)
    ink = np.maximum(np.bincount(owner, area, count), 1.0)
    mean = np.bincount(owner, area * height, count) / ink
    spread = np.sqrt(np.maximum(np.bincount(owner, area * height**2, count) / ink - mean**2, 0.0)) / np.maximum(
        mean, 1.0
    )
    row_width = boxes[:, 2] - boxes[:, 0]
    density = ink / np.maximum(row_width * thickness, 1.0)
    like = (glyphs >= 3) & (spread <= 0.45) & (thickness <= 2.6 * mean) & (row_width >= 1.5 * thickness)
    like &= (density >= 0.08) & (density <= 0.7)
    like[0] = False
    return like


def means(mask: Mask, scale: float, boxes: Floats) -> Floats:
    """The mean of ``mask`` inside each (N, 4) box (``scale`` box pixels to one of the mask's); 0 for boxes without area."""
    total = cv2.integral(mask)
    height, width = mask.shape
    x0, y0, x1, y1 = np.clip(np.rint(boxes / scale), 0, (width, height, width, height)).astype(np.intp).T
    ink = total[y1, x1] - total[y0, x1] - total[y1, x0] + total[y0, x0]
    area = (x1 - x0) * (y1 - y0)
    result: Floats = np.divide(ink, area, out=np.zeros(len(boxes)), where=area > 0)
    return result
