"""Layout cells out of an answer that should be a JSON array, read so that no fault costs more than the cell it is in.

A cell is a flat object: a box, a category and a text. The reader goes from brace to brace by itself, so it does not mind what
stands between the cells (commas or none, a code fence, brackets), quotes and line ends that were not escaped, single quotes, a
missing brace, or an end anywhere; and a box or a text of another form than asked for costs the cell nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from ocroute.models.dots_ocr.latex import unescape
from ocroute.models.dots_ocr.values import KEY, Quote, Value, numbers, value


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
        found, position, whole = value(answer, key.end(), quote)
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
    box = numbers(members.get("bbox"))
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
