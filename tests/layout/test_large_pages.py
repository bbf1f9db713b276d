"""Pages with very much on them: laid out whole, in a memory that does not grow with the square of what they hold."""

from __future__ import annotations

import tracemalloc

from tests.support.pages import blank_page

from ocroute.layout.arrange import arrange
from ocroute.values import Box, Line


def test_hundreds_of_columns_of_numbers_take_little_memory() -> None:
    lines = [
        Line(str((7 * row + 13 * column) % 1000), Box(10 + 16 * column, 50 + 30 * row, 22 + 16 * column, 70 + 30 * row))
        for row in range(10)
        for column in range(400)
    ]
    tracemalloc.start()
    try:
        (block,) = arrange(blank_page(6500, 2200), lines)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert block.table
    assert len(block.table.cells) == len(lines)
    assert peak < 200e6, "held against each other they take twice as much"
