"""Short texts whose letters are of the other alphabet are refused, whatever the words, and right ones are not."""

import pytest
from bench.pages.canvas import ArrayPage
from tests.support.pages import SERIF, typeset

from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge import judge
from ocroute.values import Line

TO_CYRILLIC = str.maketrans("pagecrtmoxbdhknuy", "радесгтмохьднкпиу")
TO_LATIN = str.maketrans("радесгтмохьднкпиуялбзв", "padecrtmoxbdhknuyrl63b")
ENGLISH = ("page", "paper and pen", "many paths", "goose", "the hand", "open gate")
RUSSIAN = ("рада", "дом у дороги", "страница", "смета работ", "письмо", "книга")


def codes(printed: str, said: str) -> set[str]:
    page = typeset([printed], font=SERIF, size=44)
    (line,) = page.text_layer()
    page = ArrayPage(page.raster(), None, size=page.size)
    reading = Reading(lines=(Line(said, line.box, 0.95),))
    found = judge(page, reading, engine=EngineInfo(kind="ocr", rank=0), task=Task())
    return {finding.code for finding in found.findings if finding.refuses}


@pytest.mark.parametrize(
    ("printed", "said"),
    [(text, text.translate(TO_CYRILLIC)) for text in ENGLISH] + [(text, text.translate(TO_LATIN)) for text in RUSSIAN],
)
def test_a_short_text_in_letters_of_the_other_alphabet_is_refused(printed, said):
    assert "wrong_script" in codes(printed, said)


@pytest.mark.parametrize("text", [*ENGLISH, *RUSSIAN, "СОС", "MOTOP", "12.04.1931", "Nr. 17"])
def test_a_short_text_in_its_own_letters_is_not(text):
    assert "wrong_script" not in codes(text, text)
