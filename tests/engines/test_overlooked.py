"""Lone figures beside lines that a detector found are looked at; a pattern of as many shapes is not looked through."""

import pytest
from tests.support.pages import letter, vera

from ocroute.ppocr import overlooked
from ocroute.ppocr.detector import Region
from ocroute.values import Box


def regions(made):
    boxes = (line.box for line in made.lines)
    return [Region.upright(Box(box.x0, box.y0 - 3, min(box.x1, 900), box.y1 + 3), 0.9) for box in boxes]


@pytest.fixture
def made():
    sheet = letter(size=24)
    sheet.draw.rectangle((880, 0, 1240, 1000), fill="white")
    return sheet


def test_a_figure_at_the_end_of_a_row(made):
    at = made.lines[2].box
    made.draw.text((1040, at.y0), "7", font=vera(24), fill="black")
    found = overlooked.overlooked(made.page(), regions(made))
    assert any(
        region.box.x0 < 1048 < region.box.x1 and region.box.y0 < at.center[1] < region.box.y1 for region in found
    )


def test_a_pattern_is_not_looked_through(made, monkeypatch):
    for x in range(900, 1230, 22):
        for y in range(10, 990, 30):
            made.draw.ellipse((x, y, x + 15, y + 17), outline="black", width=3)
    monkeypatch.setattr(overlooked, "_words", lambda signs: pytest.fail(f"{len(signs)} signs were looked through"))
    assert overlooked.overlooked(made.page(), regions(made)) == []
