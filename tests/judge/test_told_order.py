"""Tags of a source settle an order that white space and the layout disagree on, and nothing alone."""

import pytest
from tests.support.pages import LIGHTHOUSE, ArrayPage, sheet

from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.checks.order import ReadingOrder
from ocroute.judge.told_order import agrees, settled
from ocroute.values import Block, Box, Category, Line, Word

WORDS = LIGHTHOUSE.split()
ROWS = 9


class ToldPage(ArrayPage):
    """A page whose source tells an order."""

    told = ""

    def told_text(self):
        return self.told


def page(told):
    made = ToldPage(sheet((1000, 800)).image)
    made.told = told
    return made


def block(column, row):
    """One of many lines of two columns, each a block of its own."""
    at = 4 * (column * ROWS + row)
    x, y = 60 + 480 * column, 40 + 60 * row
    words = tuple(Word(word, Box(x + 90 * n, y, x + 90 * n + 80, y + 24)) for n, word in enumerate(WORDS[at : at + 4]))
    line = Line(" ".join(word.text for word in words), Box.around(word.box for word in words), words=words)
    return Block(Category.TEXT, f"{column}{row} {line.text}", line.box, lines=(line,))


DOWN = tuple(block(column, row) for column in (0, 1) for row in range(ROWS))
ACROSS = tuple(block(column, row) for row in range(ROWS) for column in (0, 1))
HEADER = Block(Category.PAGE_HEADER, "The harbour, a monthly", Box(60, 4, 500, 24))


def text_of(blocks):
    return " ".join(block.lines[0].text for block in blocks)


def is_refused(page, blocks):
    return ReadingOrder().check(page, Reading(blocks=blocks), engine=EngineInfo(kind="textlayer", rank=0), task=Task())


def test_an_order_against_the_white_space_is_believed_if_the_source_has_it_too():
    assert is_refused(page(""), ACROSS)
    assert is_refused(page(text_of(DOWN)), ACROSS)
    assert not is_refused(page(text_of(ACROSS)), ACROSS)
    assert agrees(page(text_of(ACROSS)), ACROSS)
    assert not agrees(page(text_of(ACROSS)), DOWN)


def test_the_order_of_the_source_is_taken_where_the_white_space_bears_it_out():
    found = settled(page(text_of(DOWN)), Reading(blocks=(HEADER, *ACROSS)))
    assert found.blocks == (HEADER, *DOWN)


@pytest.mark.parametrize(
    "told",
    ["", text_of(ACROSS), text_of(DOWN[:8]), text_of(DOWN) + text_of(DOWN), text_of(DOWN[::-1])],
    ids=["none", "the same", "of a part", "twice", "worse"],
)
def test_else_it_stays(told):
    reading = Reading(blocks=ACROSS)
    assert settled(page(told), reading) is reading


def test_an_order_that_the_white_space_allows_is_never_changed():
    reading = Reading(blocks=DOWN)
    assert settled(page(text_of(ACROSS)), reading) is reading


def test_what_is_too_short_to_be_found_stays_behind_what_it_stood_behind():
    mark = Block(Category.TEXT, "*", Box(350, 100, 360, 120), lines=(Line("*", Box(350, 100, 360, 120)),))
    found = settled(page(text_of(DOWN)), Reading(blocks=(ACROSS[0], mark, *ACROSS[1:])))
    assert found.blocks == (DOWN[0], mark, *DOWN[1:])
