"""Which texts are page numbers beyond doubt wherever they stand in a margin, and what a text in the margin counts."""

from __future__ import annotations

import re

from ocroute.layout.wording import PAGE_NUMBER

_ROMAN = r"(?=[ivxl])(?!l\b)(?:xl|l?x{0,3})(?:ix|iv|v?i{0,3})\b"
_OF = r"\s*(?:of|/|von|из|de|sur)\s*"
_NAMED = re.compile(
    rf"(?:page|pg\.?|p\.|seite|стр\.?|страница|página|pagina|pág\.?|第)\s*(?:\d{{1,4}}|{_ROMAN})(?:{_OF}\d{{1,4}})?\s*[页頁]?",
    re.IGNORECASE,
)
_OF_ALL = re.compile(rf"(\d{{1,4}}){_OF}(\d{{1,4}})", re.IGNORECASE)
_BARE = re.compile(
    rf"(?P<open>[-–—~•·|\[(]?)\s*(?:\d{{1,3}}|{_ROMAN}|[A-Z]{{1,2}}[-–]\d{{1,3}}|\d{{1,3}}[-–]\d{{1,3}})\s*(?P<close>[-–—~•·|\])]?)"
)
_BOTH_OR_NEITHER = frozenset({"", "()", "[]", "||", "|", "--", "––", "——", "~~", "••", "··"})
_PART = re.compile(
    r"(?:chapter|section|part|article|step|exhibit|appendix|annex|schedule|figure|table|exercise|question|problem|task|lesson"
    r"|unit|module|session|day|week|item|clause|act|scene|volume|book|slide|глава|раздел|часть|статья|приложение|kapitel|teil"
    r"|abschnitt|anhang|chapitre|capítulo|capitolo)\s+[\divxlc]+\b",
    re.IGNORECASE,
)
_NUMERAL = re.compile(rf"(?<!\w)(?:\d+|{_ROMAN})(?!\w)")
_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50}


def is_named(text: str) -> bool:
    """Whether a text says itself that it is a page number: ``Page 3``, ``3 of 10``, ``стр. 7``."""
    said = " ".join(text.split()).strip("-–—~|·• ")
    of = _OF_ALL.fullmatch(said)
    return bool(_NAMED.fullmatch(said)) or bool(of and 0 < int(of[1]) <= int(of[2]))


def is_page_number(text: str) -> bool:
    """Whether a text alone in a margin is a page number: ``3``, ``- 3 -``, ``[12]``, ``iv``, ``A-3``, or one that says so.

    Not ``3.`` (an item), ``-3`` and ``12.50`` (values), ``1911`` (a year), ``IV`` (a chapter).
    """
    said = " ".join(text.split())
    found = _BARE.fullmatch(said)
    return is_named(said) or bool(found and found["open"] + found["close"] in _BOTH_OR_NEITHER)


def may_be_page_number(text: str) -> bool:
    """Whether a text is nothing but a number that counts pages where the pages about it count on."""
    return bool(PAGE_NUMBER.match(text))


def numbers_a_part(text: str) -> bool:
    """Whether a text names a part of the text by its number, which may count as pages do: ``Chapter 3``, ``Step 2``."""
    return bool(_PART.match(text.strip()))


def numbers_in(text: str) -> list[int]:
    """The numbers that might count pages, Roman ones of small letters too."""
    found = _NUMERAL.findall(text)
    return [int(numeral) if numeral.isdecimal() else _roman(numeral) for numeral in found if len(numeral) < 5]


def without_numbers(text: str) -> str:
    """A text as it is the same on pages that it counts: in small letters, with ``#`` for each number."""
    return _NUMERAL.sub("#", " ".join(text.casefold().split()))


def _roman(numeral: str) -> int:
    values = [_VALUES[letter] for letter in numeral]
    return sum(-one if one < following else one for one, following in zip(values, [*values[1:], 0], strict=True))
