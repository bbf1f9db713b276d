"""Footnotes and the raised marks in the text that lead to them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from ocroute.document.inline import level_digits
from ocroute.values import Block, Category, Span

_RAISED: Final = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}")
_MARK: Final = re.compile(r"\(?(\d{1,3}|[*†‡§¶∗]{1,3}|[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}|[a-z](?=\s))[).]?\s*(?=\S)")
_ANY: Final = re.compile(r"\d{1,3}|[*†‡§¶∗]{1,3}|[a-z]")


def labels(pages: Sequence[tuple[int, Sequence[Block]]]) -> list[Mapping[str, str]]:
    """For each page its marks that lead from the text to one footnote, and what the note is called.

    It is called by its mark; where several pages of the document have the same, by the page's number and the mark.

    Args:
        pages: the number and the settled blocks of each.
    """
    marks = [_leading(blocks) for _, blocks in pages]
    often = Counter(mark for page in marks for mark in page)
    return [
        {mark: mark if often[mark] == 1 else f"{number}-{mark}" for mark in page}
        for (number, _), page in zip(pages, marks, strict=True)
    ]


def split_note(block: Block) -> tuple[str, Block]:
    """The mark that a footnote begins with, empty where it has none, and the note without it."""
    found = _MARK.match(block.text)
    span = next((span for span in block.spans if span.start == 0 and span.style == "superscript"), None)
    if span is not None and _ANY.fullmatch(mark := level_digits(block.text[: span.end]).strip()):
        start = len(block.text) - len(block.text[span.end :].lstrip())
    elif found:
        mark, start = level_digits(found[1]), found.end()
    else:
        return "", block
    spans = tuple(
        Span(each.start - start, each.end - start, each.style, each.href) for each in block.spans if each.start >= start
    )
    return mark, msgspec.structs.replace(block, text=block.text[start:], spans=spans)


def with_raised_marks(block: Block, known: Iterable[str]) -> Block:
    """``block`` with the raised figures that lead to footnotes set as such, also where only their characters say so."""
    wanted = set(known)
    if block.markup != "plain" or not wanted:
        return block
    taken = [(span.start, span.end) for span in block.spans if span.style == "superscript"]
    spans = [
        Span(found.start(), found.end(), "superscript")
        for found in _RAISED.finditer(block.text)
        if found.start() and level_digits(found[0]) in wanted and not any(a <= found.start() < b for a, b in taken)
    ]
    return msgspec.structs.replace(block, spans=(*block.spans, *spans)) if spans else block


def _leading(blocks: Sequence[Block]) -> list[str]:
    notes = Counter(split_note(block)[0] for block in blocks if block.category is Category.FOOTNOTE)
    said = {mark for block in blocks if block.category is not Category.FOOTNOTE for mark in _raised(block, notes)}
    return sorted(mark for mark, count in notes.items() if mark and count == 1 and mark in said)


def _raised(block: Block, known: Iterable[str]) -> Iterator[str]:
    for span in with_raised_marks(block, known).spans:
        if span.style == "superscript":
            yield level_digits(block.text[span.start : span.end]).strip()
