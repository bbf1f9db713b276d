"""Furniture goes, content stays: wrong in either direction loses something."""

import msgspec
import pytest
from bench.furniture import KINDS, document, set_aside
from tests.support.pages import PROSE, TypesetPage

from ocroute.document.model import Page, Verdict
from ocroute.layout.arrange import arrange
from ocroute.run.records import laid_out_across, laid_out_alone, pack, unpack
from ocroute.values import Block, Box, Category, Line


def split(sheet: TypesetPage) -> tuple[str, str]:
    """What the page says, and what of it is furniture."""
    blocks = arrange(sheet.page, sheet.lines)
    furniture = " | ".join(block.text for block in blocks if block.category.is_furniture)
    return " ".join(block.text for block in blocks if not block.category.is_furniture), furniture


def body(sheet: TypesetPage, top: float = 260) -> None:
    y = top
    for _ in range(8):
        y = sheet.prose(PROSE, 170, y, 1360, indent=40)


@pytest.mark.parametrize("number", ["7", "- 7 -", "Page 3 of 9", "xiv", "A-3", "[12]", "3/10"])
@pytest.mark.parametrize("y", [120, 2080])
def test_page_numbers(number: str, y: float) -> None:
    sheet = TypesetPage()
    body(sheet)
    sheet.centred(number, y, size=24)
    text, furniture = split(sheet)
    assert furniture == number
    assert text.count("Nobody remembered") == 8


def test_running_title_with_number_and_footer() -> None:
    sheet = TypesetPage()
    body(sheet)
    sheet.line("12", 170, 130, size=22)
    sheet.line("A. Lind and E. Brandt", 1300, 130, size=22)
    sheet.line("© 1921 The Northport Society. All rights reserved.", 170, 2080, size=20)
    text, furniture = split(sheet)
    assert furniture == "12 | A. Lind and E. Brandt | © 1921 The Northport Society. All rights reserved."
    assert text.startswith("The harbour")


def test_header_over_a_rule() -> None:
    sheet = TypesetPage()
    body(sheet)
    sheet.line("Harbours of the North", 170, 180, size=26)
    sheet.rules.append((170, 222, 1530, 222))
    assert split(sheet)[1] == "Harbours of the North"


def test_a_stamp_up_the_margin() -> None:
    sheet = TypesetPage()
    body(sheet)
    sheet.line("arXiv:2401.01234v2 [cs.CL] 3 Jan 2024", 0, 0)
    sheet.lines[-1] = msgspec.structs.replace(sheet.lines[-1], box=Box(40, 600, 75, 1500), words=())
    assert split(sheet)[1] == "arXiv:2401.01234v2 [cs.CL] 3 Jan 2024"


def test_line_numbers_beside_the_text() -> None:
    sheet = TypesetPage()
    body(sheet)
    rows = sorted({line.box.y0 for line in sheet.lines})
    for count, y in enumerate(rows, start=1):
        sheet.line(str(count), 90, y, size=18)
    text, furniture = split(sheet)
    assert text == " ".join([PROSE] * 8)
    assert len(furniture.split(" | ")) == len(rows)


def test_line_numbers_below_a_year_in_their_file() -> None:
    """As on the sheets of a bill, with its number and year in both corners."""
    sheet = TypesetPage()
    body(sheet, 400)
    for count, y in enumerate(sorted({line.box.y0 for line in sheet.lines}), start=1):
        sheet.line(str(count), 90, y)
    for x in (70, 1480):
        sheet.line("LB704", x, 62)
        sheet.line("2025", x, 95)
    text, furniture = split(sheet)
    assert text == " ".join([PROSE] * 8)
    assert {"1", "12", "LB704", "2025"} <= set(furniture.split(" | "))


@pytest.mark.parametrize("title", ["The Ledgers of Northport", "REPORT ON THE LOSSES OF THE WINTER"])
def test_a_title_at_the_top_stays(title: str) -> None:
    sheet = TypesetPage()
    sheet.centred(title, 150, size=48, bold=True)
    body(sheet, 300)
    assert split(sheet)[0].startswith(title)


def test_a_letterhead_stays() -> None:
    sheet = TypesetPage()
    for index, text in enumerate(["Northport Harbour Office", "3 Quay Road", "Northport NP1 4AB", "Telephone 417"]):
        sheet.centred(text, 130 + 36 * index)
    body(sheet, 420)
    assert split(sheet)[1] == ""


def test_text_that_fills_the_page_stays() -> None:
    sheet = TypesetPage()
    y = 90.0
    while y < 2000:
        y = sheet.prose(PROSE, 170, y, 1360, indent=40)
    assert split(sheet)[1] == ""


def test_footnotes_stay_and_come_last() -> None:
    sheet = TypesetPage()
    body(sheet)
    sheet.rules.append((170, 1990, 500, 1990))
    sheet.line("1 The ledger is kept in the customs house at Northport, where it may be seen.", 170, 2005, size=21)
    sheet.centred("31", 2090, size=24)
    blocks = arrange(sheet.page, sheet.lines)
    assert [block.category for block in blocks[-2:]] == [Category.FOOTNOTE, Category.PAGE_FOOTER]


def page(number: int, *blocks: tuple[Category, str, float]) -> Page:
    made = tuple(Block(category, text, Box(100, y, 900, y + 20)) for category, text, y in blocks)
    return Page("book.pdf", number, 1000, 1400, Verdict("accepted", 1.0), made)


def across_pages(pages: list[Page]) -> tuple[Page, ...]:
    """The pages as they come out of a run, which keeps them packed."""
    return tuple(unpack(record.body) for record in laid_out_across([pack(page) for page in pages]))


def test_what_repeats_in_the_margin_is_furniture() -> None:
    text = Category.TEXT
    pages = [
        page(n, (text, "Northport Gazette", 60), (text, PROSE, 300), (text, f"p. {n + 11}", 1330)) for n in range(1, 4)
    ]
    for fixed in across_pages(pages):
        assert [block.category for block in fixed.blocks] == [Category.PAGE_HEADER, text, Category.PAGE_FOOTER]


def test_headings_that_differ_by_their_number_only_stay() -> None:
    heading = Category.SECTION_HEADER
    pages = [page(n, (heading, f"Chapter {c}", 60), (Category.TEXT, PROSE, 300)) for n, c in ((1, 1), (9, 2), (30, 3))]
    assert [fixed.blocks[0].category for fixed in across_pages(pages)] == [heading] * 3


def test_furniture_of_one_page_only_becomes_text_again() -> None:
    header = Category.PAGE_HEADER
    pages = [page(n, (header, "Northport Gazette", 60), (Category.TEXT, PROSE, 300)) for n in range(1, 5)]
    pages.append(page(5, (header, "A poem that fills the page", 140), (Category.TEXT, PROSE, 300)))
    assert [fixed.blocks[0].category for fixed in across_pages(pages)] == [header] * 4 + [Category.TEXT]


def test_pages_are_kept_in_number_and_order() -> None:
    pages = [page(n, (Category.TEXT, PROSE, 300)) for n in (3, 1, 2)]
    assert across_pages(pages) == tuple(pages)


def test_a_watermark_aslant_and_a_turned_stamp_by_their_angles() -> None:
    sheet = TypesetPage()
    body(sheet)
    for text, box, angle in (
        ("DRAFT COPY", Box(300, 500, 1300, 1500), 45),
        ("NORTHPORT 17", Box(20, 300, 60, 700), 90),
    ):
        sheet.line(text, 0, 0)
        sheet.lines[-1] = msgspec.structs.replace(sheet.lines[-1], box=box, words=(), angle=angle)
    text, furniture = split(sheet)
    assert set(furniture.split(" | ")) == {"DRAFT COPY", "NORTHPORT 17"}
    assert text == " ".join([PROSE] * 8)


def test_a_column_that_ends_beside_a_stamp_keeps_its_last_line() -> None:
    sheet = TypesetPage()
    for left in (170, 870):
        y = 200.0
        while y < 1950:
            y = sheet.prose(PROSE, left, y, 640, indent=30)
    last = max(line.box.y0 for line in sheet.lines if line.box.x0 > 800)
    sheet.lines = [line for line in sheet.lines if line.box.x0 > 800 or line.box.y1 < last - 60]
    sheet.line("https://doi.org/10.1145/3290605", 170, last, size=20)
    text, furniture = split(sheet)
    assert furniture == "https://doi.org/10.1145/3290605"
    assert text.endswith("so many losses.")


def test_a_page_number_beside_a_label_that_hangs_lower() -> None:
    sheet = TypesetPage()
    body(sheet)
    sheet.line("4", 850, 1945)
    for number, label in enumerate(("title", "author", "address", "email")):
        sheet.line(label, 60, 1860 + 35 * number)
    assert split(sheet)[1] == "4"


def test_a_large_running_title_beside_its_page_number() -> None:
    sheet = TypesetPage()
    body(sheet)
    sheet.line("Guide for authors", 1100, 130, size=34)
    sheet.line("8", 1510, 130, size=34)
    text, furniture = split(sheet)
    assert furniture == "Guide for authors | 8"
    assert text.startswith("The harbour")


def test_a_running_head_close_to_the_text() -> None:
    sheet = TypesetPage()
    body(sheet, top=192)
    sheet.line("4", 170, 150)
    sheet.line("HARBOURS OF THE NORTH", 650, 150)
    sheet.line("Nor. J. Hist.", 1380, 150)
    text, furniture = split(sheet)
    assert furniture == "4 | HARBOURS OF THE NORTH | Nor. J. Hist."
    assert text.startswith("The harbour")


def test_the_first_line_of_contents_stays() -> None:
    sheet = TypesetPage()
    for number, title in enumerate(["Harbours", "Lights", "Pilots", "Losses", "Insurance", "Owners"]):
        sheet.line(title, 170, 130 + 50 * number)
        sheet.line(str(2 * number**2 + 3), 1480, 130 + 50 * number)
    text, furniture = split(sheet)
    assert not furniture
    assert text.startswith("Harbours")


def aside(sheet: TypesetPage) -> list[str]:
    """What the text of a page leaves out where no other page is known."""
    made = Page("a.pdf", 1, sheet.width, sheet.height, Verdict("accepted", 1.0), arrange(sheet.page, sheet.lines))
    settled = laid_out_alone(made)
    assert across_pages([made]) == (settled,)
    assert [block.text for block in settled.blocks] == [block.text for block in made.blocks]
    return [block.text for block in settled.blocks if block.category.is_furniture]


@pytest.mark.parametrize("number", ["7", "- 7 -", "Page 3 of 9", "xiv", "A-3", "[12]", "3/10", "стр. 7"])
@pytest.mark.parametrize("y", [120, 2080])
def test_one_page_knows_its_number(number: str, y: float) -> None:
    sheet = TypesetPage()
    body(sheet)
    sheet.centred(number, y, size=24)
    assert aside(sheet) == [number]


@pytest.mark.parametrize(
    "text",
    [
        "MEMORANDUM",
        "Invoice 2024-117",
        "Lease of the northern quay",
        "Total due: 1,250.00 EUR",
        "© 1921 The Northport Society",
        "Nor. J. Hist. 12 (1921) 1-14",
        "1911",
        "12.50",
        "-3",
        "IV",
    ],
)
@pytest.mark.parametrize("y", [120, 2080])
def test_one_page_knows_of_no_other_furniture(text: str, y: float) -> None:
    sheet = TypesetPage()
    body(sheet)
    sheet.centred(text, y, size=24)
    assert aside(sheet) == []


def test_a_number_that_is_all_a_page_says_is_its_text() -> None:
    for texts in (["1234"], ["7"], ["Page 3 of 9"], ["7", "8"]):
        sheet = TypesetPage()
        for text, y in zip(texts, (2080, 120), strict=False):
            sheet.centred(text, y)
        assert aside(sheet) == []


def test_numbers_of_headings_items_and_sums_are_no_page_numbers() -> None:
    sheet = TypesetPage()
    sheet.line("1.", 170, 150, bold=True)
    sheet.line("The parties", 240, 150, bold=True)
    body(sheet)
    for y, figure in ((1900, "120"), (1940, "297"), (2040, "417")):  # a sum below a rule, set apart
        sheet.line(figure, 1480, y)
    sheet.line("6.", 170, 2100)
    sheet.line("Adjournment", 220, 2100)
    assert aside(sheet) == []
    assert any(block.text.startswith("1. The parties") for block in arrange(sheet.page, sheet.lines))


def test_a_chapter_number_over_its_title_is_no_page_number() -> None:
    sheet = TypesetPage()
    sheet.centred("3", 130, size=28)
    sheet.centred("The Ledgers of Northport", 190, size=48, bold=True)
    body(sheet, 300)
    assert aside(sheet) == []


def test_numbers_of_a_list_are_no_line_numbers() -> None:
    sheet = TypesetPage()
    for index in range(12):
        sheet.line(str(index + 1), 170, 300 + 60 * index)
        sheet.line(f"The ship Aurora {index} of the northern fleet, with all her cargo", 260, 300 + 60 * index)
    assert aside(sheet) == []


def test_rising_figures_beside_short_labels_are_no_line_numbers() -> None:
    sheet = TypesetPage()
    for index in range(40):
        sheet.line(f"Item {index}", 170, 200 + 45 * index)
        sheet.line(str(13 * index + 5), 1480, 200 + 45 * index)
    sheet.line("912", 1480, 2060)
    assert aside(sheet) == []


def test_two_pages_that_begin_alike_keep_their_titles_but_not_their_numbers() -> None:
    text, footer = Category.TEXT, Category.PAGE_FOOTER
    pages = [page(n, (text, "Lease", 60), (text, f"{PROSE} {n}", 300), (footer, f"- {n} -", 1330)) for n in (1, 2)]
    assert [[block.category for block in fixed.blocks] for fixed in across_pages(pages)] == [[text, text, footer]] * 2


def test_what_every_page_says_and_nothing_else_is_the_text() -> None:
    pages = [page(n, (Category.PAGE_HEADER, "Northport Gazette", 60)) for n in range(1, 6)]
    assert {block.category for fixed in across_pages(pages) for block in fixed.blocks} == {Category.TEXT}


def test_copies_of_one_page_keep_their_text() -> None:
    pages = [page(n, (Category.TEXT, "Lease", 60), (Category.TEXT, PROSE, 300)) for n in range(1, 5)]
    assert across_pages(pages) == tuple(pages)


def test_parts_that_are_numbered_as_pages_are_stay() -> None:
    pages = [page(n, (Category.TEXT, f"Exhibit {n}", 60), (Category.TEXT, f"{PROSE} {n}", 300)) for n in range(1, 6)]
    assert across_pages(pages) == tuple(pages)


def test_an_item_that_turns_out_a_running_head_keeps_its_marker() -> None:
    made = [page(n, (Category.TEXT, f"{PROSE} {n}", 300)) for n in range(1, 5)]
    head = Block(Category.LIST_ITEM, "Northport Gazette", Box(100, 60, 900, 80), marker="•")
    fixed = across_pages([msgspec.structs.replace(one, blocks=(head, *one.blocks)) for one in made])
    assert {one.blocks[0].text for one in fixed} == {"• Northport Gazette"}


def test_a_row_of_a_table_and_the_top_of_a_form_repeat_and_stay() -> None:
    columns = [Block(Category.TEXT, f"column {at}", Box(100 + 200 * at, 60, 250 + 200 * at, 80)) for at in range(4)]
    labels = [Block(Category.TEXT, f"label {at}", Box(100, 40 + 30 * at, 250, 60 + 30 * at)) for at in range(4)]
    for repeated in (columns, labels):
        made = [page(n, (Category.TEXT, f"{PROSE} {n}", 300)) for n in range(1, 5)]
        made = [msgspec.structs.replace(one, blocks=(*repeated, *one.blocks)) for one in made]
        assert across_pages(made) == tuple(made)


def test_a_number_upside_down_is_no_page_number() -> None:
    box = Box(480, 60, 520, 80)
    number = Block(Category.PAGE_HEADER, "180", box, lines=(Line("180", box, angle=180),))
    made = page(1, (Category.TEXT, PROSE, 300))
    assert (
        laid_out_alone(msgspec.structs.replace(made, blocks=(number, *made.blocks))).blocks[0].category is Category.TEXT
    )


def test_a_watermark_on_every_page_is_furniture() -> None:
    place = Box(300, 500, 700, 900)
    mark = Block(Category.PAGE_HEADER, "DRAFT", place, lines=(Line("DRAFT", place, angle=45),))
    made = [page(n, (Category.TEXT, f"{PROSE} {n}", 300)) for n in range(1, 5)]
    marked = [msgspec.structs.replace(one, blocks=(mark, *one.blocks)) for one in made]
    assert {one.blocks[0].category for one in across_pages(marked)} == {Category.PAGE_HEADER}
    assert across_pages(marked[:1])[0].blocks[0].category is Category.TEXT


@pytest.mark.parametrize("kind", ["alternating", "chapters", "two_lines"])
def test_running_heads_of_a_document_and_nothing_else(kind: str) -> None:
    leaves = document(KINDS[kind], 3, 4)
    for leaf, out in zip(leaves, set_aside(leaves), strict=True):
        assert sorted(out.elements()) == sorted(word for line in leaf.furniture for word in line.split())
