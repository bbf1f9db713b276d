"""Words over a page's text are set aside by name, on one page as on many; what only stands beside it, or larger, is text."""

import msgspec
import pytest
from tests.support.pages import PROSE, TypesetPage

from ocroute.document.model import Document, Page, Verdict
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.checks.watermark import Watermark
from ocroute.layout.arrange import arrange
from ocroute.run.records import laid_out_alone
from ocroute.values import Box, Line


def marked(text: str, box: Box, angle: int = 0) -> TypesetPage:
    """Eight paragraphs, and a line over them."""
    sheet, y = TypesetPage(), 260.0
    for _ in range(8):
        y = sheet.prose(PROSE, 170, y, 1360, indent=40)
    sheet.lines.insert(len(sheet.lines) // 2, Line(text, box, angle=angle))
    return sheet


OVER = [("DRAFT COPY", Box(300, 500, 1300, 1300), 45), ("COPY", Box(350, 700, 1300, 1000), 0)]


@pytest.mark.parametrize(("text", "box", "angle"), OVER)
def test_words_over_the_text_are_no_part_of_it(text, box, angle):
    sheet = marked(text, box, angle)
    blocks = arrange(sheet.page, sheet.lines)
    assert [block.text for block in blocks if block.category.is_furniture] == [text]
    assert " ".join(block.text for block in blocks if not block.category.is_furniture) == " ".join([PROSE] * 8)


@pytest.mark.parametrize(("text", "box", "angle"), OVER)
def test_one_page_is_enough_to_know_them_and_they_are_named_and_kept(text, box, angle):
    sheet = marked(text, box, angle)
    blocks = tuple(arrange(sheet.page, sheet.lines))
    reading = Reading(lines=tuple(sheet.lines), blocks=blocks)
    finding = Watermark().check(sheet.page, reading, engine=EngineInfo(kind="ocr", rank=0), task=Task())
    assert finding is not None
    assert (finding.refuses, finding.image) == (False, box)
    assert text in finding.sentence
    width, height = sheet.page.size
    page = laid_out_alone(Page("one.png", 1, width, height, Verdict("accepted", 1.0, (finding,)), blocks))
    document = Document("one.png", (page,))
    assert text not in document.to_markdown()
    assert text in document.to_markdown(keep_headers_footers=True)
    assert text.encode() in msgspec.json.encode(document)


@pytest.mark.parametrize(
    ("text", "box", "angle"),
    [
        ("A title in large type", Box(170, 60, 1500, 180), 0),
        ("It", Box(170, 250, 230, 330), 0),  # an initial, beside its lines
        ("aslant", Box(1400, 2050, 1600, 2150), 30),  # over nothing
    ],
)
def test_what_lies_over_nothing_is_no_watermark(text, box, angle):
    sheet = marked(text, box, angle)
    reading = Reading(lines=tuple(sheet.lines), blocks=tuple(arrange(sheet.page, sheet.lines)))
    assert Watermark().check(sheet.page, reading, engine=EngineInfo(kind="ocr", rank=0), task=Task()) is None
