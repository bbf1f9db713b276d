"""Formulas that an engine for text took for scattered signs: one block each, with the picture of what is printed.

Such an engine gives the parts of a fraction or a sum as short lines of their own, some right and some wrong, and their places
are lost in the text. What is certain is only where the formula stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from statistics import median
from typing import Final

import msgspec

from ocroute.layout.categories import MATHS
from ocroute.values import Block, Box, Category, Line

_SURE: Final = 0.6  # mean confidence below which signs are mostly not what is printed
_WORD: Final = re.compile(r"[^\W\d_]{4,}")
_PROSE: Final = 4  # words of a block of several lines from which it is running text
_SENTENCE: Final = 5  # the same of a single line
_NEAR: Final = (4.0, 1.2)  # in lines' heights, across and down: the parts of one formula are that near each other
_INSET: Final = 1.0  # in lines' heights: how far a formula stands off both edges of the text about it
_FOLLOWS: Final = 3.0  # in lines' heights: how far the first or last thing on a page may stand from the text beside it
_UNEVEN: Final = 0.25  # of the lower one's height: lines whose middles differ by more are not in one row
_SHARED: Final = 0.2  # of the lower one's height: lines that have less in common stand above each other
_ROOM: Final = 0.4  # in lines' heights: rules and roots reach that far beyond the signs that were read


def with_unread_formulas(blocks: Sequence[Block], size: tuple[float, float]) -> list[Block]:
    """``blocks`` with the debris of each formula as one block of the category formula, with ``image``; its signs are kept.

    Taken for one are parts near each other, one with a mathematical sign, without a word that the engine is sure of, which
    stand off both edges of the running text above and below, or at the page's end of that beside them, and either in uneven
    rows or with little confidence.

    Args:
        blocks: of a page, in reading order; those without confidence (of a text layer, of a model of documents) stay.
        size: of the page.
    """
    prose = [line.box for block in blocks if _is_prose(block) for line in block.lines]
    if not prose:
        return list(blocks)
    high = median(box.height for box in prose)
    found = list(blocks)
    for parts in _near([block for block in blocks if _is_part(block)], high):
        lines = [line for part in parts for line in part.lines]
        around = Box.around(line.box for line in lines)
        maths = any(MATHS.search(line.text) for line in lines)
        if (
            maths
            and (_uneven(lines) or _confidence(lines) < _SURE)
            and (_stands_off(around, prose, high) or _is_set_as_one(parts, around, prose))
        ):
            at = found.index(parts[0])
            found = [block for block in found if not any(block is part for part in parts)]
            found.insert(at, _formula(parts, around, _ROOM * high, size))
    return found


def _is_prose(block: Block) -> bool:
    return block.box is not None and len(_WORD.findall(block.text)) >= (_PROSE if len(block.lines) > 1 else _SENTENCE)


def _is_part(block: Block) -> bool:
    short = block.box is not None and 0 < len(block.lines) <= 3 and block.markup == "plain" and block.table is None
    if not short or block.category in (Category.CAPTION, Category.FOOTNOTE, Category.PICTURE):
        return False
    if block.category.is_furniture or any(line.confidence is None and not line.words for line in block.lines):
        return False
    return not _WORD.search(block.text) or _confidence(block.lines) < _SURE


def _confidence(lines: Iterable[Line]) -> float:
    """The mean of all letters; 1 where the engine gives none."""
    said = [
        (one.confidence, len(one.text)) for line in lines for one in line.words or (line,) if one.confidence is not None
    ]
    return sum(sure * size for sure, size in said) / max(sum(size for _, size in said), 1) if said else 1.0


def _near(parts: Sequence[Block], high: float) -> Iterator[list[Block]]:
    """Parts that are near each other, together; ``high`` is the height of a line."""
    groups: list[list[Block]] = []
    for part in parts:
        touching = [group for group in groups if any(_touch(part, other, high) for other in group)]
        groups = [group for group in groups if not any(group is other for other in touching)]
        groups.append([*(one for group in touching for one in group), part])
    order = {id(part): at for at, part in enumerate(parts)}
    for group in groups:
        yield sorted(group, key=lambda part: order[id(part)])


def _touch(part: Block, other: Block, high: float) -> bool:
    assert part.box is not None
    assert other.box is not None
    across = max(part.box.x0 - other.box.x1, other.box.x0 - part.box.x1)
    down = max(part.box.y0 - other.box.y1, other.box.y0 - part.box.y1)
    return across <= _NEAR[0] * high and down <= _NEAR[1] * high


def _uneven(lines: Sequence[Line]) -> bool:
    """Whether lines stand neither in one row nor above each other, as numerators and limits beside a sum do."""
    for one, other in combinations((line.box for line in lines), 2):
        shared, low = min(one.y1, other.y1) - max(one.y0, other.y0), min(one.height, other.height)
        if shared > _SHARED * low and abs(one.center[1] - other.center[1]) > _UNEVEN * low:
            return True
    return False


def _stands_off(box: Box, prose: Sequence[Box], high: float) -> bool:
    """Whether running text of its column reaches beyond ``box`` on both sides: above and below it, or, where it is the first or
    the last on the page, right beside it.
    """
    inset, far = _INSET * high, _FOLLOWS * high
    column = [line for line in prose if line.x0 < box.x1 and box.x0 < line.x1]
    above = [line for line in column if line.y1 <= box.center[1]]
    below = [line for line in column if line.y0 >= box.center[1]]

    def wider(lines: Sequence[Box], most: float = float("inf")) -> bool:
        gaps = (
            max(box.y0 - line.y1, line.y0 - box.y1)
            for line in lines
            if line.x0 + inset < box.x0 and box.x1 < line.x1 - inset
        )
        return min(gaps, default=float("inf")) < most

    if above and below:
        return wider(above) and wider(below)
    return wider(above or below, far)


def _is_set_as_one(parts: Sequence[Block], box: Box, prose: Sequence[Box]) -> bool:
    """Whether a text layer's parts stand between lines of text, none of them beside them, and one of them alone is a formula."""
    exact = all(line.confidence is None for part in parts for line in part.lines)
    told = any(part.category is Category.FORMULA for part in parts)
    return exact and told and not any(min(line.y1, box.y1) - max(line.y0, box.y0) > 0 for line in prose)


def _formula(parts: Sequence[Block], around: Box, room: float, size: tuple[float, float]) -> Block:
    picture = Box(around.x0 - room, around.y0 - room, around.x1 + room, around.y1 + room).clamped(*size)
    return msgspec.structs.replace(
        parts[0],
        category=Category.FORMULA,
        text=" ".join(f"{part.marker or ''} {part.text}".strip() for part in parts),
        box=around,
        lines=tuple(line for part in parts for line in part.lines),
        level=None,
        marker=None,
        spans=(),
        image=picture,
    )
