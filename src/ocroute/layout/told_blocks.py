"""Headings and items of lists that the source itself names: they are what it says, whatever their type and their marks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from ocroute.layout.flow import Draft
from ocroute.layout.line_measures import Piece
from ocroute.layout.paragraphs import Group
from ocroute.pages.page import Heading
from ocroute.values import Category

LONGEST: Final = 60  # lines of an item
NUMBER: Final = 8  # letters and figures of a number that is printed and that the source leaves out
_NUMBER: Final = re.compile(
    r"^\s*(?:(?:chapter|part|appendix|section|глава|раздел) )?[\dA-ZIVX]{1,4}(?:\.\d{1,3})*[.:)]?\s+", re.IGNORECASE
)
_COULD_BE: Final = (Category.TEXT, Category.LIST_ITEM, Category.SECTION_HEADER)


class ToldBlocks:
    """The blocks of a page that its source names, by what they say.

    Args:
        headings: as the source names them.
        items: of lists, likewise.
    """

    def __init__(self, headings: Iterable[Heading], items: Iterable[str] = ()) -> None:
        self._levels: dict[str, int] = {}
        for heading in headings:
            for text in _ways(heading.text):
                self._levels.setdefault(text, max(1, min(heading.level, 6)))
        self._items = {way for text in items for way in _ways(text)} - {""}
        self._longest = max(map(len, (*self._levels, *self._items)), default=0)

    def level_of(self, lines: Iterable[Piece]) -> int | None:
        """The level of a heading that says what ``lines`` say, with or without its number; None where there is none."""
        if not self._levels:
            return None
        return next((self._levels[text] for text in _ways(_said(lines)) if text in self._levels), None)

    def parted(self, groups: Sequence[Group]) -> Iterator[Group]:
        """``groups``, lines that are a heading or an item apart from those that were set like them."""
        for group in groups:
            if len(group.lines) == 1 or not self._longest or self._is_told(group.lines):
                yield group
                continue
            first, lines = group.first, group.lines
            loose: list[Piece] = []
            while lines:
                count = self._told_at_top(lines)
                if count and loose:
                    yield Group(group.column, first, loose, group.kept)
                    first, loose = first + len(loose), []
                if count:
                    yield Group(group.column, first, lines[:count])
                    first, lines = first + count, lines[count:]
                else:
                    loose, lines = [*loose, lines[0]], lines[1:]
            if loose:
                yield Group(group.column, first, loose, group.kept)

    def name(self, drafts: Iterable[Draft]) -> None:
        """Make headings and items of those ``drafts`` that are."""
        for draft in drafts:
            if draft.category not in _COULD_BE:
                continue
            if (level := self.level_of(draft.lines)) is not None:
                draft.category, draft.level = Category.SECTION_HEADER, level
            elif self._is_item(draft.lines):
                draft.category, draft.level = Category.LIST_ITEM, None

    def _is_told(self, lines: Sequence[Piece]) -> bool:
        return self.level_of(lines) is not None or self._is_item(lines)

    def _is_item(self, lines: Iterable[Piece]) -> bool:
        return bool(self._items) and any(text in self._items for text in _ways(_said(lines)))

    def _told_at_top(self, lines: Sequence[Piece]) -> int:
        """How many of ``lines``, from the first on, are one heading or one item; of two that begin alike the longer."""
        found = length = 0
        for count, line in enumerate(lines[:LONGEST], 1):
            length += sum(map(str.isalnum, line.text))
            if length > self._longest + NUMBER:
                break
            if self._is_told(lines[:count]):
                found = count
        return found


def _said(lines: Iterable[Piece]) -> str:
    return " ".join(line.text for line in lines)


def _ways(text: str) -> tuple[str, ...]:
    """``text`` and what follows its number, letters and figures only."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    both = ("".join(filter(str.isalnum, way)) for way in (plain, _NUMBER.sub("", plain, count=1)))
    return tuple(way for way in dict.fromkeys(both) if way)
