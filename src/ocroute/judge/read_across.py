"""Columns of running text that are read across, line by line: seen in a few rows, where a whole page's order hardly changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import Final

from ocroute.layout.wording import begins, ended
from ocroute.values import Box

SWITCHES: Final = 4
"""Times that the text goes from one column over to the other, at least."""

OFTEN: Final = 0.5
"""Share of the steps that do so, at least: rows of short paragraphs beside each other have fewer."""

LINES, WORDS = 2, 4
"""Lines on either side, and words in the usual one of them; shorter ones may be a label and its value."""

RUNNING: Final = 0.33
"""Of the steps down a side, at which a sentence goes on with a small letter, at least."""

FLUSH: Final = 1.0
"""Line heights by which the lines of one side may begin apart."""

NEXT: Final = 2.2
"""Line heights up or down to what comes next, at most."""

Thing = tuple[str, Box, int]


def read_across(things: Sequence[Thing]) -> list[Thing]:
    """Of runs of text in their order (text, place, words) the longest that goes to and fro between two columns."""
    return max((run for run in _runs(things) if _are_columns(run)), key=len, default=[])


def _runs(things: Sequence[Thing]) -> Iterator[list[Thing]]:
    """Stretches in which every step is to a line near by, below or in another column; from the first that changes columns."""
    run, changed = list[Thing](), 0
    for before, thing in pairwise(things):
        near, beside = _is_near(before[1], thing[1]), _beside(before[1], thing[1])
        if run and not near:
            yield run[:changed]
            run = []
        if near and beside:
            run = run or [before]
            changed = len(run) + 1
        if run:
            run.append(thing)
    yield run[:changed]


def _is_near(before: Box, box: Box) -> bool:
    step = box.center[1] - before.center[1]
    flush = abs(box.x0 - before.x0) < FLUSH * box.height
    return abs(step) < NEXT * box.height and (_beside(before, box) or (flush and step > 0))


def _beside(before: Box, box: Box) -> bool:
    return box.x0 > before.x1 or box.x1 < before.x0


def _are_columns(run: Sequence[Thing]) -> bool:
    """Whether the run goes to and fro between two flush columns whose sentences run down."""
    if len(run) <= SWITCHES:
        return False
    left, right = (_flush(run, edge) for edge in (min, max))
    if min(len(left), len(right)) < LINES or len(left) + len(right) < len(run):
        return False
    gutter = min(box.x0 for _, box, _ in right) - max(box.x1 for _, box, _ in left)
    sides = [box.x0 > left[0][1].x1 for _, box, _ in run]
    switches = sum(one != other for one, other in pairwise(sides))
    often = switches >= max(SWITCHES, OFTEN * (len(run) - 1))
    return gutter > 0 and often and _is_running(left) and _is_running(right)


def _flush(run: Sequence[Thing], edge: Callable[[Iterable[float]], float]) -> list[Thing]:
    """The lines that begin where the leftmost, or the rightmost, does."""
    start = edge(box.x0 for _, box, _ in run)
    return [thing for thing in run if abs(thing[1].x0 - start) < FLUSH * thing[1].height]


def _is_running(side: Sequence[Thing]) -> bool:
    """Whether lines below each other are long, and sentences go on from one to the next."""
    on = sum(not ended(above[0]) and not begins(below[0]) for above, below in pairwise(side))
    return median(words for *_, words in side) >= WORDS and on >= RUNNING * (len(side) - 1)
