"""What several pages say at the same place is furniture beyond doubt; what only one of them says may not be."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from ocroute.document.model import Page
from ocroute.layout import limits
from ocroute.layout.furniture.phrases import is_telling
from ocroute.values import Block, Category

_NUMBER = re.compile(r"\d+")
_ROMAN = re.compile(r"\b[ivxlc]+\b")


class _Seen(NamedTuple):
    """A block near the top or bottom edge of a page."""

    page: int
    block: int
    text: str
    share: float
    """Of the page's height, from its top to the block's middle."""


def across_pages(pages: Sequence[Page]) -> tuple[Page, ...]:
    """The same pages with their furniture set right. Pure.

    Margin text that stands at one height on several pages, alike but for page numbers, becomes a page header or footer.
    A header or footer that only one page has, away from where the others have theirs, becomes text again.
    """
    marginal = [seen for index, page in enumerate(pages) for seen in _marginal(index, page)]
    repeated = {(seen.page, seen.block) for group in _alike(marginal) for seen in _repeated(group, pages)}
    heights = [seen.share for seen in marginal if (seen.page, seen.block) in repeated]
    return tuple(_corrected(index, page, marginal, repeated, heights, len(pages)) for index, page in enumerate(pages))


def _marginal(index: int, page: Page) -> Iterable[_Seen]:
    text = [block.box for block in page.blocks if block.box is not None and not block.category.is_furniture]
    for number, block in enumerate(page.blocks):
        if block.box is None or block.category is Category.TABLE or not 0 < len(block.text) < limits.HEADING_CHARS:
            continue
        share = block.box.center[1] / page.height
        upper = share < limits.MARGIN_SHARE and not any(box.y1 <= block.box.y0 for box in text)
        lower = share > 1 - limits.MARGIN_SHARE and not any(box.y0 >= block.box.y1 for box in text)
        if upper or lower:
            yield _Seen(index, number, block.text, share)


def _alike(marginal: Iterable[_Seen]) -> Iterable[list[_Seen]]:
    """Groups of one wording, leaving numbers aside, at one height."""
    worded: dict[str, list[_Seen]] = defaultdict(list)
    for seen in marginal:
        worded[_ROMAN.sub("#", _NUMBER.sub("#", " ".join(seen.text.casefold().split())))].append(seen)
    for group in worded.values():
        group.sort(key=lambda seen: seen.share)
        start = 0
        for end in range(1, len(group) + 1):
            if end == len(group) or group[end].share - group[end - 1].share > limits.SAME_PLACE:
                yield group[start:end]
                start = end


def _repeated(group: Sequence[_Seen], pages: Sequence[Page]) -> Iterable[_Seen]:
    """Members of a group whose words are the same on several pages, or whose number counts the pages."""
    wordings: dict[object, list[_Seen]] = defaultdict(list)
    for seen in group:
        wordings[seen.text].append(seen)
        for number in _NUMBER.findall(seen.text):
            if len(number) < 5:
                wordings[int(number) - pages[seen.page].number].append(seen)
    for members in wordings.values():
        if len({seen.page for seen in members}) >= limits.REPEATED_PAGES:
            yield from members


def _corrected(
    index: int,
    page: Page,
    marginal: Iterable[_Seen],
    repeated: set[tuple[int, int]],
    heights: Sequence[float],
    count: int,
) -> Page:
    blocks = list(page.blocks)
    for seen in marginal:
        if seen.page != index:
            continue
        block = blocks[seen.block]
        if (index, seen.block) in repeated:
            category = Category.PAGE_HEADER if seen.share < 0.5 else Category.PAGE_FOOTER
        elif _is_doubtful(seen, block, heights, count):
            category = Category.TEXT
        else:
            continue
        if category is not block.category:
            blocks[seen.block] = msgspec.structs.replace(block, category=category, level=None, marker=None)
    return msgspec.structs.replace(page, blocks=tuple(blocks))


def _is_doubtful(seen: _Seen, block: Block, heights: Sequence[float], count: int) -> bool:
    """Whether furniture of a single page was taken for such wrongly: other pages have theirs elsewhere."""
    side = [height for height in heights if (height < 0.5) == (seen.share < 0.5)]
    return (
        block.category.is_furniture
        and count >= limits.ENOUGH_PAGES
        and bool(side)
        and min(abs(height - seen.share) for height in side) > limits.SAME_PLACE
        and not any(letter.isdigit() for letter in seen.text)
        and not is_telling(seen.text)
    )
