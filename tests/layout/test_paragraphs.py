"""Where a paragraph begins and what it is."""

import textwrap

import pytest
from reportlab.pdfbase.pdfmetrics import stringWidth
from tests.support.pages import PROSE, TypesetPage

from ocroute.layout.arrange import arrange
from ocroute.layout.line_measures import measure, scale_of
from ocroute.layout.lines import assemble
from ocroute.values import Block, Box, Category, Line, Word

MORE = "In the second winter the ledger was kept by his sister. " + PROSE


def read(sheet: TypesetPage) -> tuple[Block, ...]:
    return arrange(sheet.page, sheet.lines)


@pytest.mark.parametrize("fonts", [True, False])
@pytest.mark.parametrize(("gap", "indent"), [(0, 45), (30, 0), (30, 45)])
def test_indents_and_gaps_begin_paragraphs(gap: int, indent: int, fonts: bool) -> None:
    sheet = TypesetPage(fonts=fonts)
    y = sheet.prose(PROSE, 170, 300, 1360, indent=indent)
    y = sheet.prose(MORE, 170, y + gap, 1360, indent=indent)
    sheet.prose(PROSE, 170, y + gap, 1360, indent=indent)
    assert [block.text for block in read(sheet)] == [PROSE, MORE, PROSE]


def test_a_short_last_line_ends_a_paragraph_without_gap_or_indent() -> None:
    sheet = TypesetPage()
    y = sheet.prose(PROSE, 170, 300, 1360)
    sheet.prose(MORE, 170, y, 1360)
    assert [block.text for block in read(sheet)] == [PROSE, MORE]


def test_broken_words_are_made_whole() -> None:
    text = " ".join(["The extra@ordinary insur@ance of mer@chant ves@sels was a well-known compli@cation."] * 6)
    sheet = TypesetPage()
    sheet.prose(text, 170, 300, 430)
    assert any(line.text.endswith("-") for line in sheet.lines)
    assert read(sheet)[0].text == text.replace("@", "")


@pytest.mark.parametrize("title", ["The Ledgers of Northport", "A Small Study of Ledgers"])
def test_headings_by_size_weight_and_number(title: str) -> None:
    sheet = TypesetPage()
    sheet.centred(title, 180, size=50, bold=True)
    y = sheet.prose(PROSE, 170, 300, 1360)
    sheet.line("1 Introduction", 170, y + 50, size=36, bold=True)
    y = sheet.prose(MORE, 170, y + 120, 1360)
    sheet.line("1.1 Sources", 170, y + 40, bold=True)
    sheet.prose(PROSE, 170, y + 100, 1360)
    heads = [(block.category, block.text, block.level) for block in read(sheet) if block.category is not Category.TEXT]
    assert heads == [
        (Category.TITLE, title, None),
        (Category.SECTION_HEADER, "1 Introduction", 1),
        (Category.SECTION_HEADER, "1.1 Sources", 2),
    ]


def test_a_large_entry_behind_its_label_is_no_heading() -> None:
    sheet = TypesetPage()
    y = sheet.prose(PROSE, 170, 300, 1360)
    sheet.line("Flag:", 170, y + 60)
    sheet.line("Norway", 255, y + 56, size=36)
    sheet.line("Harbours", 170, y + 160, size=36)
    kinds = [(block.category, block.text) for block in read(sheet)[1:]]
    assert kinds == [(Category.TEXT, "Flag: Norway"), (Category.SECTION_HEADER, "Harbours")]


def test_list_items_keep_their_markers_levels_and_lines() -> None:
    sheet = TypesetPage()
    y = sheet.prose(PROSE, 170, 300, 1360)
    items = [("•", "Timber from the north, of which more came than could be stored in the sheds along the quay.", 0)]
    items += [("–", "planks", 1), ("–", "masts and spars", 1), ("•", "Grain.", 0)]
    for marker, text, level in items:
        y = sheet.prose(f"{marker} {text}", 210 + 50 * level, y + 4, 700, hanging=22)
    found = [(b.marker, b.text, b.level) for b in read(sheet) if b.category is Category.LIST_ITEM]
    assert found == items


def test_references_with_hanging_lines_are_items() -> None:
    sheet = TypesetPage()
    y = 300.0
    entries = [f"[{n}] A. Lind and E. Brandt. {PROSE[:190].rsplit(' ', 1)[0]}, 192{n}." for n in range(1, 6)]
    for entry in entries:
        y = sheet.prose(entry, 170, y, 700, hanging=50)
    blocks = read(sheet)
    assert [f"{block.marker} {block.text}" for block in blocks] == entries


def test_drop_cap_is_joined_to_its_word() -> None:
    sheet = TypesetPage()
    sheet.line("T", 170, 300, size=100)
    rest = PROSE.removeprefix("T")
    cut = rest.index("since")
    sheet.line(rest[:cut].strip(), 245, 306)
    sheet.line("the autumn gales, and of those that had not come in at all,", 245, 340)
    sheet.line("the ones that were expected when the ice had gone from the harbour mouth.", 170, 374 + 26)
    sheet.prose(MORE, 170, 374 + 60, 1000)
    assert arrange(sheet.page, sheet.lines)[0].text.startswith("The harbour master kept a ledger")


def test_display_maths_is_kept_apart() -> None:
    sheet = TypesetPage()
    y = sheet.prose(PROSE, 170, 300, 1360)
    sheet.line("E = mc2 + ∑ xi", 700, y + 30)
    sheet.line("(3)", 1480, y + 30)
    sheet.prose("where the sum runs over all vessels. " + MORE, 170, y + 100, 1360)
    formula = [block for block in read(sheet) if block.category is Category.FORMULA]
    assert [block.text for block in formula] == ["E = mc2 + ∑ xi (3)"]


def test_chinese_lines_are_joined_without_spaces() -> None:
    from ocroute.values import Box, Line

    lines = [Line("港口的管理员记录了每一艘船只的", Box(100, 300 + 40 * i, 560, 330 + 40 * i)) for i in range(3)]
    assert arrange(TypesetPage().page, lines)[0].text == lines[0].text * 3


@pytest.mark.parametrize("fonts", [True, False])
def test_text_that_is_set_from_the_right_edge_is_joined(fonts: bool) -> None:
    sheet, y = TypesetPage(fonts=fonts), 300.0
    for text in (PROSE, MORE):
        for line in textwrap.wrap(text, 40):
            width = stringWidth(line, "Times-Roman", 28)
            sheet.line(line, 1500 - width, y)
            y += 34
        y += 34
    assert [block.text for block in read(sheet)] == [PROSE, MORE]


@pytest.mark.parametrize("fonts", [True, False])
def test_names_that_are_set_from_the_right_edge_stay_apart(fonts: bool) -> None:
    sheet, names = TypesetPage(fonts=fonts), ["Ada Quarry", "Bo Harbourmaster", "Cy Fen", "Dee Lighthouse-Keeper"]
    for number, name in enumerate([*names, "Institute of Tides and Losses, Northport", "Second of its Kind"]):
        sheet.line(name, 1500 - stringWidth(name, "Times-Roman", 28), 300 + 34 * number)
    said = "\n".join(block.text for block in read(sheet)).split("\n")
    assert said[:4] == names


@pytest.mark.parametrize("fonts", [True, False])
def test_numbered_paragraphs_whose_first_lines_are_indented_are_whole(fonts: bool) -> None:
    sheet, y = TypesetPage(fonts=fonts), 300.0
    said = [f"({number}) {PROSE}" for number in (1, 2, 3)]
    for text in said:
        y = sheet.prose(text, 170, y, 1360, indent=45)
    assert [(block.category, block.marker, block.text) for block in read(sheet)] == [
        (Category.LIST_ITEM, f"({number})", PROSE) for number in (1, 2, 3)
    ]


def test_references_with_hanging_lines_are_not_set_from_the_right() -> None:
    sheet, y = TypesetPage(), 300.0
    for text in (PROSE, MORE, PROSE, MORE):
        lines = textwrap.wrap(text, 60)
        for number, line in enumerate(lines):
            sheet.line(
                line, 170 if not number else 215, y, width=(900 if not number else 855) if line != lines[-1] else None
            )
            y += 34
    assert [block.text for block in read(sheet)] == [PROSE, MORE, PROSE, MORE]


def test_a_bold_line_within_a_sentence_is_no_heading() -> None:
    sheet, y = TypesetPage(), 300.0
    lines = textwrap.wrap(PROSE, 60)
    for number, line in enumerate(lines):
        sheet.line(line, 170, y, bold=number == 2, width=900 if number + 1 < len(lines) else None)
        y += 34
    assert [(block.category, block.text) for block in read(sheet)] == [(Category.TEXT, PROSE)]


def test_a_bold_line_above_text_that_does_not_fill_its_line_stays_apart() -> None:
    sheet = TypesetPage()
    sheet.line("The Ledgers of Northport", 170, 300, bold=True)
    sheet.prose("whatever they say, " + PROSE, 170, 334, 1360)
    assert [block.category for block in read(sheet)] == [Category.SECTION_HEADER, Category.TEXT]


def test_lines_with_all_their_spaces_stretched_alike_are_read_across() -> None:
    """Justified typewriter text: the spaces of three lines lie one below the other, between heads at both edges."""
    sheet = TypesetPage()
    for x in (170, 1440):
        sheet.line("LB704", x, 62)
        sheet.line("2025", x, 95)
    text = "circumstances may include a change in work earnings or gains, or rents or any source or income of money from sales"
    words = text.split()
    for row, first in enumerate(range(0, len(words), 7)):
        x, y = 170.0, 166 + 61 * row
        placed = []
        for word in words[first : first + 7]:
            placed.append(Word(word, Box(x, y, x + 150, y + 32)))
            x += 150 + 34
        sheet.lines.append(
            Line(" ".join(words[first : first + 7]), Box.around(w.box for w in placed), None, tuple(placed))
        )
    scale = scale_of([measure(line, tight=False) for line in sheet.lines], 1700, 2200, tight=False)
    said = [piece.text for piece in assemble(sheet.lines, scale)]
    assert [text for text in said if text not in ("LB704", "2025")] == [line.text for line in sheet.lines[4:]]


@pytest.mark.parametrize("fonts", [True, False])
def test_the_last_line_of_a_caption_over_two_columns_is_not_the_first_of_the_left_one(fonts: bool) -> None:
    sheet = TypesetPage(fonts=fonts)
    said = (
        "Figure 4. Losses of the fleet. " + PROSE.removesuffix("many losses.") + "so very many losses in one of them."
    )
    y = sheet.prose(said, 170, 300, 1360, size=24)
    for x in (170, 880):
        sheet.prose(" ".join([MORE] * 3), x, y + 40, 650)
    blocks = read(sheet)
    assert (blocks[0].category, blocks[0].text) == (Category.CAPTION, said)
    assert " ".join(block.text for block in blocks[1:]) == " ".join([MORE] * 6)
