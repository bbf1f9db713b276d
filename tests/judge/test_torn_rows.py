"""Rows that layout read as columns are told from columns that are read one after the other."""

import pytest
from tests.support.pages import blank_page, line, rows

from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.checks.torn_rows import TornRows
from ocroute.values import Block, Box, Category, Cell, Table

TIMES = ("8:51", "9:40", "10:49", "11:12", "11:55", "12:25")
EVENTS = (
    "Arrival of the pilots",
    "The harbour band plays",
    "Speech of the mayor",
    "Race of the small boats",
    "Prizes",
    "Supper",
)
PROSE = (
    "the vessel that left the",
    "harbour in the winter",
    "carried grain and slate",
    "to the islands, and came",
    "home",
    "in spring",
)


def text(x, texts, *, pitch=28, top=100):
    """A block of lines below each other."""
    lines = tuple(line(x, top + pitch * row, said) for row, said in enumerate(texts))
    return Block(Category.TEXT, "\n".join(texts), Box.around(one.box for one in lines), lines=lines)


def table(xs, texts, top=100):
    """A block of rows of cells."""
    lines = tuple(rows(top, xs, texts))
    cells = tuple(Cell(row, column, said) for row, cells in enumerate(texts) for column, said in enumerate(cells))
    box = Box.around(one.box for one in lines)
    return Block(
        Category.TABLE, "\n".join(one.text for one in lines), box, lines=lines, table=Table(len(texts), len(xs), cells)
    )


def found(*blocks):
    reading = Reading(lines=tuple(one for block in blocks for one in block.lines), blocks=blocks)
    return TornRows().check(blank_page(1200, 900), reading, engine=EngineInfo(kind="ocr", rank=0), task=Task())


@pytest.mark.parametrize("swapped", [False, True])
def test_times_apart_from_what_happens_at_them_are_torn(swapped):
    blocks = (text(100, TIMES), text(220, EVENTS))
    finding = found(*(blocks[::-1] if swapped else blocks))
    assert finding is not None
    assert finding.value == 6
    assert "8:51" in finding.sentence


def test_paragraphs_of_one_figure_each_are_a_column_too():
    blocks = [text(100, [said], top=100 + 28 * row) for row, said in enumerate(TIMES)]
    assert found(*blocks, text(220, EVENTS)) is not None


def test_rows_read_across_are_not():
    blocks = [
        text(x, [said], top=100 + 28 * row) for row in range(6) for x, said in ((100, TIMES[row]), (220, EVENTS[row]))
    ]
    assert found(*blocks) is None


@pytest.mark.parametrize("beside", [PROSE, [str(at) for at in range(14, 20)]])
def test_columns_of_text_and_numbers_of_lines_stand_apart(beside):
    assert found(text(100, beside), text(500, EVENTS)) is None


def test_figures_at_other_heights_belong_to_nothing_beside_them():
    assert found(text(100, TIMES, top=111, pitch=33), text(220, EVENTS)) is None


@pytest.mark.parametrize(("x", "torn"), [(420, True), (760, False)])
def test_a_table_in_strips_is_torn_and_two_tables_far_apart_are_not(x, torn):
    kinds = [["Code", "Kind"], ["628", "Window"], ["957", "Button"], ["798", "Ferry"], ["802", "Library"]]
    sums = [["Rate", "Sum"], ["58.12", "7,766.79"], ["54.37", "6,589.62"], ["24.99", "6,760.13"], ["10.55", "8,996.31"]]
    assert (found(table([100, 260], kinds), table([x, x + 130], sums)) is not None) == torn
