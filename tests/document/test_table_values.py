"""Tables as grids and as data frames."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.random_documents import tables

import ocroute
from ocroute import Block, Document, Page, Table, Verdict
from ocroute.document import Category, Cell
from ocroute.document.markup import from_html, html_table

ONE_HEADER = Table(
    3,
    3,
    (
        Cell(0, 0, "Fruit", header=True),
        Cell(0, 1, "Number and price", column_span=2, header=True),
        Cell(1, 0, "Apples", row_span=2),
        Cell(1, 1, "12"),
        Cell(2, 2, "14.00\nper kg"),
    ),
)
TWO_HEADERS = Table(
    3,
    3,
    (
        Cell(0, 0, "Town", row_span=2, header=True),
        Cell(0, 1, "Rain", column_span=2, header=True),
        Cell(1, 1, "May", header=True),
        Cell(1, 2, "June", header=True),
        Cell(2, 0, "Bergen", header=True),
        Cell(2, 1, "90"),
        Cell(2, 2, "110"),
    ),
)


def test_spans_repeat_and_gaps_are_empty() -> None:
    assert ONE_HEADER.grid() == [
        ["Fruit", "Number and price", "Number and price"],
        ["Apples", "12", ""],
        ["Apples", "", "14.00\nper kg"],
    ]
    assert (ONE_HEADER.header_rows(), TWO_HEADERS.header_rows()) == (1, 2)


def test_cells_that_meet_or_stand_outside_are_not_lost() -> None:
    table = Table(1, 1, (Cell(0, 0, "a", column_span=9), Cell(0, 0, "b"), Cell(0, 1, "c"), Cell(2, 1, "d")))
    assert table.grid() == [["a\nb", "c"], ["", ""], ["", "d"]]


@settings(deadline=None)
@given(tables())
def test_every_cell_is_in_the_grid(table: Table) -> None:
    grid = table.grid()
    assert {len(row) for row in grid} == {table.columns}
    assert len(grid) == table.rows
    assert all(grid[cell.row][cell.column] == cell.text for cell in table.cells)


class TestDataFrame:
    @pytest.fixture(autouse=True)
    def pandas(self) -> None:
        pytest.importorskip("pandas")

    def test_the_header_row_becomes_the_columns(self) -> None:
        frame = ONE_HEADER.to_dataframe()
        assert list(frame.columns) == ["Fruit", "Number and price", "Number and price"]
        assert frame.to_numpy().tolist() == ONE_HEADER.grid()[1:]

    def test_several_header_rows_become_a_multi_index(self) -> None:
        frame = TWO_HEADERS.to_dataframe()
        assert list(frame.columns) == [("Town", "Town"), ("Rain", "May"), ("Rain", "June")]
        assert frame.to_numpy().tolist() == [["Bergen", "90", "110"]]

    def test_without_header_rows_columns_are_numbered(self) -> None:
        frame = Table(1, 2, (Cell(0, 0, "a", header=True), Cell(0, 1, "b"))).to_dataframe()
        assert list(frame.columns) == [0, 1]
        assert frame.to_numpy().tolist() == [["a", "b"]]

    @pytest.mark.parametrize("table", [Table(0, 0, ()), Table(2, 3, ()), Table(1, 1, (Cell(0, 0, "a", header=True),))])
    def test_a_table_with_nothing_in_it(self, table: Table) -> None:
        frame = table.to_dataframe()
        assert frame.shape == (table.rows - table.header_rows(), table.columns)
        assert not frame.to_numpy().any()

    @settings(deadline=None)
    @given(tables())
    def test_the_frame_says_what_the_grid_says(self, table: Table) -> None:
        assert table.to_dataframe().to_numpy().tolist() == table.grid()[table.header_rows() :]


def test_without_pandas_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ocroute.PackageMissing) as error:
        ONE_HEADER.to_dataframe()
    assert error.value.next_step.command == "pip install pandas"
    assert isinstance(error.value, ImportError)
    assert isinstance(error.value, ocroute.OcrouteError)


def test_tables_in_any_markup_are_found_in_order() -> None:
    blocks = (
        Block(Category.TABLE, "", table=ONE_HEADER),
        Block(Category.TABLE, "Before<table><tr><th>h</th></tr><tr><td>1</td></tr></table>", markup="html"),
        Block(Category.TEXT, "| a | b |\n|---|---|\n| 1 | 2 |", markup="markdown"),
        Block(Category.TEXT, "no table"),
        Block(Category.TABLE, "nothing"),
        Block(Category.TABLE, "", table=Table(0, 0, ())),
    )
    page = Page("a.png", 1, 600, 800, Verdict("accepted", 1.0), blocks)
    grids = [table.grid() for table in page.tables]
    assert grids == [ONE_HEADER.grid(), [["h"], ["1"]], [["a", "b"], ["1", "2"]], []]
    assert Document("a.png", (page, page)).tables == page.tables * 2


def html(rows: list[list[tuple[int, int]]]) -> str:
    """A table whose cells, with these row and column spans, are numbered."""
    numbers = iter(range(10_000_000))
    cells = (
        "".join(f'<td rowspan="{tall}" colspan="{wide}">{next(numbers)}</td>' for tall, wide in row) for row in rows
    )
    return "<table>" + "".join(f"<tr>{row}</tr>" for row in cells) + "</table>"


@settings(deadline=None)
@given(
    st.lists(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=1, max_size=4), min_size=1, max_size=5)
)
def test_cells_of_html_stand_where_a_browser_puts_them(rows: list[list[tuple[int, int]]]) -> None:
    taken: set[tuple[int, int]] = set()
    expected = []
    for row, cells in enumerate(rows):
        for tall, wide in cells:
            column = next(column for column in range(99) if (row, column) not in taken)
            taken |= {(row + down, column + right) for down in range(tall) for right in range(wide)}
            expected.append((row, column, min(tall, len(rows) - row), wide))
    table = from_html(html(rows))[1]
    assert table
    assert [(cell.row, cell.column, cell.row_span, cell.column_span) for cell in table.cells] == expected
    assert (table.rows, table.columns) == (len(rows), 1 + max(column for _, column in taken))


@pytest.mark.timeout(20)
@pytest.mark.parametrize("rows", [[[(1000, 1000)] * 300] + [[(1, 1)]] * 1000, [[(1, 1)] * 20_000]])
def test_absurd_spans_cost_no_memory_and_no_word(rows: list[list[tuple[int, int]]]) -> None:
    table = from_html(html(rows))[1]
    assert table
    assert table.rows * table.columns <= len(rows) * max(map(len, rows)), "no larger than without spans"
    assert [cell.text for cell in table.cells] == [str(number) for number in range(sum(map(len, rows)))]
    assert html_table(table).count("<td") >= len(table.cells)


def test_html_of_more_places_than_a_page_has_keeps_its_words() -> None:
    rows = "".join(f"<tr><td>r{row}</td></tr>" for row in range(3000))
    wide = "".join(f"<td>c{column}</td>" for column in range(400))
    outside, table = from_html(f"before<table>{rows}<tr>{wide}</tr></table>")
    assert table is None
    assert outside.split()[:2] + outside.split()[-1:] == ["before", "r0", "c399"]
