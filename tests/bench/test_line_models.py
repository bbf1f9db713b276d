"""What the line model was trained on: texts that it can write, lines as the recogniser takes them."""

import random

import numpy as np
import pytest
from bench.line_models import batches, line_pictures, sentences
from bench.line_models.alphabet import ALIKE, CHARACTERS, CLASSES, INDEX, classes, readable
from bench.line_models.line_drawing import drawn
from bench.line_models.line_pictures import Picture
from bench.line_models.line_texts import Writer, said
from bench.line_models.line_wear import worn
from tests.support.pages import SANS, face

from ocroute.ppocr import model_files, recogniser
from ocroute.ppocr.preprocessing import HEIGHT

SENTENCE = "Поезд «Рассвет» отправляется в 7:30, и никто не ждёт."
BANK = {
    language: {half: ["Поезд «Рассвет» отправляется в 7:30, и никто не ждёт."] for half in ("train", "test")}
    | {"words": ["мост"]}
    for language in ("ru", "uk", "be", "bg", "sr", "mk", "kk", "mn", "el", "en", *sentences.LATIN_LANGUAGES)
}


def test_the_file_writes_the_alphabet_that_it_was_trained_on():
    assert model_files.characters(model_files.european()) == ("", *CHARACTERS, " ")
    assert len(INDEX) == CLASSES - 1
    assert set(ALIKE) <= set(CHARACTERS)


def test_lines_are_scaled_as_the_recogniser_scales_them():
    assert (line_pictures.HEIGHT, line_pictures.STEP) == (HEIGHT, recogniser.STEP)
    assert (line_pictures.LONG, line_pictures.SQUEEZE) == (recogniser.LONG, recogniser.SQUEEZE)
    for height, width in ((40, 30), (40, 239), (40, 241), (7, 900)):
        crop = np.zeros((height, width, 3), np.uint8)
        assert line_pictures.columns_of(width, height) == recogniser._columns(crop, recogniser.SQUEEZE)


def test_every_line_can_be_written_and_seeds_repeat():
    for seed in range(3):
        one, two = (Writer(BANK, "train", seed) for _ in range(2))
        for _ in range(300):
            language, text = one.line()
            assert two.line() == (language, text)
            written = said(text)
            assert readable(written) == written
            assert len(written) == len(text)
            assert all(0 < index < CLASSES for index in classes(written))


@pytest.mark.parametrize("seed", range(40))
def test_wear_leaves_a_grey_line(seed):
    rng = random.Random(seed)
    ink = np.full((60, 300), 255, np.uint8)
    ink[20:40, 30:270:6] = 0
    shrink = 1 + seed % 3
    pixels = worn(ink, rng, shrink)
    assert pixels.dtype == np.uint8
    assert abs(pixels.shape[0] - 60 / shrink) <= 1
    assert 0.6 * 300 / shrink <= pixels.shape[1] <= 300 / shrink + 1


@pytest.mark.parametrize(("text", "written"), [("10⁵ м²", "105 м²"), ("H₂O⁹", "H2O9"), ("x¹", "x¹")])
def test_small_figures_are_written_as_plain_ones_where_they_have_no_class(text, written):
    assert said(text) == written


def test_a_raised_figure_stands_higher_than_a_letter_and_a_lowered_one_lower():
    def rows(text):
        return np.flatnonzero((drawn(text, face(SANS, 60), random.Random(1)) < 128).any(1))

    letter, raised, lowered = rows("x"), rows("x⁸"), rows("x₈")
    assert np.ptp(raised) > np.ptp(letter) < np.ptp(lowered)
    assert raised[0] < lowered[0]
    assert raised[-1] < lowered[-1]


def test_a_full_batch_has_its_widths_shape_and_keeps_what_its_lines_say():
    rng = np.random.default_rng(1)
    pictures = [
        Picture(rng.integers(1, 255, (HEIGHT, int(width)), dtype=np.uint8), [1, 2, 3][: 1 + at % 3], "ru")
        for at, width in enumerate(rng.integers(20, 1900, 400))
    ]
    found = list(batches.batches(pictures, whole=True))
    assert sum(len(batch.widths) for batch in found) == len(pictures)
    for batch in found:
        assert batch.pixels.shape[2] in batches.WIDTHS
        assert len(batch.widths) <= batches.count(batch.pixels.shape[2])
        assert batch.lengths.sum() == len(batch.classes)
        for row, width in zip(batch.pixels, batch.widths, strict=True):
            assert row[:, width:].max(initial=0) == 0
            assert row[:, :width].min() > 0


def test_what_is_held_out_depends_on_the_name_alone():
    names = [f"family {number}" for number in range(2000)]
    out = [name for name in names if sentences.held_out(name)]
    assert out == [name for name in names if sentences.held_out(name.upper())]
    assert 0.05 < len(out) / len(names) < 0.12
