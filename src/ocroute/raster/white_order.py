"""Reading order from white space alone: a second opinion on an order that was found in another way.

A part of a page is cut where white runs through it: into columns, which are read from left to right, or into rows, read from top
to bottom, and each part again. White often allows both, as between keys and values; then it says nothing, and the cut is taken
that the given order keeps to. What is left are the places where no cut of the white leads to the given order.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ocroute.values import Box

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

GUTTER: Final = 0.6
"""Ems of white that part two columns at least."""

SECTION: Final = 0.9
"""Ems of white over a whole part from which what stands below it may be read after all that stands above."""

FIGURE: Final = 2.2
"""The same where the columns are sure: a paragraph's end in both of them parts nothing, a figure or a head does."""

LEVEL: Final = 0.3
"""Ems by which the middles of two things in one row may differ."""

UNLEVEL: Final = 0.45
"""Share of one side's lines that stand on no line of the other side's, from which the sides do not belong together."""

COLUMN: Final = 3
"""Things that each of two columns must have to be sure columns."""

FULL: Final = 0.45
"""Share of a column's lines that reach its right edge where it is running text."""

MOST_WAYS: Final = 16
"""Cuts that are tried of a part; more columns are a table of figures."""

SOLID: Final = 0.75
"""Share of such a line that is not white."""

WIDE: Final = 7.0
"""Ems that lines of running text are wide at least."""


def misplaced(boxes: Sequence[Box], weights: Sequence[int], em: float) -> list[int]:
    """Of things in a given order the places of those that stand out of the order that white space allows.

    Args:
        boxes: of lines, pieces of lines or blocks, in the order to be judged; pages that run from right to left mirrored.
        weights: words in each; as few words as can be are said to be out of place.
        em: size of the usual type, in the unit of the boxes.
    """
    edges = np.array([(box.x0, box.y0, box.x1, box.y1) for box in boxes], dtype=np.float64).reshape(-1, 4)
    # Lines of narrow leading overlap a little: what counts is their middles.
    inset = np.minimum(0.22 * (edges[:, 3] - edges[:, 1]), 0.3 * em)
    edges[:, 1] += inset
    edges[:, 3] -= inset
    order = _read(np.arange(len(boxes)), edges, em)
    return _out_of_place(order, weights)


def _read(part: Indices, edges: Floats, em: float) -> list[int]:
    """The order nearest to the given one that the white of ``part`` (indices, rising) allows."""
    done: list[int] = []
    waiting = [part]
    while waiting:
        part = waiting.pop()
        cut = _cut(part, edges, em) if len(part) > 1 else None
        if cut is None:
            done += part.tolist()
        else:
            waiting += reversed(cut)
    return done


def _cut(part: Indices, edges: Floats, em: float) -> list[Indices] | None:
    """``part`` in smaller parts, in their order; None where no white runs through it."""
    rows = _parted(part, edges[:, 1], edges[:, 3], 0.0)
    columns = _parted(part, edges[:, 0], edges[:, 2], GUTTER * em)
    if len(columns) > 1:
        return _of_columns(part, rows, columns, edges, em)
    return _nearest(_sections(rows, edges, em)) if len(rows) > 1 else None


def _of_columns(
    part: Indices, rows: list[Indices], columns: list[Indices], edges: Floats, em: float
) -> list[Indices] | None:
    """A part with white from top to bottom, cut along it or, where that may be, across it."""
    if not _wrong(columns):
        return columns
    halves = _halves(columns)
    if not min(map(_wrong, halves)):
        return _nearest(halves)
    sure = any(_apart(left, right, edges, em) for left, right in halves)
    parted = _parted(part, edges[:, 1], edges[:, 3], (FIGURE if sure else SECTION) * em)
    return _nearest([*halves, *_halves(parted), *([] if sure else [rows])])


def _nearest(ways: Sequence[list[Indices]]) -> list[Indices] | None:
    return min((way for way in ways if len(way) > 1), key=_wrong, default=None)


def _halves(pieces: Sequence[Indices]) -> list[list[Indices]]:
    """``pieces`` in two parts, in every way that keeps their order; in some of the ways where there are many."""
    if len(pieces) < 2:
        return []
    places = np.unique(np.linspace(1, len(pieces) - 1, MOST_WAYS).astype(int))
    return [[np.sort(np.concatenate(pieces[:at])), np.sort(np.concatenate(pieces[at:]))] for at in places]


def _parted(part: Indices, starts: Floats, ends: Floats, least: float) -> list[Indices]:
    """``part`` cut wherever nothing stands for more than ``least``; each with rising indices."""
    order = part[np.argsort(starts[part], kind="stable")]
    reach = np.maximum.accumulate(ends[order])
    gaps = np.flatnonzero(starts[order][1:] - reach[:-1] > least) + 1
    return [np.sort(piece) for piece in np.split(order, gaps)]


def _wrong(way: Sequence[Indices]) -> int:
    """How many pairs of different parts stand in another order than given."""
    if len(way) == 2:
        return int(np.searchsorted(way[1], way[0]).sum())
    labels = sorted((int(thing), label) for label, piece in enumerate(way) for thing in piece)
    seen: list[int] = []
    count = 0
    for _, label in labels:
        at = bisect.bisect_right(seen, label)
        count += len(seen) - at
        seen.insert(at, label)
    return count


def _apart(left: Indices, right: Indices, edges: Floats, em: float) -> bool:
    """Whether two sides can only be read one after the other: running text, or lines on heights of their own."""
    few, many = sorted((_lines(left, edges), _lines(right, edges)), key=len)
    if len(few) < COLUMN:
        return False
    if _running(few, em) and _running(many, em):
        return True
    inside = few[(few[:, 3] > many[:, 1].min()) & (few[:, 1] < many[:, 3].max())]
    if len(inside) < COLUMN:
        return False
    places, wanted = np.sort(many[:, 1] + many[:, 3]) / 2, (inside[:, 1] + inside[:, 3]) / 2
    at = np.clip(np.searchsorted(places, wanted), 1, len(places) - 1)
    off = np.minimum(np.abs(places[at] - wanted), np.abs(places[at - 1] - wanted))
    return float((off > LEVEL * em).mean()) > UNLEVEL


def _lines(part: Indices, edges: Floats) -> Floats:
    """(N, 5) of what stands side by side: x0, y0, x1, y1 around it, and how wide its things are together."""
    rows = _parted(part, edges[:, 1], edges[:, 3], 0.0)
    return np.array(
        [
            (*edges[row, :2].min(axis=0), *edges[row, 2:].max(axis=0), (edges[row, 2] - edges[row, 0]).sum())
            for row in rows
        ]
    )


def _running(lines: Floats, em: float) -> bool:
    """Whether a column is running text: most lines begin at one edge, reach the other, and are long."""
    x0, x1 = lines[:, 0], lines[:, 2]
    width = x1.max() - x0.min()
    full = (x1 > x1.max() - 0.15 * width) & (x0 < x0.min() + 0.1 * width) & (lines[:, 4] > SOLID * width)
    return len(lines) > COLUMN and width > WIDE * em and float(full.mean()) >= FULL


def _sections(rows: Sequence[Indices], edges: Floats, em: float) -> list[list[Indices]]:
    """Rows, those that share a gutter together; what follows them on one side alone both with them and after them."""
    runs: list[list[Indices]] = []
    gaps: list[tuple[float, float]] = []
    for row in rows:
        own = _gutters(row, edges, em)
        x0, x1 = edges[row, 0].min(), edges[row, 2].max()
        kept = [shared for gap in gaps if (shared := _clear(gap, own, x0, x1, GUTTER * em))]
        if runs and kept:
            runs[-1].append(row)
            gaps = kept
        else:
            runs.append([row])
            gaps = own
    together = [np.sort(np.concatenate(run)) for run in runs]
    apart: list[Indices] = []
    for run in runs:
        last = len(run)
        while last > 1 and not _gutters(run[last - 1], edges, em):
            last -= 1
        apart += [np.sort(np.concatenate(run[:last])), *run[last:]]
    return [together, apart] if len(together) > 1 else [apart, list(rows)]


def _gutters(row: Indices, edges: Floats, em: float) -> list[tuple[float, float]]:
    """The white between the things of a row."""
    if len(row) == 1:
        return []
    pieces = _parted(row, edges[:, 0], edges[:, 2], GUTTER * em)
    sides = [(float(edges[piece, 0].min()), float(edges[piece, 2].max())) for piece in pieces]
    return [(left[1], right[0]) for left, right in pairwise(sides)]


def _clear(
    gap: tuple[float, float], own: Sequence[tuple[float, float]], x0: float, x1: float, least: float
) -> tuple[float, float] | None:
    """What a row leaves of a gutter: white between its things, or beside all of them."""
    for start, end in (*own, (-np.inf, x0), (x1, np.inf)):
        shared = max(start, gap[0]), min(end, gap[1])
        if shared[1] - shared[0] > least:
            return shared
    return None


def _out_of_place(order: Sequence[int], weights: Sequence[int]) -> list[int]:
    """The things to be moved, as few words as can be, so that the given order becomes ``order``."""
    rank = {thing: place for place, thing in enumerate(order)}
    ends: list[int] = []  # ranks, rising, at which the heaviest rising chains end; each heavier than those before it
    heaviest: list[int] = []
    last: list[int] = []
    before: dict[int, int] = {}
    for thing in range(len(order)):
        place = rank[thing]
        at = bisect.bisect_left(ends, place)
        weight = weights[thing] + (heaviest[at - 1] if at else 0)
        before[thing] = last[at - 1] if at else -1
        stop = at
        while stop < len(ends) and heaviest[stop] <= weight:
            stop += 1
        if at < len(ends) and ends[at] == place and heaviest[at] > weight:
            continue
        ends[at:stop], heaviest[at:stop], last[at:stop] = [place], [weight], [thing]
    kept = set()
    thing = last[-1] if last else -1
    while thing >= 0:
        kept.add(thing)
        thing = before[thing]
    return [thing for thing in range(len(order)) if thing not in kept]
