"""What stands at the edges of a page and may be a header or footer, small enough to be kept for every page of a document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final

import msgspec

from ocroute.layout.page_numbers import is_named, is_page_number, may_be_page_number
from ocroute.layout.watermarks import watermarks
from ocroute.layout.wording import HEADING_CHARS
from ocroute.values import Box, Category

MARGIN_SHARE: Final = 0.13
"""Running titles and page numbers stand within this share of the page's height from its top or bottom."""

SIDE_SHARE: Final = 0.1
"""The same of the page's width, for stamps that run up its side."""

MIDDLE_SHARE: Final = 0.03
"""Share of the page's width by which a page number in the middle may be off it."""

LARGE: Final = 1.4
"""Type this much larger than the page's is that of a heading."""

FEWEST_COUNTED: Final = 5
"""Fewer numbers in a file beside the text may be anything; more count its lines."""

SMALL: Final = 0.95
"""Type of this size or less is smaller than the page's, as that of no heading is."""

_NEVER = frozenset({Category.CAPTION, Category.TABLE, Category.FORMULA, Category.FOOTNOTE, Category.PICTURE})


class LineOutline(msgspec.Struct, frozen=True):
    """As much of a line as is looked at here."""

    box: Box
    angle: int = 0


class BlockOutline(msgspec.Struct, frozen=True):
    """As much of a block as is looked at here."""

    category: Category
    text: str
    box: Box | None = None
    marker: str | None = None
    lines: tuple[LineOutline, ...] = ()


class PageOutline(msgspec.Struct, frozen=True):
    """As much of a page record as is looked at here; a record's JSON can be read as one."""

    number: int
    width: float
    height: float
    blocks: tuple[BlockOutline, ...] = ()


@dataclass(frozen=True, slots=True)
class Marginal:
    """A block at the edge of a page, or one that its page suggests as a header or footer.

    Attributes:
        page, block: which, counted from 0.
        number: the page's, in its source.
        share: of the page's height, from its top to the block's middle; of stamps, 2 and the share of its width.
        large: whether it is set as headings are.
        small: whether it is set smaller than the text.
        alone: whether its own page shows that it is furniture: a page number, numbers that count lines, a watermark.
    """

    page: int
    block: int
    number: int
    category: Category
    text: str
    share: float
    large: bool
    small: bool
    alone: bool

    @property
    def suggested(self) -> bool:
        """Whether its page takes it for a header or footer."""
        return self.category.is_furniture

    @property
    def to_edge(self) -> float:
        """Share of the page's height from its nearer edge."""
        return min(self.share, abs(1 - self.share))

    @property
    def as_furniture(self) -> Category:
        """What it is if it is furniture."""
        if self.suggested:
            return self.category
        return Category.PAGE_FOOTER if 0.5 < self.share <= 1 else Category.PAGE_HEADER


def marginals(index: int, page: PageOutline) -> Iterator[Marginal]:
    """The blocks of a page that may be furniture.

    Args:
        index: of the page in its document, from 0.
    """
    usual = median([line.box.height for block in page.blocks for line in block.lines] or [0.0])
    alone = _page_numbers(page) | _line_numbers(page) | _watermarks(page)
    for number, block in enumerate(page.blocks):
        share = share_of(block, page)
        if share is None and block.category.is_furniture:  # away from the edges, or at no known place
            share = block.box.center[1] / max(page.height, 1.0) if block.box else _usual_share(block.category)
        if share is not None:
            heights = [line.box.height for line in block.lines if not line.angle]
            ratio = median(heights) / usual if heights and usual else 1.0
            text = f"{block.marker or ''} {block.text}".strip()
            yield Marginal(
                index, number, page.number, block.category, text, share, ratio > LARGE, ratio < SMALL, number in alone
            )


def share_of(block: BlockOutline, page: PageOutline) -> float | None:
    """Where at the page's edges a block stands that may be furniture by its kind and length, as `Marginal.share`; else None."""
    if block.box is None or block.category in _NEVER or not 0 < len(block.text) < HEADING_CHARS:
        return None
    x, y = block.box.center[0] / max(page.width, 1.0), block.box.center[1] / max(page.height, 1.0)
    if any(line.angle % 90 for line in block.lines):
        return 2 + x  # a watermark
    if any(line.angle % 180 for line in block.lines) or (
        len(block.text) > 4 and block.box.height > 2.5 * block.box.width
    ):
        return None if SIDE_SHARE < x < 1 - SIDE_SHARE else 2 + x
    return None if MARGIN_SHARE <= y <= 1 - MARGIN_SHARE else y


def _usual_share(category: Category) -> float:
    return 0.0 if category is Category.PAGE_HEADER else 1.0


def _page_numbers(page: PageOutline) -> set[int]:
    """Of the headers and footers that a page suggests, page numbers: alone in the margin, and not all that the page says."""
    if not any(block.category in _NEVER or not may_be_page_number(block.text) for block in page.blocks):
        return set()
    found = set()
    for number, block in enumerate(page.blocks):
        if not (block.category.is_furniture and is_page_number(block.text)) or any(line.angle for line in block.lines):
            continue
        if block.box is None or is_named(block.text):
            found.add(number)
        elif share_of(block, page) is not None:
            centred = abs(block.box.center[0] - page.width / 2) < MIDDLE_SHARE * page.width
            if centred or not any(_beside(block.box, other.box) for other in page.blocks if other is not block):
                found.add(number)
    return found


def _watermarks(page: PageOutline) -> set[int]:
    """The headers and footers that a page suggests because they lie over its text."""
    lines = [(line, number) for number, block in enumerate(page.blocks) for line in block.lines]
    found = {lines[at][1] for at in watermarks([line for line, _ in lines])}
    return {number for number in found if page.blocks[number].category.is_furniture}


def _beside(one: Box, other: Box | None) -> bool:
    """Whether two blocks share a line of print."""
    return other is not None and min(one.y1, other.y1) - max(one.y0, other.y0) > 0.3 * min(one.height, other.height)


def _line_numbers(page: PageOutline) -> set[int]:
    """Of the headers that a page suggests, numbers that together count its lines: in one file, rising downwards."""
    numbers = sorted(
        (block.box.y0, index, block.box)
        for index, block in enumerate(page.blocks)
        if block.category.is_furniture and block.box is not None and block.text.isdecimal() and len(block.text) < 5
    )
    if len(numbers) < FEWEST_COUNTED:
        return set()
    right = median(box.x1 for _, _, box in numbers)
    file = [index for _, index, box in numbers if abs(box.x1 - right) < 3 * box.height]
    values = [int(page.blocks[index].text) for index in file]
    rising = all(above < below for above, below in pairwise(values))
    return set(file) if rising and len(file) >= FEWEST_COUNTED else set()
