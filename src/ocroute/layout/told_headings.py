"""Headings that the source itself names: they are headings whatever their type, and at the level that it gives."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from ocroute.layout.flow import Draft
from ocroute.layout.line_measures import Piece
from ocroute.layout.paragraphs import Group
from ocroute.pages.page import Heading
from ocroute.values import Category

_NUMBER: Final = re.compile(
    r"^\s*(?:(?:chapter|part|appendix|section|глава|раздел) )?[\dA-ZIVX]{1,4}(?:\.\d{1,3})*[.:)]?\s+", re.IGNORECASE
)
_COULD_BE: Final = (Category.TEXT, Category.LIST_ITEM, Category.SECTION_HEADER)


class ToldHeadings:
    """The headings of a page by what they say.

    Args:
        headings: as the source names them.
    """

    def __init__(self, headings: Iterable[Heading]) -> None:
        self._levels: dict[str, int] = {}
        for heading in headings:
            for text in _ways(heading.text):
                self._levels.setdefault(text, max(1, min(heading.level, 6)))

    def level_of(self, lines: Iterable[Piece]) -> int | None:
        """The level of a heading that says what ``lines`` say, with or without its number; None where there is none."""
        if not self._levels:
            return None
        said = " ".join(line.text for line in lines)
        return next((self._levels[text] for text in _ways(said) if text in self._levels), None)

    def parted(self, groups: Sequence[Group]) -> Iterator[Group]:
        """``groups``, lines that are headings apart from those that were set like them."""
        for group in groups:
            if not self._levels or len(group.lines) == 1 or self.level_of(group.lines) is not None:
                yield group
                continue
            first = group.first
            for _, some in groupby(group.lines, key=lambda line: self.level_of([line])):
                lines = list(some)
                yield Group(group.column, first, lines)
                first += len(lines)

    def name(self, drafts: Iterable[Draft]) -> None:
        """Make headings of those ``drafts`` that are."""
        for draft in drafts:
            if draft.category in _COULD_BE and (level := self.level_of(draft.lines)) is not None:
                draft.category, draft.level = Category.SECTION_HEADER, level


def _ways(text: str) -> tuple[str, ...]:
    """``text`` and what follows its number, letters and figures only."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    both = ("".join(filter(str.isalnum, way)) for way in (plain, _NUMBER.sub("", plain, count=1)))
    return tuple(way for way in dict.fromkeys(both) if way)
