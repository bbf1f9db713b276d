"""Letters of one code page under the names of another are put right where what comes is no writing at all."""

from itertools import pairwise

import numpy as np
import pytest
from tests.support.pages import LIGHTHOUSE, QUARRY_IN_RUSSIAN

from ocroute.pages.code_pages import cyrillic
from ocroute.pages.pdf_text import clean


def of_page(*texts):
    """Code points of texts, each in a font of its own, and the number of each one's font."""
    codes = [ord(sign) for text in texts for sign in text]
    return np.array(codes), np.repeat(np.arange(len(texts)), [len(text) for text in texts])


def put_right(*texts):
    codes, font = of_page(*texts)
    changed = "".join(map(chr, cyrillic(codes, font).tolist()))
    ends = np.cumsum([0, *map(len, texts)])
    return [changed[start:end] for start, end in pairwise(ends)]


def mistaken(text, meant, said):
    return text.encode(meant).decode(said)


@pytest.mark.parametrize("text", ["Оглавление", "ДОГОВОР № 7 от 3 мая", QUARRY_IN_RUSSIAN, "«Їжак і ёлка» – вірші"])
def test_a_russian_font_under_western_names(text):
    assert put_right(LIGHTHOUSE, mistaken(text, "cp1251", "cp1252")) == [LIGHTHOUSE, text]


@pytest.mark.parametrize(
    "text",
    [
        "àÀâÂäÄçÇéÉèÈêÊëËîÎïÏôÔùÙûÛüÜ",
        "à é è",
        "Größe, Übermaß und Äpfel",
        "État, élève, à côté",
        "Þingvellir í júlí",
        "ÀÂÄÇÉÈ",
    ],
)
def test_letters_with_accents_stay(text):
    assert put_right(text) == [text]


@pytest.mark.parametrize("text", ["Durée", "Allgäu", "Köln", "für", "créée", "naïve", "señor", "aún"])
def test_a_font_of_a_mac_read_as_one_of_windows(text):
    assert clean(map(ord, mistaken(text, "cp1252", "mac_roman"))) == text


@pytest.mark.parametrize(
    "text",
    ["5‰", "ÉCOLE", "École", "d’État", "crème", "àÀâÂäÄ", "L‰", "Wort„", "McÉwan’s", "conﬂict", "Dvoˇrak", "привет"],
)
def test_words_that_are_written_stay(text):
    assert clean(map(ord, text)) == text.replace("ﬂ", "fl")
