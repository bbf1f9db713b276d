"""What stands in rows and columns and is no table: program code, drawings, matrices, title pages, lists side by side."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from statistics import median

from ocroute.layout.tables.grid import Grid, Part
from ocroute.layout.tables.kinds import is_number

_CODE = re.compile(r"[{;]$|^[{}()\[\];,]*[{}][{}()\[\];,]*$|\\[a-zA-Z_@:]+.*\\[a-zA-Z_@:]+")
_PAGES = re.compile(r"^\d{1,4}(?:, ?\d{1,4}(?:[-–]\d{1,4})?)*,$|^\d{1,4}(?:, \d{1,4}(?:[-–]\d{1,4})?)+$")
"""Page numbers of an index entry, perhaps to be continued."""

_BRACKET_PIECE = re.compile("[\u239b-\u23b1\uf8e5-\uf8fe]")
"""Parts of brackets several lines high: in Unicode, and where Adobe's symbol fonts have them."""


def lookalike(grid: Grid) -> bool:
    """Whether a grid is one of the things of this module. A grid that is may hold words that are worth reading, but in lines."""
    return code(grid) or matrix(grid) or drawing(grid) or scattered(grid) or lists(grid)


def code(grid: Grid) -> bool:
    """Whether rows end or stand as lines of programs do: in braces and semicolons, or with several commands in one piece."""
    lines = sum(1 for row in grid.rows if any(_CODE.search(part.text) for part in row.parts))
    return lines >= max(2, 0.3 * len(grid.rows))


def matrix(grid: Grid) -> bool:
    """Whether there are brackets several lines high among the words."""
    return sum(1 for token in grid.tokens if _BRACKET_PIECE.search(token.text)) >= 2


def drawing(grid: Grid) -> bool:
    """Whether few positions are taken, and those by letters and signs such as name the points of a figure."""
    parts = [part for row in grid.rows for part in row.parts]
    places = grid.columns * len(grid.rows)
    return len(parts) < 0.6 * places and sum(1 for part in parts if _names_a_point(part.text)) >= 0.6 * len(parts)


def _names_a_point(text: str) -> bool:
    if any(letter.isalpha() for letter in text):
        return len(text) <= 2
    return not is_number(text) and not any(letter.isalnum() for letter in text)


def scattered(grid: Grid) -> bool:
    """Whether rows stand far apart and unevenly, as on a title page or a form of one word here and there."""
    boxes = [row.box for row in grid.rows]
    if len(boxes) < 2:
        return False
    height = median(box.height for box in boxes)
    gaps = [below.y0 - above.y1 for above, below in pairwise(boxes)]
    if len(gaps) == 1:
        return gaps[0] > 3 * height
    return median(gaps) > 1.6 * height and max(gaps) > 2 * max(min(gaps), 0.5 * height)


def lists(grid: Grid) -> bool:
    """Whether a grid is indexes or contents side by side: dots lead on in several columns, or cells list pages."""
    parts = [part for row in grid.rows for part in row.parts]
    led = Counter(part.first for part in parts if _leads_on(part))
    pages = sum(1 for part in parts if _PAGES.match(part.text))
    return (len(led) >= 2 and led.total() >= 0.3 * len(grid.rows)) or pages >= max(2, 0.2 * len(parts))


def _leads_on(part: Part) -> bool:
    last = part.tokens[-1]
    return (last.leader or last.ink.x1 < last.box.x1) and not is_number(part.text)
