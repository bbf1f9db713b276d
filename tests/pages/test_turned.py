import cv2
import numpy as np
import pytest
from tests.support.pages import ArrayPage

from ocroute.pages.page import deskewed
from ocroute.raster.grey import to_grey
from ocroute.raster.marks import find_marks
from ocroute.raster.skew import MAX_SKEW, estimate_skew
from ocroute.values import Box, Line, Word


def drawn(raster):
    """A page of a given raster, with one word and one rule on its ink."""
    box = Box(20, 10, 60, 18)
    return ArrayPage(raster, (Line("word", box, words=(Word("word", box),)),), [(20, 18, 60, 18)], dpi=200)


def page_with_ink():
    raster = np.full((100, 200, 3), 255, np.uint8)
    raster[10:18, 20:60] = 0
    return drawn(raster)


@pytest.mark.parametrize("turns", [1, 2, 3, 5, -1])
def test_a_turned_page_carries_its_text_and_rules_along(turns):
    page = page_with_ink().turned_by(turns)
    raster = page.raster()
    assert (raster.shape[1], raster.shape[0]) == page.size
    assert page.turned == turns % 4 * 90
    (line,) = page.text_layer()
    box = line.box
    inside = raster[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)]
    assert inside.max() == 0
    assert (raster == 0).sum() == inside.size
    assert line.words[0].box == box
    assert line.angle == turns % 4 * 90
    ((x0, y0, x1, y1),) = page.rules()
    assert x0 <= x1
    assert y0 <= y1
    assert box.x0 <= x0
    assert x1 <= box.x1
    assert max(x1 - x0, y1 - y0) == 40


def test_four_quarter_turns_are_none():
    page = page_with_ink()
    assert page.turned_by(4) is page
    there_and_back = page.turned_by(1).turned_by(3)
    assert there_and_back.turned == 0
    assert np.array_equal(there_and_back.raster(), page.raster())
    assert there_and_back.text_layer() == page.text_layer()


def test_a_straightened_page_keeps_its_size_and_loses_its_boxes():
    page = page_with_ink().turned_by(1, 2.5)
    assert page.size == (100, 200)
    assert page.raster().shape == (200, 100, 3)
    assert (page.turned, page.skew) == (90, 2.5)
    assert page.text_layer() is None
    assert page.rules() is None


def words_page(rng, lines=30, size=(900, 1200)):
    image = np.full((size[1], size[0]), 255, np.uint8)
    letters = "abcdefghijklmnopqrstuvwxyz"
    for row in range(lines):
        text = " ".join("".join(rng.choice(list(letters), rng.integers(2, 9))) for _ in range(8))
        cv2.putText(image, text, (70, 100 + 34 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 0, 2, cv2.LINE_AA)
    return np.repeat(image[:, :, None], 3, axis=2)


@pytest.mark.parametrize("skew", [-14.0, -3.3, -0.5, 0.3, 1.0, 6.4, 14.0])
@pytest.mark.parametrize("noise", [0, 25])
def test_skew_is_found_to_a_tenth_of_a_degree(skew, noise):
    rng = np.random.default_rng(7)
    leaning = deskewed(words_page(rng), -skew).astype(np.int16)
    leaning += rng.normal(0, noise, leaning.shape).astype(np.int16)
    found = estimate_skew(find_marks(to_grey(np.clip(leaning, 0, 255).astype(np.uint8))))
    assert found == pytest.approx(skew, abs=0.1 if abs(skew) < 8 else 0.3)


def grid(rows=12, columns=6):
    image = np.full((1200, 900, 3), 255, np.uint8)
    for i in range(rows + 1):
        cv2.line(image, (50, 50 + 80 * i), (50 + 130 * columns, 50 + 80 * i), (0, 0, 0), 2)
    for j in range(columns + 1):
        cv2.line(image, (50 + 130 * j, 50), (50 + 130 * j, 50 + 80 * rows), (0, 0, 0), 2)
    for i in range(rows):
        for j in range(columns):
            cv2.putText(image, str(137 * i + j), (70 + 130 * j, 100 + 80 * i), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 0, 2)
    return image


def specks(rng):
    image = np.full((1200, 900, 3), 255, np.uint8)
    for x, y in zip(rng.integers(0, 890, 400), rng.integers(0, 1190, 400), strict=True):
        image[y : y + 6, x : x + 5] = 40
    return image


def strokes(rng):
    image = np.full((1200, 900, 3), 255, np.uint8)
    for _ in range(150):
        cv2.line(image, tuple(rng.integers(0, 890, 2).tolist()), tuple(rng.integers(0, 890, 2).tolist()), (0, 0, 0), 2)
    return image


@pytest.mark.parametrize("kind", ["words", "few words", "table", "blank", "specks", "strokes", "noise", "one pixel"])
def test_straight_and_textless_pages_are_left_alone(kind):
    rng = np.random.default_rng(3)
    raster = {
        "words": lambda: words_page(rng),
        "few words": lambda: words_page(rng, lines=1),
        "table": grid,
        "blank": lambda: np.full((1200, 900, 3), 255, np.uint8),
        "specks": lambda: specks(rng),
        "strokes": lambda: strokes(rng),
        "noise": lambda: rng.integers(0, 255, (600, 600, 3)).astype(np.uint8),
        "one pixel": lambda: np.zeros((1, 1, 3), np.uint8),
    }[kind]()
    assert estimate_skew(find_marks(to_grey(raster))) == 0.0


def test_more_skew_than_the_limit_is_not_guessed_at():
    leaning = deskewed(words_page(np.random.default_rng(1)), -(MAX_SKEW + 8))
    assert abs(estimate_skew(find_marks(to_grey(leaning)))) <= MAX_SKEW
