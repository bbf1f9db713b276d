"""What several pages say at the same place is a header or footer beyond doubt; what only one of them says may not be."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from ocroute.layout.wording import HEADING_CHARS, is_telling
from ocroute.values import Box, Category

MARGIN_SHARE: Final = 0.13
"""Running titles and page numbers stand within this share of the page's height from its top or bottom."""

REPEATED_PAGES: Final = 2
"""Pages on which the same margin text must stand, at the same height, to be furniture beyond doubt."""

SAME_PLACE: Final = 0.015
"""Share of the page's height by which running titles move from page to page."""

ENOUGH_PAGES: Final = 4
"""Pages that must be known before a header that only one of them has is doubted."""

_NUMBER = re.compile(r"\d+")
_ROMAN = re.compile(r"\b[ivxlc]+\b")


class BlockOutline(msgspec.Struct, frozen=True):
    """As much of a block as is looked at here."""

    category: Category
    text: str
    box: Box | None = None


class PageOutline(msgspec.Struct, frozen=True):
    """As much of a page record as is looked at here; a record's JSON can be read as one."""

    number: int
    height: float
    blocks: tuple[BlockOutline, ...] = ()


@dataclass(frozen=True, slots=True)
class _Marginal:
    """A block near the top or bottom edge of a page.

    Attributes:
        page, block: which, counted from 0.
        number: the page's, in its source.
        share: of the page's height, from its top to the block's middle.
    """

    page: int
    block: int
    number: int
    category: Category
    text: str
    share: float


def headers_footers_across(pages: Iterable[PageOutline]) -> dict[int, dict[int, Category]]:
    """Which blocks of a document's pages are of another category than each page by itself says.

    Margin text that stands at one height on several pages, alike but for page numbers, becomes a page header or footer.
    A header or footer that only one page has, away from where the others have theirs, becomes text again.

    Args:
        pages: of one document, in order. Of each only its margins are kept, so it may be let go as the next is asked for.

    Returns:
        The new categories by page and block, both counted from 0.
    """
    marginal: list[_Marginal] = []
    count = 0
    for page in pages:
        marginal += _marginal(count, page)
        count += 1
    repeated = {(seen.page, seen.block) for group in _alike(marginal) for seen in _repeated(group)}
    heights = [seen.share for seen in marginal if (seen.page, seen.block) in repeated]
    changes: dict[int, dict[int, Category]] = defaultdict(dict)
    for seen in marginal:
        if (seen.page, seen.block) in repeated:
            category = Category.PAGE_HEADER if seen.share < 0.5 else Category.PAGE_FOOTER
        elif _is_doubtful(seen, heights, count):
            category = Category.TEXT
        else:
            continue
        if category is not seen.category:
            changes[seen.page][seen.block] = category
    return dict(changes)


def _marginal(index: int, page: PageOutline) -> Iterator[_Marginal]:
    text = [block.box for block in page.blocks if block.box is not None and not block.category.is_furniture]
    for number, block in enumerate(page.blocks):
        if block.box is None or block.category is Category.TABLE or not 0 < len(block.text) < HEADING_CHARS:
            continue
        share = block.box.center[1] / page.height
        upper = share < MARGIN_SHARE and not any(box.y1 <= block.box.y0 for box in text)
        lower = share > 1 - MARGIN_SHARE and not any(box.y0 >= block.box.y1 for box in text)
        if upper or lower:
            yield _Marginal(index, number, page.number, block.category, block.text, share)


def _alike(marginal: Iterable[_Marginal]) -> Iterator[list[_Marginal]]:
    """Groups of one wording, leaving numbers aside, at one height."""
    worded: dict[str, list[_Marginal]] = defaultdict(list)
    for seen in marginal:
        worded[_ROMAN.sub("#", _NUMBER.sub("#", " ".join(seen.text.casefold().split())))].append(seen)
    for group in worded.values():
        group.sort(key=lambda seen: seen.share)
        start = 0
        for end in range(1, len(group) + 1):
            if end == len(group) or group[end].share - group[end - 1].share > SAME_PLACE:
                yield group[start:end]
                start = end


def _repeated(group: Sequence[_Marginal]) -> Iterator[_Marginal]:
    """Members of a group whose words are the same on several pages, or whose number counts the pages."""
    wordings: dict[object, list[_Marginal]] = defaultdict(list)
    for seen in group:
        wordings[seen.text].append(seen)
        for number in _NUMBER.findall(seen.text):
            if len(number) < 5:
                wordings[int(number) - seen.number].append(seen)
    for members in wordings.values():
        if len({seen.page for seen in members}) >= REPEATED_PAGES:
            yield from members


def _is_doubtful(seen: _Marginal, heights: Sequence[float], count: int) -> bool:
    """Whether furniture of a single page was taken for such wrongly: other pages have theirs elsewhere."""
    side = [height for height in heights if (height < 0.5) == (seen.share < 0.5)]
    return (
        seen.category.is_furniture
        and count >= ENOUGH_PAGES
        and bool(side)
        and min(abs(height - seen.share) for height in side) > SAME_PLACE
        and not any(letter.isdigit() for letter in seen.text)
        and not is_telling(seen.text)
    )
