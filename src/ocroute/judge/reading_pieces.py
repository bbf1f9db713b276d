"""A reading taken apart for the checks: its smallest pieces of text that have a place, and its plain text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from itertools import groupby
from math import hypot
from typing import Final

from ocroute.engines.base import Reading
from ocroute.values import Block, Box, Category, Line, Word

_TAG: Final = re.compile(r"</?[a-zA-Z][^<>]*>")
_LEADERS: Final = re.compile(r"([.·…_-])\1{3,}")  # lead the eye to a page number, and are as narrow as can be
SLANTED: Final = 1.4  # times the usual height from which a box may hold a slanted line
WIDEST: Final = 3.4  # characters that fit a box as wide as it is high, in the most condensed type


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text and the box it is said to stand in (raster pixels), or None."""

    text: str
    box: Box | None
    confidence: float | None = None
    category: Category = Category.TEXT
    rows: int = 1

    @property
    def weight(self) -> int:
        """Its characters, spaces left out."""
        return weight(self.text)

    @property
    def letters(self) -> int:
        """Its letters and figures."""
        return sum(sign.isalnum() for sign in self.text)

    def overfull(self, usual: float) -> bool:
        """Whether the text has more characters than its box can hold. Said of single lines only.

        Args:
            usual: the height of most lines; a higher box may hold a slanted one, as long as its diagonal.
        """
        if self.box is None or self.rows != 1:
            return False
        short, long = sorted((self.box.width, self.box.height))
        if short > SLANTED * usual:
            short, long = usual, hypot(short, long)
        return weight(_LEADERS.sub("", self.text)) > WIDEST * long / max(short, 1.0) + 4


def pieces(reading: Reading, *, finest: bool = False) -> tuple[Piece, ...]:
    """The lines of a reading, in its order; where a block has no lines, its cells or the block itself.

    Args:
        reading: with or without blocks.
        finest: words instead of lines, where there are words.
    """
    found = tuple(piece for block in reading.blocks for piece in _of_block(block, finest))
    if not reading.blocks:
        found = tuple(piece for line in reading.lines for piece in _of_line(line, Category.TEXT, finest))
    return tuple(piece for piece in found if piece.text.strip())


def rows_of(words: Sequence[Word]) -> Iterator[list[Word]]:
    """Words on one base line, from left to right."""
    bottom = 0.0
    number = 0
    numbered = []
    for word in sorted(words, key=lambda word: word.box.center[1]):
        middle = word.box.center[1]
        number += middle > bottom
        bottom = max(bottom, middle + 0.4 * word.box.height) if middle <= bottom else middle + 0.4 * word.box.height
        numbered.append((number, word))
    for _, row in groupby(numbered, key=lambda item: item[0]):
        yield sorted((word for _, word in row), key=lambda word: word.box.x0)


def plain(reading: Reading) -> str:
    """The text of a reading, one piece a line, without markup."""
    return "\n".join(piece.text for piece in pieces(reading))


def is_wordless(reading: Reading) -> bool:
    """Whether no letter and no figure was written."""
    return not any(sign.isalnum() for sign in plain(reading))


@lru_cache(maxsize=1 << 13)  # several checks ask it of each line
def weight(text: str) -> int:
    """The characters of ``text``, spaces left out."""
    return sum(map(len, text.split()))


def quote(text: str, most: int = 40) -> str:
    """``text`` as one short line in quotes, for a sentence."""
    flat = " ".join(text.split())
    return json.dumps(flat if len(flat) <= most else flat[: most - 1] + "…", ensure_ascii=False)


def _of_block(block: Block, finest: bool) -> Iterator[Piece]:
    if block.lines:
        for line in block.lines:
            yield from _of_line(line, block.category, finest)
        return
    if block.table is not None and all(cell.box for cell in block.table.cells):
        for cell in block.table.cells:
            yield Piece(cell.text, cell.box, block.confidence, block.category, rows=2)
        return
    text = unescape(_TAG.sub(" ", block.text)) if block.markup in ("html", "markdown") else block.text
    yield Piece(text, block.box, block.confidence, block.category, rows=2)


def _of_line(line: Line, category: Category, finest: bool) -> Iterator[Piece]:
    if finest and line.words:
        for word in line.words:
            yield Piece(word.text, word.box, word.confidence, category)
    else:
        yield Piece(line.text, line.box, line.confidence, category)
