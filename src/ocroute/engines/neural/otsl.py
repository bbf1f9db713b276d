"""Tables as OTSL: a token before each place of the grid says whether a cell begins there or reaches into it.

``<fcel>`` begins a cell with text, ``<ecel>`` an empty one; ``<lcel>`` belongs to the cell on its left, ``<ucel>`` to the one
above, ``<xcel>`` to both; ``<nl>`` ends a row. The text of a cell stands behind its token.
"""

from __future__ import annotations

import re

from ocroute.values import Cell, Table

TOKENS = ("<fcel>", "<ecel>", "<lcel>", "<ucel>", "<xcel>", "<nl>")
_PART = re.compile(rf"({'|'.join(TOKENS)})")
_BEGINS = ("<fcel>", "<ecel>")


def table(answer: str) -> Table | None:
    """The table that an answer tells, cut or whole; None where it has none of the tokens.

    Text before the first token is left out. A place that belongs to a cell which is not there, as in the first column, is an
    empty cell of its own, and text behind it is kept there.
    """
    rows = _rows(answer)
    if not rows:
        return None
    width = max(map(len, rows))
    marks = [[mark for mark, _ in row] + ["<ecel>"] * (width - len(row)) for row in rows]
    cells = []
    for y, row in enumerate(rows):
        for x, (mark, text) in enumerate(row):
            if mark in _BEGINS or text or not _covered(marks, x, y):
                across, down = _spans(marks, x, y) if mark in _BEGINS else (1, 1)
                cells.append(Cell(y, x, text, row_span=down, column_span=across))
    return Table(len(rows), width, tuple(cells))


def _rows(answer: str) -> list[list[tuple[str, str]]]:
    """Every place as its token and its text, row by row."""
    parts = _PART.split(answer)
    rows: list[list[tuple[str, str]]] = []
    open_row: list[tuple[str, str]] = []
    for mark, text in zip(parts[1::2], parts[2::2], strict=True):
        if mark == "<nl>":
            rows.append(open_row)
            open_row = []
        else:
            open_row.append((mark, text.strip()))
    if open_row:
        rows.append(open_row)
    return rows if any(rows) else []


def _spans(marks: list[list[str]], x: int, y: int) -> tuple[int, int]:
    """How many columns and rows the cell takes that begins at column ``x`` of row ``y``."""
    across, down = 1, 1
    while x + across < len(marks[y]) and marks[y][x + across] == "<lcel>":
        across += 1
    while y + down < len(marks) and marks[y + down][x] == "<ucel>":
        down += 1
    return across, down


def _covered(marks: list[list[str]], x: int, y: int) -> bool:
    """Whether a cell that begins further left or further up reaches the place."""
    left, up = x, y
    while up > 0 and marks[up][left] in ("<ucel>", "<xcel>"):
        up -= 1
    while left > 0 and marks[up][left] in ("<lcel>", "<xcel>"):
        left -= 1
    if marks[up][left] not in _BEGINS:
        return False
    across, down = _spans(marks, left, up)
    return x < left + across and y < up + down
