"""A paragraph that layout tore into cells is told from a table."""

from tests.support.pages import blank_page

from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.checks.torn_table import TornTable
from ocroute.values import Block, Box, Category, Cell, Line, Table, Word

WORDS = ("harbour", "office", "opens", "seven", "every", "morning")


def table(gap: float) -> Block:
    """Five rows of six words; half of them in each column, and ``gap`` between the columns."""
    lines = []
    for row in range(5):
        words, x = [], 100.0
        for at, text in enumerate(WORDS):
            words.append(Word(text, Box(x, 100 + 30 * row, x + 60, 120 + 30 * row)))
            x += 60 + (gap if at == 2 else 6)
        lines.append(Line(" ".join(WORDS), Box.around(word.box for word in words), words=tuple(words)))
    middle = 292 + gap / 2
    boxes = (Box(100, 100, middle, 250), Box(middle, 100, 700, 250))
    cells = tuple(Cell(0, column, "…", box=box) for column, box in enumerate(boxes))
    return Block(Category.TABLE, "", Box(100, 100, 700, 250), lines=tuple(lines), table=Table(1, 2, cells))


def found(block: Block):
    reading = Reading(lines=block.lines, blocks=(block,))
    return TornTable().check(blank_page(800, 600), reading, engine=EngineInfo(kind="ocr", rank=0), task=Task())


def test_cells_parted_by_a_blank_are_torn_text_and_shown():
    finding = found(table(6))
    assert finding is not None
    assert (finding.value, finding.image) == (1.0, Box(100, 100, 700, 250))


def test_columns_have_white_between_them():
    assert found(table(40)) is None
