"""Pages drawn with what was read on them; their images opened again or given."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PIL import Image, ImageDraw
from reportlab.pdfgen.canvas import Canvas

import ocroute
from ocroute import Block, Box, Finding, Line, Page, Verdict, Word
from ocroute.document import Category
from ocroute.document.drawing import COLOURS, RED
from ocroute.pages.page import deskewed, turned

BLACK = (0, 0, 0)


def sheet(folder: Path, name: str = "a.png", size: tuple[int, int] = (400, 600), exif: int = 1) -> Path:
    """White, with a black square in its top left corner at (40, 40)."""
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).rectangle((40, 40, 79, 79), fill="black")
    tags = Image.Exif()
    tags[0x0112] = exif
    image.save(folder / name, exif=tags)
    return folder / name


def record(path: Path | str, *blocks: Block, width: float = 400, height: float = 600, number: int = 1) -> Page:
    return Page(os.fspath(path), number, width, height, Verdict("accepted", 1.0), blocks)


def at(image: Image.Image, x: int, y: int) -> tuple[int, ...]:
    pixel = image.getpixel((x, y))
    assert isinstance(pixel, tuple)
    return pixel


def test_boxes_stand_where_they_were_read(tmp_path: Path) -> None:
    blocks = (Block(Category.TITLE, "x", Box(40, 40, 80, 80)), Block(Category.TEXT, "y", Box(100, 300, 350, 400)))
    drawn = record(sheet(tmp_path), *blocks).draw()
    assert (drawn.size, drawn.mode) == ((400, 600), "RGB")
    assert at(drawn, 60, 60) == BLACK
    assert at(drawn, 40, 60) == COLOURS[Category.TITLE]
    assert at(drawn, 225, 300) == COLOURS[Category.TEXT]
    assert at(drawn, 225, 350) == (255, 255, 255)
    assert at(drawn, 0, 0) == (255, 255, 255)


def test_every_category_has_a_colour_and_none_is_that_of_doubt() -> None:
    assert set(COLOURS) == set(Category)
    assert RED not in COLOURS.values()


def test_doubtful_places_are_red(tmp_path: Path) -> None:
    sure, unsure = Word("a", Box(100, 300, 150, 330), 0.9), Word("b", Box(200, 300, 250, 330), 0.3)
    lines = (Line("a b", Box(100, 300, 250, 330), 0.6, (sure, unsure)), Line("c", Box(100, 400, 250, 430), 0.2))
    page = record(sheet(tmp_path), Block(Category.TEXT, "a b c", Box(90, 290, 300, 500), lines=lines))
    drawn = page.draw()
    assert at(drawn, 200, 315) == at(drawn, 100, 415) == RED
    assert at(drawn, 225, 315) != (255, 255, 255)
    assert at(drawn, 125, 315) == (255, 255, 255)
    assert at(drawn, 0, 300) == (255, 255, 255)
    refused = msgspec.structs.replace(page, verdict=Verdict("doubtful", 0.2, (Finding("garble", 1, 0, "No."),)))
    assert at(refused.draw(), 0, 300) == RED
    there = Finding("garble", 1, 0, "No.", image=Box(300, 500, 350, 550))
    drawn = msgspec.structs.replace(page, verdict=Verdict("doubtful", 0.2, (there,))).draw()
    assert at(drawn, 300, 525) == RED
    assert at(drawn, 325, 525) != (255, 255, 255)


def test_blocks_without_a_place_or_beyond_the_page(tmp_path: Path) -> None:
    blocks = (
        Block(Category.TEXT, "nowhere"),
        Block(Category.TEXT, "lines only", lines=(Line("x", Box(100, 300, 200, 330)),)),
        Block(Category.PICTURE, "", Box(-50, -50, 9000, 9000)),
        Block(Category.PAGE_FOOTER, "", Box(900, 900, 901, 901)),
        Block(Category.TEXT, "", Box(5, 5, 5, 5)),
    )
    drawn = record(sheet(tmp_path), *blocks).draw()
    assert drawn.size == (400, 600)
    assert at(drawn, 150, 300) == COLOURS[Category.TEXT]
    assert record(sheet(tmp_path, "tiny.png", (1, 1)), *blocks, width=1, height=1).draw().size == (1, 1)


@pytest.mark.parametrize(("turns", "skew"), [(0, 0.0), (1, 0.0), (2, 0.0), (3, 0.0), (0, 4.0), (1, -3.0)])
def test_the_image_is_turned_as_it_was_when_read(tmp_path: Path, turns: int, skew: float) -> None:
    standing = np.asarray(Image.open(sheet(tmp_path)))
    lying = turned(deskewed(standing, -skew), -turns)
    Image.fromarray(lying).save(tmp_path / "lying.png")
    page = msgspec.structs.replace(record(tmp_path / "lying.png"), turned=90 * turns, skew=skew)
    for drawn in (page.draw(), page.draw(Image.fromarray(lying)), page.draw(lying), page.draw(tmp_path / "lying.png")):
        assert drawn.size == (400, 600)
        assert at(drawn, 60, 60) == BLACK
        assert sum(at(drawn, 300, 500)) > 700


def test_a_pdf_is_opened_again_page_by_page(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=(300, 300))
    for _ in range(2):
        canvas.rect(150, 150, 150, 150, fill=1)
        canvas.showPage()
    canvas.save()
    from ocroute.pages import open_input

    with open_input(tmp_path / "a.pdf") as source:
        width, height = source.page(2).size
    page = record(tmp_path / "a.pdf", width=width, height=height, number=2)
    drawn = page.draw()
    assert drawn.size == (width, height)
    assert at(drawn, width - 10, 10) == BLACK
    assert sum(at(drawn, 10, 10)) == 3 * 255
    with pytest.raises(ocroute.InputError, match=r"not what was read: page 3 is not in it now.*page\.draw\(image\)"):
        msgspec.structs.replace(page, number=3).draw()


def test_an_encrypted_pdf_wants_its_password(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=(300, 300), encrypt="secret")
    canvas.showPage()
    canvas.save()
    page = ocroute.read(tmp_path / "a.pdf", password="secret")[0]
    with pytest.raises(ocroute.PasswordNeeded, match=r"page\.draw\(password="):
        page.draw()
    assert page.draw(password="secret").size == (page.width, page.height)


def test_an_image_of_another_resolution_serves(tmp_path: Path) -> None:
    page = record("gone.png", Block(Category.TITLE, "x", Box(40, 40, 80, 80)))
    for scale in (0.5, 3):
        image = Image.open(sheet(tmp_path)).resize((int(400 * scale), int(600 * scale)))
        drawn = page.draw(image)
        assert drawn.size == (400, 600)
        assert at(drawn, 60, 60) == BLACK


def test_a_photograph_is_put_upright_by_its_tag(tmp_path: Path) -> None:
    path = sheet(tmp_path, "a.jpg", (600, 400), exif=6)
    given = record("gone.jpg").draw(Image.open(path))
    assert np.array_equal(np.asarray(given), np.asarray(record(path).draw()))
    assert sum(at(given, 400 - 60, 60)) < 30


def test_the_image_given_is_not_changed(tmp_path: Path) -> None:
    pixels = np.full((600, 400, 3), 255, np.uint8)
    record("gone.png", Block(Category.TITLE, "x", Box(40, 40, 80, 80))).draw(pixels)
    assert pixels.min() == 255


def test_a_source_that_is_gone_or_another(tmp_path: Path) -> None:
    with pytest.raises(ocroute.InputNotFound, match=r"not in the record.*does not exist.*page\.draw\(image\)"):
        record(tmp_path / "no.png").draw()
    (tmp_path / "x.png").write_bytes(b"\x89PNG\r\n\x1a\nrest")
    with pytest.raises(ocroute.CorruptInput, match=r"not in the record"):
        record(tmp_path / "x.png").draw()
    with pytest.raises(
        ocroute.InputError, match=r"not what was read: page 1 is 400 x 600 pixels now, and was 500 x 600"
    ):
        record(sheet(tmp_path), width=500).draw()
    with pytest.raises(ocroute.InputError, match=r"could not be opened when it was read: torn"):
        msgspec.structs.replace(record("a.png", width=0, height=0), error="torn").draw(np.zeros((9, 9, 3), np.uint8))


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((600, 400), np.uint8),
        np.zeros((600, 400, 4), np.uint8),
        np.zeros((600, 400, 3), np.float32),
        np.zeros((0, 400, 3), np.uint8),
        np.zeros((400, 600, 3), np.uint8),
        Image.new("RGB", (600, 400)),
        b"\x89PNG",
        7,
    ],
)
def test_an_image_that_is_none_or_has_another_shape(image: object) -> None:
    with pytest.raises(ocroute.UsageError) as error:
        record("gone.png").draw(image)  # type: ignore[arg-type]
    assert error.value.next_step
    assert "\n" not in str(error.value)
