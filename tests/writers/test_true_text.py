"""Text that a page shows and that stands for other characters comes to stand for what it shows, or stays as it was."""

from __future__ import annotations

import ctypes
import logging
import random
from pathlib import Path

import msgspec
import numpy as np
import pikepdf
import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from PIL import ImageFont

from ocroute import Block, Document, Line, Page, Verdict
from ocroute.document import Attempt, Category, Provenance
from ocroute.pages import open_input
from ocroute.writers.pdf import to_unicode

LINES = (
    "The quick brown fox jumps over the lazy dog",
    "Sphinx of black quartz, judge my vow: 1907",
    "Five wizards pack my box with dozen jugs 24683",
    "the five boxing wizards jump quickly over it 50",
    "a brown dog and a black fox judge the quartz box",
    "Too Fat Sphinx Trust Some 5 cups, 7 jugs: 9 vows",
)


def helvetica(pdf: pikepdf.Pdf, texts: dict[int, str] | None = None, **more: object) -> pikepdf.Object:
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica, **more
    )
    if texts is not None:
        font.ToUnicode = pdf.make_stream(to_unicode.written(texts, 1))
    return pdf.make_indirect(font)


SHIFTED = {code: chr(97 + (code + 6) % 26) for code in range(33, 127)} | {32: "#"}


def written(lines: tuple[str, ...], font: str = "/F1") -> bytes:
    rows = [
        b"BT %s 14 Tf 60 %d Td <%s> Tj ET" % (font.encode(), 700 - 40 * at, text.encode("latin-1").hex().encode())
        for at, text in enumerate(lines)
    ]
    return b"\n".join(rows)


def one_page(path: Path, content: bytes, *, turned: int = 0, form: bool = False, **fonts: object) -> Path:
    """A PDF of one page; its fonts are made by functions of the PDF."""
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(595, 842))
    resources = pikepdf.Dictionary(Font=pikepdf.Dictionary({f"/{name}": make(pdf) for name, make in fonts.items()}))
    if form:
        box = {"Type": pikepdf.Name.XObject, "Subtype": pikepdf.Name.Form, "BBox": [0, 0, 595, 842]}
        drawn = pdf.make_stream(content, Resources=resources, **box)
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=drawn))
        content = b"/X Do"
    else:
        page.Resources = resources
    page.Contents = pdf.make_stream(content)
    if turned:
        page.Rotate = turned
    pdf.save(path)
    return path


def reading(path: Path, *, of: Path | None = None, refused: bool = True) -> Page:
    """What an engine reads of the page at ``path``: what the honest page ``of`` says."""
    with open_input(of or path) as source:
        page = source.page(1)
        lines = [msgspec.structs.replace(line, font=None) for line in page.text_layer() or ()]
        width, height = page.size
    blocks = tuple(Block(Category.TEXT, line.text, line.box, lines=(line,)) for line in lines)
    attempts = (Attempt("textlayer", "refused" if refused else "accepted"), Attempt("tesseract", "accepted"))
    return Page(
        str(path),
        1,
        width,
        height,
        Verdict("accepted", 1.0),
        blocks,
        attempts=attempts,
        provenance=Provenance(engine="tesseract"),
        dpi=200.0,
    )


def text_of(path: Path) -> str:
    with pypdfium2.PdfDocument(path) as pdf:
        return pdf[0].get_textpage().get_text_range()


def picture(path: Path) -> np.ndarray:
    with pypdfium2.PdfDocument(path) as pdf:
        return pdf[0].render(scale=1).to_numpy().copy()


@pytest.fixture
def saved(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    def save(source: Path, record: Page) -> tuple[Path, str]:
        made = tmp_path / "made.pdf"
        with caplog.at_level(logging.WARNING, "ocroute"):
            Document(str(source), (record,)).save(made)
        assert np.array_equal(picture(made), picture(source))
        return made, caplog.text

    return save


@pytest.mark.parametrize("way", [{}, {"turned": 90}, {"turned": 180}, {"form": True}], ids=str)
def test_characters_come_to_stand_for_what_they_show(way: dict[str, int], tmp_path: Path, saved) -> None:
    honest = one_page(tmp_path / "honest.pdf", written(LINES), F1=helvetica, **way)
    false = one_page(tmp_path / "false.pdf", written(LINES), F1=lambda pdf: helvetica(pdf, SHIFTED), **way)
    assert "fox" not in text_of(false)
    made, said = saved(false, reading(false, of=honest))
    assert text_of(made).split() == text_of(honest).split()
    assert "put right" in said


def test_a_ligature_stands_for_its_letters(tmp_path: Path, saved) -> None:
    code = b"/F1 14 Tf 60 %d Td <%s> Tj"
    words = [(400, b"\x80ve of\x80ce"), (360, b"\x80nd \x80sh")]
    more = b"".join(b"BT " + code % (y, text.hex().encode()) + b" ET " for y, text in words)
    encoding = pikepdf.Dictionary(Differences=[128, pikepdf.Name("/fi")])
    font = {"Encoding": encoding}
    honest = one_page(
        tmp_path / "honest.pdf", written(LINES) + more, F1=lambda pdf: helvetica(pdf, {128: "fi"}, **font)
    )
    false = one_page(
        tmp_path / "false.pdf", written(LINES) + more, F1=lambda pdf: helvetica(pdf, SHIFTED | {128: "@"}, **font)
    )
    made, _ = saved(false, reading(false, of=honest))
    assert {"five", "office", "find", "fish"} <= set(text_of(made).split())


def test_two_byte_codes(tmp_path: Path, saved) -> None:
    honest = tmp_path / "honest.pdf"
    data = Path(ImageFont.truetype("DejaVuSerif.ttf").path).read_bytes()
    with pypdfium2.PdfDocument.new() as pdf:
        page = pdf.new_page(595, 842)
        held = (ctypes.c_uint8 * len(data)).from_buffer_copy(data)
        font = pdfium.FPDFText_LoadFont(pdf.raw, held, len(data), pdfium.FPDF_FONT_TRUETYPE, True)
        for at, text in enumerate(LINES):
            drawn = pdfium.FPDFPageObj_CreateTextObj(pdf.raw, font, 14)
            said = ctypes.create_string_buffer(f"{text}\0".encode("utf-16-le"))
            pdfium.FPDFText_SetText(drawn, ctypes.cast(said, pdfium.FPDF_WIDESTRING))
            pdfium.FPDFPageObj_Transform(drawn, 1, 0, 0, 1, 60, 700 - 40 * at)
            pdfium.FPDFPage_InsertObject(page.raw, drawn)
        page.gen_content()
        pdf.save(honest)
    false = tmp_path / "false.pdf"
    with pikepdf.open(honest) as twin:
        for item in twin.objects:
            if isinstance(item, pikepdf.Dictionary) and item.get("/Subtype") == "/Type0":
                assert item.Encoding == "/Identity-H"
                item.ToUnicode = twin.make_stream(
                    to_unicode.written({code: chr(0x3B1 + code % 20) for code in range(200)})
                )
        twin.save(false)
    assert "fox" not in text_of(false)
    made, _ = saved(false, reading(false, of=honest))
    assert text_of(made).split() == text_of(honest).split()


def test_a_page_with_a_glyph_that_nobody_knows_stays(tmp_path: Path, saved) -> None:
    honest = one_page(tmp_path / "honest.pdf", written(LINES), F1=helvetica)
    false = one_page(tmp_path / "false.pdf", written((*LINES, "W~@")), F1=lambda pdf: helvetica(pdf, SHIFTED))
    made, said = saved(false, reading(false, of=honest))
    assert text_of(made) == text_of(false)
    assert "though it cannot be copied as it looks" in said


def test_a_reading_of_another_text_changes_nothing(tmp_path: Path, saved) -> None:
    letters = random.Random(1)
    other = tuple("".join(letters.choice("abcdef") if sign != " " else " " for sign in line) for line in LINES)
    honest = one_page(tmp_path / "honest.pdf", written(other), F1=helvetica)
    false = one_page(tmp_path / "false.pdf", written(LINES), F1=lambda pdf: helvetica(pdf, SHIFTED))
    made, said = saved(false, reading(false, of=honest))
    assert text_of(made) == text_of(false)
    assert "though it cannot" in said


def test_misread_words_do_not_spoil_what_glyphs_mean(tmp_path: Path, saved) -> None:
    honest = one_page(tmp_path / "honest.pdf", written(LINES), F1=helvetica)
    false = one_page(tmp_path / "false.pdf", written(LINES), F1=lambda pdf: helvetica(pdf, SHIFTED))
    record = reading(false, of=honest)
    first = record.blocks[0].lines[0]
    words = (msgspec.structs.replace(first.words[0], text="Tke"), *first.words[1:])
    line = Line("Tke" + first.text[3:], first.box, words=words)
    blocks = (msgspec.structs.replace(record.blocks[0], text=line.text, lines=(line,)), *record.blocks[1:])
    made, _ = saved(false, msgspec.structs.replace(record, blocks=blocks))
    assert text_of(made).split() == text_of(honest).split()


def test_letters_misread_here_and_there_do_not_matter(tmp_path: Path, saved) -> None:
    lines = LINES + tuple(line[::-1] for line in LINES)
    honest = one_page(tmp_path / "honest.pdf", written(lines), F1=helvetica)
    false = one_page(tmp_path / "false.pdf", written(lines), F1=lambda pdf: helvetica(pdf, SHIFTED))
    record, chance = reading(false, of=honest), random.Random(4)

    def misread(text: str) -> str:
        return "".join(chance.choice("eo") if sign in "aeiou" and chance.random() < 0.02 else sign for sign in text)

    blocks = []
    for block in record.blocks:
        (line,) = block.lines
        words = tuple(msgspec.structs.replace(word, text=misread(word.text)) for word in line.words)
        blocks.append(msgspec.structs.replace(block, lines=(msgspec.structs.replace(line, words=words),)))
    assert blocks != list(record.blocks)
    made, _ = saved(false, msgspec.structs.replace(record, blocks=tuple(blocks)))
    assert text_of(made).split() == text_of(honest).split()


def test_a_font_that_tells_the_truth_keeps_its_map(tmp_path: Path, saved) -> None:
    content = written(LINES) + b" BT /F2 14 Tf 60 300 Td (honest words of the other font) Tj ET"
    fonts = {"F2": lambda pdf: helvetica(pdf, {code: chr(code) for code in range(32, 127)})}
    honest = one_page(tmp_path / "honest.pdf", content, F1=helvetica, **fonts)
    false = one_page(tmp_path / "false.pdf", content, F1=lambda pdf: helvetica(pdf, SHIFTED), **fonts)
    made, _ = saved(false, reading(false, of=honest))
    assert text_of(made).split() == text_of(honest).split()
    with pikepdf.open(made) as one, pikepdf.open(false) as other:
        first, second = (pdf.pages[0].Resources.Font.F2.ToUnicode.read_bytes() for pdf in (one, other))
    assert first == second


def test_maps_are_read_as_they_are_written() -> None:
    texts = {1: "a", 2: "ffi", 300: "🙂", 65535: "я"}
    pdf = pikepdf.new()
    assert to_unicode.texts_of(pdf.make_stream(to_unicode.written(texts)), pikepdf) == texts
    ranges = b"2 beginbfrange <01> <03> <0041> <10> <11> [<0061> <00660069>] endbfrange"
    assert to_unicode.texts_of(pdf.make_stream(ranges), pikepdf) == {1: "A", 2: "B", 3: "C", 16: "a", 17: "fi"}
