"""Letter-sized marks on a raster: cheap evidence of how its text runs, without reading it."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

_WORK_SIDE = 2400
"""Pixels of the long side on which marks are looked for; larger pages are reduced."""

_FEW = 8


class Marks(NamedTuple):
    """Connected marks of about one letter's size.

    Attributes:
        left, top, right, bottom: (N,) edges in pixels of the raster.
        height: of a typical mark, in pixels; 0 where there are too few to tell.
        ink: the (H, W) uint8 mask, 255 where the marks are, on the reduced page.
        scale: raster pixels per pixel of ``ink``.
    """

    left: NDArray[np.float64]
    top: NDArray[np.float64]
    right: NDArray[np.float64]
    bottom: NDArray[np.float64]
    height: float
    ink: NDArray[np.uint8]
    scale: float

    @property
    def number(self) -> int:
        """How many there are."""
        return len(self.left)


def find_marks(grey: NDArray[np.uint8]) -> Marks:
    """The letter-sized marks of an (H, W) grey page. Rules, frames, pictures and specks are left out."""
    scale = max(1.0, max(grey.shape) / _WORK_SIDE)
    if scale > 1:
        size = (max(1, round(grey.shape[1] / scale)), max(1, round(grey.shape[0] / scale)))
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    dark = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 51, 20)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=8, ltype=cv2.CV_32S)
    x, y, width, height, area = stats.T.astype(np.float64)
    some = (height >= 5) & (width >= 3) & (area >= 10) & (np.maximum(width, height) <= max(grey.shape) / 12)
    some[0] = False  # the paper
    some &= np.maximum(width, height) <= 8 * np.minimum(width, height)
    typical = _typical(np.maximum(width, height)[some])
    letters = some & (np.maximum(width, height) >= 0.45 * typical) & (np.maximum(width, height) <= 3.5 * typical)
    ink = (letters[labels] * np.uint8(255)).astype(np.uint8)
    left, top = x[letters] * scale, y[letters] * scale
    return Marks(left, top, left + width[letters] * scale, top + height[letters] * scale, typical * scale, ink, scale)


def _typical(sizes: NDArray[np.float64]) -> float:
    return float(np.median(sizes)) if len(sizes) >= _FEW else 0.0


def turned(marks: Marks, width: float) -> Marks:
    """``marks`` on the raster turned by 90 degrees counter-clockwise; ``width`` is the raster's before the turn."""
    ink = np.ascontiguousarray(np.rot90(marks.ink))
    return Marks(marks.top, width - marks.right, marks.bottom, width - marks.left, marks.height, ink, marks.scale)


def halved(marks: Marks) -> Marks:
    """``marks`` with their mask at half its size, where a rough look will do."""
    height, width = marks.ink.shape
    small = cv2.resize(marks.ink, (max(1, width // 2), max(1, height // 2)), interpolation=cv2.INTER_AREA)
    return marks._replace(ink=(small > 0).astype(np.uint8) * np.uint8(255), scale=marks.scale * 2)


class Bands(NamedTuple):
    """Stretches of level text.

    Attributes:
        boxes: (N, 4) int x0, y0, x1, y1 in pixels of the raster, the longest first.
        length: of all of them together, in heights of a typical mark.
    """

    boxes: NDArray[np.int64]
    length: float


def find_bands(marks: Marks, *, reach: float, slim: float) -> Bands:
    """Marks that stand side by side, closer than ``reach`` mark heights, and together are ``slim`` times as long as high."""
    height = marks.height / marks.scale
    if height <= 0:
        return Bands(np.empty((0, 4), np.int64), 0.0)
    kernel = np.ones((1, max(3, round(reach * height))), np.uint8)
    joined = cv2.morphologyEx(marks.ink, cv2.MORPH_CLOSE, kernel)
    stats = cv2.connectedComponentsWithStats(joined, connectivity=4, ltype=cv2.CV_32S)[2][1:]
    across, down = stats[:, 2], stats[:, 3]
    level = stats[(across >= slim * down) & (down <= 3.5 * height) & (down >= 0.6 * height)]
    level = level[np.argsort(-level[:, 2], kind="stable")]
    boxes = np.stack([level[:, 0], level[:, 1], level[:, 0] + level[:, 2], level[:, 1] + level[:, 3]], axis=1)
    return Bands((boxes * marks.scale).astype(np.int64), float(level[:, 2].sum() / height))
