"""Pages that are text layer here and picture there: the layer's words stay exact, and the rest is read."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from ocroute.engines.base import Reading, Wanted
from ocroute.judge.unread_parts import Known, Part
from ocroute.pages import open_input
from ocroute.route import Wish
from ocroute.route.by_part import merged
from ocroute.route.page_reader import PageReader
from ocroute.values import Block, Box, Category, Line, Word
from tests.support.layer_lines import caesar, in_font
from tests.support.pages import ENGLISH, LIGHTHOUSE, sheet, vera

FLOWERS = ("Snowdrop", "Crocus", "Primrose", "Foxglove")


def scan() -> Image.Image:
    """The lower half of a letter."""
    image = Image.new("L", (1300, 560), 245)
    for at, text in enumerate(ENGLISH[:3]):
        ImageDraw.Draw(image).text((60, 60 + 150 * at), text, font=vera(40), fill=20)
    return image


def chart(names: tuple[str, ...] = FLOWERS) -> Image.Image:
    """Bars, with a name below each."""
    image = Image.new("RGB", (1300, 560), "white")
    draw = ImageDraw.Draw(image)
    for at in range(4):
        draw.rectangle((110 + 300 * at, 360 - 80 * at, 260 + 300 * at, 440), fill=(50, 90, 170))
    for at, name in enumerate(names):
        draw.text((100 + 300 * at, 470), name, font=vera(36), fill="black")
    return image


def photograph() -> Image.Image:
    """Soft shapes and grain, no letters."""
    chance = np.random.default_rng(1)
    soft = cv2.resize(chance.integers(0, 255, (18, 40, 3), np.uint8), (1300, 560), interpolation=cv2.INTER_CUBIC)
    return Image.fromarray(cv2.add(soft, chance.integers(0, 20, soft.shape, np.uint8)))


@pytest.fixture(scope="module")
def reader():
    return PageReader(Wish("", Wanted()))


@pytest.fixture
def read(reader, tmp_path):
    """The record of a page with four lines of its own text and a picture below them."""

    def made(picture, reader=reader):
        path = tmp_path / "a.pdf"
        canvas = Canvas(str(path), pagesize=(420, 400))
        canvas.setFont("Times-Roman", 12)
        for at, text in enumerate(ENGLISH):
            canvas.drawString(40, 360 - 18 * at, text)
        canvas.drawImage(ImageReader(picture), 40, 60, 340, 146)
        canvas.save()
        with open_input(path) as source:
            return reader.read(source.page(1))

    return made


def words(blocks: Iterable[Block]) -> list[str]:
    return " ".join(block.text for block in blocks).split()


def test_a_scanned_half_is_read_and_the_other_stays_as_the_file_has_it(read):
    page = read(scan())
    assert page.verdict.status == "accepted"
    assert page.provenance.engine == "textlayer"
    own, other = ([block for block in page.blocks if bool(block.engine) is there] for there in (False, True))
    assert words(own) == " ".join(ENGLISH).split()
    assert words(other) == " ".join(ENGLISH[:3]).split()
    assert {block.engine for block in other} == {"rapidocr"}


def test_the_names_in_a_chart_are_read_and_the_chart_is_a_picture(read):
    page = read(chart())
    assert page.verdict.status == "accepted"
    assert set(FLOWERS) <= set(words(page.blocks))
    assert words(block for block in page.blocks if not block.engine) == " ".join(ENGLISH).split()
    assert [block.image == block.box for block in page.blocks if block.category is Category.PICTURE] == [True]


@pytest.mark.parametrize("picture", [chart(()), photograph()])
def test_a_picture_without_letters_adds_no_words_and_no_doubt(read, picture):
    page = read(picture)
    assert page.verdict.status == "accepted"
    assert words(page.blocks) == " ".join(ENGLISH).split()


def test_where_nobody_reads_the_part_the_layer_stays_and_the_page_is_doubtful_there(read):
    page = read(scan(), PageReader(Wish("textlayer", Wanted())))
    assert page.verdict.status == "doubtful"
    assert words(page.blocks) == " ".join(ENGLISH).split()
    (place,) = [finding.image for finding in page.verdict.findings if finding.code == "coverage"]
    assert place.y0 > page.height / 2


def test_the_words_of_one_wrong_font_are_read_and_the_others_are_not(reader):
    made = sheet((1240, 700))
    made.write(100, 60, "Keeper of the tower", vera(44))
    made.paragraph((100, 200, 1140, 650), LIGHTHOUSE, vera(24))
    title, *body = made.lines
    page = made.page()
    page.layer = (in_font(caesar(title), "Title"), *(in_font(line, "Body") for line in body))
    record = reader.read(page)
    assert record.verdict.status == "accepted"
    assert [block.engine for block in record.blocks if "Keeper of the tower" in block.text] == ["rapidocr"]
    assert "Rll" not in " ".join(words(record.blocks))


def test_a_word_that_both_have_is_the_layers():
    layer = Line("exact", Box(0, 0, 50, 20), words=(Word("exact", Box(0, 0, 50, 20)),))
    again = Word("exacf", Box(1, 1, 51, 21), 0.9)
    new = Word("words", Box(60, 0, 110, 20), 0.9)
    known = Known((layer,), (Part(Box(0, 0, 200, 30), picture=False),))
    page = sheet((300, 100)).page()
    for read, said in (((again, new), ["exact", "words"]), ((again,), ["exact"]), ((new,), ["exact", "words"])):
        found = merged(page, Reading(lines=(layer,)), known, Reading(lines=(Line.of_words(read),)))
        assert [line.text for line in found.lines] == said
