"""Text that repeats itself at once: which stretch, how long its period is, and how often it comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

LONGEST: Final = 400  # characters of a repeated unit: five lines
FEWEST: Final = 3  # times; twice is emphasis


@dataclass(frozen=True, slots=True)
class Repeat:
    """A unit that follows itself.

    Attributes:
        unit: its text, spaces left out.
        times: how often it stands there in a row.
        start, stop: of the whole stretch, counted in characters without spaces.
    """

    unit: str
    times: int
    start: int
    stop: int

    @property
    def surplus(self) -> int:
        """Characters beyond the unit's first appearance."""
        return self.stop - self.start - len(self.unit)


def repeats(text: str, *, least: int) -> list[Repeat]:
    """Stretches of at least ``FEWEST`` units that add ``least`` characters or more, the longest first, none inside another."""
    solid = "".join(text.split())
    signs = np.frombuffer(solid.encode("utf-32-le"), dtype=np.uint32)
    found: list[Repeat] = []
    for period in range(1, min(LONGEST, signs.size // FEWEST) + 1):
        alike, wanted = signs[period:] == signs[:-period], max(least, (FEWEST - 1) * period)
        if np.count_nonzero(alike) < wanted:
            continue  # most periods of most texts end here
        same = np.concatenate(([False], alike, [False]))
        stretches = np.flatnonzero(same[1:] != same[:-1]).reshape(-1, 2)
        for start, stop in stretches[np.diff(stretches)[:, 0] >= wanted]:
            unit = solid[start : start + period]
            if any(sign.isalnum() for sign in unit):
                found.append(Repeat(unit, int(stop - start) // period + 1, int(start), int(stop) + period))
    found.sort(key=lambda repeat: (-(repeat.stop - repeat.start), len(repeat.unit)))
    kept: list[Repeat] = []
    for repeat in found:
        if not any(repeat.start < other.stop and other.start < repeat.stop for other in kept):
            kept.append(repeat)
    return kept
