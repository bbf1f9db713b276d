"""Layout cells out of an answer that should be a JSON array, read so that no fault costs more than the cell it is in.

A cell is a flat object: a box, a category and a text. The reader goes from brace to brace by itself, so it does not mind what
stands between the cells (commas or none, a code fence, brackets), quotes and line ends that were not escaped, single quotes, a
missing brace, or an end anywhere; and a box or a text of another form than asked for costs the cell nothing else.

Strings end at the first quote behind which something can go on that is not text, so quotes and line ends need no escape.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from ocroute.models.dots_ocr.latex import unescape

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


class Cell(msgspec.Struct, frozen=True):
    """One cell as the answer has it.

    Attributes:
        bbox: x0, y0, x1, y1 in pixels of the input size, as written; None where there are not four finite numbers.
        category: as written; empty where the answer ended before it.
        text: None where the cell has none, as pictures do.
        complete: whether its closing brace, or the next cell, was reached.
    """

    bbox: tuple[float, float, float, float] | None
    category: str
    text: str | None
    complete: bool = True


_OWN_KEYS: Final = frozenset({"bbox", "category", "text"})


def cells(answer: str) -> Iterator[Cell]:
    """Every cell of ``answer`` in its order, the last perhaps cut; the same cell given again is left out."""
    seen: set[Cell] = set()
    position = answer.find("{")
    while position >= 0:
        cell, position = _object(answer, position + 1)
        if cell is not None and cell not in seen:
            seen.add(cell)
            yield cell
        position = answer.find("{", position)


def _object(answer: str, start: int) -> tuple[Cell | None, int]:
    """The cell whose members begin at ``start``, and where to look for the next."""
    members: dict[str, Value] = {}
    quote: Quote = '"' if KEY['"'].match(answer, start) else "'"
    position, complete = start, False
    while key := KEY[quote].match(answer, position):
        found, position, whole = _value(answer, key.end(), quote)
        if found is not None:
            members[key[1]] = found
        if not whole:
            break
    else:
        rest = _skip_blanks(answer, position)
        complete = answer.startswith(("}", "{"), rest)
    return _cell(members, complete), position


def _cell(members: dict[str, Value], complete: bool) -> Cell | None:
    if not members.keys() & _OWN_KEYS:
        return None
    box = _finite_numbers(members.get("bbox"))
    category = members.get("category")
    written = category if isinstance(category, str) else ""
    return Cell(
        bbox=(box[0], box[1], box[2], box[3]) if len(box) == 4 else None,
        category=unescape(written),
        text=_text(members.get("text"), formula=written == "Formula"),
        complete=complete,
    )


def _text(found: Value | None, *, formula: bool) -> str | None:
    """The text, and of a list one item a line."""
    if found is None:
        return None
    parts = [found] if isinstance(found, str) else [f"{part:g}" if isinstance(part, float) else part for part in found]
    return "\n".join(unescape(part, formula=formula) for part in parts)


def _skip_blanks(answer: str, position: int) -> int:
    while position < len(answer) and answer[position] in " \t\r\n,]":
        position += 1
    return position


def _value(answer: str, start: int, keys: Quote) -> tuple[Value | None, int, bool]:
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


def _finite_numbers(found: Value | None) -> tuple[float, ...]:
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
