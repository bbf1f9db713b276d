"""The ink of a page is found on light, dark and uneven paper, and pictures are not taken for text."""

import random

import numpy as np
import pytest
from bench.pages.canvas import photo
from bench.pages.spoilt import snapped
from bench.pages.textless import LIGHT, one_colour
from PIL import Image
from tests.support.pages import LIGHTHOUSE, ArrayPage, letter, sheet, vera

from ocroute.judge import at_sight
from ocroute.raster.grey import to_grey
from ocroute.raster.ink import measure
from ocroute.values import Box


def pixels(image):
    return to_grey(np.asarray(image.convert("RGB")))


@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ("black", "white"),
        ("white", "black"),
        ("white", (0, 60, 110)),
        ((90, 90, 90), (180, 180, 180)),
        ("black", (255, 240, 150)),
    ],
)
def test_each_printed_line_is_found_on_any_ground(ink, ground):
    made = letter(ink=ink, ground=ground)
    found = measure(pixels(made.image))
    covered = found.cover(line.box for line in found.lines)
    assert (found.share(covered, [line.box for line in made.lines]) == 1).all()
    for line in made.lines:
        own = [row for row in found.lines if row.box.intersection(line.box) > 0.4 * row.box.area]
        assert sum(row.box.width for row in own) > 0.8 * line.box.width
    letters = len(LIGHTHOUSE.replace(" ", ""))
    assert 0.3 * letters < found.glyphs < 1.5 * letters


def test_boxes_are_in_raster_pixels_though_the_page_is_reduced():
    made = sheet((2480, 3508))
    made.paragraph((300, 2000, 2200, 3300), LIGHTHOUSE, vera(50))
    found = measure(pixels(made.image))
    assert found.scale == pytest.approx(3, abs=0.01)
    around = Box.around(line.box for line in found.lines)
    truth = Box.around(line.box for line in made.lines)
    assert all(
        abs(a - b) < 20
        for a, b in zip(
            (around.x0, around.y0, around.x1, around.y1), (truth.x0, truth.y0, truth.x1, truth.y1), strict=True
        )
    )


@pytest.mark.parametrize("seed", range(4))
def test_a_photograph_is_hardly_ever_text(seed):
    found = measure(pixels(photo(random.Random(seed), 1200, 900)))
    assert found.glyphs < 30


def test_rules_and_circles_are_ink_but_no_text():
    made = sheet()
    for at in range(100, 900, 60):
        made.draw.line((100, at, 1100, at), fill="black", width=3)
    made.draw.ellipse((300, 300, 600, 600), outline="blue", width=5)
    found = measure(pixels(made.image))
    assert found.lines == ()
    assert found.fraction > 0.01


@pytest.mark.parametrize(
    ("ground", "status"), [(255, "blank"), (235, "blank"), (110, "blank"), (60, "doubtful"), (0, "doubtful")]
)
def test_specks_and_grain_leave_a_page_blank_where_paper_can_be_seen(ground, status):
    noise = np.random.default_rng(ground)
    raster = np.clip(noise.normal(ground, 6, (1400, 1000, 3)), 0, 255).astype(np.uint8)
    for _ in range(40):
        y, x = noise.integers(10, 990, 2)
        raster[y : y + 2, x : x + 2] = 255 - ground if ground != 110 else 0
    verdict = at_sight(ArrayPage(raster))
    assert verdict is not None
    assert verdict.status == status


@pytest.mark.parametrize("seed", range(6))
def test_a_dark_page_is_not_blank_though_nothing_is_seen_on_it(seed):
    verdict = at_sight(one_colour(seed).page())
    assert verdict is not None
    assert (verdict.status, [finding.code for finding in verdict.findings]) == ("doubtful", ["dark"])


@pytest.mark.parametrize("seed", range(5))
def test_coloured_paper_is_blank(seed):
    verdict = at_sight(one_colour(seed, LIGHT).page())
    assert verdict is not None
    assert verdict.status == "blank"


def test_one_word_makes_a_page_not_blank():
    made = sheet()
    made.write(500, 500, "Page", vera(24))
    assert at_sight(made.page()) is None


@pytest.mark.parametrize("seed", range(4))
def test_the_lines_of_a_page_that_was_photographed_from_the_side_are_seen(seed):
    made = letter()
    seen = measure(pixels(snapped(made, random.Random(seed), hard=False).image))
    assert len(seen.lines) >= 0.8 * len(made.lines)
    assert seen.glyphs >= 0.4 * measure(pixels(made.image)).glyphs  # letters touch where the page is far away


@pytest.mark.parametrize("degrees", [-7, -3, 0, 3, 7])
def test_turned_lines_are_rows(degrees):
    made = letter()
    turned = made.image.rotate(degrees, fillcolor="white", resample=Image.Resampling.BICUBIC)
    assert measure(pixels(turned)).glyphs >= 0.9 * measure(pixels(made.image)).glyphs


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (3, 3), (17, 2000)])
def test_odd_sizes_are_measured_without_error(size):
    for colour in ("white", "black"):
        found = measure(pixels(Image.new("RGB", size, colour)))
        assert found.lines == ()


def test_boxes_beyond_the_page_are_bare():
    found = measure(pixels(letter().image))
    assert found.inked([Box(5000, 5000, 6000, 6000), Box(10, 10, 10, 10)]).tolist() == [0, 0]
