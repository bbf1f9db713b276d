"""A Cyrillic word among Latin ones and figures is written as what it is; nothing else of the line changes."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from ocroute.ppocr import line_models
from ocroute.ppocr.foreign_words import has_disguised, with_foreign_words
from ocroute.ppocr.line_choice import PageLines
from ocroute.ppocr.traced import Traced


def traced(text: str, sure: float = 0.99) -> Traced:
    ones = np.ones(len(text), np.float32)
    return Traced(text, sure * ones, np.arange(len(text), dtype=float), 0 * ones)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Total 1 250 py6.", True),
        ("Invoice 17 oT 12.03.2024", True),
        ("Quantity: 15 .", True),
        ("Volume 10  each", True),
        ("The train leaves at noon", False),
        ("Platform nine, 22:48 hours", False),
        ("a cup, a pot", False),  # no figures
    ],
)
def test_which_lines_may_hide_a_word(text: str, asked: bool) -> None:
    assert has_disguised(text) is asked


@pytest.mark.parametrize(
    ("own", "other", "gives"),
    [
        ("Total 1 250 py6.", "Tоtal 1 250 руб.", "Total 1 250 руб."),
        ("from 3 cyT. on", "from 3 сут. on", "from 3 сут. on"),
        ("Volume 10  each", "Volume 10 мл each", "Volume 10 мл each"),
        ("Sum 15", "Sum 15 шт.", "Sum 15 шт."),
        ("Order N 4 oT 1.02", "Order № 4 от 1.02", "Order № 4 от 1.02"),
        ("Power 7 kBm max", "Power 7 кВт mах", "Power 7 кВт max"),
        ("See p. 12", "See р. 12", "See p. 12"),  # letters that both have: it may be either
        ("Row 3 of 4", "Row з of 4", "Row 3 of 4"),  # a figure stays a figure
        ("H2O at 4 bar", "Н2О at 4 bar", "H2O at 4 bar"),
    ],
)
def test_only_words_that_are_no_others_in_disguise_are_taken(own: str, other: str, gives: str) -> None:
    found = with_foreign_words(traced(own), traced(other))
    assert found.text == gives
    assert len(found.probabilities) == len(found.centers) == len(found.spaces) == len(gives)


def test_an_unsure_word_is_not_taken() -> None:
    assert with_foreign_words(traced("Total 250 py6."), traced("Total 250 руб.", 0.8)).text == "Total 250 py6."


def test_a_latin_page_with_russian_units(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_models, "PUBLISHED", {})
    font = ImageFont.truetype("DejaVuSerif.ttf", 28)
    texts = [
        "The delivery leaves the harbour at noon",
        "Total amount: 1 250 руб.",
        "Invoice 4417 от 12.03.2024",
        "Quantity: 15 шт.",
    ]
    crops = []
    for text in texts:
        image = Image.new("RGB", (int(font.getlength(text)) + 16, 44), "white")
        ImageDraw.Draw(image).text((8, 4), text, "black", font)
        crops.append(np.asarray(image))
    read = PageLines(line_models.every()[:2], 1).read(crops)
    assert [line.text.strip() for line in read] == texts
