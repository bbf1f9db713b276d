"""Pages that are read from right to left or in columns from top to bottom, seen so that they run as all others do.

On a Hebrew or Arabic page columns, rows, indents, list markers and a table's columns begin on the right: it is laid out in its
mirror image. A page of Chinese or Japanese columns is laid out on its side. The places of what was found are turned back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from msgspec.structs import replace

from ocroute.pages.page import Heading, InputPage, Raster, Segment
from ocroute.values import Block, Box, Direction, Line

_LEFT: Final = re.compile("[\u0591-\u065f\u066e-\u06ef\u06fa-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
"""Letters that run to the left; Arabic digits, which do not, are left out."""

_WIDE: Final = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")
"""Signs that may stand in columns."""

_TALL: Final = 1.5
"""Box of a column of two signs at least, as height to width."""

Place = Callable[[Box], Box]


class View(NamedTuple):
    """A page as it is laid out.

    Attributes:
        page: the page as seen.
        direction: in which its text runs.
        to, back: a box of the real page in the view, and the way back.
    """

    page: InputPage
    direction: Direction
    to: Place
    back: Place

    def line(self, line: Line) -> Line:
        """``line`` as seen. What lies across the columns of a page on its side is turned."""
        seen = _moved(line, self.to)
        return (
            replace(seen, angle=(line.angle + 90) % 360) if self.direction == "ttb" and not _is_column(line) else seen
        )

    def block(self, block: Block) -> Block:
        """``block``, found in the view, as it stands on the real page. A table's columns keep their order of reading."""
        table = block.table
        if table is not None:
            table = replace(table, cells=tuple(replace(cell, box=self._back(cell.box)) for cell in table.cells))
        lines = tuple(self._line_back(line) for line in block.lines)
        down = self.direction == "ttb" and bool(lines) and all(map(_is_column, lines))
        return replace(
            block,
            box=self._back(block.box),
            image=self._back(block.image),
            lines=lines,
            table=table,
            direction="ttb" if down else block.direction,
        )

    def _line_back(self, line: Line) -> Line:
        real = _moved(line, self.back)
        return replace(real, angle=(line.angle - 90) % 360) if self.direction == "ttb" and line.angle else real

    def _back(self, box: Box | None) -> Box | None:
        return None if box is None else self.back(box)


def view_of(page: InputPage, lines: Sequence[Line]) -> View | None:
    """How a page with these lines is seen; None where it is read in rows from left to right."""
    texts = [line.text for line in lines]
    if runs_left(texts):
        width = page.size[0]

        def mirrored(box: Box) -> Box:
            return Box(width - box.x1, box.y0, width - box.x0, box.y1)

        return View(_MirroredPage(page), "rtl", mirrored, mirrored)
    if _runs_down(lines):
        width = page.size[0]
        return View(
            page.turned_by(1),
            "ttb",
            lambda box: Box(box.y0, width - box.x1, box.y1, width - box.x0),
            lambda box: Box(width - box.y1, box.x0, width - box.y0, box.x1),
        )
    return None


def runs_left(texts: Sequence[str]) -> bool:
    """Whether more than half of the letters in ``texts`` belong to scripts that run from right to left."""
    left = total = 0
    for text in texts:
        total += len(text)
        left += 0 if text.isascii() else len(_LEFT.findall(text))
    if not left or 5 * left < total:
        return False
    return 2 * left > sum(sum(map(str.isalpha, text)) for text in texts)


def with_direction(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """``blocks``, with the direction of those that do not run in rows from left to right."""
    return tuple(_directed(block) for block in blocks)


def _directed(block: Block) -> Block:
    if runs_left([cell.text for cell in block.table.cells] if block.table else [block.text]):
        return replace(block, direction="rtl")
    return replace(block, direction="ttb") if _runs_down(block.lines) else block


def _runs_down(lines: Sequence[Line]) -> bool:
    """Whether most signs stand in columns."""
    down = total = 0
    for line in lines:
        signs = 0 if len(line.text) == 1 or line.text.isascii() else len(_WIDE.findall(line.text))
        total += signs
        down += signs if signs and _is_column(line) else 0
    return 2 * down > total


def _is_column(line: Line) -> bool:
    box = line.box
    return line.angle == 0 and (
        len(line.text) == 1 or (box.height > _TALL * box.width and bool(_WIDE.search(line.text)))
    )


def _moved(line: Line, place: Place) -> Line:
    return replace(line, box=place(line.box), words=tuple(replace(word, box=place(word.box)) for word in line.words))


class _MirroredPage(InputPage):
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

    def headings(self) -> tuple[Heading, ...]:
        """What the source calls headings."""
        return self._page.headings()

    def items(self) -> tuple[str, ...]:
        """What the source calls items of lists."""
        return self._page.items()

    def _segment(self, segment: Segment) -> Segment:
        x0, y0, x1, y1 = segment
        return self.size[0] - x1, y0, self.size[0] - x0, y1
