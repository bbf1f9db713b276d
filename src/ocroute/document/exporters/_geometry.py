"""Blocks as lines and words with boxes, for the formats that are about where text stands."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ocroute.document.exporters._blocks import plain_text
from ocroute.document.exporters._clean import clean, lines_of
from ocroute.values import Block, Box, Font, Word


class PlacedWord(msgspec.Struct, frozen=True):
    """A word without blanks in it. The box is None where nobody knows it."""

    text: str
    box: Box | None
    confidence: float | None


class PlacedLine(msgspec.Struct, frozen=True):
    """A line with at least one word."""

    words: tuple[PlacedWord, ...]
    box: Box | None
    font: Font | None = None


def placed_lines(block: Block) -> Iterator[PlacedLine]:
    """The lines of a settled block; where the engine gave none, its cells, or its text cut at the line ends.

    Boxes of words that the engine did not give are cut out of their line's box by the number of characters.
    """
    if block.lines:
        for line in block.lines:
            given = tuple(_given(line.words))
            if "".join(word.text for word in given) != "".join(clean(line.text).split()):
                given = tuple(_cut(line.text, line.box, line.confidence))
            if given:
                yield PlacedLine(given, line.box, line.font)
    elif block.table is not None:
        for cell in block.table.cells:
            yield from _stacked(cell.text, cell.box, block.confidence)
    else:
        text = block.text if block.markup == "latex" else plain_text(block)
        marker = f"{block.marker} " if block.marker else ""
        yield from _stacked(marker + text, block.box, block.confidence)


def _given(words: tuple[Word, ...]) -> Iterator[PlacedWord]:
    for word in words:
        yield from _cut(word.text, word.box, word.confidence)


def _stacked(text: str, box: Box | None, confidence: float | None) -> Iterator[PlacedLine]:
    """Lines of equal height on top of each other in ``box``."""
    lines = lines_of(clean(text))
    for index, line in enumerate(lines):
        place = None
        if box is not None:
            step = box.height / len(lines)
            place = Box(box.x0, box.y0 + index * step, box.x1, max(box.y0 + index * step, box.y0 + (index + 1) * step))
        yield PlacedLine(tuple(_cut(line, place, confidence)), place)


def _cut(text: str, box: Box | None, confidence: float | None) -> Iterator[PlacedWord]:
    """The words of one line, each with its share of ``box``."""
    text = " ".join(clean(text).split())
    start = 0
    for word in text.split():
        place = None
        if box is not None:
            x0, x1 = (box.x0 + box.width * at / len(text) for at in (start, start + len(word)))
            place = Box(x0, box.y0, max(x0, x1), box.y1)
        yield PlacedWord(word, place, confidence)
        start += len(word) + 1
