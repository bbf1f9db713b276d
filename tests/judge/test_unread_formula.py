"""A formula that was not read is said, with its place; one that was read is not."""

from tests.support.pages import blank_page

from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.checks.formula import UnreadFormula
from ocroute.values import Block, Box, Category, Line

SIZE = (1240, 1000)


def block(said: str, *sides: float, category: Category = Category.TEXT) -> Block:
    box = Box(*sides)
    return Block(category, said, box, lines=(Line(said, box, 0.99),))


ABOVE = block("We sum over all the terms of the series, and write it in the usual way, as", 100, 200, 1108, 230)
BELOW = block("The rest of the page is ordinary prose that any reader follows without trouble.", 100, 500, 1108, 530)


def found(*formula: Block):
    reading = Reading(blocks=(ABOVE, *formula, BELOW))
    return UnreadFormula().check(blank_page(*SIZE), reading, engine=EngineInfo(kind="ocr", rank=0), task=Task())


def test_signs_above_and_beside_each_other_are_a_remark_with_its_place():
    parts = (
        block("n", 482, 334, 495, 353),
        block("S = Σ a", 420, 345, 553, 376, category=Category.FORMULA),
        block("i=1", 470, 372, 502, 392, category=Category.FORMULA),
    )
    said = found(*parts)
    assert (said.code, said.value, said.refuses) == ("formula", 1.0, False)
    assert all(said.image.intersection(part.box) == part.box.area for part in parts)


def test_a_formula_in_one_row_was_read():
    assert found(block("E = mc²", 480, 350, 640, 384, category=Category.FORMULA)) is None
