"""Words that lie over a page's text and are no part of it: DRAFT aslant across the page, COPY in pale capitals behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from typing import Final, Protocol

from ocroute.values import Box

LINES: Final = 3  # of text that a watermark lies over, at least
LARGE: Final = 2.0
"""How many times as high as the lines that it lies over an upright one is, at least: a box about one line may touch others."""


class Printed(Protocol):
    """A line, or as much of one as is looked at here."""

    @property
    def box(self) -> Box:
        """In page pixels."""
        ...

    @property
    def angle(self) -> int:
        """Degrees counter-clockwise by which it is turned."""
        ...


def watermarks(lines: Sequence[Printed]) -> Iterator[int]:
    """Which of a page's lines lie over others, by their places in ``lines``: turned aslant, or in far larger type."""
    upright = [line.box for line in lines if not line.angle % 90]
    if len(upright) < LINES:
        return
    usual = median(box.height for box in upright)
    for at, line in enumerate(lines):
        aslant = bool(line.angle % 90)
        if not aslant and line.box.height < LARGE * usual:
            continue
        under = [box for box in upright if box is not line.box and _within(box.center, line.box)]
        if len(under) >= LINES and (aslant or line.box.height >= LARGE * median(box.height for box in under)):
            yield at


def _within(point: tuple[float, float], box: Box) -> bool:
    return box.x0 <= point[0] < box.x1 and box.y0 <= point[1] < box.y1
