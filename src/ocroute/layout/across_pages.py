"""Which headers and footers of a document are known for such, so that its running text may leave them out.

A page by itself only suggests: what stands at its edge and is set like a running head may as well be a title, a sum, a signature.
It is known where the same words stand at the same place of several pages whose text differs, where a number counts the pages, or
where a page number stands alone in the margin. All else is text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from ocroute.layout.margins import Marginal, PageOutline, marginals, share_of
from ocroute.layout.page_numbers import may_be_page_number, numbers_a_part, numbers_in, without_numbers
from ocroute.values import Category

SAME_PLACE: Final = 0.015
"""Share of the page's height by which running titles move from page to page."""

SAME_ROW: Final = 0.006
"""The same between two texts of one line of print."""

FEWEST_PAGES: Final = 3
"""Pages of a document from which words that are set as large as the text are known by repeating: two pages may well begin alike,
like two letters, and of each that is its text. Small print is known on two."""

SURE_REPEATS: Final = 3
"""Pages from which a repetition speaks for itself; with fewer, their setting must speak for it too."""

MOST_ROWS: Final = 3
"""Rows of a running head or foot; more that repeat are the top of a form."""

MOST_BESIDE: Final = 3
"""Texts of a running head or foot side by side: left, middle, right; more are the row of a table."""

MOST: Final = 0.5
"""Share of the pages with a text at a place, from which on it is the place of what repeats there."""


def headers_footers_across(pages: Iterable[PageOutline]) -> dict[int, dict[int, Category]]:
    """Which blocks of a document's pages are of another category than each page by itself suggests.

    Args:
        pages: of one document, in order; or one page, where no more is known. Of each only its margins are kept, so it may be let
            go as the next is asked for.

    Returns:
        The new categories by page and block, both counted from 0: a header or footer for what is known as one, text for what
        was only suggested.
    """
    seen: list[Marginal] = []
    has_text: list[bool] = []
    wordings = set()
    for index, page in enumerate(pages):
        seen += marginals(index, page)
        has_text.append(_has_text(page))
        wordings.add(hash(tuple(block.text for block in page.blocks)))
    known = _known(seen, has_text, copies=len(wordings) == 1)
    changes: dict[int, dict[int, Category]] = defaultdict(dict)
    for one in seen:
        category = one.as_furniture if one in known else Category.TEXT if one.suggested else one.category
        if category is not one.category:
            changes[one.page][one.block] = category
    return dict(changes)


def _has_text(page: PageOutline) -> bool:
    """Whether anything stands between a page's margins."""
    between = (block for block in page.blocks if not block.category.is_furniture and share_of(block, page) is None)
    return any(block.text.strip() for block in between)


def _known(seen: Sequence[Marginal], has_text: Sequence[bool], *, copies: bool) -> set[Marginal]:
    """Those that are furniture beyond doubt.

    Args:
        has_text: of each page, whether anything stands between its margins.
        copies: whether all pages say the same, so that what repeats is no less their text than the rest.
    """
    known = {one for one in seen if one.alone}
    if len(has_text) < 2 or copies:
        return known
    counted = set()
    for group in _alike(seen):
        counted |= _counting(group, len(has_text))
        known |= _saying_the_same(group, has_text)
    known |= counted | _beside_numbers(seen, {one for one in known | counted if may_be_page_number(one.text)})
    if len(has_text) < FEWEST_PAGES:
        return {one for one in known if one.alone or may_be_page_number(one.text) or (one.small and one.suggested)}
    known = _outermost(seen, _where_most_are_known(seen, known))
    return {one for one in known if one.alone or one.share > 1} | _in_few_rows(known)


def _alike(seen: Iterable[Marginal]) -> Iterator[list[Marginal]]:
    """Groups of one wording, leaving numbers aside, at one place."""
    worded: dict[str, list[Marginal]] = defaultdict(list)
    for one in seen:
        if not one.large:
            worded[without_numbers(one.text)].append(one)
    for group in worded.values():
        yield from _places(group)


def _places(seen: Iterable[Marginal]) -> Iterator[list[Marginal]]:
    """Those at one height, together."""
    ordered = sorted(seen, key=lambda one: one.share)
    start = 0
    for end in range(1, len(ordered) + 1):
        if end == len(ordered) or ordered[end].share - ordered[end - 1].share > SAME_PLACE:
            yield ordered[start:end]
            start = end


def _saying_the_same(group: Sequence[Marginal], has_text: Sequence[bool]) -> set[Marginal]:
    """Members with the same words on several pages, beside a text: where that is all that pages say, it is their text."""
    wordings: dict[str, list[Marginal]] = defaultdict(list)
    for one in group:
        wordings[" ".join(one.text.split())].append(one)
    known: set[Marginal] = set()
    for members in wordings.values():
        pages = {one.page for one in members}
        least = 2 if all(one.suggested or one.small for one in members) else SURE_REPEATS
        if len(pages) >= least and sum(has_text[page] for page in pages) >= 2:
            known |= set(members)
    return known


def _counting(group: Sequence[Marginal], count: int) -> set[Marginal]:
    """Members whose number counts the pages; a title with a number needs more of them than a number alone."""
    steps: dict[int, list[Marginal]] = defaultdict(list)
    for one in group:
        for number in set(numbers_in(one.text)):
            steps[number - one.number].append(one)
    bare = all(may_be_page_number(one.text) for one in group)
    known: set[Marginal] = set()
    for members in steps.values():
        pages = len({one.page for one in members})
        least = 2 if (bare or count >= FEWEST_PAGES) and all(one.suggested for one in members) else SURE_REPEATS
        if pages >= least and not numbers_a_part(members[0].text):
            known |= set(members)
    return known


def _beside_numbers(seen: Sequence[Marginal], numbers: set[Marginal]) -> set[Marginal]:
    """What shares its line with the page's number on several pages: the head of a chapter, the guide words of a dictionary."""
    by_page: dict[int, list[Marginal]] = defaultdict(list)
    for one in numbers:
        by_page[one.page].append(one)
    beside = [
        one
        for one in seen
        if one not in numbers
        and not one.large
        and any(abs(one.share - number.share) < SAME_ROW for number in by_page[one.page])
    ]
    known: set[Marginal] = set()
    for group in _places(beside):
        least = 2 if all(one.suggested for one in group) else SURE_REPEATS
        if len({one.page for one in group}) >= least:
            known |= set(group)
    return known


def _where_most_are_known(seen: Sequence[Marginal], known: set[Marginal]) -> set[Marginal]:
    """``known`` without what only chance repeats, and with what single pages suggest where most others have theirs."""
    pages: dict[int, set[int]] = defaultdict(set)
    sure: dict[int, set[int]] = defaultdict(set)
    for one in seen:
        for step in (-1, 0, 1):
            pages[_height(one) + step].add(one.page)
            if one in known:
                sure[_height(one) + step].add(one.page)
    settled = set()
    for one in seen:
        repeated, most = len(sure[_height(one)]), MOST * len(pages[_height(one)])
        if one in known:
            kept = one.alone or repeated >= min(SURE_REPEATS, most)
        else:
            kept = one.suggested and not one.large and repeated >= max(2 if one.small else SURE_REPEATS, most)
        if kept:
            settled.add(one)
    return settled


def _height(one: Marginal) -> int:
    return round(2 * one.share / SAME_PLACE)


def _outermost(seen: Sequence[Marginal], known: set[Marginal]) -> set[Marginal]:
    """Those of ``known`` that no text parts from the edge of their page."""
    text: dict[tuple[int, bool], float] = defaultdict(lambda: 1.0)
    for one in seen:
        if one not in known and not one.suggested and one.share <= 1:
            side = one.page, one.share < 0.5
            text[side] = min(text[side], one.to_edge)
    return {
        one for one in known if one.alone or one.share > 1 or one.to_edge <= text[one.page, one.share < 0.5] + SAME_ROW
    }


def _in_few_rows(known: set[Marginal]) -> set[Marginal]:
    """Those of ``known`` on pages where they make no more rows, and no more of them stand in a row, than running heads do."""
    edges: dict[tuple[int, bool], list[Marginal]] = defaultdict(list)
    for one in known:
        if not one.alone and one.share <= 1:
            edges[one.page, one.share < 0.5].append(one)
    kept: set[Marginal] = set()
    for members in edges.values():
        members.sort(key=lambda one: one.share)
        rows: list[list[Marginal]] = []
        for one in members:
            if not rows or one.share - rows[-1][-1].share > SAME_ROW:
                rows.append([])
            rows[-1].append(one)
        if len(rows) <= MOST_ROWS:
            kept |= {one for row in rows if len(row) <= MOST_BESIDE for one in row}
    return kept
