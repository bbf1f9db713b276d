"""Tables with pipes, as GitHub's Markdown and most others know them."""

from __future__ import annotations

from ocroute.document.exporters.markdown_text import heading_text
from ocroute.document.inline import Piece, lines_of_pieces, pieces_of, unemphasised
from ocroute.values import Cell, Table


def has_spans(table: Table) -> bool:
    """Whether a cell reaches over several rows or columns, which pipes cannot say; or two claim one place."""
    places = [(cell.row, cell.column) for cell in table.cells]
    return len(set(places)) < len(places) or any(cell.row_span > 1 or cell.column_span > 1 for cell in table.cells)


def pipe_table(table: Table) -> str:
    """``table`` row by row; a cell that spans several places is repeated in each. Without a header row, that is left empty."""
    rows = [["<br>".join(map(_written, place)) for place in row] for row in _places(table)]
    head = rows[0] if table.header_rows() else [""] * len(rows[0]) if rows else []
    body = rows[1:] if table.header_rows() else rows
    lines = [head, ["---"] * len(head), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) if head else ""


def _places(table: Table) -> list[list[list[Cell]]]:
    """The cells of every place; where none is, none."""
    height = max([table.rows, *(cell.row + 1 for cell in table.cells)])
    width = max([table.columns, *(cell.column + 1 for cell in table.cells)])
    grid: list[list[list[Cell]]] = [[[] for _ in range(width)] for _ in range(height)]
    for cell in table.cells:
        for row in range(cell.row, min(cell.row + max(cell.row_span, 1), height)):
            for column in range(cell.column, min(cell.column + max(cell.column_span, 1), width)):
                grid[row][column].append(cell)
    return grid


def _written(cell: Cell) -> str:
    pieces = pieces_of(cell.text, cell.spans)
    lines = lines_of_pieces(unemphasised(pieces) if cell.header else pieces)
    return "<br>".join(heading_text([Piece(" "), *line]).strip().replace("|", "\\|") for line in lines)
