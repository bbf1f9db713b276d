"""Parting lines that the detector drew across a narrow gutter.

A gap between two words is a gutter, or lies between two columns of a table, when the lines above and below are blank there
too: word gaps of running text do not stand one below the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ocroute.values import Line

Floats = NDArray[np.floating]

REACH = 5.0  # line heights up and down in which lines are asked
LEAST_LINES = 4  # lines, at least, that are blank there, or begin behind it
FLUSH = 0.5  # line heights by which the beginnings of a column's lines may differ
NARROWEST = 0.45  # of the line's height


def part(lines: Sequence[Line]) -> list[Line]:
    """``lines``, each cut at the gutters that it runs across."""
    if len(lines) <= LEAST_LINES:
        return list(lines)
    spans = np.array([(line.box.x0, line.box.x1, line.box.center[1], line.box.height) for line in lines])
    gaps = np.array(
        [
            (index, left.box.x1, right.box.x0)
            for index, line in enumerate(lines)
            for left, right in pairwise(line.words)
            if right.box.x0 - left.box.x1 >= NARROWEST * line.box.height
        ]
    ).reshape(-1, 3)
    return [piece for index, line in enumerate(lines) for piece in _pieces(line, _cuts(index, spans, gaps))]


def _cuts(index: int, spans: Floats, gaps: Floats) -> list[float]:
    """The middles of the gutters in line ``index``."""
    height = spans[index, 3]
    near = np.abs(spans[:, 2] - spans[index, 2]) <= REACH * height
    near[index] = False
    cuts = []
    for _, x0, x1 in gaps[gaps[:, 0] == index]:
        middle = (x0 + x1) / 2
        across = near & (spans[:, 0] < middle) & (spans[:, 1] > middle)
        blank = near & _have_gap(middle, len(spans), gaps)
        begins = near & (np.abs(spans[:, 0] - x1) < FLUSH * height) & ~across
        if not (across & ~blank).any() and int((blank | begins).sum()) >= LEAST_LINES:
            cuts.append(float(middle))
    return cuts


def _have_gap(x: float, count: int, gaps: Floats) -> NDArray[np.bool_]:
    owners = gaps[(gaps[:, 1] < x) & (gaps[:, 2] > x), 0].astype(int)
    found = np.zeros(count, bool)
    found[owners] = True
    return found


def _pieces(line: Line, cuts: list[float]) -> list[Line]:
    if not cuts:
        return [line]
    edges = np.searchsorted(cuts, [word.box.center[0] for word in line.words])
    groups = [
        [word for word, edge in zip(line.words, edges, strict=True) if edge == side] for side in range(len(cuts) + 1)
    ]
    return [Line.of_words(group) for group in groups if group]
