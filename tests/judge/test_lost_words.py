"""No word vanishes between the engine's lines and the blocks, and none comes twice; what layout rightly changes is no loss."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from msgspec.structs import replace
from tests.support.pages import PROSE, TypesetPage, blank_page

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.checks.lost_words import LostWords
from ocroute.layout.arrange import arrange
from ocroute.values import Block, Box, Category, Cell, Line, Table

OCR = EngineInfo(kind="ocr", rank=1)
PAGE = blank_page(1000, 1400)


def found(lines: Sequence[Line], blocks: Sequence[Block], engine: EngineInfo = OCR) -> Finding | None:
    reading = Reading(lines=tuple(lines), blocks=tuple(blocks))
    return LostWords().check(PAGE, reading, engine=engine, task=Task())


def lines(*texts: str) -> list[Line]:
    return [Line(text, Box(100, 100 + 40 * at, 900, 130 + 40 * at)) for at, text in enumerate(texts)]


def text(said: str, category: Category = Category.TEXT, marker: str | None = None) -> Block:
    return Block(category, said, Box(100, 100, 900, 130), marker=marker)


def cells(*texts: str) -> Block:
    table = Table(1, len(texts), tuple(Cell(0, column, said) for column, said in enumerate(texts)))
    return Block(Category.TABLE, "", Box(100, 100, 900, 130), table=table)


@pytest.mark.parametrize(
    ("given", "blocks"),
    [
        (["The har-", "bour is closed."], [text("The harbour is closed.")]),
        (["well-", "known"], [text("well-known")]),
        (["3. Ropes", "• fish"], [text("Ropes", Category.LIST_ITEM, "3."), text("fish", Category.LIST_ITEM, "•")]),
        (["T", "he harbour"], [text("The harbour")]),
        (["Rent 800 EUR", "Heat"], [cells("Rent", "800 EUR"), text("Heat")]),
        (["Lights ........ 12", "Pilots . . . 14"], [cells("Lights", "12"), cells("Pilots", "14")]),
        (["港の事務所は", "湾に入る"], [text("港の事務所は湾に入る")]),
        (["10", "6 ships"], [text("10⁶ ships")]),
        (["call 555-", "1234"], [text("call 555-1234")]),
        (["1.2.......14"], [cells("1.2", "14")]),
        (["10⁶ ships"], [text("10⁶ ships")]),
        (["CO₂"], [text("CO2")]),
        (["Head", "Text"], [text("Head", Category.PAGE_HEADER), text("Text")]),
        (["x = y | z", "___"], [text("x = y z")]),
    ],
)
def test_what_layout_rightly_does_is_no_loss(given: list[str], blocks: list[Block]) -> None:
    assert found(lines(*given), blocks) is None


@pytest.mark.parametrize(
    ("given", "blocks", "said"),
    [
        (["Total due: 417 EUR", "Thank you"], [text("Thank you")], "4 words are lost"),
        (["Total due: 417 EUR"], [text("Total due: EUR")], '1 word is lost ("417")'),
        (["Rent 800 EUR"], [cells("Rent", "EUR")], '1 word is lost ("800")'),
        (["☑ fish", "☐ bread"], [text("fish bread")], "2 words are lost"),
        (["one", "two"], [text("one two"), text("two")], '1 word is there twice, or out of nowhere ("two")'),
        (["The har-", "bour"], [text("The har")], '1 word is lost ("bour")'),
        (["12 of 40 2"], [text("12 of 402")], "2 words are lost"),
        (["10⁶ ships"], [text("106 ships")], '1 word is lost ("10^6")'),
        (["1.5 m"], [text("15 m")], '1 word is lost ("1^5")'),
        (["1949"], [cells("19", "49")], '1 word is lost ("1949")'),
        (["Rent"], [text("Rent 800")], '1 word is there twice, or out of nowhere ("800")'),
    ],
)
def test_a_word_that_is_lost_or_doubled_refuses_the_page_and_is_shown(
    given: list[str], blocks: list[Block], said: str
) -> None:
    finding = found(lines(*given), blocks)
    assert finding is not None
    assert finding.refuses
    assert said in finding.sentence
    assert finding.image is not None


def test_the_place_is_that_of_the_lost_line() -> None:
    given = lines("one", "two", "three")
    finding = found(given, [text("one three")])
    assert finding is not None
    assert finding.image == given[1].box


def test_every_block_of_a_page_is_missed() -> None:
    sheet = TypesetPage()
    sheet.centred("The Ledgers of Northport", 150, size=48, bold=True)
    y = 300.0
    for _ in range(4):
        y = sheet.prose(PROSE, 170, y, 1360, indent=40) + 30
    blocks = arrange(sheet.page, sheet.lines)
    assert found(sheet.lines, blocks) is None
    for index, block in enumerate(blocks):
        assert found(sheet.lines, [*blocks[:index], *blocks[index + 1 :]]), block
        assert found(sheet.lines, [*blocks[: index + 1], *blocks[index:]]), block
        shorter = replace(block, text=block.text.rsplit(" ", 1)[0])
        assert found(sheet.lines, [*blocks[:index], shorter, *blocks[index + 1 :]]), block


def test_blocks_of_an_engine_with_layout_are_its_own_words() -> None:
    assert found(lines("one"), [text("two")], replace(OCR, gives_layout=True)) is None


def test_ten_thousand_words_all_joined_take_no_quadratic_time() -> None:
    given = lines(*(f"word{number}" for number in range(10_000)))
    started = time.process_time()
    assert found(given, [text("".join(line.text for line in given))]) is None
    assert found(given, [text(f"other{number}") for number in range(10_000)]) is not None
    assert time.process_time() - started < 5
