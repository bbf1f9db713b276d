import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from reportlab.pdfgen.canvas import Canvas

from ocroute.pages import open_input
from ocroute.pages.page import deskewed
from ocroute.ppocr.page_orientation import make_upright
from tests.support.pages import ArrayPage

ENGLISH = "It was a bright cold day in April and the clocks were striking thirteen while the brown fox ran"
RUSSIAN = "Однажды весною в час небывало жаркого заката в Москве на Патриарших прудах появились два гражданина"
CHINESE = "人人生而自由在尊严和权利上一律平等他们赋有理性和良心并应以兄弟关系的精神相对待今天天气很好我们去公园"
NUMBERS = "1,234 56.78 90 0.125 6,543.21"


def font(language, size):
    """A sans-serif font that has the language, if there is one: fontconfig's best match may be one that has it not."""
    asked = f"sans:lang={language}"
    has = subprocess.run(["fc-list", f":lang={language}", "file"], capture_output=True, text=True, check=True).stdout
    best = subprocess.run(["fc-match", "-f", "%{file}", asked], capture_output=True, text=True, check=True).stdout
    if best not in has:
        raise OSError(f"no font has {language}")
    return ImageFont.truetype(best, size)


def text_page(words, join=" ", *, language="en", size=28, lines=25, leading=1.5, seed=1):
    try:
        face = font(language, size)
    except OSError:
        pytest.skip(f"needs fontconfig and a font for {language}")
    rng = np.random.default_rng(seed)
    image = Image.new("L", (1240, 1754), 255)
    draw = ImageDraw.Draw(image)
    for row in range(lines):
        text = ""
        while draw.textlength(text, font=face) < 850:
            text += str(rng.choice(words.split() if join else list(words))) + join
        draw.text((120, 120 + row * size * leading), text, font=face, fill=0)
    return np.repeat(np.asarray(image)[:, :, None], 3, axis=2)


PAGES = {
    "english": lambda: text_page(ENGLISH),
    "capitals": lambda: text_page(ENGLISH.upper()),
    "russian": lambda: text_page(RUSSIAN, language="ru"),
    "chinese": lambda: text_page(CHINESE, "", language="zh-cn"),
    "numbers": lambda: text_page(NUMBERS, "     "),
}
"""Pages that must come upright from any side."""

UPRIGHT = PAGES | {
    "tight chinese": lambda: text_page(CHINESE, "", language="zh-cn", leading=1.15),
    "two lines": lambda: text_page(ENGLISH, lines=2),
    "one russian line": lambda: text_page(RUSSIAN, language="ru", lines=1),
    "tiny": lambda: text_page(ENGLISH, size=13, lines=60),
    "blank": lambda: np.full((1754, 1240, 3), 255, np.uint8),
    "black": lambda: np.zeros((1754, 1240, 3), np.uint8),
    "one pixel": lambda: np.zeros((1, 1, 3), np.uint8),
    "noise": lambda: np.random.default_rng(1).integers(0, 255, (700, 500, 3)).astype(np.uint8),
    "specks": lambda: (
        np.where(np.random.default_rng(2).random((1754, 1240, 1)) < 0.002, 0, 255).repeat(3, 2).astype(np.uint8)
    ),
}
"""Pages that must not be touched: a false turn loses the page."""


def standing(page):
    upright = make_upright(page, threads=1)
    return upright.turned, upright.skew


@pytest.mark.parametrize("kind", UPRIGHT)
def test_an_upright_page_is_not_touched(kind):
    page = ArrayPage(UPRIGHT[kind]())
    assert make_upright(page) is page


@pytest.mark.parametrize("turns", [1, 2, 3])
@pytest.mark.parametrize("kind", PAGES)
def test_a_turned_page_is_turned_back(kind, turns):
    raster = np.ascontiguousarray(np.rot90(PAGES[kind](), -turns))
    assert standing(ArrayPage(raster)) == (90 * turns, 0.0)


@pytest.mark.parametrize(("turns", "skew"), [(0, 3.0), (1, -2.0), (2, 5.0), (3, 1.2)])
def test_a_turned_and_leaning_page_is_put_straight(turns, skew):
    raster = deskewed(np.ascontiguousarray(np.rot90(PAGES["english"](), -turns)), -skew)
    turned, found = standing(ArrayPage(raster))
    assert turned == 90 * turns
    assert found == pytest.approx(skew, abs=0.15)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_pdf_with_text_of_its_own_is_turned_by_it_without_a_raster(tmp_path, rotation):
    path = Path(tmp_path, "a.pdf")
    canvas = Canvas(str(path), pagesize=(600, 600))
    canvas.translate(300, 300)
    canvas.rotate(rotation)
    for row in range(5):
        canvas.drawString(-200, 100 - 20 * row, "Sphinx of black quartz, judge my vow")
    canvas.save()
    with open_input(path) as source:
        page = source.page(1)
        upright = make_upright(page)
        assert upright.turned == -rotation % 360
        assert "raster" not in page._memo
        lines = upright.text_layer()
        assert {line.angle for line in lines} == {0}
        feet = sorted(line.box.y1 for line in lines)
        assert np.allclose(np.diff(feet), 20 / 72 * page.dpi, atol=1)
        if rotation == 0:
            assert upright is page
