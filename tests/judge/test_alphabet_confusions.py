"""A few Russian lines that were read as Latin letters are found among others, and short pages in Latin letters are left alone."""

import random

import pytest
from bench.judge.failures import LATIN_FOR_CYRILLIC
from bench.pages import texts

from ocroute.judge.alphabet_confusions import misread_lines
from ocroute.judge.checks.wrong_script import ODD, PART, PLAINLY, READABLE, STRANGE


def misread(text: str) -> bool:
    return misread_lines(text, strange=STRANGE, clearly=PLAINLY, readable=READABLE, odd=ODD)[1] >= PART


def lines(rng: random.Random, language: str, count: int) -> list[str]:
    words = texts.prose(rng, texts.REPORT, language, 4 * count).split()
    return [" ".join(words[at : at + 7]) for at in range(0, 7 * count, 7)]


@pytest.mark.parametrize("english", [0, 3])
def test_three_russian_lines_in_latin_letters_are_found(english):
    rng = random.Random(english)
    pages = []
    for _ in range(40):
        russian = ["".join(LATIN_FOR_CYRILLIC.get(s.lower(), s) for s in line) for line in lines(rng, "ru", 3)]
        pages.append("\n".join(russian + lines(rng, "en", english)))
    assert sum(map(misread, pages)) >= 0.85 * len(pages)


@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
def test_short_pages_are_left_alone(language):
    rng = random.Random(7)
    pages = ["\n".join(lines(rng, language, rng.randint(1, 4))) for _ in range(60)]
    pages += [page.upper() for page in pages[:20]]
    assert not any(map(misread, pages))
