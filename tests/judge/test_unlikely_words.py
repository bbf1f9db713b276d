"""The words of a layer that hardly any language spells so, and what the page shows in their place."""

import pytest
from tests.support.pages import LIGHTHOUSE, QUARRY_IN_RUSSIAN

from ocroute.judge.layer_sample import Probe
from ocroute.judge.read_back import Seen
from ocroute.judge.unlikely_words import MOST, UnlikelyWords
from ocroute.values import Box

WRONG = {"keeper": "kegper", "weather": "weathqr", "morning": "mxrning"}


def probes(text):
    return [
        Probe(word, word.strip(".,").lower(), Box(10 * at, 0, 10 * at + 9, 9), "", "Latn")
        for at, word in enumerate(text.split())
    ]


def with_slips(text, slips):
    for right, wrong in slips.items():
        text = text.replace(right, wrong, 1)
    return text


def test_words_with_a_wrong_letter_are_among_the_few_that_are_chosen():
    chosen = [word.text for word in UnlikelyWords(probes(with_slips(LIGHTHOUSE, WRONG))).chosen]
    assert len(chosen) <= MOST
    assert set(WRONG.values()) <= set(chosen)


def test_a_word_that_stands_twice_is_meant_so():
    text = f"{LIGHTHOUSE} The kegper of it was a kegper indeed"
    assert "kegper" not in [word.text for word in UnlikelyWords(probes(text)).chosen]


def test_of_a_page_whose_language_is_not_known_none_is_chosen():
    assert UnlikelyWords(probes("kegper weathqr")).chosen == ()
    assert UnlikelyWords([]).chosen == ()


@pytest.mark.parametrize(
    ("said", "shown", "wrong", "counts"),
    [
        ("kegper", "keeper", 1, True),
        ("keeper", "kegper", 1, False),
        ("kegper", "kegper", 0, False),
        ("kegper", "mornings", 6, False),
        ("kegper", "", 1, False),
    ],
)
def test_only_a_likelier_word_with_few_other_letters_corrects_one(said, shown, wrong, counts):
    words = UnlikelyWords(probes(LIGHTHOUSE))
    assert bool(words.corrected([Seen(probes(said)[0], shown, wrong)])) == counts


def test_likelier_spellings_keep_the_signs_and_the_capitals():
    words = UnlikelyWords(probes(3 * QUARRY_IN_RUSSIAN), "Cyrl")
    assert "«Договор»," in words.likelier(probes("«Догжвор»,")[0], 8)
    assert "ДОГОВОР" in words.likelier(probes("ДОГЖВОР")[0], 8)
    assert words.likelier(probes("47/12")[0], 8) == []
