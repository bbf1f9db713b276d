import numpy as np
import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from tests.support.pdf_writer import pdf

from ocroute.engines.base import Task
from ocroute.engines.textlayer import TextLayer
from ocroute.pages import open_input
from ocroute.pages.pdf_text import TEX_QUOTES, accented, clean
from ocroute.values import Box


def lines_of(path, **options):
    with open_input(path, **options) as source:
        page = source.page(1)
        return page, page.text_layer() or (), page.raster().copy()


def texts(lines):
    return [line.text for line in lines]


def ink_box(raster):
    rows, columns = np.nonzero(raster.min(axis=2) < 128)
    return Box(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


def holds(outer, inner, slack=3):
    return (
        outer.x0 - slack <= inner.x0
        and outer.y0 - slack <= inner.y0
        and outer.x1 + slack >= inner.x1
        and outer.y1 + slack >= inner.y1
    )


def test_lines_words_and_fonts(make_pdf):
    def draw(canvas):
        canvas.setFont("Helvetica-BoldOblique", 20)
        canvas.drawString(72, 700, "A heading")
        canvas.setFont("Times-Roman", 10)
        canvas.drawString(72, 650, "Plain words on a line.")

    page, (heading, plain), _ = lines_of(make_pdf(draw))
    assert [word.text for word in plain.words] == ["Plain", "words", "on", "a", "line."]
    assert plain.text == "Plain words on a line."
    scale = page.dpi / 72
    assert heading.font.size == pytest.approx(20 * scale, rel=0.01)
    assert plain.font.size == pytest.approx(10 * scale, rel=0.01)
    assert (heading.font.bold, heading.font.italic, heading.font.hidden) == (True, True, False)
    assert (plain.font.bold, plain.font.italic) == (False, False)
    assert plain.box.x0 == pytest.approx(72 * scale, abs=1)
    assert plain.box.y1 == pytest.approx((842 - 650) * scale, abs=10)
    assert all(a.box.x1 < b.box.x0 for a, b in zip(plain.words, plain.words[1:], strict=False))


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("origin", [(0, 0), (-200, 90), (1000, 5000)])
def test_boxes_lie_on_the_ink_whatever_the_page_box_and_rotation(make_pdf, rotation, origin):
    import pypdfium2

    def draw(canvas):
        canvas.setFont("Helvetica", 24)
        canvas.drawString(origin[0] + 150, origin[1] + 300, "Words and boxes")

    path = make_pdf(draw)
    pdf = pypdfium2.PdfDocument(path)
    pdf[0].set_mediabox(origin[0], origin[1], origin[0] + 595, origin[1] + 842)
    pdf[0].set_cropbox(origin[0] + 100, origin[1] + 200, origin[0] + 500, origin[1] + 500)
    pdf[0].set_rotation(rotation)
    pdf.save(turned := path.with_name("turned.pdf"))
    pdf.close()
    page, (line,), raster = lines_of(turned)
    width, height = page.size
    assert (width > height) == (rotation in (0, 180))
    assert line.text == "Words and boxes"
    assert line.angle == -rotation % 360
    ink = ink_box(raster)
    assert holds(line.box, ink)
    assert line.box.area < 2 * ink.area
    upright = page.turned_by(rotation // 90)
    assert page.text_angle() is None  # 13 letters are too few to turn a page on
    (level,) = upright.text_layer()
    assert level.angle == 0
    with open_input(turned) as source:
        assert holds(level.box, ink_box(source.page(1).turned_by(rotation // 90).raster()))


def test_columns_and_cells_are_lines_of_their_own(make_pdf):
    def draw(canvas):
        canvas.setFont("Times-Roman", 10)
        for row in range(3):
            y = 700 - 12 * row
            canvas.drawString(72, y, f"left column, row {row}, runs up to here")
            canvas.drawString(310, y, f"right column, row {row}, goes on")
        canvas.drawString(72, 600, "Name")
        canvas.drawString(110, 600, "Price 12")

    _, lines, _ = lines_of(make_pdf(draw))
    assert sorted(texts(lines)) == sorted(
        [f"left column, row {row}, runs up to here" for row in range(3)]
        + [f"right column, row {row}, goes on" for row in range(3)]
        + ["Name", "Price 12"]
    )


def test_words_drawn_one_by_one_and_out_of_order_make_one_line(make_pdf):
    def draw(canvas):
        canvas.setFont("Helvetica", 12)
        for x, word in ((131, "three"), (72, "one"), (100, "two")):
            canvas.drawString(x, 700, word)

    _, lines, _ = lines_of(make_pdf(draw))
    assert texts(lines) == ["one two three"]


def test_letterspaced_headings_keep_their_words(make_pdf):
    def draw(canvas):
        canvas.setFont("Helvetica", 14)
        canvas.drawString(72, 700, "ABSTRACT OF WORK", charSpace=4)

    _, lines, _ = lines_of(make_pdf(draw))
    assert texts(lines) == ["ABSTRACT OF WORK"]


def test_superscripts_stay_on_their_line(make_pdf):
    def draw(canvas):
        text = canvas.beginText(72, 700)
        text.setFont("Times-Roman", 12)
        text.textOut("as shown by Gauss")
        text.setRise(4)
        text.setFont("Times-Roman", 7)
        text.textOut("12")
        text.setRise(0)
        text.setFont("Times-Roman", 12)
        text.textOut(" and others")
        canvas.drawText(text)

    _, lines, _ = lines_of(make_pdf(draw))
    assert texts(lines) == ["as shown by Gauss¹² and others"]


def test_overprinted_text_is_told_once(make_pdf):
    def draw(canvas):
        canvas.setFont("Helvetica", 12)
        for shift in (0, 0.3, 0.6):
            canvas.drawString(72 + shift, 700 - shift / 2, "Heading, all well")

    _, lines, _ = lines_of(make_pdf(draw))
    assert texts(lines) == ["Heading, all well"]


def test_hidden_text_says_so(make_pdf):
    scan = ImageReader(Image.new("L", (850, 1100), 230))

    def draw(canvas):
        canvas.drawImage(scan, 0, 0, 595, 842)
        text = canvas.beginText(72, 700)
        text.setFont("Helvetica", 12)
        text.setTextRenderMode(3)
        text.textLine("the scanner's own OCR")
        text.setTextRenderMode(0)
        text.textLine("a visible stamp")
        canvas.drawText(text)

    _, lines, _ = lines_of(make_pdf(draw))
    assert {line.text: line.font.hidden for line in lines} == {"the scanner's own OCR": True, "a visible stamp": False}


def test_hidden_text_on_bare_paper_is_no_text_of_a_printed_page(make_pdf):
    def draw(canvas):
        canvas.setFont("Helvetica", 12)
        canvas.drawString(72, 700, "Printed words")
        text = canvas.beginText(72, 20)
        text.setTextRenderMode(3)
        text.setFont("Helvetica", 6)
        text.textLine("Made by a program (www.example.org)")
        canvas.drawText(text)

    with open_input(make_pdf(draw)) as source:
        reading = TextLayer(Task()).read_page(source.page(1), Task())
    assert [line.text for line in reading.lines] == ["Printed words"]


def test_text_off_the_page_is_dropped_and_margin_stamps_keep_their_angle(make_pdf):
    def draw(canvas):
        canvas.setFont("Helvetica", 12)
        canvas.drawString(72, 700, "On the page")
        canvas.drawString(72, 2000, "far above it")
        canvas.drawString(-900, 700, "far left of it")
        canvas.translate(30, 200)
        canvas.rotate(90)
        canvas.drawString(0, 0, "arXiv:0000.00000 stamp")

    _, lines, _ = lines_of(make_pdf(draw))
    assert {line.text: line.angle for line in lines} == {"On the page": 0, "arXiv:0000.00000 stamp": 90}
    stamp = next(line for line in lines if line.angle == 90)
    assert stamp.box.height > 5 * stamp.box.width
    assert [word.text for word in stamp.words] == ["arXiv:0000.00000", "stamp"]
    assert stamp.words[0].box.y0 > stamp.words[1].box.y1


def test_ligatures_soft_hyphens_and_scripts(make_pdf, unicode_font):
    def draw(canvas):
        canvas.setFont(unicode_font, 12)
        canvas.drawString(72, 700, "eﬃcient ﬁles, Съешь ещё, 8 × 10⁻³")
        canvas.drawString(72, 680, "soft\u00adware hyphen\u00ad")

    _, lines, _ = lines_of(make_pdf(draw))
    assert texts(lines) == ["efficient files, Съешь ещё, 8 × 10⁻³", "soft-ware hyphen-"]  # it is printed


def test_a_page_without_text_has_no_layer(make_pdf):
    page, _, _ = lines_of(make_pdf(lambda canvas: canvas.rect(100, 100, 50, 50)))
    assert page.text_layer() is None


def test_the_direction_of_most_printed_text(make_pdf):
    def draw(canvas):
        canvas.setFont("Helvetica", 12)
        canvas.rotate(90)
        for row in range(5):
            canvas.drawString(100, -100 - 20 * row, "a landscape table on a portrait page")

    page, _, _ = lines_of(make_pdf(draw))
    assert page.text_angle() == 90
    assert page.turned_by(3).text_angle() == 0


def test_an_italic_f_does_not_swallow_the_space_after_it(make_pdf):
    """Its box reaches over its end; where pdfium sees a space, the letter ends where the space begins."""

    def draw(canvas):
        canvas.setFont("Times-Italic", 12)
        x = 72
        for word in ("a", "number", "of", "template", "parameters"):
            canvas.drawString(x, 700, word)
            x += canvas.stringWidth(word) + 2.2

    _, lines, _ = lines_of(make_pdf(draw))
    assert texts(lines) == ["a number of template parameters"]


def test_ligatures_of_tex_fonts_are_spelled_out():
    """Their PDFs may give them as control characters, which alone or in formulas are other signs."""
    assert clean(b"de\x1cned") == "defined"
    assert clean(b"\x0crst") == "first"
    assert clean(b"sta\x1b") == "staff"
    assert clean(b"o\x1bset") == "offset"
    assert clean(b"de\x1bned") == "defined", "some fonts begin the row with fi"
    assert clean(b"\x1brst") == "first"
    assert clean(b"o\x0ece") == "office"
    assert clean([0x0C]) == ""
    assert clean([0x03B1, 0x0F, 0x03B5]) == "αε"


def test_quotes_and_dashes_of_tex_fonts_by_their_place():
    """Numbers of glyphs in its newer encoding; in the older one they are accents and dotless letters."""
    opening, closing, dash = (TEX_QUOTES[number] for number in (0x10, 0x11, 0x15))
    assert clean([opening, *b"Unite!", closing]) == "“Unite!”"
    assert clean([*b"said", closing, ord(",")]) == "said”,"
    assert clean([dash]) == "–"
    assert clean([*b"na", opening, *b"ve"]) == "na\ufffdve"


def test_codes_beyond_unicode_are_read_as_utf_8_or_marked():
    assert clean([0xE38081, 0xF0A8A780]) == "、\U000289c0"
    assert clean([0x61, 0xFFFFFFFF, 0x1FFFFFFFF]) == "a\ufffd\ufffd"


def test_signs_that_stand_alone_are_words_also_where_most_of_a_line_is_such(make_pdf):
    def draw(canvas):
        x = 72
        for word in ["for", "(k", "=", "i", "+", "i;", "i", "<", "9;", "k", "+=", "i)"]:
            canvas.setFont("Courier", 9)
            canvas.drawString(x, 700, word)
            x += 5.4 * (len(word) + 1)

    _, lines, _ = lines_of(make_pdf(draw))
    assert texts(lines) == ["for (k = i + i; i < 9; k += i)"]


def test_words_of_slanted_labels_stay_apart(make_pdf):
    def draw(canvas):
        canvas.translate(100, 400)
        canvas.rotate(50)
        canvas.setFont("Helvetica", 9)
        canvas.drawString(0, 0, "Mar")
        canvas.drawString(canvas.stringWidth("Mar", "Helvetica", 9) + 2.2, 0, "12, 2012")

    _, lines, _ = lines_of(make_pdf(draw))
    assert texts(lines) == ["Mar 12, 2012"]


def test_type_of_negative_size_runs_the_other_way(make_pdf):
    def draw(canvas):
        canvas.setPageRotation(180)
        canvas.setFont("Helvetica", 12)
        name = canvas._doc.getInternalFontName("Helvetica")
        canvas._code.append(f"BT {name} -12 Tf 500 100 Td (An agreement) Tj ET")

    _, (line,), _ = lines_of(make_pdf(draw))
    assert (line.text, line.angle) == ("An agreement", 0)


def test_figures_under_an_axis_stay_apart(make_pdf):
    def draw(canvas):
        canvas.setFont("Helvetica", 10)
        for number in range(1, 10):
            canvas.drawString(50 + 18 * number, 700, f"0.{number}")

    _, lines, _ = lines_of(make_pdf(draw))
    assert " ".join(texts(lines)) == "0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9"


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_figures_of_turned_text_are_no_words_of_their_own(make_pdf, angle):
    def draw(canvas):
        canvas.translate(300, 400)
        canvas.rotate(angle)
        canvas.setFont("Helvetica", 10)
        canvas.drawString(0, 0, "Form 1911/11, 17 July (i, ii)")

    _, (line,), _ = lines_of(make_pdf(draw))
    assert (line.text, line.angle) == ("Form 1911/11, 17 July (i, ii)", angle)


def test_a_blank_after_each_ideograph_parts_no_words_and_white_does(make_pdf):
    """As some programs write them, each blank set back over itself."""

    def draw(canvas):
        pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
        for y, places in (
            (700, (0, 20, 40, 60, 80)),
            (660, (0, 20, 60, 80, 100)),
            (620, (0, 26, 52, 78, 104)),
            (580, (0, 26, 52)),
        ):
            for x, sign in zip(places, "全世界无产", strict=False):
                canvas.setFont("STSong-Light", 20)
                canvas.drawString(72 + x, y, sign)
                canvas.setFont("Helvetica", 20)
                canvas.drawString(72 + x + 20, y, " ")

    assert texts(lines_of(make_pdf(draw))[1]) == ["全世界无产", "全世 界无产", "全世界无产", "全世界"]


def test_accents_and_circles_make_one_sign_of_the_letter_under_them():
    made = {pair: accented(*map(ord, pair)) for pair in ("´e", "¨ı", "◯c", "◯R", "◯x", "´7")}
    assert {pair: chr(code) if code else None for pair, code in made.items()} == {
        "´e": "é", "¨ı": "ï", "◯c": "©", "◯R": "®", "◯x": None, "´7": None,
    }  # fmt: skip


def test_letters_beyond_the_first_plane_are_one_sign_each_and_can_be_raised_from(tmp_path):
    """As the letters of formulas are, which word processors set in italics of their own."""
    cmap = "begincmap 1 begincodespacerange <00> <FF> endcodespacerange 1 beginbfchar <70> <D835DF0B> endbfchar endcmap"
    path = tmp_path / "a.pdf"
    path.write_bytes(
        pdf(
            {
                1: "<</Type/Catalog/Pages 2 0 R>>",
                2: "<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 300 200]>>",
                3: "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F 5 0 R/G 6 0 R>>>>>>",
                4: ("", "BT /G 20 Tf 50 100 Td (= ) Tj /F 20 Tf (p) Tj /G 13 Tf 8 Ts (2) Tj ET"),
                5: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 7 0 R>>",
                6: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
                7: ("", cmap),
            }
        )
    )
    (line,) = lines_of(str(path))[1]
    assert line.text == "= \U0001d70b²"
    assert [(span.style, span.start, span.end) for span in line.words[1].spans] == [("superscript", 1, 2)]


def test_letters_of_a_font_that_counts_in_units_of_its_own_make_words(tmp_path):
    """Its glyphs are drawn in points and set in type of size 1."""
    path = tmp_path / "a.pdf"
    glyph = "10 0 0 0 8 10 d1 0 0 8 10 re f"
    font = (
        "<</Type/Font/Subtype/Type3/FontBBox[0 -2 10 10]/FontMatrix[1 0 0 1 0 0]/FirstChar 97/LastChar 98/Widths[10 10]"
        "/CharProcs<</a 6 0 R/b 6 0 R>>/Encoding<</Differences[97/a/b]>>/Resources<<>>>>"
    )
    path.write_bytes(
        pdf(
            {
                1: "<</Type/Catalog/Pages 2 0 R>>",
                2: "<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 300 200]>>",
                3: "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
                4: ("", "BT /F 1 Tf 50 100 Td (abba) Tj 50 0 Td (ab) Tj ET"),
                5: font,
                6: ("", glyph),
            }
        )
    )
    (line,) = lines_of(str(path))[1]
    assert [word.text for word in line.words] == ["abba", "ab"]
    assert line.font.size == pytest.approx(line.box.height / 1.2, rel=0.3)


def test_a_watermark_behind_a_line_is_no_part_of_it(make_pdf):
    def draw(canvas):
        canvas.setFont("Helvetica", 11)
        canvas.drawString(72, 500, "General notes")
        canvas.setFont("Helvetica", 130)
        canvas.drawString(90, 450, "DRAFT")

    assert texts(lines_of(make_pdf(draw))[1]) == ["General notes", "DRAFT"]


@pytest.mark.parametrize("angle", [0, 90, 180, 270])
def test_a_one_with_more_white_behind_it_than_before_it_ends_no_word(make_pdf, italic_font, angle):
    """Letters that stand sideways were measured by their ink: a number came apart behind such a 1."""

    def draw(canvas):
        canvas.setFont(italic_font, 12)
        canvas.translate(300, 400)
        canvas.rotate(angle)
        canvas.drawString(-100, 0, "1,363 11.2 100.0")

    _, lines, _ = lines_of(make_pdf(draw))
    assert [word.text for line in lines for word in line.words] == ["1,363", "11.2", "100.0"]


def test_a_space_that_lies_within_a_ligature_parts_no_word(make_pdf, unicode_font):
    """As some programs write it behind each of them."""

    def draw(canvas):
        canvas.setFont(unicode_font, 12)
        before = canvas.stringWidth("the Deﬁ", unicode_font, 12)
        canvas.drawString(72, 700, "the Deﬁ")
        canvas.drawString(72 + before - 4, 700, " ")
        canvas.drawString(72 + before, 700, "cit of it")

    _, lines, _ = lines_of(make_pdf(draw))
    assert texts(lines) == ["the Deficit of it"]


def test_what_a_clip_path_cuts_off_is_not_on_the_page(make_pdf):
    """A table cell shows the beginning of what was typed into it."""

    def draw(canvas):
        canvas.saveState()
        cell = canvas.beginPath()
        cell.rect(72, 690, canvas.stringWidth("Blanket") + 2, 30)
        canvas.clipPath(cell, stroke=0)
        canvas.drawString(72, 700, "Blanket of wool")
        canvas.restoreState()
        canvas.drawString(200, 700, "48.50")

    _, lines, _ = lines_of(make_pdf(draw))
    assert [word.text for line in lines for word in line.words] == ["Blanket", "48.50"]


def test_a_letter_that_the_next_one_is_typed_over_keeps_its_width(make_pdf):
    """Where a space begins in the middle of an m, it is no overhang of the m."""

    def draw(canvas):
        canvas.setFont("Helvetica", 12)
        canvas.drawString(72, 700, "R.Meachem")
        canvas.drawString(72 + canvas.stringWidth("R.Meache") + 5, 700, " 14")

    _, lines, raster = lines_of(make_pdf(draw))
    word = next(word for line in lines for word in line.words if word.text.startswith("R.Meache"))
    assert word.box.x1 - word.box.x0 > 0.97 * 12 * 5.4 * raster.shape[1] / 595 * 0.9
