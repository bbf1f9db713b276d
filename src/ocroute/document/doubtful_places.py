"""Where a block stands, and which places of it are unsure: what drawings and viewers mark alike."""

from __future__ import annotations

from collections.abc import Iterator

from ocroute.values import Block, Box

UNSURE = 0.65
"""Words, or lines without words, of less confidence are marked."""


def unsure_boxes(block: Block) -> Iterator[Box]:
    """The words of ``block`` of which its engine is unsure; the lines, or the block, where it says that of no smaller part."""
    if not block.lines and block.box and _unsure(block.confidence):
        yield block.box
    for line in block.lines:
        if line.words:
            yield from (word.box for word in line.words if _unsure(word.confidence))
        elif _unsure(line.confidence):
            yield line.box


def place_of(block: Block) -> Box | None:
    """The box of ``block``, or that around its lines; None where nobody knows it."""
    if block.box is None and block.lines:
        return Box.around(line.box for line in block.lines)
    return block.box


def places_of(block: Block) -> list[Box]:
    """The boxes of ``block``: one, but for text that goes on at the top of a further column; none where nobody knows it."""
    parts: list[list[Box]] = []
    for box in (line.box for line in block.lines):
        if parts and not (box.y1 <= parts[-1][-1].y0 and _apart(box, parts[-1])):
            parts[-1].append(box)
        else:
            parts.append([box])
    if len(parts) > 1:
        return [Box.around(part) for part in parts]
    return [place] if (place := place_of(block)) else []


def _apart(box: Box, others: list[Box]) -> bool:
    around = Box.around(others)
    return box.x0 >= around.x1 or box.x1 <= around.x0


def _unsure(confidence: float | None) -> bool:
    return confidence is not None and confidence < UNSURE
