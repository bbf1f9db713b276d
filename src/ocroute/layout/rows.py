"""What stands side by side becomes a row: for words, parts of tables and lines of columns alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from statistics import fmean
from typing import TypeVar

T = TypeVar("T")


def side_by_side(
    items: Iterable[T],
    *,
    place: Callable[[T], float],
    unit: float,
    fit: Callable[[T, T], float],
    leads: Callable[[T], bool],
) -> list[list[T]]:
    """Rows from top to bottom, each from left to right.

    Each item is held against its neighbour to the left, not against the whole row, so that a slightly skewed page holds
    together. Small items (marks, exponents) join the row that they fit, and do not lead it astray.

    Args:
        items: ordered from left to right.
        place: y of an item, in pixels.
        unit: pixels, more than half of what the places of two neighbours in a row may differ by.
        fit: how well the second item goes on with the first, which stands to its left; 0 where it does not.
        leads: whether an item is of about the usual size, so that the next is held against it.
    """
    rows: list[list[T]] = []
    ends: list[T] = []  # of each row, the last item of about the usual size
    near: dict[int, set[int]] = {}  # rows by the height at which they end, so that few are looked at for each item
    for item in items:
        at = int(place(item) / unit)
        around = {index for step in (-1, 0, 1) for index in near.get(at + step, ())}
        best, index = max(((fit(ends[index], item), -index) for index in around), default=(0.0, 0))
        row = -index if best > 0 else len(rows)
        if row == len(rows):
            rows.append([])
            ends.append(item)
        elif leads(item) or not leads(ends[row]):
            ends[row] = item
        rows[row].append(item)
        near.setdefault(int(place(ends[row]) / unit), set()).add(row)
    return sorted(rows, key=lambda row: fmean(map(place, row)))
