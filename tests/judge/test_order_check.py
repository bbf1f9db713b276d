"""A text that no cut along the page's white space leads to is refused, and what white leaves open is not."""

import random

import msgspec
import pytest
from bench.judge.readings import of_lines
from bench.order import wrongly
from bench.pages.arrangements import draw

from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.checks.order import ReadingOrder
from ocroute.judge.out_of_order import moved
from ocroute.judge.read_across import read_across
from ocroute.layout.arrange import arrange
from ocroute.raster.white_order import misplaced
from ocroute.values import Block, Box, Category, Line


def finding(page, reading):
    return ReadingOrder().check(page, reading, engine=EngineInfo(kind="ocr", rank=1), task=Task())


@pytest.mark.parametrize(
    "name", ["three_columns", "side_notes", "figure_across", "references", "footnotes", "invoice", "keys_twice"]
)
def test_right_orders_are_believed(name):
    made = draw(name, "tune", 5)
    page = made.page()
    assert finding(page, of_lines(made.lines)) is None
    assert finding(page, Reading(blocks=arrange(page, made.lines))) is None


@pytest.mark.parametrize("how", ["across", "halves", "moved", "in turn"])
def test_wrong_orders_are_refused_and_say_where(how):
    made = draw("two_columns", "tune", 5)
    found = finding(made.page(), of_lines(dict(wrongly(made.lines, random.Random(3)))[how]))
    assert found is not None
    assert found.refuses
    assert found.image is not None
    assert any(line.box.intersection(found.image) > 0 for line in made.lines)


def test_pages_from_right_to_left_are_judged_so():
    made = draw("two_columns", "tune", 5)
    width = made.image.width
    mirrored = [
        Line(line.text, Box(width - line.box.x1, line.box.y0, width - line.box.x0, line.box.y1)) for line in made.lines
    ]
    blocks = tuple(Block(Category.TEXT, line.text, line.box, lines=(line,), direction="rtl") for line in mirrored)
    assert finding(made.page(), Reading(blocks=blocks)) is None


def test_columns_from_top_to_bottom_are_judged_from_right_to_left():
    """Two tiers of them: each is read as a whole, its rightmost column first."""
    places = [Box(x, y, x + 20, y + 300) for y in (50, 450) for x in range(600, 50, -36)]

    def judged(boxes):
        lines = [Line("右から左へ上から下へと読む", box) for box in boxes]
        blocks = tuple(Block(Category.TEXT, line.text, line.box, lines=(line,), direction="ttb") for line in lines)
        return moved(Reading(blocks=blocks))

    assert judged(places) is None
    found = judged(places[::-1])
    assert found is not None
    assert found.box in places
    assert found.share > 0.5


def test_a_caption_across_a_gutter_ends_no_columns():
    """The picture above it is not known when a text is judged."""
    columns = [[Box(x, 20 * row, x + 200, 20 * row + 14) for row in range(30)] for x in (0, 240)]
    beside = [box for column in columns for box in column if not 200 <= box.y0 <= 320]

    def judged(caption_height):
        boxes = [*beside[:23], Box(90, 300, 350, 300 + caption_height), *beside[23:]]
        blocks = [Block(Category.TEXT, "seven words stand in each of them", box) for box in boxes]
        blocks = [msgspec.structs.replace(block, lines=(Line(block.text, block.box),)) for block in blocks]
        return moved(Reading(blocks=tuple(blocks)))

    assert judged(12) is None
    assert judged(14) is not None, "type of the usual size may be a line of its own"


def test_keys_and_values_may_be_read_either_way_but_not_mixed():
    left = [Box(0, 20 * row, 60, 20 * row + 14) for row in range(6)]
    right = [Box(200, 20 * row, 280, 20 * row + 14) for row in range(6)]
    across = [box for pair in zip(left, right, strict=True) for box in pair]
    assert misplaced(across, [1] * 12, 14) == []
    assert misplaced([*left, *right], [1] * 12, 14) == []
    assert misplaced([*across[:6], *left[3:][::-1], *right[3:]], [1] * 12, 14)


def test_ten_thousand_things_take_no_square_of_time():
    boxes = [
        Box(30.0 * (at % 100), 20.0 * (at // 100), 30.0 * (at % 100) + 20, 20.0 * (at // 100) + 14)
        for at in range(10_000)
    ]
    assert misplaced(boxes, [1] * len(boxes), 14) == []


COLUMN = [
    "The ferry leaves at seven and nobody waits",
    "for those who oversleep. Neither the captain",
    "nor the pilot had seen the light before it",
    "went out. Please sign both copies and send",
]
BESIDE = [
    "Nobody behind the school knew why the clerk",
    "had painted the railway and the orchard, or",
    "who had ordered the cement. Rain had washed",
    "the chalk marks from the wall, so the count",
]


@pytest.mark.parametrize("lowered", [0, 6], ids=["level", "between"])
@pytest.mark.parametrize("rows", [3, 4])
@pytest.mark.parametrize("rest", [10, 120])
def test_a_few_lines_read_across_two_columns_are_seen_on_a_long_page_too(rows, lowered, rest):
    """Lines that say where they stand, and blocks of one line each or of all."""
    sides = [
        [
            Line(text, Box(x, y + 20 * row + low, x + 210, y + 20 * row + low + 14))
            for row, text in enumerate(texts[:rows])
        ]
        for x, texts, y, low in ((0, COLUMN, 0, 0), (240, BESIDE, 0, lowered))
    ]
    below = [
        Line("seven words stand in each of them", Box(0, 120 + 20 * row, 450, 134 + 20 * row)) for row in range(rest)
    ]
    crossed = [line for row in zip(*sides, strict=True) for line in row]
    page = draw("two_columns", "tune", 5).page()

    def judged(lines):
        blocks = [Block(Category.TEXT, line.text, line.box, lines=(line,)) for line in [*lines, *below]]
        return finding(page, Reading(blocks=tuple(blocks)))

    assert judged([*sides[0], *sides[1]]) is None
    found = judged(crossed)
    assert found is not None
    assert found.refuses
    assert found.image == Box(0, 0, 450, 20 * (rows - 1) + 14 + lowered)


def test_names_and_their_values_are_no_columns_that_are_read_across():
    rows = [
        (f"{name} of the vessel", f"{name} and what else is known of it")
        for name in ("Port", "Owner", "Cargo", "Master")
    ]
    things = [
        (text, Box(x, 20 * at, x + 200, 20 * at + 14), 4)
        for at, row in enumerate(rows)
        for x, text in zip((0, 240), row, strict=True)
    ]
    assert read_across(things) == []


def test_rows_of_short_paragraphs_beside_each_other_are_not_read_across():
    things = []
    for row in range(4):
        for x, texts in ((0, COLUMN), (240, BESIDE)):
            things += [
                (text, Box(x, 90 * row + 20 * at, x + 210, 90 * row + 20 * at + 14), 7)
                for at, text in enumerate(texts[:3])
            ]
    assert read_across(things) == []
