"""A page photographed from above or below its middle: its margins converge although its lines are level."""

from __future__ import annotations

from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ocroute.document.sheet import Point, Sheet

Floats = NDArray[np.float64]

FEWEST: Final = 16  # lines from which one looks
SHORTEST: Final = 6.0  # letter heights of a stretch of text whose ends count
LEAST: Final = (
    1.2  # degrees between a left and a right margin, as far apart as the page is wide, from which they converge
)
MOST: Final = 9.0  # degrees that are looked for
GAIN: Final = 1.3  # times as many ends in line under the one found as under a simpler one, or none
MARGIN: Final = 0.4  # of the lines that begin, or end, at one margin
CELL: Final = 0.7  # letter heights within which ends are in line
PENALTY: Final = 0.01  # for each degree: of two that fit the same ends the smaller one is meant


def find_convergence(lines: NDArray[np.int64], size: tuple[int, int], height: float) -> Sheet | None:
    """Where the page lies, as seen from above, whose margins converge in a picture of level lines; None where they do not.

    All margins meet at one place, so upright ones have x' = (x - q y) / (1 + h y) in common, from the middle of the page.
    Margins are seen as places at which many lines begin or end.

    Args:
        lines: (N, 4) x0, y0, x1, y1 of stretches of text.
        size: (width, height) of the picture, pixels.
        height: of letters, pixels.
    """
    boxes = lines[(lines[:, 2] - lines[:, 0]) >= SHORTEST * height].astype(np.float64)
    if len(boxes) < FEWEST:
        return None
    middle = np.array(size) / 2
    y = (boxes[:, 1] + boxes[:, 3]) / 2 - middle[1]
    ends = boxes[:, 0] - middle[0], boxes[:, 2] - middle[0]
    span = size[0] / 2

    def in_line(degrees: Floats) -> Floats:
        q, h = np.tan(np.radians(degrees[:, :1])), np.tan(np.radians(degrees[:, 1:])) / span
        found = sum(_together((x - q * y) / (1 + h * y), CELL * height) for x in ends)
        return np.asarray(found * (1 - PENALTY * np.abs(degrees).sum(axis=1)))

    def best_of(slopes: Floats, turns: Floats) -> Floats:
        every = np.array(list(product(slopes, turns)))
        return np.asarray(every[in_line(every).argmax()])

    coarse = np.arange(-MOST, MOST + 0.01, 0.75)
    best = best_of(coarse, coarse[::2] / 2)
    fine = np.arange(-0.6, 0.61, 0.15)
    best = best_of(best[0] + fine, best[1] + fine)
    # One margin alone tells its own slope, not where it meets others.
    alike = best_of(np.arange(-MOST, MOST + 0.01, 0.3), np.zeros(1))
    together, apart, upright = in_line(np.stack([best, alike, np.zeros(2)]))
    if 2 * abs(best[1]) < LEAST or together < GAIN * apart:
        best, together = alike, apart
    q, h = (float(np.tan(np.radians(angle))) for angle in best)
    most = max(_counts((x - q * y) / (1 + h / span * y), CELL * height).max() for x in ends)
    if abs(best[0]) + 2 * abs(best[1]) < LEAST or together < GAIN * upright or most < MARGIN * len(y):
        return None
    return _sheet(size, q, h / span)


def _together(places: Floats, cell: float) -> Floats:
    """How many others each place of a row has within one ``cell``, in all; two sets of cells, so that none is on a seam."""
    return np.asarray((_counts(places, cell) ** 2).sum(axis=-1))


def _counts(places: Floats, cell: float) -> Floats:
    """How many places of each row are in each cell, of two sets of cells."""
    rows = np.atleast_2d(places)
    cells = np.concatenate([np.floor(rows / cell + shift).astype(np.int64) for shift in (0.0, 0.5)], axis=1)
    cells -= cells.min()
    count = int(cells.max()) + 1
    cells[:, rows.shape[1] :] += count
    cells += 2 * count * np.arange(len(rows))[:, None]
    return np.bincount(cells.ravel(), minlength=2 * count * len(rows)).reshape(len(rows), -1).astype(np.float64)


def _sheet(size: tuple[int, int], q: float, h: float) -> Sheet:
    """The smallest page that all of the picture is on."""
    width, height = size
    x, y = np.array([0.0, width, width, 0.0]) - width / 2, np.array([0.0, 0.0, height, height]) - height / 2
    flat_x, flat_y = (x - q * y) / (1 + h * y), y / (1 + h * y)

    def back(u: float, v: float) -> Point:
        y = v / (1 - h * v)
        return float(u * (1 + h * y) + q * y + width / 2), float(y + height / 2)

    left, right, top, bottom = flat_x.min(), flat_x.max(), flat_y.min(), flat_y.max()
    return Sheet(width, height, (back(left, top), back(right, top), back(right, bottom), back(left, bottom)))
