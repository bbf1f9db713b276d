"""Signs that dust made are left out, printed ones are kept, and of two words with a speck between them both are."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw
from tests.support.pages import SANS, SERIF, face, vera

from ocroute.ppocr import raised_figures
from ocroute.ppocr.dust import swept
from ocroute.ppocr.traced import Traced

SIZE, LEFT, TOP = 36, 20, 6
FONTS = (vera(SIZE), SERIF, SANS)


def line(
    said: str, dust: dict[int, float], sure: float, font, *, grown: int = 0, beside: bool = False
) -> tuple[Traced, np.ndarray]:
    """A line of which the signs at some places of ``said`` are specks, so many letters' heights above the line, in the white of a
    space; the recogniser is ``sure`` of every sign that is no letter. A speck lies under the letter at ``grown``.

    ``beside``: the signs are printed too, and the specks lie near them.
    """
    font = font if not hasattr(font, "is_file") else face(font, SIZE)
    printed = "".join(" " if at in dust and not beside else sign for at, sign in enumerate(said))
    image = Image.new("L", (round(font.getlength(printed)) + 2 * LEFT, 54), 240)
    draw = ImageDraw.Draw(image)
    draw.text((LEFT, TOP), printed, font=font, fill=20)
    base = TOP + font.getmetrics()[0]
    centers = [LEFT + font.getlength(printed[:at]) + font.getlength(printed[at]) / 2 for at in range(len(said))]
    for at, height in dust.items():
        x, y = centers[at] + 5 * beside, base - height * 0.72 * SIZE
        draw.ellipse((x - 2, y - 4, x + 2, y), fill=20)
    if grown:
        draw.rectangle((centers[grown] - 3, base - 2, centers[grown] + 3, base + 9), fill=20)
    probabilities = np.array([1.0 if sign.isalnum() or sign == " " else sure for sign in said], np.float32)
    spaces = np.zeros(len(said), np.float32)
    return Traced(said, probabilities, np.array(centers), spaces), np.repeat(np.asarray(image)[..., None], 3, 2)


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize("height", [-0.4, 0.4, 0.8])
@pytest.mark.parametrize(
    ("said", "at", "right"), [("the mill.in the town", 8, "the mill in the town"), ("In.18 July", 2, "In 18 July")]
)
def test_a_speck_between_words_is_the_space_that_it_lies_in(font, height, said, at, right):
    assert swept(*line(said, {at: height}, 0.9, font)).text == right


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize("sign", [".", ",", "·"])
def test_a_speck_before_a_word_is_none_of_its_signs(font, sign):
    assert swept(*line(f"cost {sign}45 each", {5: 0.0}, 0.95, font)).text == "cost 45 each"


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize(
    "text",
    [
        "It was sold. Nobody knew",
        "1,204.50 in 1911, and",
        "don't ask Peter's",
        "qu’ils et l’eau",
        "see 3:45 p.m. at",
        "end of it.",
        "at example.com or",
    ],
)
@pytest.mark.parametrize("sure", [0.7, 0.96, 1.0])
def test_printed_signs_are_kept_however_unsure(font, text, sure):
    assert swept(*line(text, {}, sure, font)).text == text


@pytest.mark.parametrize("font", FONTS)
def test_what_the_recogniser_is_sure_of_is_kept_wherever_it_stands(font):
    text = "read .bashrc and .5 of it"
    assert swept(*line(text, {}, 1.0, font)).text == text


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize("text", ["47485", "1450 604", "about 1911 of"])
def test_dust_under_a_letter_raises_no_figure(font, text):
    traced, pixels = line(text, {}, 1.0, font, grown=len(text) // 2)
    assert raised_figures.marked(traced, pixels).text == text


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize("height", [-0.35, 0.3, 0.8])
@pytest.mark.parametrize("sure", [0.93, 1.0])
@pytest.mark.parametrize(
    ("said", "at"), [("Total 20.55.", 11), ("1,204. of them", 5), ("paper cups.", 10), ("cost .36 each", 5)]
)
def test_a_speck_off_the_line_is_no_stop_however_sure_the_recogniser(font, height, sure, said, at):
    right = said[:at] + said[at + 1 :]
    assert swept(*line(said, {at: height}, sure, font)).text.split() == right.split()


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize("height", [-0.3, 0.3, 0.8])
@pytest.mark.parametrize("text", ["Total 20.55.", "paper cups. Then", "see 3:45 p.m. at"])
def test_a_stop_on_the_line_is_kept_with_a_speck_beside_it(font, height, text):
    at = text.rindex(".")
    assert swept(*line(text, {at: height}, 1.0, font, beside=True)).text == text
