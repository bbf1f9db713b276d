"""hOCR and ALTO give boxes in the pixels of the image that they name."""

from __future__ import annotations

import re

import cv2
import numpy as np
import pytest
from PIL import Image

from ocroute import Block, Box, Document, Line, Page, Verdict, Word
from ocroute.document import Category
from ocroute.document.source_frame import in_source_frame
from ocroute.pages.page import deskewed

MARK = Box(50, 100, 90, 112)


def read(turned: int, skew: float) -> tuple[Page, np.ndarray]:
    """A record whose one word is the only ink of its page, and the page as its source shows it."""
    source = np.full((300, 200, 3), 255, np.uint8)
    source[int(MARK.y0) : int(MARK.y1), int(MARK.x0) : int(MARK.x1)] = 0
    upright = np.ascontiguousarray(np.rot90(source, turned // 90))
    upright = deskewed(upright, skew) if skew else upright
    rows, columns = np.nonzero(upright[..., 0] < 128)
    box = Box(columns.min(), rows.min(), columns.max() + 1.0, rows.max() + 1.0)
    height, width = upright.shape[:2]
    block = Block(Category.TEXT, "word", box, lines=(Line("word", box, words=(Word("word", box),)),))
    page = Page("a.png", 1, width, height, Verdict("accepted", 1.0), (block,), turned=turned, skew=skew)
    return page, upright


@pytest.mark.parametrize("skew", [0.0, 2.0, -5.0])
@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_boxes_are_around_the_ink_of_the_source(turned: int, skew: float) -> None:
    page = in_source_frame(read(turned, skew)[0])
    (word,) = page.blocks[0].lines[0].words
    assert (page.width, page.height) == (200, 300)
    slack = 1.5 + abs(np.sin(np.radians(skew))) * 2 * (MARK.width + MARK.height)
    assert (word.box.x0, word.box.y0, word.box.x1, word.box.y1) == pytest.approx((50, 100, 90, 112), abs=slack)
    assert word.box.intersection(MARK) >= 0.9 * MARK.area
    if not skew:
        assert page.blocks[0].lines[0].angle == -turned % 360


@pytest.mark.parametrize("kind", ["png", "webp"])
def test_with_page_images_boxes_are_in_the_upright_page_that_was_saved(kind: str, tmp_path) -> None:
    page, upright = read(90, 2.0)
    source = np.full((300, 200, 3), 255, np.uint8)
    source[100:112, 50:90] = 0
    Image.fromarray(source).save(tmp_path / "a.png")
    document = Document(str(tmp_path / "a.png"), (page,))
    for name in ("x.hocr", "x.alto.xml"):
        document.save(tmp_path / name, page_images=kind)
        written = (tmp_path / name).read_text()
        assert f"x.pages/page-0001.{kind}" in written
    with Image.open(tmp_path / "x.pages" / f"page-0001.{kind}") as saved:
        assert (np.asarray(saved.convert("RGB")) == upright).all()
    box = page.blocks[0].box
    assert f"bbox {box.x0:.0f} {box.y0:.0f}" in (tmp_path / "x.hocr").read_text()
    plain = document.export("hocr").decode()
    assert "a.png" in plain
    assert f"bbox {box.x0:.0f} {box.y0:.0f}" not in plain
    found = re.search(r"ocrx_word[^>]*bbox (\d+) (\d+) (\d+) (\d+)", plain)
    assert cv2.countNonZero(255 - source[int(found[2]) : int(found[4]), int(found[1]) : int(found[3]), 0]) == MARK.area
