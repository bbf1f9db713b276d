"""Rows that are out of focus are seen where no text covers them, and nothing that is sharp, or a picture, is taken for them."""

import random

import bench.pages.hard_kinds
import numpy as np
import pytest
from bench.judge.readings import noisy, of_lines
from bench.pages.canvas import ArrayPage
from bench.pages.kinds import KINDS, make
from bench.pages.spoilt import blurred
from bench.pages.textless import TEXTLESS

from ocroute.engines.base import EngineInfo, Task
from ocroute.judge import judge
from ocroute.raster.blurred_rows import blurred_rows

TYPE = ("dense", "two_column", "cyrillic", "noisy_scan")
HARD = [name for name, maker in KINDS.items() if maker.__module__ == bench.pages.hard_kinds.__name__]
SOFTNESS = (0.15, 0.3)  # of the type's size: letters are lost from the first, rows are still seen at the second


def spoilt(kind, seed, softness):
    sheet = make(kind, "report", seed)
    if sheet is None:
        pytest.skip("a font is not installed")
    return blurred(sheet, random.Random(seed), least=softness, most=softness)


def found(sheet, lines):
    verdict = judge(sheet.page(), of_lines(lines), engine=EngineInfo(kind="ocr", rank=0), task=Task())
    return {finding.code: finding for finding in verdict.findings if finding.refuses}


@pytest.mark.parametrize("softness", SOFTNESS)
@pytest.mark.parametrize("seed", [400])
@pytest.mark.parametrize("kind", TYPE)
def test_a_blurred_quarter_without_text_is_seen_with_its_place(kind, seed, softness):
    sheet, box = spoilt(kind, seed, softness)
    sharp = [line for line in sheet.lines if line.box.intersection(box) < 0.2 * line.box.area]
    finding = found(sheet, sharp).get("blurred")
    assert finding is not None
    assert finding.image is not None
    assert finding.image.intersection(box) > 0.7 * finding.image.area


@pytest.mark.parametrize("kind", TYPE)
def test_a_blurred_quarter_that_was_read_is_not(kind):
    sheet, _ = spoilt(kind, 400, SOFTNESS[0])
    assert "blurred" not in found(sheet, noisy(sheet.lines, random.Random(1), 0.0))


@pytest.mark.parametrize("kind", ["picture", "fax", "noisy_scan", *HARD])
def test_sharp_pages_have_none(kind):
    sheet = make(kind, "report", 400)
    if sheet is None:
        pytest.skip("a font is not installed")
    assert blurred_rows(sheet.page()).places == 0


@pytest.mark.parametrize("kind", TEXTLESS)
def test_what_is_no_text_has_none(kind):
    assert blurred_rows(TEXTLESS[kind](1).page()).places == 0


@pytest.mark.parametrize("pitch", [20, 33, 56])
def test_tinted_bands_have_none(pitch):
    """They take turns as rows do, and have edges."""
    raster = np.full((2200, 1700, 3), 255, np.uint8)
    for top in range(200, 1900, 2 * pitch):
        raster[top : top + pitch, 100:1600] = (0, 255, 255)
    assert blurred_rows(ArrayPage(raster, dpi=200)).places == 0
