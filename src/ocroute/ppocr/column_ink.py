"""Where ink stands in the crop of one line: the truth about gaps, finer than the recogniser's time steps."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocroute.pages.page import Raster
from ocroute.raster.grey import otsu_ink, to_grey

BODY = (0.12, 0.88)  # the rows looked at, as shares of the height: neighbouring lines reach into the rest
RULE = 0.8  # a row with more ink than this share is an underline or a table rule
SPECK = 0.03  # a column with less ink than this share of the height is blank

STROKE = 0.2  # a run of ink with no column of this much ink is a dot, a dash or a leader


@dataclass(frozen=True, slots=True, eq=False)
class ColumnInk:
    """The inked columns of a line.

    Attributes:
        left, right: the first inked column and the one after the last.
        gaps: (n, 2) starts and ends of the blank runs between them, in crop pixels, from left to right.
        runs: (n, 2) starts and ends of those runs of ink that are tall enough for a letter; in print, about one a letter.
    """

    left: int
    right: int
    gaps: NDArray[np.intp]
    runs: NDArray[np.intp]

    @property
    def strokes(self) -> int:
        """How many runs of ink are tall enough for a letter."""
        return len(self.runs)

    @property
    def widths(self) -> NDArray[np.intp]:
        """How wide each gap is, pixels."""
        widths: NDArray[np.intp] = self.gaps[:, 1] - self.gaps[:, 0]
        return widths


def measure(pixels: Raster) -> ColumnInk | None:
    """The ink of an (H, W, 3) RGB crop; None where none stands out."""
    grey = to_grey(pixels)
    height = grey.shape[0]
    body = grey[int(height * BODY[0]) : max(1, round(height * BODY[1]))]
    dark, level = otsu_ink(np.asarray(cv2.blur(body, (3, 3)), np.uint8))
    if not 0 < level < 255:
        return None
    ink = dark.astype(bool)
    ink[ink.mean(axis=1) > RULE] = False
    columns = ink.sum(axis=0)
    inked = np.flatnonzero(columns > SPECK * height)
    if not inked.size:
        return None
    jumps = np.flatnonzero(np.diff(inked) > 1)
    gaps = np.stack([inked[jumps] + 1, inked[jumps + 1]], axis=1)
    left, right = int(inked[0]), int(inked[-1]) + 1
    runs = np.stack([np.append(left, gaps[:, 1]), np.append(gaps[:, 0], right)], axis=1)
    tallest = np.maximum.reduceat(columns, runs[:, 0])
    return ColumnInk(left, right, gaps, runs[tallest > STROKE * height])
