"""Print with a long s, which is read as f, is named; today's print is not, in any language, however many f it has."""

import re
from typing import Literal

import pytest
from bench.pages.texts import REPORT, TUNE
from tests.support.pages import LIGHTHOUSE, PROSE, blank_page

from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.checks.old_print import OldPrint
from ocroute.judge.long_s import long_s
from ocroute.values import Box, Font, Line

LONG = {"en": LIGHTHOUSE, "de": " ".join([*TUNE["de"], *REPORT["de"]])}


def as_old(text: str) -> str:
    """As it is read where each s within a word is a long one."""
    return re.sub(r"s(?=[a-z])", "f", text)


def found(text: str, kind: Literal["ocr", "textlayer"] = "ocr", font: Font | None = None):
    reading = Reading(lines=(Line(text, Box(50, 50, 900, 80), 0.97, font=font),))
    return OldPrint().check(blank_page(1000, 500), reading, engine=EngineInfo(kind=kind, rank=0), task=Task())


@pytest.mark.parametrize("text", [PROSE, *LONG.values()])
def test_old_print_is_named_with_its_words(text):
    finding = found(as_old(text))
    assert finding is not None
    assert finding.refuses
    assert "Fraktur" in finding.sentence
    assert finding.next_step


def test_letters_that_a_file_draws_are_what_it_says():
    """A layer behind a scan is what a recogniser read."""
    assert found(as_old(PROSE), "textlayer", Font("Serif", 20)) is None
    assert found(as_old(PROSE), "textlayer", Font("Serif", 20, hidden=True)) is not None


@pytest.mark.parametrize("language", TUNE)
def test_todays_print_is_none(language):
    assert found(" ".join([*TUNE[language], *REPORT.get(language, ())])) is None


@pytest.mark.parametrize(
    "text",
    [
        "for fun, if f(x) = f(y) then fold, find, file, fix and format it",
        "office, effort, affable, buffer, fluff",
        "Swifts return to the same tower each year. His grandmother sold buttons from a cart near the stafion. Two violins, "
        "a flute and an old piano filled the hall. In the lower fown the census was sold.",
        "Timetable Feneman Ashcombe Wenby Thurasley Quileford Feniford Halaford Fenbury Thureford Feniman",
        "",
    ],
)
def test_many_an_f_is_no_long_s(text):
    assert len(long_s(text)) < OldPrint.limit
