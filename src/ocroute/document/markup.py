"""HTML and Markdown: what an engine gave is taken apart so that nothing of its markup is trusted; tables are written as HTML."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from html import escape
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import msgspec

from ocroute.document.inline import Marked, Piece, level_digits, lines_of_pieces, nested, pieces_of, unemphasised
from ocroute.values import Cell, InlineStyle, Table

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererProtocol
    from markdown_it.token import Token

_SILENT = frozenset({"script", "style", "template", "head"})
_BREAKING = frozenset(
    {"br", "p", "div", "li", "ul", "ol", "tr", "table", "caption", "h1", "h2", "h3", "h4", "h5", "h6", "pre"}
)
TAGS: dict[InlineStyle, str] = {
    "strike": "s",
    "underline": "u",
    "bold": "strong",
    "italic": "em",
    "code": "code",
    "superscript": "sup",
    "subscript": "sub",
}
"""The HTML element of every style but links."""

_TABULAR = frozenset({"table", "tr", "td", "th"})
_LARGEST_SPAN = 1000  # the limit that HTML itself sets for colspan
_MOST_PLACES = 250_000  # rows x columns; spans that make a table larger than any page can hold are no spans


class _Reader(HTMLParser):
    """Collects the words of a fragment of HTML, and its first table as cells. Tags and attributes do not come through."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.before: list[str] = []
        self.after: list[str] = []
        self.cells: list[Cell] = []  # in their rows, all in column 0 until `finish`
        self._row = -1
        self._cell: list[str] | None = None
        self._spans = (1, 1)
        self._header = False
        self._depth = 0
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif tag == "table":
            self._depth += 1
        if self._depth == 1 and tag == "tr":
            self._close_cell()
            self._row += 1
        elif self._depth == 1 and tag in ("td", "th"):
            self._close_cell()
            self._row = max(self._row, 0)
            self._cell = []
            self._header = tag == "th"
            spans = dict(attrs)
            self._spans = _span(spans.get("rowspan")), _span(spans.get("colspan"))
        elif tag in _BREAKING:
            self.handle_data("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag == "table":
            if self._depth == 1:
                self._close_cell()
            self._depth = max(0, self._depth - 1)
        elif self._depth == 1 and tag in ("td", "th", "tr"):
            self._close_cell()
        elif tag in _BREAKING:
            self.handle_data("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            outside = self.after if self.cells else self.before
            (outside if self._cell is None else self._cell).append(data)

    def _close_cell(self) -> None:
        if self._cell is None:
            return
        rows, columns = self._spans
        self.cells.append(Cell(self._row, 0, _tidy("".join(self._cell)), rows, columns, self._header))
        self._cell = None

    def finish(self) -> tuple[str, Table | None, str]:
        """What stood before the table, the table, and what stood behind it."""
        self.close()
        self._close_cell()
        before, after = _tidy("".join(self.before)), _tidy("".join(self.after))
        try:
            return before, _placed(self.cells) if self.cells else None, after
        except (
            ValueError
        ):  # more places than a page can hold: an answer that ran wild, of which only the words are left
            return _tidy("\n".join([before, *(cell.text for cell in self.cells), after])), None, ""


class _Words(_Reader):
    """Collects the words of a fragment of HTML in their order, those of tables too."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        super().handle_starttag("br" if tag in _TABULAR else tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        super().handle_endtag("br" if tag in _TABULAR else tag)


def _placed(cells: Sequence[Cell]) -> Table:
    """``cells``, row by row, each in the first column that is free, as a browser would lay them out."""
    height = max(cell.row for cell in cells) + 1
    has_spans = any(max(cell.row_span, cell.column_span) > 1 for cell in cells)
    taken_until: dict[int, int] = {}  # by column: the first row that no cell from above reaches into
    placed = []
    row = column = 0
    for cell in cells:
        row, column = cell.row, column if cell.row == row else 0
        while taken_until.get(column, 0) > row:
            column += 1
        rows = min(cell.row_span, height - row)
        for covered in range(column, column + cell.column_span):
            taken_until[covered] = max(taken_until.get(covered, 0), row + rows)
        placed.append(msgspec.structs.replace(cell, column=column, row_span=rows))
        if has_spans and height * len(taken_until) > _MOST_PLACES:
            return _placed([msgspec.structs.replace(cell, row_span=1, column_span=1) for cell in cells])
    return Table(height, max(taken_until) + 1, tuple(placed))


def from_html(source: str) -> tuple[str, Table | None]:
    """The words of ``source`` outside of its first table, and that table; a table in a cell is flattened to its words."""
    before, table, after = parts_of_html(source)
    return "\n".join(part for part in (before, after) if part), table


def parts_of_html(source: str) -> tuple[str, Table | None, str]:
    """The words of ``source`` before its first table, that table, and the words behind it."""
    reader = _Reader()
    reader.feed(source)
    return reader.finish()


def html_from_markdown(source: str) -> str:
    """``source`` as HTML; raw HTML in it comes out as text, links only with safe schemes, and pictures as their names.

    A picture's address would be fetched as soon as somebody opens the page: a text on paper could call out of the house.
    """
    rendered: str = _markdown().render(source)
    return rendered.strip()


def words_from_markdown(source: str) -> str:
    """What ``source`` says, without its markup."""
    reader = _Words()
    reader.feed(html_from_markdown(source))
    return reader.finish()[0]


def html_inline(pieces: Sequence[Piece]) -> str:
    """One line of text as HTML, everything escaped."""
    return nested(pieces, lambda text: escape(text, quote=False), html_marked)


def html_marked(marked: Marked) -> str:
    """The element of a style. Digits that are raised or lowered in the text itself are not so a second time."""
    if marked.style == "link":
        return f'<a href="{escape(marked.href)}">{marked.written}</a>'
    written = level_digits(marked.written) if marked.style in ("superscript", "subscript") else marked.written
    tag = TAGS[marked.style]
    return f"<{tag}>{written}</{tag}>"


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


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    markdown.add_render_rule("image", _picture)
    return markdown


def _picture(_renderer: RendererProtocol, tokens: Sequence[Token], index: int, *_: object) -> str:
    return f'<span role="img" aria-label="{escape(tokens[index].content)}"></span>'


def _span(value: str | None) -> int:
    return min(int(value), _LARGEST_SPAN) or 1 if value and value.isascii() and value.isdigit() else 1


def _tidy(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _cell_html(cell: Cell, row: list[Cell]) -> str:
    tag = "th" if cell.header else "td"
    attributes = f' scope="{_scope(row)}"' if cell.header else ""
    attributes += f' rowspan="{cell.row_span}"' if cell.row_span > 1 else ""
    attributes += f' colspan="{cell.column_span}"' if cell.column_span > 1 else ""
    if not cell.spans:
        return f"<{tag}{attributes}>{escape(cell.text, quote=False).replace(chr(10), '<br>')}</{tag}>"
    pieces = pieces_of(cell.text, cell.spans)
    lines = lines_of_pieces(unemphasised(pieces) if cell.header else pieces)
    return f"<{tag}{attributes}>{'<br>'.join(map(html_inline, lines))}</{tag}>"


def _scope(row: list[Cell]) -> str:
    return "col" if all(other.header for other in row if other.text) else "row"
