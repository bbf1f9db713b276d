"""Print of a sheet's other side that shows through the paper: paler than the page's own and softer."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]

PALE: Final = 0.5  # of the page's usual contrast, below which a row is looked at
SOFT: Final = 0.72
"""Of its usual sharpness, below which such a row is behind the paper; pale print is as sharp as black."""
_ENOUGH: Final = 3  # rows from which a page has something usual


def shows_through(grey: Mask, difference: Mask, text: Mask, boxes: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which rows of letters are those of the other side.

    Args:
        grey: (h, w), as the ink was looked for in.
        difference: by how many greys each pixel differs from its ground.
        text: 1 where the rows' letters are.
        boxes: (N, 4) x0, y0, x1, y1 of the rows.
    """
    count = len(boxes)
    if count < _ENOUGH:
        return np.zeros(count, np.bool_)
    ink = _sums(text, boxes)
    contrast = _sums(difference * text, boxes) / np.maximum(ink, 1.0)
    strongest = float(np.percentile(np.repeat(contrast, np.maximum(1, ink / 16).astype(int)), 75))
    pale = contrast < PALE * strongest
    if not pale.any() or pale.all():
        return np.zeros(count, np.bool_)
    steps = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((2, 2), np.uint8))
    sharpness = _sums(steps * text, boxes) / np.maximum(ink * contrast, 1.0)
    behind: NDArray[np.bool_] = pale & (sharpness < SOFT * float(np.median(sharpness[~pale])))
    return behind


def _sums(values: Mask, boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    total = cv2.integral(values)
    height, width = values.shape
    x0, y0, x1, y1 = np.clip(np.rint(boxes), 0, (width, height, width, height)).astype(np.intp).T
    inside: NDArray[np.float64] = (total[y1, x1] - total[y0, x1] - total[y1, x0] + total[y0, x0]).astype(np.float64)
    return inside
