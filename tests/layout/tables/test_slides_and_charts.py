"""Slides and charts: what is boxed, dark or plotted and yet no table, and tables that have no rule and no figures."""

from __future__ import annotations

import random

import msgspec
import pytest
from bench.pages.texts import TUNE
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas
from tests.support.pages import ArrayPage

from ocroute.layout.arrange import arrange
from ocroute.pages import open_input

SLIDE = (720, 405)


def paragraph(canvas, x, y, width, size, rng, count):
    text = " ".join(rng.choice(TUNE["en"]) for _ in range(count))
    canvas.setFont("Helvetica", size)
    for line in simpleSplit(text, "Helvetica", size, width):
        canvas.drawString(x, y, line)
        y -= 1.25 * size
    return y


def dark_boxes(canvas, rng):
    canvas.setPageSize(SLIDE)
    canvas.setFont("Helvetica-Bold", 28)
    canvas.drawString(40, 355, "Three ways to measure")
    count = rng.choice((2, 3, 4))
    width = (640 - 15 * (count - 1)) / count
    for at in range(count):
        x, y = 40 + at * (width + 15), 245
        canvas.setFillGray(0)
        canvas.rect(x, 60, width, 240, fill=1, stroke=0)
        canvas.setFillGray(1)
        canvas.setFont("Helvetica-Bold", 16)
        canvas.drawString(x + 10, 275, "Observe")
        for _ in range(rng.randint(2, 4)):
            y = paragraph(canvas, x + 10, y, width - 20, 12, rng, 1) - 8


def chart(canvas, rng):
    canvas.setPageSize((595, 842))
    paragraph(canvas, 60, 780, 470, 11, rng, 6)
    left, foot = 100, 420
    canvas.setFont("Helvetica", 9)
    for at in range(6):
        canvas.setStrokeGray(0.6)
        canvas.line(left, foot + 40 * at, left + 400, foot + 40 * at)
        canvas.drawRightString(left - 6, foot + 40 * at - 3, str(20 * at))
    for at in range(8):
        high, x = rng.uniform(20, 190), left + 15 + 48 * at
        canvas.setFillGray(0.4)
        canvas.rect(x, foot, 28, high, fill=1, stroke=0)
        canvas.setFillGray(0)
        canvas.drawCentredString(x + 14, foot - 13, str(2010 + at))
        canvas.drawCentredString(x + 14, foot + high + 4, f"{high / 2:.1f}")


@pytest.mark.parametrize("draw", [dark_boxes, chart])
@pytest.mark.parametrize("seed", range(3))
def test_no_table_is_found(tmp_path, draw, seed):
    canvas = Canvas(str(tmp_path / "a.pdf"))
    draw(canvas, random.Random(f"{draw.__name__} {seed}"))
    canvas.save()
    with open_input(tmp_path / "a.pdf") as source:
        page = source.page(1)
        lines = [msgspec.structs.replace(line, font=None, confidence=0.99) for line in page.text_layer() or ()]
        picture = ArrayPage(page.raster())
    assert not [block.text for block in arrange(picture, lines) if block.table]


def slide_of_words(canvas, tinted):
    """A table of words under a bold head, without a rule, perhaps on tints."""
    canvas.setPageSize(SLIDE)
    rows = [("Harbour", "Open", "Deep", "Note"), ("Northport", "no", "to the pier", "closed in May")]
    rows += [("Eastport", "yes", "everywhere", "new light"), ("Westport", "no", "to the pier", "good in winter")]
    for at, row in enumerate(rows):
        y = 300 - 32 * at
        if tinted:
            canvas.setFillGray(0.85 if at % 2 else 0.75)
            canvas.rect(50, y - 10, 620, 32, fill=1, stroke=0)
            canvas.setFillGray(0)
        canvas.setFont("Helvetica" if at else "Helvetica-Bold", 15)
        for x, cell in zip((60, 230, 380, 530), row, strict=True):
            canvas.drawString(x, y, cell)
    return rows


@pytest.mark.parametrize("tinted", [False, True])
@pytest.mark.parametrize("picture", [False, True])
def test_words_in_full_rows_under_a_bold_head_are_a_table(tmp_path, tinted, picture):
    canvas = Canvas(str(tmp_path / "a.pdf"))
    rows = slide_of_words(canvas, tinted)
    canvas.save()
    with open_input(tmp_path / "a.pdf") as source:
        page = source.page(1)
        lines = page.text_layer() or ()
        if picture:
            page = ArrayPage(page.raster())
            lines = tuple(msgspec.structs.replace(line, font=None, confidence=0.99) for line in lines)
        (table,) = (block.table for block in arrange(page, lines) if block.table)
    assert table.grid() == [list(row) for row in rows]
    assert table.header_rows() == 1
