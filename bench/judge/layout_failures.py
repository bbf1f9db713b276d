"""What layout and exporters do wrong, made on purpose, in many strengths: an engine's lines are right, the blocks are not.

What counts as a failure was written down before any check for it was made:

* ``dropped``: a line of two words or more is in no block, or a whole block, or the text of one cell of a table.
* ``fused``: one number has a digit more, or is run together with the number beside it, as with the mark of a note or a power.
* ``repeated``: a heading, or a block of three words or more, comes twice.
* ``swapped``: two blocks of eight words or more, or all of a column, stand in each other's place, and Kendall's tau of all words
  is 0.9 or less for it.
* ``crossed``: two blocks beside each other, of three lines or more, are read across, line by line, and tau is 0.95 or less for
  it: running text, whose order white space alone tells, and short lines: blocks of three lines, or of few words a line. Labels
  with their values and lists are among these, which may be read either way, so no recall is asked of this strength.
* ``scattered``: a paragraph of four lines or more, of five words as a rule, has become a table of two columns, whose
  cells hold the left halves of all lines and then the right halves.

The checks that should see each are named with it; one of them is enough.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from statistics import median

from msgspec.structs import replace

from ocroute.compare.measures import order
from ocroute.engines.base import Reading
from ocroute.values import Block, Box, Category, Cell, Line, Table

CONSERVATION = ("lost_words",)
ORDER, TORN = ("order",), ("torn_table",)
SWAPPED, CROSSED = 0.9, 0.95  # tau at which the table of this module begins
_PAIR = re.compile(r"(?<![\w.,])(\d{1,6}) (?=\d)")
_NUMBER = re.compile(r"(?<![\w.,])\d{1,6}(?![\w,])")


@dataclass(frozen=True, slots=True)
class Damage:
    """A damaged reading.

    Attributes:
        kind: of the failure, as above.
        strength: which of its strengths.
        seen_by: codes of which one must be found.
    """

    kind: str
    strength: str
    reading: Reading
    seen_by: tuple[str, ...]


def damages(reading: Reading, rng: Random) -> Iterator[Damage]:
    """One failure of each kind and strength that this page can show."""
    blocks = list(reading.blocks)

    def damaged(kind: str, strength: str, changed: Sequence[Block], seen_by: tuple[str, ...]) -> Damage:
        return Damage(kind, strength, replace(reading, blocks=tuple(changed)), seen_by)

    for strength, changed in _dropped(blocks, rng):
        yield damaged("dropped", strength, changed, CONSERVATION)
    for strength, changed in _changed(blocks, rng):
        yield damaged("fused", strength, changed, CONSERVATION)
    for strength, changed in _repeated(blocks, rng):
        yield damaged("repeated", strength, changed, (*CONSERVATION, "loop"))
    for kind, strength, changed in _moved(blocks, rng):
        yield damaged(kind, strength, changed, TORN if kind == "scattered" else ORDER)


def _dropped(blocks: list[Block], rng: Random) -> Iterator[tuple[str, list[Block]]]:
    wordy = [at for at, block in enumerate(blocks) if _plain(block) and len(block.text.split()) >= 2]
    several = [at for at in wordy if len(blocks[at].lines) >= 2]
    if several:
        at = rng.choice(several)
        lines = list(blocks[at].lines)
        del lines[rng.choice([n for n, line in enumerate(lines) if len(line.text.split()) >= 2] or [0])]
        yield "line", _with(blocks, at, _of_lines(blocks[at], lines))
    if len(wordy) >= 2:
        at = rng.choice(wordy)
        yield "block", blocks[:at] + blocks[at + 1 :]
    tables = [
        at for at, block in enumerate(blocks) if block.table and any(cell.text.strip() for cell in block.table.cells)
    ]
    if tables:
        at = rng.choice(tables)
        table = blocks[at].table
        assert table is not None
        lost = rng.choice([n for n, cell in enumerate(table.cells) if cell.text.strip()])
        cells = tuple(replace(cell, text="") if n == lost else cell for n, cell in enumerate(table.cells))
        yield "cell", _with(blocks, at, replace(blocks[at], table=replace(table, cells=cells)))


def _changed(blocks: list[Block], rng: Random) -> Iterator[tuple[str, list[Block]]]:
    places = [
        (at, found.end()) for at, block in enumerate(blocks) if _plain(block) for found in _NUMBER.finditer(block.text)
    ]
    if places:
        at, end = rng.choice(places)
        text = blocks[at].text
        yield "digit", _with(blocks, at, replace(blocks[at], text=f"{text[:end]}{rng.randint(1, 9)}{text[end:]}"))
    pairs = [(at, found) for at, block in enumerate(blocks) if _plain(block) for found in _PAIR.finditer(block.text)]
    if pairs:
        at, found = rng.choice(pairs)
        text = blocks[at].text
        yield (
            "neighbour",
            _with(blocks, at, replace(blocks[at], text=f"{text[: found.end(1)]}{text[found.end(1) + 1 :]}")),
        )


def _repeated(blocks: list[Block], rng: Random) -> Iterator[tuple[str, list[Block]]]:
    heads = [at for at, block in enumerate(blocks) if block.category in (Category.TITLE, Category.SECTION_HEADER)]
    long = [at for at, block in enumerate(blocks) if _plain(block) and len(block.text.split()) >= 3]
    for strength, places in (("heading", heads), ("block", long)):
        if places:
            at = rng.choice(places)
            yield strength, [*blocks[: at + 1], blocks[at], *blocks[at + 1 :]]


def _moved(blocks: list[Block], rng: Random) -> Iterator[tuple[str, str, list[Block]]]:
    wordy = [at for at, block in enumerate(blocks) if _plain(block) and len(block.text.split()) >= 8]
    pairs = [(a, b) for a in wordy for b in wordy if a < b]
    rng.shuffle(pairs)
    found = next((made for pair in pairs[:40] if tau(blocks, made := _swapped(blocks, *pair)) <= SWAPPED), None)
    if found:
        yield "swapped", "blocks", found
    beside = [(a, b) for a in wordy for b in wordy if a != b and _beside(blocks[a], blocks[b])]
    rng.shuffle(beside)
    running = [pair for pair in beside if all(_is_paragraph(blocks[at]) for at in pair)]
    for strength, chosen in (("running text", running), ("short lines", [p for p in beside if p not in running])):
        crossed = next((made for pair in chosen[:20] if tau(blocks, made := _crossed(blocks, *pair)) <= CROSSED), None)
        if crossed:
            yield "crossed", strength, crossed
    column = _columns_swapped(blocks)
    if column and tau(blocks, column) <= SWAPPED:
        yield "swapped", "columns", column
    long = [at for at in wordy if _is_paragraph(blocks[at])]
    if long:
        at = rng.choice(long)
        yield "scattered", "halves", _with(blocks, at, _scattered(blocks[at]))


def tau(blocks: Sequence[Block], changed: Sequence[Block]) -> float:
    """Kendall's tau of the words of one sequence of blocks in the order of another, whose lines are the same."""
    return order(
        *(
            [(word.text, word.box.x0, word.box.y0) for block in side for line in block.lines for word in line.words]
            for side in (blocks, changed)
        )
    ).tau


def _plain(block: Block) -> bool:
    return block.table is None and block.markup == "plain" and bool(block.lines) and not block.category.is_furniture


def _is_paragraph(block: Block) -> bool:
    words = [len(line.text.split()) for line in block.lines]
    return len(words) >= 4 and median(words) >= 5 and block.box is not None and block.category is Category.TEXT


def _with(blocks: list[Block], at: int, block: Block) -> list[Block]:
    return [*blocks[:at], block, *blocks[at + 1 :]]


def _of_lines(block: Block, lines: Sequence[Line]) -> Block:
    return replace(
        block,
        text=" ".join(line.text for line in lines),
        lines=tuple(lines),
        box=Box.around(line.box for line in lines),
    )


def _swapped(blocks: list[Block], a: int, b: int) -> list[Block]:
    changed = list(blocks)
    changed[a], changed[b] = changed[b], changed[a]
    return changed


def _beside(left: Block, right: Block) -> bool:
    if left.box is None or right.box is None or min(len(left.lines), len(right.lines)) < 3:
        return False
    both = min(left.box.y1, right.box.y1) - max(left.box.y0, right.box.y0)
    return left.box.x1 < right.box.x0 and both > 0.7 * min(left.box.height, right.box.height)


def _crossed(blocks: list[Block], a: int, b: int) -> list[Block]:
    """Both as one block, sorted by the heights of their lines, as happens where columns are not seen."""
    lines = sorted(
        (*blocks[a].lines, *blocks[b].lines), key=lambda line: (round(line.box.y0 / line.box.height), line.box.x0)
    )
    first, second = sorted((a, b))
    joined = _of_lines(blocks[first], lines)
    return [joined if at == first else block for at, block in enumerate(blocks) if at != second]


def _columns_swapped(blocks: list[Block]) -> list[Block]:
    """Of two columns the right one first."""
    placed = [block for block in blocks if block.box is not None and _plain(block)]
    if len(placed) < 2:
        return []
    middle = (min(b.box.x0 for b in placed if b.box) + max(b.box.x1 for b in placed if b.box)) / 2
    left = [block for block in placed if block.box and block.box.x1 <= middle and len(block.lines) >= 3]
    right = [block for block in placed if block.box and block.box.x0 >= middle and len(block.lines) >= 3]
    if not left or not right:
        return []
    moved = iter([*right, *left])
    inside = {id(block) for block in (*left, *right)}
    return [next(moved) if id(block) in inside else block for block in blocks]


def _scattered(block: Block) -> Block:
    halves: list[list[str]] = [[], []]
    for line in block.lines:
        words = line.text.split()
        halves[0].append(" ".join(words[: len(words) // 2]))
        halves[1].append(" ".join(words[len(words) // 2 :]))
    assert block.box is not None
    middle = block.box.center[0]
    boxes = (replace_x(block.box, block.box.x0, middle), replace_x(block.box, middle, block.box.x1))
    cells = tuple(
        Cell(0, column, "\n".join(half), box=box) for column, (half, box) in enumerate(zip(halves, boxes, strict=True))
    )
    text = "\t".join(" ".join(half) for half in halves)
    return replace(block, category=Category.TABLE, text=text, table=Table(1, 2, cells))


def replace_x(box: Box, x0: float, x1: float) -> Box:
    """The box between two other sides."""
    return Box(x0, box.y0, x1, box.y1)
