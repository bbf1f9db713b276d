"""Reading order of pages as they are printed."""

import random

import pytest
from tests.support.pages import PROSE, TypesetPage

from ocroute.layout.arrange import arrange
from ocroute.values import Block, Category


def read(sheet: TypesetPage) -> tuple[Block, ...]:
    lines = list(sheet.lines)
    random.Random(5).shuffle(lines)
    return arrange(sheet.page, lines)


def text_of(blocks: tuple[Block, ...]) -> str:
    return " ".join(block.text for block in blocks if not block.category.is_furniture)


def assert_order(text: str, *parts: str) -> None:
    places = [text.find(part) for part in parts]
    assert -1 not in places, f"missing: {parts[places.index(-1)]!r} in {text!r}"
    assert places == sorted(places), dict(zip(parts, places, strict=True))


def numbered(*names: str) -> list[str]:
    """Paragraphs that can be told apart by their first and last words."""
    return [f"{name} begins here. {PROSE} Here ends {name.lower()}." for name in names]


@pytest.mark.parametrize("fonts", [True, False])
@pytest.mark.parametrize("count", [2, 3, 4])
def test_columns_are_read_one_after_the_other(count: int, fonts: bool) -> None:
    sheet = TypesetPage(fonts=fonts)
    sheet.centred("A Title Over All Columns", 200, size=52, bold=True)
    width = 1360 / count - 40
    names = ["Alpha", "Bravo", "Charlie", "Delta", "Echo", "Foxtrot", "Golf", "Hotel"][: 2 * count]
    for index, text in enumerate(numbered(*names)):
        column, row = divmod(index, 2)
        sheet.prose(text, 170 + column * (width + 40), 320 + row * 800 + 11 * column, width, size=24)
    ends = [part for name in names for part in (f"{name} begins", f"ends {name.lower()}")]
    assert_order(text_of(read(sheet)), "A Title Over All Columns", *ends)


def test_a_figure_across_two_columns_parts_the_page() -> None:
    sheet = TypesetPage()
    above = numbered("Upleft", "Upright")
    below = numbered("Lowleft", "Lowright")
    for side in range(2):
        sheet.prose(above[side], 170 + side * 700, 200, 660)
        sheet.prose(below[side], 170 + side * 700, 1300, 660)
    sheet.prose(
        "Figure 1: Tonnage by month, as far as the ledgers of the two harbours have come down to us today.",
        170,
        1150,
        1360,
    )
    text = text_of(read(sheet))
    assert_order(
        text, "ends upleft", "Upright begins", "Figure 1:", "Lowleft begins", "ends lowleft", "Lowright begins"
    )


def test_a_sidebar_does_not_break_into_the_text() -> None:
    sheet = TypesetPage()
    texts = numbered("Main", "Second")
    y = sheet.prose(texts[0], 170, 200, 900)
    sheet.prose(texts[1], 170, y + 40, 900)
    sheet.prose(
        "In brief: the harbour, its ledger and the losses of one winter, told by those who kept count.",
        1180,
        230,
        350,
        size=24,
    )
    text = text_of(read(sheet))
    assert texts[0] in text
    assert texts[1] in text
    assert "told by those who kept count" in text


def test_sentence_runs_on_into_the_next_column_past_a_caption_and_a_footnote() -> None:
    sheet = TypesetPage()
    y = sheet.prose(PROSE, 170, 200, 660)
    y = sheet.prose(PROSE + " The last sentence of this column goes", 170, y, 660, indent=40)
    sheet.line("on when the column has ended, because it is", 170, y, width=660)
    sheet.line("1 See the ledger of the customs house, vol. 3.", 170, 1900, size=20)
    sheet.rules.append((170, 1890, 400, 1890))
    sheet.line("Figure 4: The quay.", 900, 200, size=22)
    sheet.prose("carried over to the top of the next one, below a figure. " + PROSE, 900, 300, 660)
    blocks = read(sheet)
    assert any("because it is carried over to the top of the next one" in block.text for block in blocks)
    assert [block.category for block in blocks].count(Category.CAPTION) == 1
    assert [block.category for block in blocks].count(Category.FOOTNOTE) == 1


def test_letter_with_sender_and_date_on_the_right_is_read_downwards() -> None:
    sheet = TypesetPage()
    for index, text in enumerate(["Harbour Office", "3 Quay Road", "Northport"]):
        sheet.line(text, 1200, 200 + 36 * index)
    for index, text in enumerate(["Mrs Ada Lind", "12 Mill Lane", "Easton"]):
        sheet.line(text, 170, 420 + 36 * index)
    sheet.line("4 March 1921", 1250, 640)
    sheet.line("Dear Mrs Lind,", 170, 740)
    sheet.prose(PROSE, 170, 810, 1360)
    text = text_of(read(sheet))
    assert_order(
        text,
        "Harbour Office",
        "Northport",
        "Mrs Ada Lind",
        "Easton",
        "4 March 1921",
        "Dear Mrs Lind,",
        "The harbour master",
    )


def test_labels_are_read_with_what_they_label() -> None:
    sheet = TypesetPage()
    sheet.prose(PROSE, 170, 200, 1360)
    rows = [("Master:", "Captain Elias Brandt of Northport"), ("Cargo:", "Timber, grain and eleven sacks of letters")]
    rows += [
        ("Owner:", "The heirs of Lind and Company in Easton"),
        ("Arrived:", "On the fourth of March after a hard passage"),
    ]
    for index, (label, entry) in enumerate(rows):
        sheet.line(label, 170, 700 + 60 * index)
        sheet.line(entry, 420, 700 + 60 * index)
    text = " ".join("".join(line.text for line in block.lines) for block in read(sheet))
    assert_order(text, *(part for row in rows for part in row))


def test_words_apart_from_each_other_are_one_line_unless_a_gutter_parts_them() -> None:
    sheet = TypesetPage()
    sheet.line("loosely set words of one line", 170, 300, width=900)
    assert read(sheet)[0].text == "loosely set words of one line"


def test_lines_read_across_a_gutter_are_parted() -> None:
    """Some engines return a row of two columns as one line."""
    sheet, across = TypesetPage(), TypesetPage()
    left, right = numbered("Left", "Right")
    sheet.prose(left, 170, 200, 660)
    sheet.prose(right, 860, 200, 660)
    half = len(sheet.lines) // 2
    for one, other in zip(sheet.lines[:half], sheet.lines[half:], strict=True):
        words = one.words + other.words
        across.line("placeholder", 0, one.box.y0)
        line = across.lines.pop()
        box = type(one.box).around((one.box, other.box))
        across.lines.append(type(line)(f"{one.text} {other.text}", box, None, words, one.font))
    text = text_of(read(across))
    assert left in text
    assert right in text


def test_a_rule_over_several_columns_parts_stories() -> None:
    sheet = TypesetPage()
    above, below = numbered("Upleft", "Upright"), numbered("Lowleft", "Lowright")
    for side in range(2):
        sheet.prose(above[side], 170 + side * 700, 200, 660)
        sheet.prose(below[side], 170 + side * 700, 660, 660)
    bottom = max(line.box.y1 for line in sheet.lines if line.box.y0 < 640)
    sheet.rules.append((170, bottom + 15, 1530, bottom + 15))
    assert_order(
        text_of(read(sheet)), "ends upleft", "Upright begins", "Lowleft begins", "ends lowleft", "Lowright begins"
    )


def test_definitions_behind_labels_are_one_block_each() -> None:
    sheet = TypesetPage()
    y = 300.0
    for label in ("mast", "keel", "rudder"):
        sheet.line(label, 170, y)
        y = sheet.prose(f"is the {label} of a vessel. {PROSE[:170].rsplit(' ', 1)[0]}.", 420, y, 900) + 12
    assert [block.text.split()[0] for block in read(sheet)] == ["mast", "keel", "rudder"]
