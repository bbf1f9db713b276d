"""Receipts, screenshots, panoramas and strips are looked at by the size of their letters, in bands of bounded size."""

import itertools

import numpy as np
import pytest
from tests.support.pages import LIGHTHOUSE, ArrayPage, sheet, vera

from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge import CHECKS
from ocroute.raster.bands import LONGEST, bands, busiest_stretch
from ocroute.raster.grey import to_grey
from ocroute.raster.ink import ink_of, measure
from ocroute.values import Block, Category


def filled(width, height, letters):
    """A page full of lines of one length."""
    made, font = sheet((width, height)), vera(letters)
    words = itertools.cycle(LIGHTHOUSE.split())
    for y in range(letters // 3, height - letters - letters // 4, letters * 5 // 3):
        row = next(words)
        while font.getlength(row) < width - 8 * letters:
            row += " " + next(words)
        made.write(letters // 2, y, row, font)
    return made


@pytest.mark.parametrize(
    ("width", "height", "letters"), [(400, 6000, 22), (6000, 400, 22), (2400, 90, 40), (400, 3000, 12)]
)
def test_the_scale_follows_the_letters(width, height, letters):
    made = filled(width, height, letters)
    found = measure(to_grey(np.asarray(made.image)))
    assert (found.share(found.cover(line.box for line in found.lines), [line.box for line in made.lines]) > 0.98).all()
    assert found.glyphs > 0.7 * sum(len(line.text.replace(" ", "")) for line in made.lines)
    # Boxes are right to the end of the page, whatever is left over when it is reduced.
    assert max(row.box.y1 for row in found.lines) == pytest.approx(made.lines[-1].box.y1, abs=4)
    assert max(row.box.x1 for row in found.lines) == pytest.approx(max(line.box.x1 for line in made.lines), abs=4)


def test_a_long_page_answered_with_two_words_is_not_covered():
    page = filled(360, 8000, 20).page()
    reading = Reading(blocks=(Block(Category.TEXT, "Total 12.50"),))
    engine = EngineInfo(kind="remote", rank=1, gives_boxes=False)
    finding = CHECKS.load("coverage")().check(page, reading, engine=engine, task=Task())
    assert finding is not None
    assert finding.value > 0.9
    assert ink_of(page).scale <= 2


@pytest.mark.parametrize("shape", [(300, 15000), (15000, 300), (5000, 3400), (1300, 2500), (1, 1), (3, 9000)])
def test_bands_are_of_bounded_size_and_hold_every_pixel_once(shape):
    grey = np.random.default_rng(0).integers(0, 255, shape, np.uint8)
    seen = np.zeros(shape, np.uint8)
    for rows, columns in bands(grey):
        seen[rows, columns] += 1
        assert max(rows.stop - rows.start, columns.stop - columns.start) <= 1.5 * LONGEST
    assert (seen == 1).all()


def test_bands_part_between_lines():
    grey = to_grey(np.asarray(filled(300, 9000, 22).image))
    cuts = [rows.stop for rows, _ in bands(grey)][:-1]
    assert len(cuts) > 1
    assert all((grey[cut - 1 : cut + 1] == 255).all() for cut in cuts)


def test_a_page_of_usual_shape_is_looked_at_as_before():
    page = ArrayPage(np.asarray(filled(1760, 2600, 40).image))
    assert ink_of(page).scale == 2


@pytest.mark.parametrize("turn", [False, True])
def test_the_busiest_stretch_stands_for_a_long_page(turn):
    grey = np.full((12000, 500), 255, np.uint8)
    grey[9000:10000, 50:450:7] = 0
    rows, columns = busiest_stretch(grey.T if turn else grey)
    long, short = (columns, rows) if turn else (rows, columns)
    assert long.start <= 9000 < 10000 <= long.stop
    assert long.stop - long.start == LONGEST
    assert (short.start, short.stop) == (0, 500)
