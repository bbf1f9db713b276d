"""Boxes to tick in pictures keep their state, and nothing else becomes one."""

import bench.pages.hard_kinds  # noqa: F401  adds its kinds
import numpy as np
import pytest
from bench.pages.kinds import make
from bench.pages.wear import WEARS, worn
from PIL import Image, ImageDraw
from tests.support.pages import SERIF, ArrayPage, face

import ocroute
from ocroute.engines.base import Task
from ocroute.engines.rapidocr import RapidOcr
from ocroute.ppocr.tick_boxes import with_ticks
from ocroute.raster.grey import to_grey
from ocroute.values import Box, Line, Word

ITEMS = (
    ("fresh fish", "cross"),
    ("brown bread", ""),
    ("olive oil", "tick"),
    ("coarse salt", ""),
    ("green tea", "full"),
    ("rope", ""),
)


def drawn(dpi_wear: str = "", stroke: int = 2) -> Image.Image:
    image = Image.new("L", (1000, 620), 255)
    draw, font = ImageDraw.Draw(image), face(SERIF, 32)
    draw.text((80, 40), "Please tick what is to be ordered", font=font, fill=0)
    for at, (label, state) in enumerate(ITEMS):
        y = 120 + 78 * at
        draw.rectangle((84, y + 4, 112, y + 32), outline=0, width=stroke)
        if state == "cross":
            draw.line((89, y + 9, 107, y + 27), fill=0, width=3)
            draw.line((107, y + 9, 89, y + 27), fill=0, width=3)
        elif state == "tick":
            draw.line((89, y + 18, 96, y + 27), fill=0, width=3)
            draw.line((96, y + 27, 109, y + 7), fill=0, width=3)
        elif state == "full":
            draw.rectangle((90, y + 10, 106, y + 26), fill=0)
        draw.text((140, y), label, font=font, fill=0)
    return worn(np.asarray(image), WEARS[dpi_wear]._replace(skew=0.0), 1) if dpi_wear else image


@pytest.fixture(scope="module")
def engine():
    return RapidOcr(Task())


@pytest.mark.parametrize("wear", ["", "office", "faded", "old"])
def test_ticked_and_empty_boxes_are_told_apart(engine, wear):
    page = ArrayPage(drawn(wear).convert("RGB"), dpi=200)
    texts = [line.text for line in engine.read_page(page, Task()).lines]
    for label, state in ITEMS:
        assert f"{'☑' if state else '☐'} {label}" in texts


def line(x0: float, text: str, y: float = 100.0, size: float = 32.0) -> Line:
    box = Box(x0, y, x0 + 14 * len(text), y + size)
    return Line(text, box, 0.99, (Word(text, box, 0.99),))


def paper(*rectangles: tuple[int, int, int, int]) -> np.ndarray:
    image = Image.new("RGB", (900, 300), "white")
    for rectangle in rectangles:
        ImageDraw.Draw(image).rectangle(rectangle, outline="black", width=2)
    return to_grey(np.asarray(image))


def test_a_row_of_boxes_for_single_letters_is_nobodys_tick():
    row = [(80 + 34 * at, 102, 108 + 34 * at, 130) for at in range(8)]
    lines = [line(380, "Surname")]
    assert with_ticks(paper(*row), lines) == lines


def test_a_box_far_from_any_line_is_nobodys():
    lines = [line(380, "Surname")]
    assert with_ticks(paper((80, 102, 108, 130)), lines) == lines
    assert with_ticks(paper((345, 202, 373, 230)), lines) == lines


def test_a_square_bullet_is_no_box():
    grey = paper()
    grey[102:124, 340:362] = 0
    lines = [line(380, "Surname")]
    assert with_ticks(grey, lines) == lines


def test_a_sign_read_in_the_box_gives_way_to_it():
    words = (Word("D", Box(342, 102, 372, 130), 0.6), Word("Surname", Box(385, 100, 480, 132), 0.99))
    (found,) = with_ticks(paper((343, 102, 371, 130)), [Line("D Surname", Box(342, 100, 480, 132), 0.9, words)])
    assert found.text == "☐ Surname"


@pytest.mark.parametrize("kind", ["dense", "table", "two_column", "dashed_rules"])
def test_print_has_no_boxes_in_its_words(kind):
    """A small B or n is as square as a box, and has its corners."""
    for seed in (3000, 3001):
        sheet = make(kind, "tune", seed)
        lines = with_ticks(to_grey(np.asarray(sheet.image)), sheet.lines)
        assert lines == sheet.lines


def test_letters_are_no_boxes(engine):
    image = Image.new("RGB", (1000, 300), "white")
    draw, font = ImageDraw.Draw(image), face(SERIF, 40)
    for at, text in enumerate(("D O B Q 0 8 U H", "Ordering Boxes DO OBOE")):
        draw.text((80, 40 + 110 * at), text, font=font, fill="black")
    found = engine.read_page(ArrayPage(image, dpi=200), Task()).lines
    assert not any(sign in one.text for one in found for sign in "☐☑")


def test_markdown_has_tasks(tmp_path):
    file = tmp_path / "list.png"
    drawn().save(file, dpi=(200, 200))
    (page,) = ocroute.read(file, engine="rapidocr").pages
    assert page.verdict.status == "accepted"
    text = ocroute.read(file, engine="rapidocr").to_markdown()
    for label, state in ITEMS:
        assert f"- [{'x' if state else ' '}] {label}" in text
