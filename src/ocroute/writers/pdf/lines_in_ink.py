"""Lines for a block whose engine gave none: its text laid over the rows of ink in its box."""

from __future__ import annotations

import msgspec
import numpy as np

from ocroute.document.exporters.prepared import lines_of, plain_text, settled
from ocroute.pages.page import InputPage
from ocroute.raster.ink import ink_of
from ocroute.values import Block, Box, Line

_SAME_ROW = 0.5  # of the height of the lower of two pieces of ink: so far beside each other they are one row


def with_lines(block: Block, page: InputPage) -> Block:
    """``block`` with lines whose boxes are rows of ink, and as much of its text in each as the row is long.

    A block that has lines, or whose words are in a table's cells with boxes, stays as it is; so does one without ink.
    """
    if block.lines or block.box is None or block.table is not None:
        return block
    words = [word for part in settled(block) for line in lines_of(plain_text(part)) for word in line.split()]
    rows = _rows(page, block.box)
    if not words or len(rows) < 2:
        return block
    lines = tuple(Line(text, row) for text, row in zip(_shared(words, rows), rows, strict=True) if text)
    return msgspec.structs.replace(block, lines=lines)


def _shared(words: list[str], rows: list[Box]) -> list[str]:
    """The text of each row: words go where the middle of their letters falls along all rows laid end to end."""
    ends = np.cumsum([row.width for row in rows])
    letters = sum(len(word) + 1 for word in words)
    shares: list[list[str]] = [[] for _ in rows]
    at = 0
    for word in words:
        middle = (at + (len(word) + 1) / 2) / letters * ends[-1]
        shares[min(int(np.searchsorted(ends, middle)), len(rows) - 1)].append(word)
        at += len(word) + 1
    return [" ".join(share) for share in shares]


def _rows(page: InputPage, box: Box) -> list[Box]:
    """The rows of letters in ``box``, from top to bottom, each as wide as its ink."""
    rows: list[Box] = []
    for line in ink_of(page).lines:
        x, y = line.box.center
        if not (box.x0 <= x < box.x1 and box.y0 <= y < box.y1):
            continue
        if rows and rows[-1].y1 - line.box.y0 > _SAME_ROW * min(rows[-1].height, line.box.height):
            rows[-1] = Box.around((rows[-1], line.box))
        else:
            rows.append(line.box)
    return [row.clamped(box.x1, box.y1) for row in rows]
