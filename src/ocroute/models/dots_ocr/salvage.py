"""Layout cells out of an answer that should be a JSON array, read so that no fault costs more than the cell it is in.

A cell is a flat object: a box, a category and a text. The reader goes from brace to brace by itself, so it does not mind what
stands between the cells (commas or none, a code fence, brackets), quotes and line ends that were not escaped, a missing brace,
or an end anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from ocroute.models.dots_ocr.latex import unescape


class Cell(msgspec.Struct, frozen=True):
    """One cell as the answer has it.

    Attributes:
        bbox: x0, y0, x1, y1 in pixels of the frame, as written; None where there are not four finite numbers.
        category: as written; empty where the answer ended before it.
        text: None where the cell has none, as pictures do.
        complete: whether its closing brace, or the next cell, was reached.
    """

    bbox: tuple[float, float, float, float] | None
    category: str
    text: str | None
    complete: bool = True


_KEY: Final = re.compile(r'[\s,]*"([^"\\]{1,40})"\s*:\s*')
_NUMBERS: Final = re.compile(r"\[[\s\d.,eE+\-\[]*(\]?)[\s\]]*")
_NUMBER: Final = re.compile(r"[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d{1,3})?")
_LITERAL: Final = re.compile(r'[^\s,{}\[\]"]+')
_STRING_PART: Final = re.compile(r'[^"\\]+|\\(?:.|$)', re.DOTALL)
_CUT_ESCAPE: Final = re.compile(r"(?<!\\)((?:\\\\)*)\\(?:u[0-9A-Fa-f]{0,3})?\Z")
# What follows the quote that ends a string: the end of the object or of the answer, another member or its beginning, or
# another cell.
_AFTER_STRING: Final = re.compile(
    r'\s*,?\s*(?:\}|"[^"\\]{1,40}"\s*:|\{\s*"|(?:"[^"\\]{0,40}"?\s*)?\Z|\]\s*(?:```)?\s*\Z)'
)
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
    members: dict[str, str | tuple[float, ...]] = {}
    position, complete = start, False
    while key := _KEY.match(answer, position):
        value, position, whole = _value(answer, key.end())
        if value is not None:
            members[key[1]] = value
        if not whole:
            break
    else:
        rest = _skip_blanks(answer, position)
        complete = answer.startswith(("}", "{"), rest)
    return _cell(members, complete), position


def _cell(members: dict[str, str | tuple[float, ...]], complete: bool) -> Cell | None:
    if not members.keys() & _OWN_KEYS:
        return None
    box, category, text = (members.get(key) for key in ("bbox", "category", "text"))
    written = category if isinstance(category, str) else ""
    return Cell(
        bbox=(box[0], box[1], box[2], box[3]) if isinstance(box, tuple) and len(box) == 4 else None,
        category=unescape(written),
        text=unescape(text, formula=written == "Formula") if isinstance(text, str) else None,
        complete=complete,
    )


def _value(answer: str, start: int) -> tuple[str | tuple[float, ...] | None, int, bool]:
    """The value at ``start``, where it ends, and whether it is whole. Strings come as written, their escapes unresolved."""
    if answer.startswith('"', start):
        return _string(answer, start + 1)
    if numbers := _NUMBERS.match(answer, start):
        found = tuple(float(number) for number in _NUMBER.findall(numbers[0]))
        # Without its bracket the last number may have been cut: 12 of 1234.
        whole = bool(numbers[1]) or _KEY.match(answer, numbers.end() - 1) is not None
        finite = all(abs(number) < 1e9 for number in found)
        return (found if whole and finite else None), numbers.end(), whole
    literal = _LITERAL.match(answer, start)
    return None, literal.end() if literal else start, literal is not None and literal.end() < len(answer)


def _string(answer: str, start: int) -> tuple[str, int, bool]:
    """The string whose first character is at ``start``: up to the first quote that can be its end."""
    position = start
    while True:
        while part := _STRING_PART.match(answer, position):
            position = part.end()
        if position >= len(answer):
            return _CUT_ESCAPE.sub(r"\1", answer[start:]), len(answer), False
        if _AFTER_STRING.match(answer, position + 1):
            return answer[start:position], position + 1, True
        position += 1  # a quote of the text itself


def _skip_blanks(answer: str, position: int) -> int:
    while position < len(answer) and answer[position] in " \t\r\n,]":
        position += 1
    return position
