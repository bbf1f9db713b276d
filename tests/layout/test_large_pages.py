"""Pages with very much on them: laid out in a memory that does not grow with the square of what they hold."""

from __future__ import annotations

import tracemalloc

from ocroute.layout.line_measures import measure, scale_of
from ocroute.layout.lines import assemble
from ocroute.values import Box, Line


def test_hundreds_of_columns_of_numbers_take_little_memory() -> None:
    lines = [
        Line(str((7 * row + 13 * column) % 1000), Box(10 + 16 * column, 50 + 30 * row, 22 + 16 * column, 70 + 30 * row))
        for row in range(5)
        for column in range(800)
    ]
    pieces = [measure(line, tight=False) for line in lines]
    tracemalloc.start()
    try:
        scale = scale_of(pieces, 13000, 2200, tight=False)
        assemble(lines[:1600], scale)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert 29 < scale.pitch < 31
    assert peak < 60e6, "each held against each take 128 MB, several times"
