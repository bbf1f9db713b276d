"""One page from two sources: its text layer where that says what is printed, and an engine's reading of the parts where not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from ocroute.engines.base import Reading
from ocroute.judge.unread_parts import Known, Part, together
from ocroute.layout.figures import insert_picture
from ocroute.layout.typeface import with_fonts
from ocroute.pages.page import InputPage
from ocroute.values import Block, Box, Line, Word

SAME: Final = 0.5  # of a word's box under a word of the layer: it is that word, read again
SURE: Final = 0.7  # confidence below which a line read in a part is no text
TELLING: Final = 3  # letters and figures of a line that is text beyond doubt
CERTAIN: Final = 0.9  # the same of a single row that was passed over at first
FEW: Final = 12  # such rows; a photograph may have many that are none
SAID: Final = 0.2  # of a picture's area in lines of text from which it is a piece of a scan, not a picture


def read_parts(page: InputPage, known: Known, ask: Callable[[tuple[Box, ...]], Reading]) -> Reading:
    """What ``ask`` reads in the parts, and what it reads in single rows there that it passed over the first time.

    A detector that sees a chart alone may miss a name in it; of the row by itself it is sure. Boxes in which it saw text that
    it cannot write count where rows look like text.
    """
    read = ask(tuple(part.box for part in known.parts))
    seen = [line.box for line in (*read.lines, *read.blanks)]
    left = [row for row in known.printed if not _near(row, seen)]
    again: tuple[Line, ...] = ()
    if 0 < len(left) <= FEW:
        again = tuple(
            line for line in ask(tuple(together(page.size, left))).lines if (line.confidence or 1.0) >= CERTAIN
        )
    blanks = tuple(line for line in read.blanks if _near(line.box, known.printed))
    return msgspec.structs.replace(read, lines=(*read.lines, *again), blanks=blanks)


def merged(page: InputPage, layer: Reading, known: Known, read: Reading) -> Reading:
    """``layer`` with the words of ``read`` that it does not have itself. A word of both is the layer's."""
    boxes = [word.box for line in known.lines for word in line.words]
    found = [line for part in known.parts for line in _text_in(part.box, read.lines)]
    new = [line for old in dict.fromkeys(found) if (line := _without(old, _near(old.box, boxes))) is not None]
    return msgspec.structs.replace(
        layer,
        lines=(*known.lines, *with_fonts(page, new)),
        blanks=read.blanks,
        finish=read.finish,
        cut=read.cut,
        seconds={**layer.seconds, **{f"parts.{step}": value for step, value in read.seconds.items()}},
        versions={**layer.versions, **read.versions},
    )


def marked(blocks: Sequence[Block], engine: str) -> tuple[Block, ...]:
    """``blocks`` that say which of them ``engine`` has read, in part at least: lines of a layer have no confidence."""
    return tuple(
        msgspec.structs.replace(block, engine=engine)
        if any(line.confidence is not None for line in block.lines)
        else block
        for block in blocks
    )


def with_pictures(blocks: Sequence[Block], parts: Iterable[Part]) -> tuple[Block, ...]:
    """``blocks``, and a block for each part that is a picture: an image with little or no text in it."""
    placed = list(blocks)
    for box in (part.box for part in parts if part.picture and not _is_scan(part.box, blocks)):
        insert_picture(placed, box)
    return tuple(placed)


def _text_in(box: Box, lines: Iterable[Line]) -> list[Line]:
    """The lines in ``box`` that are text: photographs and gradients have shapes like a letter or two.

    Loose signs are believed where longer text is beside them, as the figures on a chart's axis.
    """
    inside = [line for line in lines if line.box.intersection(box) >= SAME * line.box.area]
    sure = [line for line in inside if line.confidence is None or line.confidence >= SURE]
    told = [line for line in sure if sum(map(str.isalnum, line.text)) >= TELLING or _wide(line.text)]
    return sure if told else []


def _wide(text: str) -> bool:
    """Whether a text has two ideographs or more: each says as much as a word."""
    return sum("\u2e80" <= sign <= "\ud7ff" for sign in text) >= 2


def _near(box: Box, boxes: Iterable[Box]) -> list[Box]:
    return [other for other in boxes if box.intersection(other) > 0]


def _without(line: Line, boxes: Sequence[Box]) -> Line | None:
    """The line without the words that stand where ``boxes`` are; None where none is left."""
    if not boxes:
        return line
    words = line.words or (Word(line.text, line.box, line.confidence),)
    kept = [word for word in words if sum(word.box.intersection(box) for box in boxes) < SAME * word.box.area]
    if len(kept) == len(words):
        return line
    return msgspec.structs.replace(Line.of_words(kept), angle=line.angle) if kept else None


def _is_scan(picture: Box, blocks: Sequence[Block]) -> bool:
    lines = [
        line.box for block in blocks for line in block.lines if line.box.intersection(picture) >= SAME * line.box.area
    ]
    return sum(box.height * box.width for box in lines) >= SAID * 0.5 * picture.area
