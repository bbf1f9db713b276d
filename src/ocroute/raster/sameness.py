"""How much the letters of a page repeat each other: print has every letter many times alike, a hand never twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ocroute.pages.page import InputPage
from ocroute.raster.grey import grey_of
from ocroute.raster.ink import Ink, ink_of
from ocroute.values import Box

SIDE: Final = 16  # of the square that a shape is compared in, pixels
MOST: Final = 500  # shapes that are compared
RUN: Final = 24  # neighbours that are taken or left together, so that rows keep enough of theirs
SIZE: Final = 0.12  # by which the sides of like shapes differ, and two pixels
LOWEST: Final = 5  # reduced pixels of a shape's height
FEWEST: Final = 6  # shapes of a row that tell

Floats = NDArray[np.float64]


class Sameness(NamedTuple):
    """Of one row: the median likeness of its shapes to the shape of the page most like each, 1 is equal, None where too few tell;
    and how many shapes it has.
    """

    likeness: float | None
    shapes: int


def sameness(page: InputPage, rows: Sequence[Box]) -> list[Sameness]:
    """Of each of ``rows``, in page pixels. The page is measured once."""
    boxes, best = page.once("raster.sameness", lambda: _compared(grey_of(page), ink_of(page)))
    x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    found: list[Sameness] = []
    for row in rows:
        inside = (x >= row.x0) & (x <= row.x1) & (y >= row.y0) & (y <= row.y1)
        told = best[inside & ~np.isnan(best)]
        found.append(Sameness(float(np.median(told)) if len(told) >= FEWEST else None, int(np.count_nonzero(inside))))
    return found


def _compared(grey: NDArray[np.uint8], ink: Ink) -> tuple[Floats, Floats]:
    """(N, 4) boxes of letters in page pixels, and the likeness of the other shape that is most like each; NaN where not asked."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink.text, connectivity=8, ltype=cv2.CV_32S)
    stats = stats[1:][stats[1:, cv2.CC_STAT_HEIGHT] >= LOWEST]
    left, top, width, height = (stats[:, at].astype(np.float64) * ink.scale for at in range(4))
    boxes = np.stack([left, top, left + width, top + height], axis=1)
    best = np.full(len(boxes), np.nan)
    step = max(1, -(-len(boxes) // MOST))
    chosen = np.flatnonzero(np.arange(len(boxes)) // RUN % step == 0)
    if len(chosen) < FEWEST:
        return boxes, best
    patches = np.stack([_patch(grey, box) for box in boxes[chosen]])
    like = patches @ patches.T
    for side in (width[chosen], height[chosen]):
        like[np.abs(side[:, None] - side[None, :]) > 2 * ink.scale + SIZE * side[:, None]] = -1.0
    np.fill_diagonal(like, -1.0)
    best[chosen] = like.max(axis=1)
    return boxes, best


def _patch(grey: NDArray[np.uint8], box: Floats) -> NDArray[np.float32]:
    """A shape at one size, of mean 0 and length 1."""
    x0, y0, x1, y1 = (int(side) for side in box)
    cut = np.asarray(cv2.resize(grey[y0:y1, x0:x1], (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float32).ravel()
    cut = cut - cut.mean()
    flat: NDArray[np.float32] = cut / max(float(np.linalg.norm(cut)), 1e-6)
    return flat
