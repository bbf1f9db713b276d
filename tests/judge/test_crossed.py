"""Words under a stamp are named with their place, however surely they were read; words beside one, and ruled ones, are not."""

import random

import bench.pages.hard_kinds
import numpy as np
import pytest
from bench.judge.readings import of_lines
from bench.pages.kinds import KINDS, make, replaced
from bench.pages.spoilt import stamped
from PIL import ImageDraw

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Task
from ocroute.judge import judge
from ocroute.judge.checks.crossed import Crossed
from ocroute.values import Line

HARD = [name for name, maker in KINDS.items() if maker.__module__ == bench.pages.hard_kinds.__name__]
CLEAN = (
    "table",
    "form",
    "drawing",
    "formulas",
    "stamped",
    "picture",
    "noisy_scan",
    "tiny",
    *(one for one in HARD if one != "slanted"),
)
"""Of ``slanted``, lines run over the paragraph for some seeds."""


def sheet_of(kind, seed):
    sheet = make(kind, "report", seed)
    if sheet is None:
        pytest.skip("a font is not installed")
    return sheet


def found(sheet, kind="ocr") -> Finding | None:
    engine = EngineInfo(kind=kind, rank=0)
    return Crossed().check(sheet.page(), of_lines(sheet.lines), engine=engine, task=Task())


@pytest.mark.parametrize("seed", [500, 501])
@pytest.mark.parametrize("kind", ["dense", "two_column", "cyrillic"])
def test_words_under_a_stamp_are_named_with_their_place(kind, seed):
    sheet, box = stamped(sheet_of(kind, seed), random.Random(seed))
    finding = found(sheet)
    assert finding is not None
    assert finding.refuses
    assert finding.image is not None
    assert finding.image.intersection(box) > 0.5 * box.area
    assert finding.image.area < 3 * box.area  # words reach out of it


def test_an_engine_that_leaves_the_words_under_a_stamp_out_does_not_get_past_it():
    sheet, box = stamped(sheet_of("dense", 500), random.Random(500))
    page, left = sheet.page(), []
    for line in sheet.lines:
        beside = [word for word in line.words if word.box.intersection(box) == 0]
        left += [Line.of_words(beside)] if beside else []
    engine = EngineInfo(kind="ocr", rank=0)
    whole, less = (judge(page, of_lines(lines), engine=engine, task=Task()) for lines in (sheet.lines, left))
    assert [verdict.status for verdict in (whole, less)] == ["doubtful", "doubtful"]
    assert whole.score >= less.score


def test_a_pen_that_circles_a_paragraph_crosses_the_words_that_it_runs_through():
    sheet = sheet_of("dense", 500)
    drawn = replaced(sheet, np.asarray(sheet.image))
    ImageDraw.Draw(drawn.image).ellipse((300, 400, 760, 640), outline=(20, 20, 120), width=4)
    finding = found(drawn)
    assert finding is not None
    assert finding.value < 0.2 * sum(len(line.words) for line in sheet.lines)


def test_the_text_of_a_pdf_is_not_read_from_its_pixels():
    sheet, _ = stamped(sheet_of("dense", 500), random.Random(500))
    assert found(sheet, "textlayer") is None


@pytest.mark.parametrize("kind", CLEAN)
def test_nothing_lies_over_the_words_of_clean_pages(kind):
    assert found(sheet_of(kind, 500)) is None
