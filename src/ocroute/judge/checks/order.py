"""Text that does not follow the white space of the page: columns read across, blocks in a wrong order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import ClassVar, Final

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.reading_pieces import quote
from ocroute.pages.page import InputPage
from ocroute.raster.white_order import misplaced
from ocroute.values import Block, Box, Category, Direction, Line, Word

FEWEST: Final = 6  # words out of place
APART: Final = 1.2  # ems between words that may be of two columns
JUMP: Final = 4.0  # line heights to the next line of a block, from which something stands between them
MOST: Final = 20_000  # things that are looked at; a page with more is a map
_FLOATING: Final = frozenset(
    {
        Category.PAGE_HEADER,
        Category.PAGE_FOOTER,
        Category.FOOTNOTE,
        Category.CAPTION,
        Category.PICTURE,
        Category.FORMULA,
    }
)  # they stand where there is room, and may be read before or after what surrounds them

_Thing = tuple[str, Box, int]


class ReadingOrder:
    """Speaks when no way of cutting the page along its white space leads to the order of the text."""

    summary: ClassVar[str] = "the text is not in the order in which the page is read"
    limit: ClassVar[float] = 0.05  # share of the words that would have to be moved

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """The share of the words that white space puts in another place."""
        blocks = [block for block in reading.blocks if block.category not in _FLOATING and block.box is not None]
        direction = _direction(blocks)
        if direction == "ttb":
            return None
        things = [thing for block in blocks for thing in _things(block)]
        total = sum(words for _, _, words in things)
        if len(things) < 3 or len(things) > MOST:
            return None
        em = median(box.height for _, box, _ in things)
        boxes = [box for _, box, _ in things]
        wrong = misplaced(_mirrored(boxes) if direction == "rtl" else boxes, [words for _, _, words in things], em)
        moved = sum(things[at][2] for at in wrong)
        if moved < FEWEST or moved < self.limit * total:
            return None
        share = moved / total
        text, place, _ = max((things[at] for at in wrong), key=lambda thing: thing[2])
        return Finding(
            "order",
            round(share, 4),
            self.limit,
            f"{share:.0%} of the words do not come in the order in which the page's white space lets it be read, "
            f"e.g. {quote(text)}.",
            weight=round(min(1.0, 0.3 + share), 4),
            image=place,
        )


def _direction(blocks: Sequence[Block]) -> Direction:
    """In which most of the text runs."""
    letters = Counter[Direction]()
    for block in blocks:
        letters[block.direction] += len(block.text)
    return max(letters, key=letters.__getitem__, default="ltr")


def _mirrored(boxes: Sequence[Box]) -> list[Box]:
    return [Box(-box.x1, box.y0, -box.x0, box.y1) for box in boxes]


def _things(block: Block) -> Iterator[_Thing]:
    """What has a place of its own: a table, a run of words without much white, a block of which no more is known."""
    if block.table is not None or not block.lines:
        if block.box is not None:
            yield block.text, block.box, len(block.text.split())
        return
    for line in _in_one_place(block.lines):
        if line.angle % 360 == 0:
            yield from _runs(line)


def _in_one_place(lines: Sequence[Line]) -> Sequence[Line]:
    """The lines of a block up to where it goes on elsewhere, once: what it was cut by, a figure or a table, comes after it."""
    jumps = [
        at
        for at, (above, below) in enumerate(pairwise(lines), start=1)
        if not -0.5 * below.box.height < below.box.y0 - above.box.y0 < JUMP * max(above.box.height, below.box.height)
    ]
    return lines[: jumps[0]] if len(jumps) == 1 else lines


def _runs(line: Line) -> Iterator[_Thing]:
    words = sorted(line.words, key=lambda word: word.box.x0)
    if len(words) < 2:
        yield line.text, line.box, len(line.text.split())
        return
    run = words[:1]
    for left, right in pairwise(words):
        if right.box.x0 - left.box.x1 > APART * line.box.height:
            yield _run(run)
            run = []
        run.append(right)
    yield _run(run)


def _run(words: list[Word]) -> _Thing:
    return " ".join(word.text for word in words), Box.around(word.box for word in words), len(words)
