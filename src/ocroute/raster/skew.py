"""The skew angle of a page's text, from its marks alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ocroute.raster.marks import Marks

MAX_SKEW = 15.0
"""Degrees either way that are looked for."""

LEAST_SKEW = 0.15
"""A page with less is straight: deskewing would blur more than it mends."""

_FEW = 30
_SHARP = 1.5
_GAIN = 1.08

Floats = NDArray[np.float64]


def estimate_skew(marks: Marks) -> float:
    """Degrees counter-clockwise by which to turn the page so that its lines lie level; 0 where it is straight or unclear.

    The feet and heads of letters on straight lines fall into few rows. The angle at which they do so most sharply is the
    skew, provided that it is sharper than other angles by far and than no turn at all.
    """
    if marks.number < _FEW or marks.height <= 0:
        return 0.0
    x = (marks.left + marks.right) / 2
    x = x - x.mean()
    rows = (marks.bottom, marks.top)
    coarse = np.arange(-MAX_SKEW, MAX_SKEW + 0.01, 0.25)
    first = sharpness(x, rows, coarse, marks.height / 4)
    near = coarse[int(first.argmax())]
    fine = np.arange(near - 0.4, near + 0.401, 0.02)
    second = sharpness(x, rows, fine, marks.height / 10)
    best = float(fine[int(second.argmax())])
    straight = float(sharpness(x, rows, np.zeros(1), marks.height / 10)[0])
    clear = first.max() >= _SHARP * float(np.median(first)) and second.max() >= _GAIN * straight
    return round(best, 2) if clear and LEAST_SKEW <= abs(best) <= MAX_SKEW else 0.0


def sharpness(x: Floats, rows: tuple[Floats, ...], degrees: Floats, row_height: float) -> Floats:
    """For each angle, how unevenly the points fall into rows (1 when evenly), after a turn by it."""
    slopes = np.tan(np.radians(degrees))
    total = np.zeros(len(slopes))
    for y in rows:
        # Turning counter-clockwise lifts what lies right of the middle.
        turned = (y[None, :] - slopes[:, None] * x[None, :]) / row_height
        # Two sets of rows, shifted by half: a line on a seam must not count less.
        for shift in (0.0, 0.5):
            cells = np.floor(turned + shift).astype(np.int64)
            cells -= cells.min()
            span = int(cells.max()) + 1
            counts = np.bincount((cells + span * np.arange(len(slopes))[:, None]).ravel(), minlength=span * len(slopes))
            total += (counts.reshape(len(slopes), span).astype(np.float64) ** 2).sum(axis=1) / len(x)
    return total
