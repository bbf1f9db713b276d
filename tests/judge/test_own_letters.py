"""Words of a PDF held against the letters of the very font that they are printed in, in scripts that nobody reads."""

import random

import pytest
from reportlab.pdfbase.ttfonts import TTFontFile
from reportlab.pdfgen.canvas import Canvas
from tests.support.pages import LIGHTHOUSE, SANS
from tests.support.pdf_writer import pdf

from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.checks.textlayer_mismatch import TextLayerMismatch
from ocroute.judge.own_letters import own_letters
from ocroute.pages import open_input

ARMENIAN = (
    "Բոլոր մարդիկ ծնվում են ազատ ու հավասար իրենց արժանապատվությամբ ու իրավունքներով նրանք ունեն բանականություն ու խիղճ "
    "միմյանց պետք է եղբայրաբար վերաբերվեն յուրաքանչյուր ոք ունի սույն հռչակագրում ամրագրված բոլոր իրավունքներն ու "
    "ազատություններն առանց որևէ խտրականության անկախ ռասայից մաշկի գույնից սեռից լեզվից կրոնից քաղաքական կամ այլ "
    "հայացքներից ազգային կամ սոցիալական ծագումից գույքային դասային կամ այլ դրությունից"
)


def set_in(path, words, told=lambda sign: sign):
    """A PDF of ``words`` in the whole file of a font, whose table of meanings has ``told(letter)`` for each letter."""
    font = TTFontFile(str(SANS))
    glyphs = {sign: font.charToGlyph[ord(sign)] for sign in {*"".join(words), " "}}
    widths = " ".join(f"{glyph} [{font.charWidths[ord(sign)]:.0f}]" for sign, glyph in glyphs.items())
    lines = [" ".join(words[at : at + 5]) for at in range(0, len(words), 5)]
    shown = "".join(f"<{''.join(f'{glyphs[s]:04x}' for s in line)}> Tj 0 -22 Td " for line in lines)
    means = "\n".join(f"<{glyph:04x}> <{ord(told(sign)):04x}>" for sign, glyph in glyphs.items())
    space = "1 begincodespacerange <0000> <ffff> endcodespacerange"
    table = f"begincmap {space}\n{len(glyphs)} beginbfchar\n{means}\nendbfchar endcmap"
    path.write_bytes(
        pdf(
            {
                1: "<</Type/Catalog/Pages 2 0 R>>",
                2: "<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 595 842]/Resources<</Font<</F 5 0 R>>>>>>",
                3: "<</Type/Page/Parent 2 0 R/Contents 4 0 R>>",
                4: ("", f"BT /F 12 Tf 60 780 Td {shown} ET"),
                5: "<</Type/Font/Subtype/Type0/BaseFont/Own/Encoding/Identity-H/DescendantFonts[6 0 R]/ToUnicode 9 0 R>>",
                6: "<</Type/Font/Subtype/CIDFontType2/BaseFont/Own/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)"
                f"/Supplement 0>>/CIDToGIDMap/Identity/FontDescriptor 7 0 R/W[{widths}]>>",
                7: "<</Type/FontDescriptor/FontName/Own/Flags 4/FontBBox[0 -240 1000 930]/ItalicAngle 0/Ascent 930/Descent -240"
                "/CapHeight 730/StemV 80/FontFile2 8 0 R>>",
                8: ("", SANS.read_bytes()),
                9: ("", table),
            }
        )
    )
    return path


def said(page):
    lines = page.text_layer()
    layer = EngineInfo(kind="textlayer", rank=0)
    return TextLayerMismatch().check(page, Reading(lines=lines), engine=layer, task=Task())


def test_letters_that_nobody_reads_are_believed_where_their_font_has_them(tmp_path):
    with open_input(set_in(tmp_path / "a.pdf", ARMENIAN.split())) as source:
        assert said(source.page(1)) is None


@pytest.mark.parametrize("pair", ["ու", "նր", "եա"])
def test_two_letters_that_change_places_in_the_table_of_meanings_are_found(tmp_path, pair):
    swapped = str.maketrans(pair, pair[::-1])
    path = set_in(tmp_path / "a.pdf", ARMENIAN.split(), lambda sign: sign.translate(swapped))
    with open_input(path) as source:
        found = said(source.page(1))
    assert found is not None
    assert found.refuses
    assert "others on the page" in found.sentence


def test_a_word_is_shown_as_itself_and_as_no_other(tmp_path):
    chance = random.Random(5)
    canvas = Canvas(str(tmp_path / "a.pdf"))
    canvas.setFont("Times-Roman", 12)
    words = LIGHTHOUSE.split()[:60]
    for at in range(0, len(words), 8):
        canvas.drawString(72, 760 - 3 * at, " ".join(words[at : at + 8]))
    canvas.save()
    with open_input(tmp_path / "a.pdf") as source:
        page = source.page(1)
        own = own_letters(page)
        told = [(word, line.font) for line in page.text_layer() for word in line.words]
        shown = [own.shown(word.text, word.box, font.name, font.size) for word, font in told]
        assert sum(a == word.text for a, (word, _) in zip(shown, told, strict=True)) > 0.9 * len(told)
        assert all(a in ("", word.text) for a, (word, _) in zip(shown, told, strict=True))
        found = 0
        for word, font in told:
            at = chance.randrange(len(word.text))
            other = chance.choice([sign for sign in "abcdefghkmnopqrstuvwxyz" if sign not in word.text.lower()])
            wrong = word.text[:at] + other + word.text[at + 1 :]
            place = (word.box, font.name, font.size)
            assert not own.shows(wrong, *place)
            assert own.shown(wrong, *place) in (None, "", word.text)
            found += own.shown(wrong, *place) == word.text
        assert found > len(told) / 4


def test_a_page_without_fonts_says_nothing(tmp_path):
    canvas = Canvas(str(tmp_path / "a.pdf"))
    canvas.rect(10, 10, 50, 50)
    canvas.save()
    with open_input(tmp_path / "a.pdf") as source:
        assert not own_letters(source.page(1)).known
