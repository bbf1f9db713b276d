"""Glyph numbers in place of characters are what they mean by the order that fonts of Windows have, where that is writing."""

import numpy as np
import pytest
from tests.support.pages import LIGHTHOUSE, QUARRY_IN_RUSSIAN
from tests.support.pdf_writer import pdf

from ocroute.pages import open_input
from ocroute.pages.glyph_numbers import UNKNOWN, meant


def read(codes, font=0):
    said = np.array(codes, np.int64)
    return "".join(chr(code) if code != UNKNOWN else "?" for code in meant(said, np.full(len(said), font)).tolist())


def numbers(text, before=29):
    """Of the glyphs of ``text`` in such a font."""
    return [570 + ord(sign) - ord("А") if sign > "~" else ord(sign) - before for sign in text]


@pytest.mark.parametrize("before", [29, 28])
@pytest.mark.parametrize("text", ["Volumes", "LINE UP", "Summa", "DESCRIPTION", LIGHTHOUSE])
def test_letters_of_ascii(text, before):
    assert read(numbers(text, before)) == text


@pytest.mark.parametrize("text", ["Угловая шлифовальная машина", "ФЛАНЦЫ И ПЕРЕХОДЫ", QUARRY_IN_RUSSIAN])
def test_cyrillic_letters(text):
    assert read(numbers(text)) == text


def test_letters_behind_and_before_the_russian_alphabet():
    assert read([*numbers("Стоянка и пос"), 570 + 64, 570 - 14]) == "Стоянка и посёЁ"


@pytest.mark.parametrize("text", ["Масса Масштаб", "Лист № докум"])
def test_bytes_of_utf_8_in_pairs(text):
    codes = [int.from_bytes(sign.encode(), "big") for sign in text.replace("№", "п")]
    assert read(codes) == text.replace("№", "п")


@pytest.mark.parametrize(
    "text", ["Volumes", LIGHTHOUSE, QUARRY_IN_RUSSIAN, "12.5 + 7", "AB", "한국어 문장은 이렇게 쓴다", "ɍɝ", "x²", ""]
)
def test_what_is_writing_already_and_what_may_be_anything_stays(text):
    assert read([ord(sign) for sign in text]) == text


def test_each_font_by_itself():
    said = np.array([*numbers("Volumes"), *map(ord, "Weather")], np.int64)
    font = np.repeat([3, 8], 7)
    assert "".join(map(chr, meant(said, font).tolist())) == "VolumesWeather"


def test_a_sign_whose_number_nobody_knows_is_marked():
    assert read([*numbers("RECOMENDACI"), 300, *numbers("N")]) == "RECOMENDACI?N"


def test_letters_with_accents_and_quotes_in_the_order_of_a_mac():
    assert read([*numbers("RECOMENDACI"), 207, *numbers("N")]) == "RECOMENDACIÓN"
    assert (
        read([179, *numbers("b"), 112, *numbers("n"), 112, *numbers("ficier sinc"), 113, *numbers("res"), 180])
        == "“bénéficier sincères”"
    )


def test_of_a_pdf(tmp_path):
    said = "".join(f"{number:04x}" for number in numbers("Volumes of print"))
    path = tmp_path / "a.pdf"
    path.write_bytes(
        pdf(
            {
                1: "<</Type/Catalog/Pages 2 0 R>>",
                2: "<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 300 200]>>",
                3: "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
                4: ("", f"BT /F 20 Tf 50 100 Td <{said}> Tj ET"),
                5: "<</Type/Font/Subtype/Type0/BaseFont/Arial/Encoding/Identity-H/DescendantFonts[6 0 R]>>",
                6: "<</Type/Font/Subtype/CIDFontType2/BaseFont/Arial/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)"
                "/Supplement 0>>/DW 500/FontDescriptor 7 0 R>>",
                7: "<</Type/FontDescriptor/FontName/Arial/Flags 4/Ascent 900/Descent -200/CapHeight 700/StemV 80/ItalicAngle 0"
                "/FontBBox[0 -200 1000 900]>>",
            }
        )
    )
    with open_input(str(path)) as source:
        assert [line.text for line in source.page(1).text_layer()] == ["Volumes of print"]
