"""From lines to blocks."""

from __future__ import annotations

from collections.abc import Sequence

from ocroute.document.model import Block, Category, Line
from ocroute.pages.page import InputPage


def arrange(page: InputPage, lines: Sequence[Line]) -> tuple[Block, ...]:
    """Blocks in reading order.

    Args:
        page: for its size, ruling lines and, where needed, its raster.
        lines: lines or fragments of lines in page pixels, in any order.
    """
    ordered = sorted(lines, key=lambda line: (line.box.y0, line.box.x0))
    return tuple(
        Block(Category.TEXT, line.text, line.box, line.confidence, lines=(line,)) for line in ordered if line.text.strip()
    )
