"""Strokes that run across lines of print: stamps, signatures, ticks and circles drawn over the text.

They hang together over more than a line's height, and are thin; letters are neither so tall, nor pictures so thin.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ocroute.raster.ink import Ink, straight_rules

Labels = NDArray[np.int32]

TALL: Final = 3.5  # line heights from which a mark runs across lines; letters of two or three lines may touch
THIN: Final = 0.5  # line heights that its strokes are thinner than
SOLID: Final = 0.1  # of its ink that may be thicker
LOOSE: Final = 0.4  # of the box around it that is inked at most


def crossing_marks(ink: Ink, line_height: float) -> Labels:
    """Which mark each pixel of the ink's masks belongs to, from 1; 0 where there is none.

    Args:
        ink: of the page.
        line_height: of most lines, page pixels. What is nearer than one is one mark, as the rings and words of a stamp.
    """
    high = max(4.0, line_height / ink.scale)
    strokes = ink.mask & (1 - straight_rules(ink.mask))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(strokes, connectivity=8, ltype=cv2.CV_32S)
    width, height, area = (stats[:, at] for at in (cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT, cv2.CC_STAT_AREA))
    tall = (height >= TALL * high) & (width >= TALL * high) & (area <= LOOSE * width * height)
    tall[0] = False
    if not tall.any():
        return np.zeros_like(labels)
    side = max(2, round(THIN * high))
    thick = cv2.morphologyEx(strokes, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    tall &= np.bincount(labels[thick > 0], minlength=len(stats)) <= SOLID * area
    marks = np.take(tall.astype(np.uint8), labels)
    near = np.ones((round(high), round(high)), np.uint8)
    _, together = cv2.connectedComponents(cv2.dilate(marks, near), connectivity=8, ltype=cv2.CV_32S)
    return np.asarray(together * marks, np.int32)
