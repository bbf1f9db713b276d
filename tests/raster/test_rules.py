"""Ruling lines of scans: one finder for tables, columns, notes and furniture."""

import cv2
import numpy as np
import pytest
from bench.pages.kinds import Press
from tests.support.pages import ArrayPage, Sheet, letter

from ocroute.raster.grey import to_grey
from ocroute.raster.ink import ink_of
from ocroute.raster.rules import Rule, Rules, find_strokes, page_rules
from ocroute.values import Box


class Scan(ArrayPage):
    """A white page without text layer or vectors, and what was drawn on it."""

    def __init__(self, width=1600, height=2200):
        super().__init__(np.full((height, width, 3), 255, np.uint8), dpi=200)

    def rule(self, x0, y0, x1, y1, grey=0, thick=2):
        cv2.line(self.pixels, (x0, y0), (x1, y1), (grey,) * 3, thick)


@pytest.mark.parametrize("grey", [0, 150])
def test_a_rule_is_found_be_it_black_or_a_grey_hairline(grey):
    page = Scan()
    page.rule(200, 1900, 700, 1900, grey, thick=1 if grey else 2)
    (rule,) = page_rules(page, 35.0).across(1600)
    assert rule.at == pytest.approx(1900, abs=3)
    assert (rule.start, rule.end) == (pytest.approx(200, abs=8), pytest.approx(700, abs=8))


def test_on_a_dark_page_rules_are_light_and_the_ground_between_lines_is_none():
    pixels = np.array(letter(ink=(235, 235, 225), ground=(28, 36, 48)).image)
    cv2.line(pixels, (100, 900), (1100, 900), (235, 235, 225), 2)
    (rule,) = page_rules(ArrayPage(pixels, dpi=200), 24.0).horizontal
    assert rule.at == pytest.approx(900, abs=3)


def test_pieces_of_a_rule_are_joined_over_a_gutter():
    page = Scan()
    page.rule(100, 500, 780, 500)
    page.rule(800, 500, 1500, 501)
    (rule,) = page_rules(page, 35.0).across(1600)
    assert rule.length > 1350


def test_strokes_that_run_through_words_are_letters():
    rules = Rules((Rule(120.0, 100.0, 300.0), Rule(200.0, 100.0, 300.0)))
    words = [Box(90, 100, 200, 140), Box(205, 100, 310, 140)]
    assert rules.clear_of(words).horizontal == (Rule(200.0, 100.0, 300.0),)


def test_bars_are_no_rules_and_rules_are_no_text():
    page = Scan()
    page.rule(200, 300, 1400, 300, thick=40)
    page.rule(200, 600, 1400, 600, thick=3)
    page.rule(200, 600, 200, 1500, thick=3)
    found = page_rules(page, 35.0)
    assert [round(rule.at, -1) for rule in found.horizontal] == [600]
    assert [round(rule.at, -1) for rule in found.vertical] == [200]
    assert ink_of(page).lines == ()


def test_a_page_is_searched_once_and_forgets_when_it_is_released():
    page = Scan()
    page.rule(200, 1900, 700, 1900)
    assert page_rules(page, 35.0).horizontal
    page.pixels[:] = 255
    assert page_rules(page, 35.0).horizontal
    page.release()
    assert not page_rules(page, 35.0).horizontal


def boxed(ground: tuple[int, int, int]) -> Sheet:
    """A white page with a box of two columns of text on a ground of its own."""
    press = Press("tune", 3000)
    made, font = press.sheet("boxed"), press.body(22, 26)
    made.paragraph((110, 100, 1130, 300), press.prose(4), font)
    made.draw.rectangle((100, 350, 1140, 1000), fill=ground)
    for x in (120, 640):
        made.paragraph((x, 370, x + 480, 990), press.prose(30), font, ink="white" if sum(ground) < 380 else "black")
    return made


def upright(segments) -> list:
    return [s for s in segments if abs(s[2] - s[0]) < abs(s[3] - s[1])]


@pytest.mark.parametrize("ground", [(20, 30, 60), (90, 20, 20), (0, 0, 0), (235, 240, 220)])
@pytest.mark.parametrize("negative", [False, True])
def test_the_ground_between_letters_in_a_box_is_no_rule(ground, negative):
    grey = to_grey(np.asarray(boxed(ground).image))
    assert len(upright(find_strokes(255 - grey if negative else grey, 26.0))) <= 2  # the edges of the box


@pytest.mark.parametrize("ground", [(20, 30, 60), (235, 240, 220)])
def test_rules_in_a_box_are_found_whatever_its_ground(ground):
    made = boxed(ground)
    made.draw.line((630, 380, 630, 980), fill="white" if sum(ground) < 380 else "black", width=2)
    found = upright(find_strokes(to_grey(np.asarray(made.image)), 26.0))
    assert any(abs(x0 - 630) < 4 and y1 - y0 > 400 for x0, y0, x1, y1 in found)
