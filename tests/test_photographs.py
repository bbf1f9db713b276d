"""Photographed sheets are seen from above before they are read, and every box leads back into the photograph."""

from __future__ import annotations

from random import Random

import cv2
import numpy as np
import pypdfium2
import pytest
from bench.pages.canvas import photo
from bench.pages.wear import photographed, tilted
from PIL import Image

import ocroute
from ocroute import Block, Box, Document, Line, Page, Verdict, Word
from ocroute.document import Category
from ocroute.document.exporters.json import decode
from ocroute.document.sheet import Sheet
from ocroute.document.source_frame import in_source_frame
from ocroute.pages.flattened import flattened, without_shadow
from ocroute.pages.page import InputPage, deskewed
from ocroute.pages.reopening import upright
from ocroute.ppocr.page_orientation import make_upright
from ocroute.raster.line_fan import find_fan
from ocroute.raster.marks import find_marks
from ocroute.raster.sheet_outline import find_sheet
from tests.support.pages import LIGHTHOUSE, ArrayPage, sheet, vera

ON_A_TABLE = (1, 3, 5)  # seeds of pictures with all of the sheet
TILT = 0.14
CLOSE = (2, 4, 8)  # and of those that its edges are not in


@pytest.fixture(scope="module")
def paper() -> np.ndarray:
    """A page of print, grey."""
    made, font, y = sheet((1240, 1754)), vera(22), 120.0
    while y < 1600:
        y = made.paragraph((110, y, 1130, 1640), LIGHTHOUSE, font) + 24
    return np.asarray(made.image.convert("L"))


def picture(paper: np.ndarray, seed: int) -> np.ndarray:
    return np.asarray(photographed(paper, seed, tilt=TILT))


def corners(paper: np.ndarray, seed: int) -> np.ndarray:
    height, width = paper.shape
    warp, _ = tilted(width, height, seed, TILT)
    return cv2.perspectiveTransform(np.array([[(0, 0), (width, 0), (width, height), (0, height)]], np.float32), warp)[0]


@pytest.mark.parametrize("seed", ON_A_TABLE)
def test_the_edges_of_a_sheet_on_a_table_are_found(paper, seed):
    found = find_sheet(ArrayPage(picture(paper, seed)))
    assert np.abs(np.array(found.corners) - corners(paper, seed)).max() < 0.008 * max(paper.shape)


@pytest.mark.parametrize("seed", CLOSE)
def test_lines_that_spread_are_level_afterwards(paper, seed):
    page = ArrayPage(picture(paper, seed))
    assert find_sheet(page) is None
    flat = make_upright(page)
    truth = corners(paper, seed)
    leaning = abs(np.ptp([slope(truth[0], truth[1]), slope(truth[3], truth[2])]))
    if leaning < 0.9:
        assert flat.sheet is None, "lines hardly spread"
        return
    assert flat.sheet is not None
    # All of the photograph is on the page: nothing can be lost by it.
    inside = Sheet(*page.size, flat.sheet.corners)
    around = np.array([inside.in_photograph(x, y) for x in (0, inside.size[0]) for y in (0, inside.size[1])])
    assert (around.min(axis=0) <= 1).all()
    assert (around.max(axis=0) >= np.array(page.size) - 1).all()
    again = find_fan(find_marks(cv2.cvtColor(flat.raster(), cv2.COLOR_RGB2GRAY)), flat.size)
    assert again is None


@pytest.mark.parametrize("far", [0.12, -0.1])
@pytest.mark.parametrize("skew", [0.0, 2.5])
def test_margins_that_lean_are_upright_afterwards(paper, far, skew):
    """A camera held upright in the middle sees level lines; what is further up is smaller."""
    height, width = paper.shape
    top, bottom = (max(0, side) * width / 2 for side in (far, -far))
    seen = np.array([(top, 0), (width - top, 0), (width - bottom, height), (bottom, height)], np.float32)
    flat = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    warp = cv2.getPerspectiveTransform(flat, seen)
    lying = cv2.warpPerspective(paper, warp, (width, height), borderValue=255)
    upright = make_upright(ArrayPage(deskewed(np.repeat(lying[:, :, None], 3, axis=2), -skew)))
    assert upright.sheet is not None
    rows, columns = np.nonzero(cv2.cvtColor(upright.raster(), cv2.COLOR_RGB2GRAY) < 100)
    lefts = [columns[(rows >= y) & (rows < y + 60)].min() for y in np.linspace(rows.min(), rows.max() - 60, 24)]
    assert np.ptp(sorted(lefts)[2:-2]) < 12, "the left margin is one column of pixels, about"


def slope(start: np.ndarray, end: np.ndarray) -> float:
    return float(np.degrees(np.arctan2(*(end - start)[::-1])))


def a_bright_panel() -> np.ndarray:
    """A slide: its text stands on a bright panel in perspective, and beside it."""
    made = sheet((1600, 900), ground=(20, 24, 32))
    made.draw.polygon([(300, 150), (1300, 190), (1290, 640), (310, 690)], fill="white")
    made.paragraph((350, 230, 1200, 600), LIGHTHOUSE[:200], vera(30))
    made.paragraph((100, 720, 1500, 890), LIGHTHOUSE[:160], vera(34), ink="white")
    return np.asarray(made.image)


def a_bright_window() -> np.ndarray:
    """A photograph of a dark room."""
    room = np.random.default_rng(1).normal(50, 4, (900, 1200, 3)).clip(0, 255).astype(np.uint8)
    cv2.fillPoly(room, [np.array([(300, 150), (900, 220), (880, 640), (310, 720)])], (230, 235, 240))
    return room


NO_SHEETS = {
    "a scan": lambda paper: np.repeat(paper[:, :, None], 3, axis=2),
    "a sheet seen from above": lambda paper: np.repeat(
        cv2.copyMakeBorder(paper, 80, 80, 80, 80, cv2.BORDER_CONSTANT, value=70)[:, :, None], 3, axis=2
    ),
    "a slide with a panel": lambda paper: a_bright_panel(),
    "a room with a window": lambda paper: a_bright_window(),
    "a picture": lambda paper: np.asarray(photo(Random(1), 900, 700).convert("RGB")),
    "blank": lambda paper: np.full((900, 700, 3), 255, np.uint8),
    "black": lambda paper: np.zeros((900, 700, 3), np.uint8),
    "noise": lambda paper: np.random.default_rng(1).integers(0, 255, (700, 500, 3)).astype(np.uint8),
    "one pixel": lambda paper: np.zeros((1, 1, 3), np.uint8),
    "one column": lambda paper: np.zeros((700, 1, 3), np.uint8),
}


@pytest.mark.parametrize("kind", NO_SHEETS)
def test_what_is_no_photograph_of_a_sheet_stays_as_it_is(paper, kind):
    assert make_upright(ArrayPage(NO_SHEETS[kind](paper))).sheet is None


def test_places_of_the_page_are_led_back_as_opencv_does():
    sheet = Sheet(800, 600, ((50, 40), (700, 90), (760, 560), (20, 500)))
    width, height = sheet.size
    flat = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    back = cv2.getPerspectiveTransform(flat, np.array(sheet.corners, np.float32))
    places = np.random.default_rng(1).uniform(0, 700, (40, 2)).astype(np.float32)
    expected = cv2.perspectiveTransform(places[None], back)[0]
    assert np.allclose([sheet.in_photograph(*map(float, place)) for place in places], expected, atol=0.05)


SHEET = Sheet(800, 600, ((20, 10), (780, 60), (790, 590), (5, 570)))


def record_of_one_word(source: str = "a.png") -> tuple[np.ndarray, InputPage, Page]:
    """A photograph, its sheet seen from above and turned, and the record of the one word that stands there."""
    photograph = np.full((600, 800, 3), 255, np.uint8)
    cv2.fillPoly(photograph, [np.array([(300, 200), (420, 208), (419, 232), (299, 224)])], (0, 0, 0))
    page = flattened(ArrayPage(photograph), SHEET).turned_by(1)
    rows, columns = np.nonzero(page.raster()[..., 0] < 128)
    box = Box(*map(float, (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)))
    block = Block(Category.TEXT, "word", box, lines=(Line("word", box, words=(Word("word", box),)),))
    width, height = page.size
    record = Page(source, 1, width, height, Verdict("accepted", 1.0), (block,), turned=page.turned, sheet=page.sheet)
    return photograph, page, record


def test_boxes_of_the_result_are_around_the_ink_of_the_photograph():
    photograph, page, record = record_of_one_word()
    record = decode(Document("a.png", (record,)).export("json")).pages[0]
    placed = in_source_frame(record)
    assert (placed.width, placed.height, placed.turned, placed.sheet) == (800, 600, 0, None)
    found = placed.blocks[0].box
    assert (found.x0, found.y0, found.x1, found.y1) == pytest.approx((299, 200, 421, 233), abs=6)
    for image in (Image.fromarray(photograph), Image.fromarray(photograph).resize((1600, 1200))):
        assert np.abs(upright(record, image).astype(int) - page.raster()).mean() < 2


def test_words_of_a_photograph_are_found_where_they_stand_in_its_pdf(tmp_path):
    photograph, _, record = record_of_one_word(str(tmp_path / "a.png"))
    Image.fromarray(photograph).save(tmp_path / "a.png")
    Document(record.source, (record,)).save(tmp_path / "a.pdf")
    with pypdfium2.PdfDocument(tmp_path / "a.pdf") as pdf:
        scale = 800 / pdf[0].get_width()
        text = pdf[0].get_textpage()
        assert text.get_text_range().strip() == "word"
        boxes = [text.get_charbox(at) for at in range(4)]
    left, bottom = min(box[0] for box in boxes) * scale, 600 - min(box[1] for box in boxes) * scale
    right, top = max(box[2] for box in boxes) * scale, 600 - max(box[3] for box in boxes) * scale
    assert (left, right) == pytest.approx((299, 421), abs=12)
    assert top < 216 < bottom


def test_labels_keep_their_values_on_a_photographed_page(tmp_path):
    """From aside, what stands beside a label lies a row lower in the picture."""
    made, font = sheet((1240, 1500)), vera(24)
    pairs = [(f"Berth {number}", f"{number}{number + 3}.50") for number in range(10, 34)]
    for row, (label, value) in enumerate(pairs):
        made.write(140, 160 + 48 * row, label, font)
        made.write(1000, 160 + 48 * row, value, font)
    image = photographed(np.asarray(made.image.convert("L")), 3, tilt=0.25)
    (page,) = ocroute.read(image).pages
    assert page.sheet is not None
    said = " ".join(
        " ".join(cell.text for cell in block.table.cells) if block.table else block.text for block in page.blocks
    )
    assert said == " ".join(f"{label} {value}" for label, value in pairs)
    # The first word stands where the first row was drawn.
    height, width = 1500, 1240
    warp, _ = tilted(width, height, 3, 0.25)
    there = cv2.perspectiveTransform(np.array([[(140.0, 172.0)]]), warp)[0, 0]
    first = in_source_frame(page).blocks[0]
    box = first.table.cells[0].box if first.table else first.lines[0].words[0].box
    assert (box.x0, (box.y0 + box.y1) / 2) == pytest.approx(there.tolist(), abs=14)


def test_a_shadow_is_taken_out_and_pictures_stay():
    page = np.full((800, 600, 3), 240, np.uint8)
    page[:, :300] = 150
    page[60:80, 40:560:12] = 20
    page[400:700, 320:560] = 50
    lit = without_shadow(page)
    assert np.ptp([np.median(lit[100:380, x : x + 60]) for x in (40, 140, 420, 520)]) < 12
    assert lit[450:650, 380:500].mean() < 150
