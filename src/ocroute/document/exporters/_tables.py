"""A table as rows of an HTML table."""

from __future__ import annotations

from collections import defaultdict
from html import escape

from ocroute.values import Cell, Table


def html_table(table: Table) -> str:
    """``table`` as ``<table>``, one row a line and no blank line, so that it may stand in Markdown too."""
    rows = ["".join(_cell_html(cell, row) for cell in row) for row in filled_rows(table)]
    return "\n".join(["<table>", *(f"<tr>{row}</tr>" for row in rows), "</table>"])


def filled_rows(table: Table) -> list[list[Cell]]:
    """The cells of each row from left to right; a position that no cell covers gets an empty one. No cell is left out."""
    by_row: dict[int, list[Cell]] = defaultdict(list)
    for cell in table.cells:
        by_row[cell.row].append(cell)
    height = max([table.rows, *(row + 1 for row in by_row)])
    covered: dict[int, set[int]] = defaultdict(set)  # columns of a row that a cell stands in or reaches into
    for cell in table.cells:
        for row in range(cell.row, min(cell.row + max(1, cell.row_span), height)):
            covered[row].update(columns_of(cell, table))
    rows = []
    for number in range(height):
        gaps = (column for column in range(table.columns) if column not in covered[number])
        cells = [*by_row[number], *(Cell(number, column, "") for column in gaps)]
        rows.append(sorted(cells, key=lambda cell: cell.column))
    return rows


def columns_of(cell: Cell, table: Table) -> range:
    """The columns that ``cell`` covers, at least its own."""
    return range(cell.column, max(cell.column + 1, min(cell.column + cell.column_span, table.columns)))


def _cell_html(cell: Cell, row: list[Cell]) -> str:
    tag = "th" if cell.header else "td"
    attributes = f' scope="{_scope(row)}"' if cell.header else ""
    attributes += f' rowspan="{cell.row_span}"' if cell.row_span > 1 else ""
    attributes += f' colspan="{cell.column_span}"' if cell.column_span > 1 else ""
    return f"<{tag}{attributes}>{escape(cell.text, quote=False).replace(chr(10), '<br>')}</{tag}>"


def _scope(row: list[Cell]) -> str:
    return "col" if all(other.header for other in row if other.text) else "row"
