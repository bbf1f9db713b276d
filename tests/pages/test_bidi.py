"""Hebrew, Arabic and Persian lines are read in their order, whichever order the file writes them in."""

import pytest
from reportlab.pdfbase.pdfmetrics import stringWidth
from tests.support.pdf_writer import form

from ocroute.document import Document, Page, Verdict
from ocroute.layout.arrange import arrange
from ocroute.pages import open_input
from ocroute.pages.pdf_text import clean

MIRRORED = str.maketrans("()[]", ")(][")

LINES = [
    ["הספינה הגיעה לנמל בשעה מאוחרת של הערב"],
    ["בשנת ", "2019", " נכנסו ", "1,234.50", " טון (ארנק ", "12", ")"],
    ["התקנת ", "Windows 11", " ב-", "IBM", " הסתיימה ב-", "12/05/2024", "."],
    ["מחיר: ", "50%", " הנחה, [א] של ", "2019-2020", "!"],
    ["", "C", "++ היא שפת תכנות"],
    ["", "1", ". סעיף ראשון"],
    ["وصلت السفينة إلى الميناء في ساعة متأخرة"],
    ["السعر ", "١٢٣٫٤٥", " ريال لسنة ", "٢٠١٩", " (تقريبا)"],
    ["کتابخانه ملی ایران در سال ", "۱۳۹۸"],
]
"""Each line in parts, by turns from right to left and from left to right."""


def standing(parts, *, meant=False):
    """What stands on the line from left to right; brackets are as they look, or as they are ``meant``."""
    shown = [part if at % 2 or meant else part.translate(MIRRORED) for at, part in enumerate(parts)]
    return "".join(part if at % 2 else part[::-1] for at, part in reversed(list(enumerate(shown))))


def draw(canvas, font, lines, *, logical, meant=False, right=520, top=780):
    """Lines that end at ``right``: each a string as it stands, or letter by letter in the order of reading."""
    for number, parts in enumerate(lines):
        text, y = standing(parts, meant=meant), top - 24 * number
        canvas.setFont(font, 12)
        if not logical:
            canvas.drawRightString(right, y, text)
            continue
        x = right
        for char in reversed(text):
            x -= stringWidth(char, font, 12)
            canvas.drawString(x, y, char)


@pytest.mark.parametrize("meant", [False, True], ids=["brackets as they look", "brackets as they are meant"])
@pytest.mark.parametrize("logical", [False, True], ids=["as it stands", "as it is read"])
def test_lines_are_read_in_their_order(make_pdf, unicode_font, logical, meant):
    path = make_pdf(lambda canvas: draw(canvas, unicode_font, LINES, logical=logical, meant=meant))
    with open_input(path) as source:
        lines = sorted(source.page(1).text_layer(), key=lambda line: line.box.y0)
    assert [line.text for line in lines] == ["".join(parts) for parts in LINES]
    assert all(a.box.x0 > b.box.x0 for a, b in zip(lines[0].words, lines[0].words[1:], strict=False))


def test_a_latin_sentence_keeps_its_direction_among_others(make_pdf, unicode_font):
    def page(canvas):
        draw(canvas, unicode_font, LINES[:4], logical=False)
        canvas.drawString(72, 400, "The word " + "שלום"[::-1] + " (or שלום) means peace.".replace("שלום", "שלום"[::-1]))

    with open_input(make_pdf(page)) as source:
        assert "The word שלום (or שלום) means peace." in [line.text for line in source.page(1).text_layer()]


def test_vowel_signs_stay_on_their_letters(make_pdf, unicode_font):
    word, marked = (
        "שלום",
        {0: ("\u05b8", 0.32), 2: ("\u05b9", 0.04)},
    )  # and how far right of its origin its ink is, in ems

    def page(canvas):
        canvas.setFont(unicode_font, 12)
        x = 300.0
        for at, letter in enumerate(word):
            wide = stringWidth(letter, unicode_font, 12)
            x -= wide
            if at in marked:  # as a shaped run has it: the sign before its letter, and its ink under or over it
                sign, offset = marked[at]
                canvas.drawString(x + wide / 2 - 12 * offset, 700, sign)
            canvas.drawString(x, 700, letter)

    with open_input(make_pdf(page)) as source:
        (line,) = source.page(1).text_layer()
    assert line.text == "ש\u05b8לו\u05b9ם"


@pytest.mark.parametrize(
    ("stands_for", "meant"), [("06440627", "سلام"), ("FEFB", "سلام"), ("0644062E", "سلخم"), ("FCCB", "سلخم")]
)
@pytest.mark.parametrize(
    "content", ["(CAB)Tj", "28 0 Td (B)Tj -14 0 Td (A)Tj -14 0 Td (C)Tj"], ids=["as it stands", "as it is read"]
)
def test_a_ligature_is_read_letter_by_letter(tmp_path, stands_for, meant, content):
    """Of a glyph that stands for lam and alef or khah, whether the file says the letters or the form."""
    letters = {"41": stands_for, "42": "0633", "43": "0645"}
    rows = "".join(f"<{code}><{letter}>" for code, letter in letters.items())
    meaning = (
        f"begincmap 1 begincodespacerange<00><FF>endcodespacerange {len(letters)} beginbfchar{rows}endbfchar endcmap"
    )
    font = "<</Type/Font/Subtype/Type1/BaseFont/Courier/ToUnicode 100 0 R>>"
    made = form(f"BT /F1 23 Tf 100 200 Td {content} ET", [], more={5: font, 100: ("", meaning)})
    (tmp_path / "a.pdf").write_bytes(made)
    with open_input(str(tmp_path / "a.pdf")) as source:
        assert [line.text for line in source.page(1).text_layer()] == [meant]


@pytest.mark.parametrize(
    ("shown", "meant"),
    [
        ("\ufeb3\ufeea\ufede", "سهل"),
        ("\ufefb", "لا"),
        ("\ufb2a", "\u05e9\u05c1"),
        ("\ufe94\ufe7e", "ة\u0652"),
        ("\ufd3e", "\ufd3e"),
    ],
)
def test_presentation_forms_become_letters(shown, meant):
    assert clean(map(ord, shown)) == meant


def test_a_page_from_right_to_left_is_laid_out_so(make_pdf, unicode_font):
    """Title, two columns, a table; and its boxes stay on their ink."""
    prose = [
        "משרד הנמל מנהל יומן של כל ספינה",
        "הנכנסת למפרץ ונוקב בשם הקברניט",
        "והמטען ושעת ההגעה לפי סדר הימים",
        "ובסוף כל חודש נשלח.",
    ]
    rows = [("שם", "מטען", "שעה"), ("אורורה", "דגים", "10:30"), ("נורד", "עצים", "11:45")]

    def page(canvas):
        for right, first in ((520, "א"), (280, "ב")):
            draw(canvas, unicode_font, [[f"{first}{first} {line}"] for line in prose], logical=False, right=right)
        for number, row in enumerate(rows):
            for column, text in enumerate(row):
                draw(
                    canvas,
                    unicode_font,
                    [["", text] if ":" in text else [text]],
                    logical=False,
                    right=515 - 120 * column,
                    top=600 - 24 * number,
                )
            canvas.line(160, 615 - 24 * number, 520, 615 - 24 * number)
        canvas.line(160, 543, 520, 543)
        for column in range(4):
            canvas.line(520 - 120 * column, 615, 520 - 120 * column, 543)

    with open_input(make_pdf(page)) as source:
        seen = source.page(1)
        print([(b.category, b.text, b.box) for b in arrange(seen, seen.text_layer())])
        first, second, table = arrange(seen, seen.text_layer())
        raster = seen.raster().min(axis=2)
    assert [first.text[:2], second.text[:2]] == ["אא", "בב"]
    assert first.box.x0 > second.box.x1
    assert table.table.grid() == [list(row) for row in rows]
    for block in (first, second):
        box = block.box
        inside = raster[round(box.y0) : round(box.y1), round(box.x0) : round(box.x1)]
        assert (inside < 128).any(axis=0).mean() > 0.7
    assert {block.direction for block in (first, second, table)} == {"rtl"}
    document = Document("a.pdf", (Page("a.pdf", 1, *seen.size, Verdict("accepted", 1.0), (first, second, table)),))
    assert document.to_html().count('<p dir="rtl">') == 2
    assert '<table dir="rtl">' in document.to_html()
