"""Pages that are read from right to left, as their mirror images, in which they run as all others do.

Columns, rows, indents, list markers and the columns of tables all begin on the right of such a page. So it is laid out in its
mirror image, and the places of what was found are turned back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
from msgspec.structs import replace

from ocroute.pages.page import InputPage, Raster, Segment
from ocroute.values import Block, Box, Line, Word

_LETTERS: Final = re.compile("[\u0591-\u065f\u066e-\u06ef\u06fa-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
"""Letters that run to the left; Arabic digits, which do not, are left out."""


def runs_left(texts: Sequence[str]) -> bool:
    """Whether more than half of the letters in ``texts`` belong to scripts that run from right to left."""
    left = total = 0
    for text in texts:
        total += len(text)
        left += 0 if text.isascii() else len(_LETTERS.findall(text))
    if not left or 5 * left < total:
        return False
    return 2 * left > sum(sum(map(str.isalpha, text)) for text in texts)


class MirroredPage(InputPage):
    """The mirror image of ``page``, left and right exchanged; only what layout looks at is there."""

    def __init__(self, page: InputPage) -> None:
        super().__init__()
        self._page = page
        self.source, self.number, self.dpi = page.source, page.number, page.dpi

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels, as the page has it."""
        return self._page.size

    def _render(self) -> Raster:
        return np.ascontiguousarray(self._page.raster()[:, ::-1])

    def rules(self) -> tuple[Segment, ...] | None:
        """Ruling lines of the mirror image."""
        rules = self._page.rules()
        return None if rules is None else tuple(map(self._segment, rules))

    def fills(self) -> tuple[Segment, ...]:
        """Filled rectangles of the mirror image."""
        return tuple(map(self._segment, self._page.fills()))

    def _segment(self, segment: Segment) -> Segment:
        x0, y0, x1, y1 = segment
        return self.size[0] - x1, y0, self.size[0] - x0, y1


def mirrored_line(line: Line, width: float) -> Line:
    """``line`` on the mirror image of a page of ``width`` pixels."""
    return replace(line, box=_turned(line.box, width), words=tuple(_word(word, width) for word in line.words))


def mirrored_block(block: Block, width: float) -> Block:
    """``block`` on the mirror image of a page of ``width`` pixels. The columns of its table keep their order of reading."""
    table = block.table
    if table is not None:
        table = replace(table, cells=tuple(replace(cell, box=_maybe(cell.box, width)) for cell in table.cells))
    lines = tuple(mirrored_line(line, width) for line in block.lines)
    return replace(block, box=_maybe(block.box, width), image=_maybe(block.image, width), lines=lines, table=table)


def _maybe(box: Box | None, width: float) -> Box | None:
    return None if box is None else _turned(box, width)


def _word(word: Word, width: float) -> Word:
    return replace(word, box=_turned(word.box, width))


def _turned(box: Box, width: float) -> Box:
    return Box(width - box.x1, box.y0, width - box.x0, box.y1)


def with_direction(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """``blocks``, those said to run to the left that do."""
    return tuple(replace(block, direction="rtl") if runs_left(_texts(block)) else block for block in blocks)


def _texts(block: Block) -> list[str]:
    return [cell.text for cell in block.table.cells] if block.table else [block.text]
