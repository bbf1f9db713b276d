"""What was read, drawn on the image of the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ocroute.document.doubtful_places import place_of, unsure_boxes
from ocroute.document.model import Page
from ocroute.values import Box, Category

RED = (214, 26, 26)
"""Of doubtful places, and of nothing else."""

COLOURS: dict[Category, tuple[int, int, int]] = {
    Category.TITLE: (94, 53, 177),
    Category.SECTION_HEADER: (142, 68, 173),
    Category.TEXT: (25, 103, 210),
    Category.LIST_ITEM: (0, 121, 143),
    Category.CODE: (60, 80, 90),
    Category.TABLE: (27, 122, 61),
    Category.FORMULA: (133, 100, 4),
    Category.PICTURE: (95, 99, 104),
    Category.CAPTION: (70, 110, 140),
    Category.FOOTNOTE: (110, 90, 120),
    Category.PAGE_HEADER: (120, 120, 120),
    Category.PAGE_FOOTER: (120, 120, 120),
}
"""RGB, dark enough for white letters on them."""


def drawn(page: Page, raster: NDArray[np.uint8]) -> Image.Image:
    """``raster`` with the blocks of ``page`` on it, each with its number in reading order and its category.

    Words of which the engine is unsure and places that a finding names lie under a red tint; a page whose text was refused has
    a red frame.

    Args:
        page: the record.
        raster: the upright page that its boxes are in, (H, W, 3) uint8 RGB; not changed.
    """
    image = Image.fromarray(raster).convert("RGB")
    pen = ImageDraw.Draw(image, "RGBA")
    stroke = max(2, max(image.size) // 800)
    font = ImageFont.load_default(max(12, max(image.size) // 90))
    for box in _doubtful_places(page):
        pen.rectangle(_corners(box, image), fill=(*RED, 70), outline=RED)
    placed = [(number, block, place) for number, block in enumerate(page.blocks, 1) if (place := place_of(block))]
    for _, block, place in placed:
        pen.rectangle(_corners(place, image), outline=COLOURS[block.category], width=stroke)
    taken = [Box(*_corners(place, image)) for _, _, place in placed]
    for (number, block, _), box in zip(placed, tuple(taken), strict=True):
        label = f"{number} {block.category}"
        left, top, right, bottom = pen.textbbox((0, 0), label, font=font)
        spot = _free_spot(box, right - left + 2 * stroke, bottom - top + 2 * stroke, image, taken)
        taken.append(spot)
        pen.rectangle((spot.x0, spot.y0, spot.x1, spot.y1), fill=(*COLOURS[block.category], 220))
        pen.text((spot.x0 + stroke - left, spot.y0 + stroke - top), label, fill="white", font=font)
    if not page.verdict.fine:
        pen.rectangle((0, 0, image.width - 1, image.height - 1), outline=RED, width=3 * stroke)
    return image


def _free_spot(box: Box, wide: float, high: float, image: Image.Image, taken: Sequence[Box]) -> Box:
    """Where a label of this size hides the least of what is ``taken``: above ``box``, beside it, or else within."""
    corners = (
        (box.x0, box.y0 - high),
        (box.x0 - wide, box.y0),
        (box.x1, box.y0),
        (box.x1 - wide, box.y0 - high),
        (box.x0, box.y1),
        (box.x0, box.y0),
    )
    inside = [(max(0.0, min(x, image.width - wide)), max(0.0, min(y, image.height - high))) for x, y in corners]
    spots = [Box(x, y, x + wide, y + high) for x, y in inside]
    return min(spots, key=lambda spot: sum(spot.intersection(other) for other in taken))  # the first of equals


def _doubtful_places(page: Page) -> Iterator[Box]:
    yield from (finding.image for finding in page.verdict.findings if finding.image)
    for block in page.blocks:
        yield from unsure_boxes(block)


def _corners(box: Box, image: Image.Image) -> tuple[float, float, float, float]:
    cut = box.clamped(image.width - 1, image.height - 1)
    return cut.x0, cut.y0, cut.x1, cut.y1
