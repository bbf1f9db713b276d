"""Words that stand out of the order in which the white space of the page lets it be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import Final, NamedTuple

from msgspec.structs import replace

from ocroute.engines.base import Reading
from ocroute.judge.read_across import read_across
from ocroute.raster.white_order import misplaced
from ocroute.values import Block, Box, Category, Direction, Line, Word

LIMIT: Final = 0.05  # share of the words that would have to be moved, from which an order goes against the white space
APART: Final = 1.2  # ems between words that may be of two columns
JUMP: Final = 4.0  # line heights to the next line of a block, from which something stands between them
SMALL: Final = 0.9  # of the usual height of lines, up to which a few lines are set smaller, as captions are
FEW: Final = 3  # lines of a caption, at most
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


class Moved(NamedTuple):
    """Words that would have to be moved: how many, their share of all that were looked at, and the longest run of them.

    The share is `LIMIT` at least where columns are read across: a few lines of that are wrong on a long page too.
    """

    words: int
    share: float
    text: str
    box: Box


def moved(reading: Reading) -> Moved | None:
    """What white space puts in another place; None where that is nothing, or nothing can be said."""
    blocks = [block for block in reading.blocks if block.category not in _FLOATING and block.box is not None]
    direction = _direction(blocks)
    if direction == "ttb":
        blocks = [_on_its_side(block) for block in blocks if block.direction == "ttb"]
    heights = [line.box.height for block in blocks for line in block.lines]
    usual = median(heights) if heights else 0.0
    things = [thing for block in blocks if not _may_be_caption(block, usual) for thing in _things(block)]
    total = sum(words for _, _, words in things)
    if len(things) < 3 or len(things) > MOST:
        return None
    if direction == "ltr" and (run := read_across(things)):
        count = sum(words for *_, words in run)
        return Moved(count, max(LIMIT, count / total), run[1][0], Box.around(box for _, box, _ in run))
    em = median(box.height for _, box, _ in things)
    boxes = [box for _, box, _ in things]
    wrong = misplaced(_mirrored(boxes) if direction == "rtl" else boxes, [words for _, _, words in things], em)
    count = sum(things[at][2] for at in wrong)
    if not count:
        return None
    text, place, _ = max((things[at] for at in wrong), key=lambda thing: thing[2])
    return Moved(count, count / total, text, _standing(place) if direction == "ttb" else place)


def _direction(blocks: Sequence[Block]) -> Direction:
    """In which most of the text runs."""
    letters = Counter[Direction]()
    for block in blocks:
        letters[block.direction] += len(block.text)
    return max(letters, key=letters.__getitem__, default="ltr")


def _on_its_side(block: Block) -> Block:
    """A block of columns as rows, the rightmost column the first of them."""
    lines = [
        replace(line, box=_lying(line.box), words=tuple(replace(word, box=_lying(word.box)) for word in line.words))
        for line in block.lines
    ]
    return replace(block, box=block.box and _lying(block.box), lines=tuple(lines))


def _lying(box: Box) -> Box:
    return Box(box.y0, -box.x1, box.y1, -box.x0)


def _standing(box: Box) -> Box:
    return Box(-box.y1, box.x0, -box.y0, box.x1)


def _mirrored(boxes: Sequence[Box]) -> list[Box]:
    return [Box(-box.x1, box.y0, -box.x0, box.y1) for box in boxes]


def _may_be_caption(block: Block, usual: float) -> bool:
    """Whether a few lines in smaller type stand where there was room: pictures, which tell, are looked for after the judging."""
    return 0 < len(block.lines) <= FEW and median(line.box.height for line in block.lines) <= SMALL * usual


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
