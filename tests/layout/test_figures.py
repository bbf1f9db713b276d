"""Pictures become blocks at their place: those of a PDF from its objects, those of a scan from the ink."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from ocroute import Block, Box, Line
from ocroute.document import Category
from ocroute.layout.figures import with_figures
from ocroute.pages import open_input

FONT = ImageFont.truetype("DejaVuSans.ttf", 26)


def photograph(width: int, height: int, seed: int = 0) -> Image.Image:
    """A smooth field of colours with edges in it."""
    noise = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), np.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)


def texts(*lines: tuple[float, float, str]) -> list[Block]:
    found = []
    for x, y, text in lines:
        box = Box(x, y, x + FONT.getlength(text), y + 30)
        found.append(Block(Category.TEXT, text, box, lines=(Line(text, box),)))
    return found


def scan(tmp_path, *pictures: tuple[int, int, Image.Image], lines=()) -> str:
    sheet = Image.new("RGB", (1240, 1754), "white")
    pen = ImageDraw.Draw(sheet)
    for x, y, picture in pictures:
        sheet.paste(picture, (x, y))
    for x, y, text in lines:
        pen.text((x, y), text, "black", FONT)
    sheet.save(tmp_path / "scan.png", dpi=(150, 150))
    return str(tmp_path / "scan.png")


LINES = [(120, 100 + 45 * n, f"A line of text that runs across the page, number {n}") for n in range(4)]


def figures(path: str, blocks: list[Block]) -> tuple[list[Block], list[Block]]:
    """All blocks, and those that are pictures."""
    with open_input(path) as source:
        found = with_figures(source.page(1), blocks)
    return list(found), [block for block in found if block.category is Category.PICTURE]


def test_a_photograph_on_a_scan_is_found_in_its_place_in_the_order(tmp_path) -> None:
    below = [(120, 900, "What stands below the picture on the page")]
    path = scan(tmp_path, (200, 400, photograph(600, 400)), lines=[*LINES, *below])
    every, (picture,) = figures(path, texts(*LINES, *below))
    wanted = Box(200, 400, 800, 800)
    assert picture.box.intersection(wanted) > 0.9 * max(picture.box.area, wanted.area)
    assert picture.image == picture.box
    assert every.index(picture) == len(LINES)


def test_text_a_table_and_a_frame_around_text_are_no_pictures(tmp_path) -> None:
    path = scan(tmp_path, lines=LINES)
    with Image.open(path) as sheet:
        pen = ImageDraw.Draw(sheet)
        pen.rectangle((100, 80, 1000, 300), outline="black", width=3)
        pen.line((100, 600, 1100, 600), fill="black", width=4)
        sheet.save(path)
    assert not figures(path, texts(*LINES))[1]


def pdf(tmp_path, *places: tuple[float, float, float, float], jpeg: bytes) -> str:
    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=(400, 600))
    canvas.drawString(30, 560, "Words above the pictures")
    for x, y, width, height in places:
        canvas.drawImage(ImageReader(io.BytesIO(jpeg)), x, y, width, height)
    canvas.save()
    return str(tmp_path / "a.pdf")


@pytest.fixture
def jpeg() -> bytes:
    held = io.BytesIO()
    photograph(300, 200).save(held, "JPEG")
    return held.getvalue()


def test_images_of_a_pdf_are_pictures_and_their_files_are_kept_as_they_are(tmp_path, jpeg) -> None:
    path = pdf(tmp_path, (50, 300, 150, 100), (250, 300, 100, 100), jpeg=jpeg)
    with open_input(path) as source:
        page = source.page(1)
        pictures = [block for block in with_figures(page, ()) if block.category is Category.PICTURE]
        scale = page.size[0] / 400
        assert {
            tuple(round(side / scale) for side in (one.box.x0, one.box.y0, one.box.x1, one.box.y1)) for one in pictures
        } == {
            (50, 200, 200, 300),
            (250, 200, 350, 300),
        }
        assert all(page.original_jpeg(one.image) == jpeg for one in pictures)
        assert page.original_jpeg(Box(0, 0, 10, 10)) is None


def test_strips_of_one_image_are_one_picture_and_a_scan_is_none(tmp_path, jpeg) -> None:
    strips = pdf(tmp_path, *((50, 400 - 20 * n, 200, 20) for n in range(6)), jpeg=jpeg)
    assert len(figures(strips, [])[1]) == 1
    whole = pdf(tmp_path, (0, 0, 400, 600), jpeg=jpeg)
    with open_input(whole) as source:
        page = source.page(1)
        box = Box(0, 0, *page.size)
        blocks = [Block(Category.TEXT, "read", box, lines=(Line("read", box),))]
        assert [block.category for block in with_figures(page, blocks)] == [Category.TEXT]


def test_a_picture_that_an_engine_found_says_where_it_is_and_is_not_found_twice(tmp_path) -> None:
    path = scan(tmp_path, (200, 400, photograph(600, 400)))
    _, pictures = figures(path, [Block(Category.PICTURE, "", Box(195, 395, 805, 805))])
    assert [(one.box, one.image) for one in pictures] == [(Box(195, 395, 805, 805),) * 2]
