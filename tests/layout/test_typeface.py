"""What is measured of the type of a page that has only its picture: sizes, weights, and nothing where ink does not tell."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from tests.support.pages import PROSE, ArrayPage, TypesetPage

from ocroute.engines.base import ENGINES, Task
from ocroute.layout.arrange import arrange
from ocroute.layout.typeface import with_fonts
from ocroute.pages import Raster
from ocroute.values import Box, Category, Font, Line

FONTS = Path("/usr/share/fonts")
FACES = {
    "Liberation Serif": (
        "truetype/liberation/LiberationSerif-Regular.ttf",
        "truetype/liberation/LiberationSerif-Bold.ttf",
    ),
    "Liberation Sans": (
        "truetype/liberation/LiberationSans-Regular.ttf",
        "truetype/liberation/LiberationSans-Bold.ttf",
    ),
    "DejaVu Serif": ("truetype/dejavu/DejaVuSerif.ttf", "truetype/dejavu/DejaVuSerif-Bold.ttf"),
    "DejaVu Sans": ("truetype/dejavu/DejaVuSans.ttf", "truetype/dejavu/DejaVuSans-Bold.ttf"),
}
HEADINGS = (
    "2. What was measured",
    "Thefts",
    "Results and Discussion",
    "Invoice 2024-0817",
    "REPORT OF THE HARBOUR BOARD",
)
SIZE = 0.08  # the share by which a size may be wrong


@dataclass
class Printed:
    """A line as it was set: its true size in pixels and weight."""

    text: str
    size: float
    bold: bool = False


def prose(count: int = 12) -> list[str]:
    words = PROSE.split()
    return [" ".join(words[at : at + 9]) for at in range(0, 9 * count, 9) if words[at : at + 9]][:count]


def printed(dpi: int, points: float) -> list[Printed]:
    """Regular text with some short lines, and headings of three sizes in bold."""
    size = points * dpi / 72
    lines = [Printed(text, size) for text in (*prose(), *HEADINGS)]
    return lines + [Printed(text, size * step, bold=True) for step in (1.0, 1.2, 1.6) for text in HEADINGS]


def typeset(lines: list[Printed], face: str = "Liberation Serif", *, room: float = 0.0) -> tuple[Raster, list[Line]]:
    """The lines one below the other, drawn at twice the size and reduced as a scanner does, with boxes that leave ``room``
    ems about the ink.
    """
    files = [FONTS / path for path in FACES[face]]
    if not all(file.is_file() for file in files):
        pytest.skip(f"{face} is not installed")
    fonts = [ImageFont.truetype(str(files[line.bold]), 2 * line.size) for line in lines]
    margin = 3 * lines[0].size
    tops = np.cumsum([margin, *(1.3 * line.size for line in lines)])
    width = max(font.getlength(line.text) for font, line in zip(fonts, lines, strict=True)) / 2 + 2 * margin
    image = Image.new("L", (2 * int(width), 2 * int(tops[-1] + margin)), 255)
    draw = ImageDraw.Draw(image)
    found = []
    for line, font, top in zip(lines, fonts, tops, strict=False):
        draw.text((2 * margin, 2 * top), line.text, font=font, fill=0)
        x0, y0, x1, y1 = (edge / 2 for edge in draw.textbbox((2 * margin, 2 * top), line.text, font=font))
        more = room * line.size
        found.append(Line(line.text, Box(x0 - more, y0 - more / 2, x1 + more, y1 + more / 2)))
    grey = np.asarray(image.reduce(2))
    return np.repeat(grey[:, :, None], 3, axis=2), found


def errors(measured: list[Line], lines: list[Printed]) -> list[float]:
    return [found.font.size / line.size - 1 for found, line in zip(measured, lines, strict=True) if found.font]


def wrong_weights(measured: list[Line], lines: list[Printed]) -> list[str]:
    pairs = zip(measured, lines, strict=True)
    return [line.text for found, line in pairs if found.font is None or found.font.bold != line.bold]


@pytest.mark.parametrize("room", [0.0, 0.3], ids=["tight", "roomy"])
@pytest.mark.parametrize(("dpi", "points"), [(150, 10), (200, 9), (300, 8), (300, 11)])
@pytest.mark.parametrize("face", FACES)
def test_sizes_and_weights_are_right_in_any_box(face: str, dpi: int, points: float, room: float) -> None:
    lines = printed(dpi, points)
    pixels, boxes = typeset(lines, face, room=room)
    measured = with_fonts(ArrayPage(pixels), boxes)
    assert max(map(abs, errors(measured, lines))) <= SIZE
    assert len(wrong_weights(measured, lines)) <= 0.05 * len(lines)


def worn(pixels: Raster, wear: str) -> Raster:
    chance = np.random.default_rng(7)
    match wear:
        case "inverted":
            return 255 - pixels
        case "faint":
            return np.clip(pixels * 0.35 + 120 + chance.normal(0, 15, pixels.shape), 0, 255).astype(np.uint8)
        case "specks":
            specks = chance.random(pixels.shape[:2])
            result = pixels.copy()
            result[specks < 0.005], result[specks > 0.995] = 0, 255
            return result
        case "fax":
            return ((pixels > 160) * 255).astype(np.uint8)
        case "blurred":
            return cv2.GaussianBlur(pixels, (0, 0), 0.8)
        case _:
            turned = Image.fromarray(pixels).rotate(0.5, Image.Resampling.BICUBIC, fillcolor=(255, 255, 255))
            return np.asarray(turned)


@pytest.mark.parametrize("wear", ["inverted", "faint", "specks", "fax", "blurred", "leaning"])
def test_a_bad_scan_measures_the_same_or_says_nothing(wear: str) -> None:
    lines = printed(200, 10)
    pixels, boxes = typeset(lines, room=0.2)
    measured = with_fonts(ArrayPage(worn(pixels, wear)), boxes)
    assert max(map(abs, errors(measured, lines))) <= 0.1
    assert len(errors(measured, lines)) >= 0.9 * len(lines)
    assert not [line.text for line, was in zip(measured, lines, strict=True) if line.font and line.font.bold > was.bold]


@pytest.mark.parametrize("engine", ["rapidocr", pytest.param("tesseract", marks=pytest.mark.tesseract)])
def test_both_engines_boxes_lead_to_the_same_type(engine: str) -> None:
    if engine == "tesseract" and not shutil.which("tesseract"):
        pytest.skip("tesseract is not installed")
    lines = printed(200, 10)
    pixels, _ = typeset(lines)
    page = ArrayPage(pixels)
    task = Task(languages=("en",))
    reading = ENGINES.load(engine)(task).read_page(page, task)
    truth = {line.text: [other for other in lines if other.text == line.text] for line in lines}
    found = [
        line for line in with_fonts(page, sorted(reading.lines, key=lambda line: line.box.y0)) if line.text in truth
    ]
    pairs = [(line, truth[line.text].pop(0)) for line in found]
    assert len(pairs) >= 0.9 * len(lines)
    measured, printed_as = [line for line, _ in pairs], [line for _, line in pairs]
    assert max(map(abs, errors(measured, printed_as))) <= SIZE
    assert len(wrong_weights(measured, printed_as)) <= 0.05 * len(pairs)


def test_ideographs_are_measured_by_their_squares() -> None:
    file = FONTS / "opentype/noto/NotoSansCJK-Regular.ttc"
    if not file.is_file():
        pytest.skip("Noto Sans CJK is not installed")
    image = Image.new("RGB", (1200, 500), "white")
    draw = ImageDraw.Draw(image)
    boxes, sizes = [], (30, 30, 30, 48)
    for row, size in enumerate(sizes):
        font = ImageFont.truetype(str(file), size)
        text = "港口的管理员记录了每一艘船只的名称和吨位"
        draw.text((60, 60 + 90 * row), text, font=font, fill="black")
        boxes.append(Line(text, Box(*draw.textbbox((60, 60 + 90 * row), text, font=font))))
    measured = with_fonts(ArrayPage(np.asarray(image)), boxes)
    assert [line.font.size for line in measured if line.font] == pytest.approx(sizes, rel=SIZE)


def test_nothing_is_said_where_there_is_no_ink_or_no_letter() -> None:
    white = np.full((400, 800, 3), 255, np.uint8)
    lines = [
        Line("Water", Box(50, 50, 200, 90)),
        Line("*", Box(50, 150, 60, 160)),
        Line("Out", Box(700, 350, 900, 420)),
    ]
    assert with_fonts(ArrayPage(white), lines) == lines


def test_weights_are_measured_where_a_text_layer_has_fonts_without_names() -> None:
    """As PDFs have them whose letters are drawn one by one."""
    regular, bold = (FONTS / file for file in FACES["DejaVu Serif"])
    if not bold.exists():
        pytest.skip("DejaVu Serif is not installed")
    image = Image.new("RGB", (1400, 1000), "white")
    pen, told = ImageDraw.Draw(image), []
    for row, text in enumerate((HEADINGS[0], *prose(8), HEADINGS[2])):
        face = ImageFont.truetype(str(bold if text in HEADINGS else regular), 30)
        pen.text((100, 80 + 60 * row), text, font=face, fill="black")
        x0, y0, x1, y1 = face.getbbox(text)
        told.append(Line(text, Box(100 + x0, 80 + 60 * row + y0, 100 + x1, 80 + 60 * row + y1), font=Font("", 30.0)))
    measured = with_fonts(ArrayPage(np.asarray(image)), told)
    assert [line.text for line in measured if line.font and line.font.bold] == [HEADINGS[0], HEADINGS[2]]
    assert all(line.font and line.font.size == 30.0 for line in measured)


def test_fonts_of_a_text_layer_are_kept_and_no_raster_is_made() -> None:
    sheet = TypesetPage()
    sheet.prose(PROSE, 170, 300, 1360)
    page = sheet.page
    page._render = lambda: pytest.fail("the page was rendered")  # type: ignore[method-assign]
    assert with_fonts(page, sheet.lines) == sheet.lines


def test_a_bold_line_is_a_heading_and_a_bold_word_is_not() -> None:
    size = 28.0
    body = [Printed(text, size) for text in (*prose(5), "was owed by them.")]
    heading = Printed("How the ledger was kept", size, bold=True)
    lines = [*body, heading, *body]
    pixels, boxes = typeset(lines, room=0.3)
    row = 9  # whose first word is printed once more, in bold
    word = lines[row].text.split()[0]
    image = Image.fromarray(pixels)
    font = ImageFont.truetype(str(FONTS / FACES["Liberation Serif"][1]), size)
    ImageDraw.Draw(image).text((3 * size, 3 * size + row * 1.3 * size), word, font=font, fill="black")
    blocks = arrange(ArrayPage(np.asarray(image)), boxes)
    assert [block.text for block in blocks if block.category is Category.SECTION_HEADER] == [heading.text]
    assert [block.category for block in blocks] == [Category.TEXT, Category.SECTION_HEADER, Category.TEXT]
