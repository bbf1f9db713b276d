"""Running text that was laid out as a table."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import ClassVar, Final

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.reading_pieces import quote, rows_of
from ocroute.pages.page import InputPage
from ocroute.values import Block, Cell, Word

FEWEST: Final = 3  # places where a row goes from one cell to the next
TIGHT: Final = 0.6
"""Of a word's height: what parts words of a sentence, in justified text too; columns stand further apart."""


class TornTable:
    """Speaks when the cells of a table are parted where the page has no more white than between two words."""

    summary: ClassVar[str] = "running text was torn into the cells of a table"
    limit: ClassVar[float] = 0.7  # share of the steps from cell to cell that are no wider than a blank

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """The share of narrow steps in the worst table; rules do not matter, as cells between rules have white inside."""
        found = [one for block in reading.blocks if (one := _narrow(block)) is not None]
        if not found:
            return None
        share, block = max(found, key=lambda one: one[0])
        if share < self.limit:
            return None
        what = f"A table's cells are parted between words of one sentence, e.g. {quote(block.lines[0].text)}"
        torn = share * _letters(block) / max(1, sum(map(_letters, reading.blocks)))
        return Finding("torn_table", round(share, 4), self.limit, f"{what}.", weight=round(torn, 4), image=block.box)


def _narrow(block: Block) -> tuple[float, Block] | None:
    """How many of the steps from one column to the next are narrow; None where too few can be seen."""
    if block.table is None or block.table.columns < 2:
        return None
    cells = [cell for cell in block.table.cells if cell.box is not None]
    words = [word for line in block.lines if not line.angle for word in line.words]
    steps = [step for row in rows_of(words) for step in _steps(row, cells)]
    return (sum(steps) / len(steps), block) if len(steps) >= FEWEST else None


def _steps(row: list[Word], cells: list[Cell]) -> Iterator[bool]:
    """For each two neighbours in different columns, whether only a blank is between them."""
    inside = [cell for cell in cells if cell.box and row and cell.box.y0 <= row[0].box.center[1] <= cell.box.y1]
    placed = [(word, next((cell.column for cell in inside if _holds(cell, word)), None)) for word in row]
    for (left, one), (right, other) in pairwise(placed):
        if one is not None and other is not None and one != other and _is_word(left) and _is_word(right):
            yield right.box.x0 - left.box.x1 < TIGHT * min(left.box.height, right.box.height)


def _is_word(word: Word) -> bool:
    """Whether it is no leader, which rightly joins its neighbours."""
    return ".." not in word.text and any(sign.isalnum() for sign in word.text)


def _holds(cell: Cell, word: Word) -> bool:
    return cell.box is not None and cell.box.x0 <= word.box.center[0] <= cell.box.x1


def _letters(block: Block) -> int:
    return sum(len(line.text) for line in block.lines) or len(block.text)
