"""Large pages in bands: windows of bounded size, cut where little is printed, so that memory does not grow with the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

LONGEST: Final = 2200
"""Pixels of a band's sides; what is up to half as long again stays whole, so that usual pages are one band."""

_STEP: Final = 4
"""Pixels from one to the next that is looked at to tell where much is printed."""

_SEEK: Final = 0.15
"""Share of a band's length before its end within which the barest row is looked for."""


def bands(grey: NDArray[np.uint8], longest: int = LONGEST) -> Iterator[tuple[slice, slice]]:
    """(rows, columns) of windows that together are the (H, W) grey page, once each; from top to bottom, then left to right.

    Args:
        grey: uint8 luminance; a page whose sides are up to 1.5 x ``longest`` is one window.
        longest: pixels of a window's sides, about.
    """
    for rows in _cuts(grey, longest):
        for columns in _cuts(grey[rows].T, longest):
            yield rows, columns


def busiest_stretch(grey: NDArray[np.uint8]) -> tuple[slice, slice]:
    """(rows, columns) of what stands for a long or wide page where one look has to do: the stretch with most print on it.

    It is twice as long as the page is wide, at least `LONGEST`; a page of a more usual shape stands for itself.
    """
    height, width = grey.shape
    length = max(2 * min(height, width), LONGEST)
    whole = slice(0, height), slice(0, width)
    if max(height, width) <= 1.5 * length:
        return whole
    sparse = grey[::_STEP, ::_STEP].astype(np.int16)
    along = np.abs(np.diff(sparse, axis=1)).sum(axis=1 if height > width else 0, dtype=float)
    sums = np.cumsum(np.concatenate([[0.0], along]))
    most = length // _STEP
    start = int(np.argmax(sums[most:] - sums[:-most])) * _STEP
    stretch = slice(start, start + length)
    return (stretch, whole[1]) if height > width else (whole[0], stretch)


def _cuts(grey: NDArray[np.uint8], longest: int) -> Iterator[slice]:
    """Stretches of rows, parted where the page is barest."""
    start, end = 0, grey.shape[0]
    while end - start > 1.5 * longest:
        first = start + round((1 - _SEEK) * longest)
        stop = first + _barest(grey[first : start + longest])
        yield slice(start, stop)
        start = stop
    yield slice(start, end)


def _barest(rows: NDArray[np.uint8]) -> int:
    """The middle of the widest stretch among those rows along which grey changes least: white between lines."""
    change = cv2.absdiff(np.ascontiguousarray(rows[:, 1:]), np.ascontiguousarray(rows[:, :-1])).sum(axis=1, dtype=float)
    bare = change <= change.min() + 0.02 * (change.max() - change.min())
    edges = np.flatnonzero(np.diff(np.concatenate([[0], bare.astype(np.int8), [0]])))
    starts, ends = edges[::2], edges[1::2]
    widest = int(np.argmax(ends - starts))
    return int((starts[widest] + ends[widest]) // 2)
