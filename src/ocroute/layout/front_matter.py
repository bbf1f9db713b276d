"""What stands below a title or is a list of what follows: names of authors, which are no headings, and entries of contents."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Final

from ocroute.layout.flow import Draft
from ocroute.layout.wording import is_entry
from ocroute.values import Category

MOST_LINES: Final = 6
"""Groups below a title that may be names, places and dates."""

FEWEST_ENTRIES: Final = 3
"""Entries one below the other that are contents, where only some have leaders."""

_INITIALS: Final = re.compile(r"(?:^|[\s,])[^\W\d_a-zа-я]\.[\s-]?(?:[^\W\d_a-zа-я]\.[\s-]?)*[^\W\d_a-zа-я][^\W\d_]+")
_NAME: Final = re.compile(r"^[^\W\d_a-zа-я][\w'’.-]*(?: (?:[^\W\d_a-zа-я][\w'’.-]*|de|von|van|der|la|di)){1,3}$")
_BETWEEN: Final = re.compile(r"\s*(?:,|;|&| and | und | et | y | и )\s*")
_MARKS: Final = re.compile(r"[*†‡§¶∗⁰¹²³⁴-⁹\d]+(?=[\s,]|$)|\S+@\S+")
_PAGE: Final = re.compile(r"\s(?:\d{1,4}|[ivxlc]{1,6})$")


def name_authors(drafts: Sequence[Draft]) -> None:
    """Of what stands right below the title, make text of the headings that are names."""
    title = next((at for at, draft in enumerate(drafts) if draft.category is Category.TITLE), None)
    if title is None:
        return
    for draft in drafts[title + 1 : title + 1 + MOST_LINES]:
        if draft.category is Category.SECTION_HEADER and _is_names(_text(draft)):
            draft.category, draft.level = Category.TEXT, None
        elif draft.category is not Category.TEXT or len(draft.lines) > 3:
            return


def name_entries(drafts: Sequence[Draft]) -> None:
    """Make list items of the entries of contents: with leaders, or several that end with rising numbers far to the right."""
    for candidate, some in groupby(drafts, key=_may_be_entry):
        run = list(some)
        if not candidate:
            continue
        sure = [is_entry(_text(draft)) for draft in run]
        if all(sure) or (len(run) >= FEWEST_ENTRIES and (any(sure) or _count_pages(run))):
            for draft in run:
                draft.category, draft.level = Category.LIST_ITEM, None


def _count_pages(run: Sequence[Draft]) -> bool:
    """Whether the numbers at the ends rise and stand below each other: leaders were not read, or there are none."""
    lines = [draft.lines[-1] for draft in run]
    numbers = [int(number) for line in lines if (number := line.text.split()[-1]).isdecimal()]
    ends = [line.box.x1 for line in lines]
    flush = max(ends) - min(ends) < max(line.size for line in lines)
    return flush and len(numbers) == len(lines) and numbers == sorted(numbers)


def _may_be_entry(draft: Draft) -> bool:
    if draft.category not in (Category.TEXT, Category.SECTION_HEADER, Category.LIST_ITEM) or len(draft.lines) > 2:
        return False
    text = _text(draft)
    return is_entry(text) or (draft.lines[-1].spread and bool(_PAGE.search(text)))


def _is_names(text: str) -> bool:
    plain = " ".join(_MARKS.sub(" ", text).split())
    if _INITIALS.search(plain):
        return True
    names = [part for part in _BETWEEN.split(plain) if part]
    return len(names) > 1 and all(_NAME.match(name) for name in names)


def _text(draft: Draft) -> str:
    return " ".join(line.text for line in draft.lines)
