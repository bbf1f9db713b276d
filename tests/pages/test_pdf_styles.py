"""How parts of a line are set in a PDF: raised, lowered, bold, italic, monospaced, struck through, underlined, linked."""

from __future__ import annotations

from reportlab.lib.colors import black
from reportlab.pdfbase.pdfdoc import PDFArray, PDFDictionary, PDFName
from tests.support.pdf_writer import pdf

from ocroute.pages import open_input

BODY = "Times-Roman"


def styled(path, number=1):
    """Each line's text, and what its spans cover: style, text, address."""
    with open_input(path) as source:
        lines = source.page(number).text_layer() or ()
        return [(line.text, [told(word, span) for word in line.words for span in word.spans]) for line in lines]


def told(word, span):
    said = (span.style, word.text[span.start : span.end])
    return (*said, span.href) if span.href else said


def write(canvas, x, y, *parts):
    """Text in parts: a text, or one with its size, its rise and its font."""
    for part in parts:
        text, size, rise, font = (part, 11, 0, BODY) if isinstance(part, str) else (*part, BODY)[:4]
        canvas.setFont(font, size)
        canvas.drawString(x, y + rise, text)
        x += canvas.stringWidth(text, font, size)
    return x


def up(text):
    return text, 7, 4


def down(text):
    return text, 7, -2


def lines(make_pdf, *rows, gap=24):
    def draw(canvas):
        for number, row in enumerate(rows):
            write(canvas, 72, 760 - gap * number, *row)

    return styled(make_pdf(draw))


def test_powers_indices_and_note_marks_stand_apart_from_their_numbers(make_pdf):
    found = lines(
        make_pdf,
        ("The dose is 10", up("6"), " cells, not 10", up("-9"), ", in 2", up("10"), " wells of H", down("2"), "O."),
        ("The harbour was dredged in 1911", up("3,12"), " for the first time", up("*"), "."),
        (up("1"), "A note of two words, x", up("n"), " and y", down("i"), "."),
    )
    assert found == [
        (
            "The dose is 10⁶ cells, not 10⁻⁹, in 2¹⁰ wells of H₂O.",
            [("superscript", "⁶"), ("superscript", "⁻⁹"), ("superscript", "¹⁰"), ("subscript", "₂")],
        ),
        ("The harbour was dredged in 1911³,¹² for the first time*.", [("superscript", "³,¹²"), ("superscript", "*")]),
        (
            "¹A note of two words, xⁿ and yi.",
            [("superscript", "¹"), ("superscript", "ⁿ"), ("subscript", "i")],
        ),
    ]


def test_a_number_of_one_digit_has_its_mark_too(make_pdf):
    assert lines(make_pdf, ("7", up("2")), ("12", up("1"))) == [
        ("7²", [("superscript", "²")]),
        ("12¹", [("superscript", "¹")]),
    ]


def test_type_raised_without_being_smaller(make_pdf):
    assert lines(make_pdf, ("an area of 25 m", ("2", 11, 4), " each"))[0][0] == "an area of 25 m² each"


def test_fractions_do_not_become_numbers(make_pdf):
    assert (
        lines(make_pdf, ("Add 2", ("1", 7, 3), "/", ("2", 7, -1), " cups of flour"))[0][0] == "Add 2¹/₂ cups of flour"
    )


def test_drop_caps_small_caps_and_large_signs_raise_nothing(make_pdf):
    def draw(canvas):
        write(canvas, 72, 736, ("T", 44, 0))
        write(canvas, 102, 757, "he harbour of 1911 lies in the north of the bay, and")
        write(canvas, 72, 680, ("T", 11, 0), ("HE ", 8, 0), ("H", 11, 0), ("ARBOUR ", 8, 0), ("2", 8, 0))
        write(canvas, 72, 640, ("€", 40, 0), ("49", 11, 12))

    found = styled(make_pdf(draw))
    assert all(spans == [] for _, spans in found), found
    assert "THE HARBOUR 2" in [text for text, _ in found]


def test_bullets_that_are_small_and_raised_are_not_set_off(make_pdf, unicode_font):
    assert lines(make_pdf, (("•", 7, 2, unicode_font), " An item")) == [("• An item", [])]


def test_bold_italic_and_monospaced_words(make_pdf):
    found = lines(
        make_pdf,
        ("A ", ("bold claim", 11, 0, "Times-Bold"), ", an ", ("italic", 11, 0, "Times-Italic"), " word and a "),
        (("code_word", 11, 0, "Courier"), " of both", ("kinds", 11, 0, "Times-BoldItalic")),
    )
    assert [spans for _, spans in found] == [
        [("bold", "bold"), ("bold", "claim"), ("italic", "italic")],
        [("code", "code_word"), ("bold", "kinds"), ("italic", "kinds")],
    ]


def test_a_font_with_nothing_but_a_ligature_is_not_monospaced(tmp_path):
    """Its flags say so, for one letter is as wide as itself; the others of the same type are not."""
    descriptor = "<</Type/FontDescriptor/FontName/Times-Roman/Flags %d/Ascent 683/Descent -217/ItalicAngle 0>>"
    font = "<</Type/Font/Subtype/Type1/BaseFont/Times-Roman/Encoding/MacRomanEncoding/FontDescriptor %d 0 R%s>>"
    text = "BT /F1 12 Tf 72 700 Td (Of the de) Tj /F2 12 Tf (\\336) Tj /F1 12 Tf (cit of a year) Tj ET"
    path = tmp_path / "ligature.pdf"
    path.write_bytes(
        pdf(
            {
                1: "<</Type/Catalog/Pages 2 0 R>>",
                2: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
                3: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R/F2 6 0 R>>>>>>",
                4: ("", text),
                5: font % (7, ""),
                6: font % (8, "/FirstChar 222/LastChar 222/Widths[556]"),
                7: descriptor % 34,
                8: descriptor % 35,
            }
        )
    )
    assert styled(path) == [("Of the deficit of a year", [])]


def test_what_the_whole_page_is_set_in_is_no_emphasis(make_pdf):
    rows = [((f"line {number} of a page that is typewritten", 11, 0, "Courier-Bold"),) for number in range(5)]
    found = lines(make_pdf, *rows, ("but one", " word"))
    assert [spans for _, spans in found] == [[]] * 6


def test_strokes_through_and_under_words(make_pdf):
    def draw(canvas):
        canvas.setStrokeColor(black)
        x = 72 + canvas.stringWidth("The tenant pays ", BODY, 12)
        wide = canvas.stringWidth("800 EUR", BODY, 12)
        write(canvas, 72, 770, ("The tenant pays 800 EUR 700 EUR a month.", 12, 0))
        canvas.line(x, 774, x + wide, 774)
        write(canvas, 72, 740, ("The tenant pays 800 EUR 700 EUR a month.", 12, 0))
        canvas.rect(x, 738.2, wide, 0.6, stroke=0, fill=1)

    assert styled(make_pdf(draw)) == [
        ("The tenant pays 800 EUR 700 EUR a month.", [("strike", "800"), ("strike", "EUR")]),
        ("The tenant pays 800 EUR 700 EUR a month.", [("underline", "800"), ("underline", "EUR")]),
    ]


def test_an_underline_that_leaves_descenders_out_is_under_the_word(make_pdf):
    def draw(canvas):
        write(canvas, 72, 770, "A paragraph")
        at = [72 + canvas.stringWidth(part, BODY, 11) for part in ("A p", "A para", "A parag", "A paragra")]
        for left, right in ((at[0], at[1]), (at[2], at[3])):
            canvas.line(left, 768.5, right, 768.5)

    assert styled(make_pdf(draw)) == [("A paragraph", [("underline", "paragraph")])]


def test_rules_of_tables_forms_and_fractions_are_no_strokes(make_pdf):
    def draw(canvas):
        for row, text in enumerate(("Port", "Northport 12", "Eastport 7")):
            write(canvas, 76, 770 - 18 * row, text)
            canvas.line(72, 766 - 18 * row, 328, 766 - 18 * row)
        write(canvas, 72, 650, "Name:  Anna")
        canvas.line(104, 648, 300, 648)
        write(canvas, 72, 600, "Signed, the captain")
        canvas.line(72, 615, 180, 615)

    assert all(spans == [] for _, spans in styled(make_pdf(draw)))


def test_links_to_addresses_but_not_inside_the_document(make_pdf):
    def draw(canvas):
        write(canvas, 72, 770, "see our page and Section 2 here")
        x = [72 + canvas.stringWidth(part, BODY, 11) for part in ("see ", "see our page", "see our page and ")]
        canvas.linkURL("https://example.org/a?b=c", (x[0], 766, x[1], 780), thickness=0)
        canvas.bookmarkPage("two")
        canvas.linkAbsolute("", "two", (x[2], 766, x[2] + 50, 780))
        canvas.linkURL("javascript:alert(1)", (300, 100, 320, 120))

    address = "https://example.org/a?b=c"
    assert styled(make_pdf(draw)) == [
        ("see our page and Section 2 here", [("link", "our", address), ("link", "page", address)])
    ]


def test_of_two_links_on_one_place_the_later_counts(make_pdf):
    def draw(canvas):
        write(canvas, 72, 770, "one two")
        canvas.linkURL("https://aaa.example", (60, 700, 90, 842), thickness=0)  # a large one that reaches into the line
        canvas.linkURL("https://zzz.example", (70, 766, 130, 780), thickness=0)

    ((_, spans),) = styled(make_pdf(draw))
    assert {href for _, _, href in spans} == {"https://zzz.example"}


def test_marks_of_reviewers(make_pdf):
    def draw(canvas):
        write(canvas, 72, 770, "keep this delete that")
        x0, x1 = (72 + canvas.stringWidth(part, BODY, 11) for part in ("keep this ", "keep this delete"))
        canvas._addAnnotation(
            PDFDictionary(
                {
                    "Type": PDFName("Annot"),
                    "Subtype": PDFName("StrikeOut"),
                    "Rect": PDFArray([x0, 766, x1, 782]),
                    "QuadPoints": PDFArray([x0, 782, x1, 782, x0, 766, x1, 766]),
                }
            )
        )

    assert styled(make_pdf(draw)) == [("keep this delete that", [("strike", "delete")])]


def test_hidden_text_has_no_styles(make_pdf):
    def draw(canvas):
        text = canvas.beginText(72, 700)
        text.setTextRenderMode(3)
        for size, rise, word in ((11, 0, "plain text in 19"), (7, 4, "11")):
            text.setFont("Times-Bold", size)
            text.setRise(rise)
            text.textOut(word)
        canvas.drawText(text)
        write(canvas, 72, 500, "Printed words that are many more than those which nobody sees.")

    assert all(spans == [] for _, spans in styled(make_pdf(draw)))
