"""True readings of pages that look as if something was wrong are accepted, and what is missing there is still seen."""

import random

import bench.pages.hard_kinds
import pytest
from bench.judge.readings import noisy, of_lines
from bench.pages.canvas import Sheet
from bench.pages.kinds import KINDS, make
from bench.pages.spoilt import snapped
from msgspec.structs import replace

from ocroute.engines.base import EngineInfo, Task
from ocroute.judge import judge

HARD = sorted(name for name, maker in KINDS.items() if maker.__module__ == bench.pages.hard_kinds.__name__)
SEEDS = (200, 201)


def codes(sheet: Sheet, lines) -> set[str]:
    found = judge(sheet.page(), of_lines(lines), engine=EngineInfo(kind="ocr", rank=0), task=Task())
    return {finding.code for finding in found.findings if finding.refuses}


def sheet_of(kind: str, seed: int) -> Sheet:
    sheet = make(kind, "report", seed)
    if sheet is None:
        pytest.skip("a font is not installed")
    return sheet


@pytest.mark.parametrize("kind", HARD)
@pytest.mark.parametrize("seed", SEEDS)
def test_good_text_is_accepted(kind, seed):
    sheet = sheet_of(kind, seed)
    assert codes(sheet, noisy(sheet.lines, random.Random(seed), 0.01)) == set()


def test_slanted_lines_are_accepted_from_an_engine_that_gives_no_words():
    sheet = sheet_of("slanted", SEEDS[0])
    assert codes(sheet, [replace(line, words=()) for line in sheet.lines]) == set()


@pytest.mark.parametrize("kind", ["dense", "two_column", "cyrillic"])
@pytest.mark.parametrize("seed", SEEDS)
def test_of_a_page_photographed_from_the_side_all_text_is_accepted_and_a_third_that_is_missing_is_seen(kind, seed):
    sheet = snapped(sheet_of(kind, seed), random.Random(seed), hard=False)
    assert codes(sheet, noisy(sheet.lines, random.Random(seed), 0.01)) == set()
    count = len(sheet.lines)
    assert "coverage" in codes(sheet, sheet.lines[: count // 3] + sheet.lines[2 * count // 3 :])


@pytest.mark.parametrize("kind", HARD)
def test_a_third_that_is_missing_there_is_seen(kind):
    sheet = sheet_of(kind, SEEDS[0])
    count = len(sheet.lines)
    assert "coverage" in codes(sheet, sheet.lines[: count // 3] + sheet.lines[2 * count // 3 :])
