"""What people see at a glance: listings with their indents, entries of contents, footnotes one by one, names below a title."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from reportlab.pdfgen.canvas import Canvas
from tests.support.pages import ArrayPage

from ocroute import Box, Document, Line, Page, Verdict, Word
from ocroute.document import Category
from ocroute.layout.arrange import arrange
from ocroute.pages import open_input

PROSE = [
    "The harbour office keeps a ledger of every ship that enters the bay. Each entry names",
    "the captain, the cargo and the hour of arrival. In winter the ledger is thin, because",
    "storms close the channel for days, and in summer two clerks share the work of it.",
]
LISTING = [
    "def mean(values):",
    "    total = 0",
    "    for value in values:",
    "        total += value",
    "",
    "    return total / len(values)",
]


def read(path, draw):
    canvas = Canvas(str(path), pagesize=(595, 842))
    draw(canvas)
    canvas.save()
    with open_input(path) as source:
        page = source.page(1)
        blocks = arrange(page, page.text_layer() or ())
        return blocks, Document(
            "a.pdf", (Page("a.pdf", 1, *page.size, Verdict("accepted", 1.0), blocks),)
        ).to_markdown()


def prose(canvas, y, lines=PROSE):
    canvas.setFont("Times-Roman", 11)
    for line in lines:
        canvas.drawString(72, y, line)
        y -= 14
    return y - 10


def test_a_listing_keeps_its_lines_indents_and_blank_lines(tmp_path):
    def draw(canvas):
        y = prose(canvas, 780)
        canvas.setFont("Courier", 10)
        for line in LISTING:
            canvas.drawString(72, y, line)
            y -= 12
        prose(canvas, y - 10)

    blocks, markdown = read(tmp_path / "a.pdf", draw)
    (code,) = (block for block in blocks if block.category is Category.CODE)
    assert code.text.split("\n") == LISTING
    assert "```\n" + "\n".join(LISTING) + "\n```" in markdown


def words(text, x, y, face, size):
    """The words of a line with boxes as tight as the ink across."""
    found = []
    for word in text.split():
        at = x + face.getlength(text[: text.index(word)])
        left, _, right, _ = face.getbbox(word)
        found.append(Word(word, Box(at + left, y, at + right, y + size), 0.99))
    return found


def drawn(lines, face, size, *, top=200):
    """A picture's lines as an engine gives them."""
    page = Image.new("RGB", (1240, 1000), "white")
    found = []
    for row, text in enumerate(lines):
        if text:
            y = top + 40 * row
            ImageDraw.Draw(page).text((120, y), text, font=face, fill="black")
            found.append(Line.of_words(words(text, 120, y, face, size)))
    return ArrayPage(np.asarray(page)), found


@pytest.fixture(scope="module")
def mono():
    return ImageFont.truetype("/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf", 22)


def test_a_listing_in_a_picture_is_seen_by_its_even_width(mono):
    page, lines = drawn(LISTING, mono, 26)
    (code,) = arrange(page, lines)
    assert code.category is Category.CODE
    assert code.text.split("\n") == LISTING


def test_a_heading_below_a_listing_that_is_on_its_grid_by_chance_is_none_of_its_lines(mono):
    page, lines = drawn([*LISTING, "", "", "1.1.1 Details"], mono, 26)
    code, heading = arrange(page, lines)
    assert code.text.split("\n") == LISTING
    assert (heading.text, heading.category is Category.CODE) == ("1.1.1 Details", False)


def test_a_typed_letter_is_no_listing(mono):
    typed = ["Dear Sirs, the boat that you have asked for", "is not to be had before the month of June"]
    typed.append("and we regret it very much indeed.")
    assert all(block.category is not Category.CODE for block in arrange(*drawn(typed, mono, 26)))


def test_a_field_on_a_typed_page_is_no_listing(tmp_path):
    def draw(canvas):
        canvas.setFont("Courier", 10)
        for row, (left, right) in enumerate(
            [("Bill: INV-636945", "Date: 25/01/2018"), ("Cashier: Sam", "Time: 19:28")]
        ):
            canvas.drawString(72, 780 - 14 * row, left)
            canvas.drawRightString(520, 780 - 14 * row, right)
        for row, text in enumerate(["Nasi Lemak Ayam and tea", "White bread from the mill"]):
            canvas.drawString(72, 740 - 14 * row, text)

    blocks, _ = read(tmp_path / "a.pdf", draw)
    assert all(block.category is not Category.CODE for block in blocks)


def test_program_like_words_in_other_type_are_no_listing():
    face = ImageFont.truetype("/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf", 22)
    assert all(block.category is not Category.CODE for block in arrange(*drawn(LISTING, face, 26)))


def test_contents_have_an_entry_a_line_with_levels(tmp_path):
    entries = [
        (72, "1 Introduction", "1"),
        (92, "1.1 Scope of this report", "2"),
        (92, "1.2 Terms", "4"),
        (72, "2 Ships", "15"),
    ]

    def draw(canvas):
        canvas.setFont("Times-Bold", 16)
        canvas.drawString(72, 780, "Contents")
        canvas.setFont("Times-Roman", 11)
        for row, (x, title, page) in enumerate(entries):
            y = 740 - 16 * row
            start = x + canvas.stringWidth(title + " ", "Times-Roman", 11)
            canvas.drawString(x, y, title)
            canvas.drawString(start, y, " ." * int((500 - start) / canvas.stringWidth(" .", "Times-Roman", 11)))
            canvas.drawRightString(520, y, page)

    blocks, _ = read(tmp_path / "a.pdf", draw)
    items = [block for block in blocks if block.category is Category.LIST_ITEM]
    said = [(item.level, item.text.split(" .")[0], item.text.split()[-1]) for item in items]
    assert said == [
        (0, "1 Introduction", "1"),
        (1, "1.1 Scope of this report", "2"),
        (1, "1.2 Terms", "4"),
        (0, "2 Ships", "15"),
    ]


def test_footnotes_stand_apart_and_their_marks_lead_to_them(tmp_path):
    def draw(canvas):
        canvas.setFont("Times-Roman", 11)
        y = prose(canvas, 780)
        canvas.drawString(72, y, "The ledger is kept in ink")
        x = 72 + canvas.stringWidth("The ledger is kept in ink", "Times-Roman", 11)
        canvas.setFont("Times-Roman", 7)
        canvas.drawString(x, y + 4, "1")
        canvas.setFont("Times-Roman", 11)
        canvas.drawString(x + 5, y, "and its copies are not")
        end = x + 5 + canvas.stringWidth("and its copies are not", "Times-Roman", 11)
        canvas.setFont("Times-Roman", 7)
        canvas.drawString(end, y + 4, "2")
        prose(canvas, y - 30)
        canvas.line(72, 120, 200, 120)
        for mark, note, y in (("1", "Since the year 1911.", 106), ("2", "They are bound in the capital.", 94)):
            canvas.setFont("Times-Roman", 6)
            canvas.drawString(76, y + 3, mark)
            canvas.setFont("Times-Roman", 8.5)
            canvas.drawString(80, y, note)

    blocks, markdown = read(tmp_path / "a.pdf", draw)
    assert sum(block.category is Category.FOOTNOTE for block in blocks) == 2
    assert "kept in ink[^1] and its copies are not[^2]" in markdown
    assert "[^1]: Since the year 1911.\n\n[^2]: They are bound in the capital." in markdown


def test_names_below_a_title_are_no_heading(tmp_path):
    def draw(canvas):
        canvas.setFont("Times-Roman", 20)
        canvas.drawCentredString(297, 780, "A Small Study of Page Reading")
        canvas.setFont("Times-Roman", 14)
        canvas.drawCentredString(297, 750, "A. Author, B. Writer and C. Third")
        y = prose(canvas, 700)
        canvas.setFont("Times-Bold", 14)
        canvas.drawString(72, y - 10, "1 Introduction")
        prose(canvas, y - 40)

    blocks, markdown = read(tmp_path / "a.pdf", draw)
    assert markdown.startswith("# A Small Study of Page Reading\n\nA. Author, B. Writer and C. Third\n")
    assert [block.text for block in blocks if block.category is Category.SECTION_HEADER] == ["1 Introduction"]


def item_lines(rows, size=26):
    """Lines of (x, text) pieces as an engine for pictures gives them, 40 pixels apart; 13 pixels a letter."""
    found = []
    for row, pieces in enumerate(rows):
        y = 200 + 40 * row
        for x, text in pieces:
            found.append(Line(text, Box(x, y, x + 13 * len(text), y + size), 0.99))
    return ArrayPage(np.full((1000, 1240, 3), 255, np.uint8)), found


def test_markers_with_white_behind_them_stay_with_their_items():
    rows = [[(120, "•"), (150, "First item of the list that is printed here")], [(180, "–"), (210, "nested one")]]
    rows += [[(180, "–"), (210, "nested two")], [(120, "•"), (150, "Second item of the list that is printed here")]]
    rows += [[(120, "1."), (160, "alpha")], [(120, "2."), (160, "beta")]]
    said = [(block.marker, block.level, block.text.split()[0]) for block in arrange(*item_lines(rows))]
    assert said == [
        ("•", 0, "First"),
        ("–", 1, "nested"),
        ("–", 1, "nested"),
        ("•", 0, "Second"),
        ("1.", 0, "alpha"),
        ("2.", 0, "beta"),
    ]


@pytest.mark.parametrize(("pages", "contents"), [((1, 2, 2, 15), True), ((9, 2, 40, 1), False)])
def test_contents_are_known_by_pages_that_rise_where_leaders_were_not_read(pages, contents):
    titles = ["1 Introduction", "1.1 Method", "1.2 Details", "2 Conclusion"]
    rows = [
        [(120 + 40 * ("." in title), title), (1100 - 13 * len(str(page)), str(page))]
        for title, page in zip(titles, pages, strict=True)
    ]
    blocks = arrange(*item_lines(rows))
    assert all(block.category is Category.LIST_ITEM for block in blocks) is contents
    if contents:
        assert [(block.level, block.text) for block in blocks] == [
            (0, "1 Introduction 1"),
            (1, "1.1 Method 2"),
            (1, "1.2 Details 2"),
            (0, "2 Conclusion 15"),
        ]
