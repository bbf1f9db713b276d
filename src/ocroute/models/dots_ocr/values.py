"""The values of a cell's members, read so that a fault costs no more than the value it is in.

Strings end at the first quote behind which something can go on that is not text, so quotes and line ends need no escape.
"""

from __future__ import annotations

import re
from typing import Final, Literal

Quote = Literal['"', "'"]
"""What stands around the keys of a cell: the first in JSON, the second where the model wrote its answer as Python does."""

Value = str | list[str] | tuple[float, ...]
"""A string or another word, as written; a list with a string in it; a list of numbers."""

_NUMBERS: Final = re.compile(r"\[[\s\d.,eE+\-\[\]]*")
_NUMBER: Final = re.compile(r"[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d{1,3})?")
_WORD: Final = re.compile(r"""[^\s,{}\[\]"']+""")
_NOTHING: Final = ("null", "None")
_ITEM: Final = re.compile(r"""[\s,\[]*(?:(["'])|([^\s,{}\[\]"']+))""")
_AFTER_ITEM: Final = re.compile(r"""\s*(?:,\s*(?:["'\d+-]|\Z)|\]|\Z)""")
_NESTED: Final = re.compile(r"""\{(?:(?!["'](?:bbox|category|text)["'])[^{}]){0,300}\}""")
_STRING_PART: Final = {quote: re.compile(rf"[^{quote}\\]+|\\(?:.|$)", re.DOTALL) for quote in ('"', "'")}
_CUT_ESCAPE: Final = re.compile(r"(?<!\\)((?:\\\\)*)\\(?:u[0-9A-Fa-f]{0,3})?\Z")
_APOSTROPHE: Final = re.compile(r"(?<!\\)((?:\\\\)*)\\'")

KEY: Final[dict[Quote, re.Pattern[str]]] = {
    '"': re.compile(r'[\s,]*"([^"\\]{1,40})"\s*:\s*'),
    "'": re.compile(r"[\s,]*'([^'\\]{1,40})'\s*:\s*"),
}
# What follows the quote that ends a member's string: the end of the object or of the answer, another member or its beginning, or
# another cell.
_AFTER_STRING: Final = {
    quote: re.compile(
        rf"\s*,?\s*(?:\}}|{quote}[^{quote}\\]{{1,40}}{quote}\s*:|\{{\s*{quote}"
        rf"|(?:{quote}[^{quote}\\]{{0,40}}{quote}?\s*)?\Z|\]\s*(?:```)?\s*\Z)"
    )
    for quote in KEY
}


def value(answer: str, start: int, keys: Quote) -> tuple[Value | None, int, bool]:
    """The value at ``start``, where it ends, and whether it is whole; escapes in strings are left as they are.

    Args:
        answer: all of it.
        start: of the value.
        keys: the quotes around the keys of its cell.
    """
    if answer.startswith(('"', "'"), start):
        return _string(answer, start, _AFTER_STRING[keys])
    if answer.startswith("[", start):
        found = _ITEM.match(answer, start)
        return _strings(answer, start) if found and found[1] else _numbers(answer, start, keys)
    if nested := _NESTED.match(answer, start):
        return None, nested.end(), True
    if word := _WORD.match(answer, start):
        return None if word[0] in _NOTHING else word[0], word.end(), word.end() < len(answer)
    return None, start, False


def numbers(found: Value | None) -> tuple[float, ...]:
    """The numbers that ``found`` holds, also where they were written as strings; none where one of them is too large."""
    if found is None:
        return ()
    if not isinstance(found, tuple):
        text = found if isinstance(found, str) else ",".join(found)
        found = tuple(float(number) for number in _NUMBER.findall(text))
    return found if all(abs(number) < 1e9 for number in found) else ()


def _numbers(answer: str, start: int, keys: Quote) -> tuple[Value | None, int, bool]:
    found = _NUMBERS.match(answer, start)
    assert found  # it begins with a bracket
    # Without its bracket the last number may have been cut: 12 of 1234.
    whole = found[0].rstrip(" \t\r\n,").endswith("]") or KEY[keys].match(answer, found.end() - 1) is not None
    values = tuple(float(number) for number in _NUMBER.findall(found[0]))
    return (values if whole else None), found.end(), whole


def _strings(answer: str, start: int) -> tuple[Value, int, bool]:
    """A list in which the first item is a string."""
    items: list[str] = []
    position, whole = start, True
    while whole and (found := _ITEM.match(answer, position)):
        if found[1]:
            item, position, whole = _string(answer, found.start(1), _AFTER_ITEM)
            items.append(item)
        else:
            items.append(found[2])
            position = found.end()
    closed = answer.find("]", position)
    blank = closed >= 0 and not answer[position:closed].strip(" \t\r\n,")
    return items, closed + 1 if blank else position, whole and blank


def _string(answer: str, start: int, after: re.Pattern[str]) -> tuple[str, int, bool]:
    """The string whose quote is at ``start``: up to the first such quote behind which ``after`` stands."""
    quote = answer[start]
    position = begin = start + 1
    while True:
        while part := _STRING_PART[quote].match(answer, position):
            position = part.end()
        if position >= len(answer):
            return _CUT_ESCAPE.sub(r"\1", _inside(answer[begin:], quote)), len(answer), False
        if after.match(answer, position + 1):
            return _inside(answer[begin:position], quote), position + 1, True
        position += 1  # a quote of the text itself


def _inside(written: str, quote: str) -> str:
    """What stands between the quotes, as it would stand between double ones."""
    return _APOSTROPHE.sub(r"\1'", written) if quote == "'" else written
