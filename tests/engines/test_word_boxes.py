"""Where words are parted: at spaces that the recogniser wrote, and at gaps that it had half in mind; never by ink alone."""

from __future__ import annotations

import numpy as np
import pytest

from ocroute.ppocr import word_boxes
from ocroute.ppocr.crops import Crop
from ocroute.ppocr.traced import Traced

LETTER, GAP = 14, 4


def line(text, gaps, spaces, dust):
    """A line of blocks of ink for letters, ``gaps`` pixels before those at its places, with dust in some, and what the recogniser
    thinks there.
    """
    letters = [letter for letter in text if letter != " "]
    pixels = np.full((40, 40 + sum(gaps.get(at, GAP) + LETTER for at in range(len(letters))), 3), 255, np.uint8)
    x, centers = 10, []
    for at in range(len(letters)):
        x += gaps.get(at, GAP) if at else 0
        if at in dust:
            pixels[12:17, x - gaps[at] // 2 - 2 : x - gaps[at] // 2 + 3] = 0
        pixels[8:32, x : x + LETTER] = 0
        centers.append(x + LETTER / 2)
        x += LETTER
    middles, known, place = [], [], -1
    for letter in text:
        place += letter != " "
        middles.append(centers[place] + (LETTER if letter == " " else 0))
        known.append(0.9 if letter == " " else spaces.get(place, 0.0))
    flat = np.eye(2, dtype=np.float32)
    traced = Traced(text, np.full(len(text), 0.99, np.float32), np.array(middles), np.array(known, np.float32))
    return word_boxes.lines(Crop(pixels, np.zeros(2, np.float32), *flat), traced)[0]


def said(text, gaps, spaces=None, dust=()):
    return [[word.text for word in piece.words] for piece in line(text, gaps, spaces or {}, dust)]


def test_a_gap_within_a_word_does_not_part_it():
    assert said("they express it so", {4: 16, 9: 15, 11: 16, 13: 16}) == [["they", "express", "it", "so"]]


def test_a_space_that_was_half_seen_parts_words():
    assert said("they expressit so", {4: 16, 11: 15, 13: 16}, {11: 0.2}) == [["they", "express", "it", "so"]]


@pytest.mark.parametrize(("sure", "words"), [(0.08, ["in", "1911", "of"]), (0.3, ["in", "19", "11", "of"])])
def test_it_takes_more_between_figures(sure, words):
    assert said("in 1911 of", {2: 16, 4: 15, 6: 16}, {4: sure}) == [words]


def test_a_gap_as_wide_as_a_column_parts_whatever_was_thought():
    assert said("TotalSum", {5: 90}) == [["Total"], ["Sum"]]


@pytest.mark.parametrize("stop", word_boxes.STOPS)
def test_behind_a_stop_a_space_that_was_hardly_seen_parts_numbers(stop):
    assert said(f"Combe, 87{stop}258", {6: 12, 9: 9}, {9: 0.17}) == [["Combe,", f"87{stop}", "258"]]
    assert said(f"Combe, 87{stop}258", {6: 12, 9: 9}, {9: 0.002}) == [["Combe,", f"87{stop}258"]]
    assert said(f"Combe, 87{stop}258", {6: 12, 9: 5}, {9: 0.17}) == [["Combe,", f"87{stop}258"]]


@pytest.mark.parametrize(("gap", "sure", "parted"), [(18, 0.17, True), (18, 0.01, False), (6, 0.17, False)])
def test_dust_in_a_gap_hides_no_space_that_was_half_seen(gap, sure, parted):
    words = ["saves", "about", "it"] if parted else ["savesabout", "it"]
    assert said("savesabout it", {5: gap, 10: 18}, {5: sure}, dust={5}) == [words]


@pytest.mark.parametrize(
    ("gap", "words"), [(5, ["they", "with", "joy", "so"]), (12, ["they", "wit", "h", "joy", "so"])]
)
def test_a_gap_much_narrower_than_the_line_s_spaces_is_none_of_them(gap, words):
    assert said("they with joy so", {4: 16, 7: gap, 8: 16, 11: 16}, {7: 0.17}) == [words]


def test_letters_that_touch_are_parted_by_no_space_that_was_half_seen():
    """All the white there is belongs to the space that was written."""
    assert said("ab cde", {1: 0, 2: 16, 3: 0, 4: 0}, {3: 0.2}) == [["ab", "cde"]]


@pytest.mark.parametrize("strokes", [0, 9])
def test_a_speck_alone_is_no_line_and_many_letters_read_as_one_are_a_place_of_print(strokes):
    pixels = np.full((40, 300, 3), 255, np.uint8)
    pixels[28:33, 20:25] = 0
    for at in range(strokes):
        pixels[8:32, 40 + 18 * at : 50 + 18 * at] = 0
    traced = Traced(".", np.array([0.9], np.float32), np.array([22.0]), np.zeros(1, np.float32))
    written, unwritten = word_boxes.lines(Crop(pixels, np.zeros(2, np.float32), *np.eye(2, dtype=np.float32)), traced)
    assert not written
    assert len(unwritten) == (strokes > 0)


def test_letters_that_run_together_have_no_space_between_them_whatever_was_thought():
    """As in handwriting: the line's only white is at the space that was written."""
    pixels, text, thought = np.full((40, 220, 3), 255, np.uint8), "they express", 7
    centers = np.array([10 + LETTER * (at + 0.5) for at in range(len(text))])
    for at in (at for at, letter in enumerate(text) if letter != " "):
        top = 8 + 12 * (at % 2)
        pixels[top : top + 12, 10 + at * LETTER : 10 + (at + 1) * LETTER] = 0
    known = np.array([0.9 if letter == " " else 0.4 * (at == thought) for at, letter in enumerate(text)], np.float32)
    traced = Traced(text, np.full(len(text), 0.99, np.float32), centers, known)
    written, _ = word_boxes.lines(Crop(pixels, np.zeros(2, np.float32), *np.eye(2, dtype=np.float32)), traced)
    assert [word.text for piece in written for word in piece.words] == ["they", "express"]
