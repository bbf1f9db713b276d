"""Numbers one below the other in one region are rows of their own; a line that runs up the page, and a large sign, stay whole."""

import numpy as np
import pytest
from bench.pages.canvas import ArrayPage
from PIL import Image, ImageDraw
from tests.support.pages import SERIF, face, sheet, vera

from ocroute.ppocr.detector import Region
from ocroute.ppocr.stacked import parted
from ocroute.values import Box


def found(made, tall: Box):
    """The regions that a tall one becomes, beside those of the lines of the page."""
    lines = [
        Region.upright(Box(box.x0, box.y0 - 4, box.x1, box.y1 + 4), 0.9) for box in (line.box for line in made.lines)
    ]
    every = parted(made.page(), [*lines, Region.upright(tall, 0.9)])
    return every[len(lines) :]


def contents(rows: int = 9, *, size: int = 24, pitch: float = 1.8):
    made, font = sheet(), vera(size)
    for at in range(rows):
        made.write(100, 100 + at * pitch * size, f"{at} Meadow engine and saddle", font)
    return made


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("pitch", [1.6, 2.2])
@pytest.mark.parametrize("size", [18, 24, 34])
def test_numbers_below_each_other_are_rows_of_their_own(count, pitch, size):
    made, font = contents(size=size, pitch=pitch), vera(size)
    tops = [100 + at * pitch * size for at in range(count)]
    for at, top in enumerate(tops):
        made.draw.text((1000, top), str(27 + 8 * at), font=font, fill="black")
    parts = found(made, Box(996, tops[0] - 4, 1004 + 1.4 * size, tops[-1] + 1.2 * size))
    assert len(parts) == count
    for part, top in zip(parts, tops, strict=True):
        assert part.box.y0 < top + 0.5 * size < part.box.y1


@pytest.mark.parametrize("text", ["Northport 17", "ill in it", "A b c"])
def test_a_line_that_runs_up_the_page_stays_whole(text):
    made, font = contents(), vera(24)
    wide, high = round(font.getlength(text)) + 8, 36
    strip = Image.new("RGB", (wide, high), "white")
    ImageDraw.Draw(strip).text((4, 2), text, font=font, fill="black")
    made.image.paste(strip.rotate(90, expand=True), (1000, 200))
    assert len(found(made, Box(1000, 200, 1000 + high, 200 + wide))) == 1


@pytest.mark.parametrize("sign", ["i", ":", "!", "8", "§"])
def test_a_large_sign_stays_whole(sign):
    made, font = contents(), face(SERIF, 70)
    made.draw.text((1000, 200), sign, font=font, fill="black")
    x0, y0, x1, y1 = font.getbbox(sign)
    assert len(found(made, Box(996 + x0, 196 + y0, 1004 + x1, 204 + y1))) == 1


def test_nothing_there():
    page = ArrayPage(np.full((200, 200, 3), 255, np.uint8))
    assert parted(page, []) == []
    assert len(parted(page, [Region.upright(Box(10, 10, 20, 190), 0.5)])) == 1
