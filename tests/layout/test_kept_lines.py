"""Lines that are broken on purpose stay lines; running text does not, however it is set."""

import msgspec
import pytest
from reportlab.pdfbase.pdfmetrics import stringWidth
from tests.support.page_records import record
from tests.support.pages import LIGHTHOUSE, PROSE, TypesetPage

from ocroute.document import Document
from ocroute.document.exporters.markdown import Markdown
from ocroute.layout.arrange import arrange
from ocroute.layout.wording import ended
from ocroute.values import Category

STANZA = (
    "The ferry leaves at half past nine,",
    "And nobody will wait for me,",
    "The river is a silver line",
    "That runs from here into the sea.",
)
MODERN = ("in the morning all of the boats", "go out", "and come back late", "with nothing at all")
ADDRESS = ("Ann Marton", "The Old Bakery", "7 Church Lane", "Northport NP1 6AB")
SUMS = ("Subtotal 235.60", "VAT 20 % 47.12", "Total 282.72")


def ragged(sheet: TypesetPage, text: str, x: float, y: float, width: float, *, size: float = 28) -> float:
    """A paragraph whose lines end where they end; returns the y below it."""
    pending = text.split()
    while pending:
        current = pending.pop(0)
        while pending and stringWidth(f"{current} {pending[0]}", "Times-Roman", size) <= width:
            current = f"{current} {pending.pop(0)}"
        sheet.line(current, x, y, size=size)
        y += 1.22 * size
    return y


def below(sheet: TypesetPage, lines: tuple[str, ...], x: float, y: float, *, shift: float = 0, end: float = 0) -> float:
    """Lines one under the other; every second ``shift`` further in, or all up to the right edge ``end``."""
    for at, text in enumerate(lines):
        left = end - stringWidth(text, "Times-Roman", 28) if end else x + shift * (at % 2)
        sheet.line(text, left, y)
        y += 1.22 * 28
    return y


def texts(sheet: TypesetPage) -> list[str]:
    return [block.text for block in arrange(sheet.page, sheet.lines)]


@pytest.mark.parametrize("fonts", [True, False])
@pytest.mark.parametrize("lines", [STANZA, MODERN, ADDRESS, SUMS])
@pytest.mark.parametrize(("shift", "end"), [(0, 0), (45, 0), (0, 1530)])
def test_lines_between_paragraphs_stay_lines(fonts: bool, lines: tuple[str, ...], shift: float, end: float) -> None:
    sheet = TypesetPage(fonts=fonts)
    y = sheet.prose(PROSE, 170, 300, 1360)
    y = below(sheet, lines, 170, y + 30, shift=shift, end=end)
    y = below(sheet, lines, 170, y + 30, shift=shift, end=end)
    sheet.prose(LIGHTHOUSE, 170, y + 30, 1360)
    assert texts(sheet) == [PROSE, "\n".join(lines), "\n".join(lines), LIGHTHOUSE]


@pytest.mark.parametrize("lines", [STANZA, ADDRESS])
def test_lines_alone_on_a_page_stay_lines(lines: tuple[str, ...]) -> None:
    sheet = TypesetPage()
    below(sheet, lines, 170, 300)
    assert texts(sheet) == ["\n".join(lines)]


@pytest.mark.parametrize("fonts", [True, False])
@pytest.mark.parametrize("width", range(300, 1400, 90))
def test_running_text_is_joined_at_every_width(fonts: bool, width: int) -> None:
    sheet = TypesetPage(fonts=fonts)
    y = ragged(sheet, LIGHTHOUSE, 170, 200, width)
    ragged(sheet, PROSE, 170, y + 30, width)
    assert texts(sheet) == [LIGHTHOUSE, PROSE]


def test_running_text_beside_a_picture_is_joined() -> None:
    """Its lines are short as far as the picture goes, and then long."""
    sheet = TypesetPage()
    words = (LIGHTHOUSE + " " + PROSE).split()
    y = ragged(sheet, " ".join(words[:50]), 170, 200, 600)
    ragged(sheet, " ".join(words[50:]), 170, y, 1360)
    assert "\n" not in "".join(texts(sheet))


def test_names_in_a_narrow_column_stay_lines_and_speech_does_not_become_them() -> None:
    sheet = TypesetPage()
    below(sheet, ADDRESS, 170, 300)
    below(sheet, ("“Where were you?”", "“In the harbour.”", "“All night?”", "“All night.”"), 170, 600)
    read = texts(sheet)
    assert read[0] == "\n".join(ADDRESS)
    assert not any("\n" in text for text in read[1:])


def test_a_heading_of_two_lines_is_one() -> None:
    sheet = TypesetPage()
    sheet.centred("The Ledgers of the Harbour", 150, size=50, bold=True)
    sheet.centred("A Study", 215, size=50, bold=True)
    sheet.prose(PROSE, 170, 330, 1360)
    first = arrange(sheet.page, sheet.lines)[0]
    assert (first.category, first.text) == (Category.TITLE, "The Ledgers of the Harbour A Study")


def test_verse_of_a_list_item_keeps_its_lines() -> None:
    sheet = TypesetPage()
    sheet.prose(PROSE, 170, 150, 1360)
    below(
        sheet,
        ("1. The lamps are lit in every house,", "The bells are ringing low,", "And no one comes to tell us"),
        170,
        400,
    )
    item = arrange(sheet.page, sheet.lines)[1]
    assert (item.category, item.marker) == (Category.LIST_ITEM, "1.")
    assert item.text.split("\n")[1:] == ["The bells are ringing low,", "And no one comes to tell us"]


def test_they_are_lines_in_markdown() -> None:
    sheet = TypesetPage()
    below(sheet, ADDRESS, 170, 300)
    page = msgspec.structs.replace(record(), blocks=arrange(sheet.page, sheet.lines))
    assert Markdown().export(Document("x", (page,))).decode() == "  \n".join(ADDRESS) + "\n"


@pytest.mark.parametrize(("text", "right"), [("Total 12.50", False), ("of the town.4", True), ("in 1914.", True)])
def test_a_number_is_no_end_of_a_sentence(text: str, right: bool) -> None:
    assert ended(text) is right
