"""The debris of a formula becomes one block with a picture; whatever is no debris stays as it is."""

from __future__ import annotations

import msgspec
import pytest

from ocroute import Block, Box, Line
from ocroute.document import Category
from ocroute.layout.unread_formulas import with_unread_formulas

SIZE = (1240, 1000)


def text(y: float, *, count: int = 5) -> Block:
    """Running text from edge to edge."""
    said = "The sum of the series is found by comparing it with an integral"
    lines = tuple(Line(said, Box(100, y + 42 * n, 1108, y + 42 * n + 30), 0.99) for n in range(count))
    return Block(Category.TEXT, " ".join(line.text for line in lines), Box(100, y, 1108, lines[-1].box.y1), lines=lines)


def part(said: str, *sides: float, sure: float | None = 0.99, category: Category = Category.TEXT) -> Block:
    box = Box(*sides)
    return Block(category, said, box, lines=(Line(said, box, sure),))


ABOVE, BELOW = text(81), text(500)
UPPER = part("8", 482, 334, 495, 353)
SUM = part("Σ1", 471, 345, 553, 426, category=Category.FORMULA)
LOWER = part("k²", 537, 388, 562, 422)
VALUE = part("π²", 652, 345, 678, 378, category=Category.FORMULA)
NUMBER = part("(3)", 1082, 367, 1118, 409)


def test_parts_of_a_sum_become_one_formula_with_its_picture_and_all_its_signs() -> None:
    found = with_unread_formulas([ABOVE, UPPER, SUM, LOWER, VALUE, NUMBER, BELOW], SIZE)
    assert [found[0], *found[2:]] == [ABOVE, NUMBER, BELOW]
    formula = found[1]
    assert (formula.category, formula.text) == (Category.FORMULA, "8 Σ1 k² π²")
    assert [line.text for line in formula.lines] == ["8", "Σ1", "k²", "π²"]
    assert formula.image is not None
    for one in (UPPER, SUM, LOWER, VALUE):
        assert formula.image.intersection(one.box) == one.box.area
    assert all(formula.image.intersection(line.box) == 0 for block in (ABOVE, BELOW) for line in block.lines)


def test_a_line_that_the_engine_is_unsure_of_is_debris_even_with_words_in_it() -> None:
    unsure = part("——_ Vieeee-1 dx < fife", 470, 345, 800, 420, sure=0.2, category=Category.SECTION_HEADER)
    (_, formula, _) = with_unread_formulas([ABOVE, unsure, BELOW], SIZE)
    assert (formula.category, formula.text, formula.level) == (Category.FORMULA, unsure.text, None)
    assert formula.image is not None


def test_a_sentence_of_one_line_is_running_text_too() -> None:
    one = part("We sum over all the terms of the series, and write it in the usual way, as", 100, 260, 1108, 290)
    found = with_unread_formulas([one, UPPER, SUM, LOWER, VALUE, BELOW], SIZE)
    assert [block.category for block in found] == [Category.TEXT, Category.FORMULA, Category.TEXT]


@pytest.mark.parametrize("beside", [ABOVE, text(470)], ids=["the page ends with it", "the page begins with it"])
def test_a_formula_at_the_end_of_a_page_is_one_too(beside: Block) -> None:
    blocks = [UPPER, SUM, LOWER, VALUE]
    blocks.insert(0 if beside is ABOVE else len(blocks), beside)
    formula = next(block for block in with_unread_formulas(blocks, SIZE) if block is not beside)
    assert (formula.category, formula.text) == (Category.FORMULA, "8 Σ1 k² π²")
    assert formula.image is not None


@pytest.mark.parametrize(
    "blocks",
    [
        [ABOVE, part("E = mc²", 480, 350, 640, 384, category=Category.FORMULA), BELOW],  # read, in one row
        [ABOVE, part("a = 1", 480, 345, 600, 375), part("b = 2", 480, 388, 600, 418), BELOW],  # two rows, even
        [ABOVE, UPPER, part("21", 471, 345, 553, 426), LOWER, BELOW],  # nothing of mathematics
        [text(20, count=2), SUM, LOWER],  # at a page's end, far from its text
        [SUM, LOWER, VALUE],  # no text at all
        [ABOVE, part("Σ1", 100, 345, 182, 426), part("k²", 166, 388, 191, 422), BELOW],  # at the edge of the text
        [ABOVE, msgspec.structs.replace(SUM, markup="latex"), msgspec.structs.replace(LOWER, markup="latex"), BELOW],
        [
            ABOVE,
            *(part(one.text, *msgspec.to_builtins(one.box), sure=None) for one in (SUM, LOWER)),
            BELOW,
        ],  # a text layer
        [ABOVE, part("where = holds", 480, 345, 640, 375), part("below", 500, 360, 580, 392), BELOW],  # words
    ],
)
def test_what_is_no_debris_stays(blocks: list[Block]) -> None:
    assert with_unread_formulas(blocks, SIZE) == blocks
