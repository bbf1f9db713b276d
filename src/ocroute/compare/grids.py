"""The tables of a Markdown page as grids, from HTML with spans and from pipes."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import NamedTuple

from ocroute.compare.fact_text import normalise


class GridCell(NamedTuple):
    """One cell; a cell with spans stands at every place it covers."""

    text: str
    header: bool


class Grid:
    """Cells by (row, column). Rows and columns count from 0."""

    def __init__(self) -> None:
        self.cells: dict[tuple[int, int], GridCell] = {}

    def put(self, row: int, text: str, *, header: bool, rows: int = 1, columns: int = 1) -> None:
        """Place a cell at the first free column of ``row``."""
        column = 0
        while (row, column) in self.cells:
            column += 1
        cell = GridCell(normalise(text), header)
        for r in range(row, row + rows):
            for c in range(column, column + columns):
                self.cells.setdefault((r, c), cell)

    def neighbour(self, row: int, column: int, down: int, right: int) -> str:
        """The text of the nearest different cell in one direction, "" beyond the edge."""
        own = self.cells[row, column]
        while (cell := self.cells.get((row := row + down, column := column + right))) is own:
            pass
        return cell.text if cell else ""

    def top_headings(self, row: int, column: int) -> list[str]:
        """What may be called the heading of a column: its header cells above, and its topmost cell with text."""
        above = [self.cells[r, column] for r in range(row) if (r, column) in self.cells]
        return self._headings(above)

    def left_headings(self, row: int, column: int) -> list[str]:
        """What may be called the heading of a row: its header cells to the left, and its leftmost cell with text."""
        before = [self.cells[row, c] for c in range(column) if (row, c) in self.cells]
        return self._headings(before)

    @staticmethod
    def _headings(cells: list[GridCell]) -> list[str]:
        filled = [cell for cell in cells if cell.text]
        return [cell.text for cell in filled if cell.header] + [cell.text for cell in filled[:1]]


class _HtmlTables(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.done: list[Grid] = []
        self._open: list[Grid] = []
        self._row: list[int] = []
        self._cell: dict[str, str | None] | None = None
        self._text: list[str] = []
        self._header = False
        self._head = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._open.append(Grid())
            self._row.append(-1)
        elif tag == "br":
            self._text.append(" ")
        elif not self._open:
            return
        elif tag == "thead":
            self._head = True
        elif tag == "tr":
            self._end_cell()
            self._row[-1] += 1
        elif tag in ("td", "th"):
            self._end_cell()
            self._cell, self._text, self._header = dict(attrs), [], tag == "th" or self._head

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table") and self._open:
            self._end_cell()
        if tag == "thead":
            self._head = False
        if tag == "table" and self._open:
            self.done.append(self._open.pop())
            self._row.pop()

    def handle_data(self, data: str) -> None:
        self._text.append(data)

    def close(self) -> None:
        super().close()
        while self._open:  # a table that was cut off still has its cells
            self.handle_endtag("table")

    def _end_cell(self) -> None:
        if self._cell is None:
            return
        rows, columns = (_span(self._cell.get(name)) for name in ("rowspan", "colspan"))
        text = "".join(self._text)
        self._open[-1].put(max(0, self._row[-1]), text, header=self._header, rows=rows, columns=columns)
        self._cell = None


def _span(value: str | None) -> int:
    return min(100, max(1, int(value))) if value and value.isdigit() else 1


_PIPE_ROW = re.compile(r"^\s*\|?(.+?\|.*?)\|?\s*$")
_PIPE_RULE = re.compile(r"^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$")


def _pipe_tables(markdown: str) -> list[Grid]:
    lines = markdown.splitlines()
    grids: list[Grid] = []
    at = 1
    while at < len(lines):
        if not (_PIPE_RULE.match(lines[at]) and "|" in lines[at - 1]):
            at += 1
            continue
        grid, row = Grid(), 0
        for line in [lines[at - 1], *lines[at + 1 :]]:
            if not (found := _PIPE_ROW.match(line)):
                break
            for text in re.split(r"(?<!\\)\|", found[1]):
                grid.put(row, text.strip(), header=row == 0)
            row += 1
        grids.append(grid)
        at += row + 1
    return grids


def tables(markdown: str) -> list[Grid]:
    """Every table of a page, HTML ones first."""
    parser = _HtmlTables()
    parser.feed(markdown)
    parser.close()
    return [grid for grid in parser.done if grid.cells] + _pipe_tables(markdown)
