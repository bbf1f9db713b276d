import gc
import time

import numpy as np
import psutil
import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader

from ocroute.errors import CorruptInput, InputError, PasswordNeeded
from ocroute.pages import open_input
from ocroute.pages.pdf import DEFAULT_DPI, LONG_SIDE
from ocroute.pages.pdf_errors import loading_error


def hello(canvas):
    canvas.setFont("Helvetica", 12)
    canvas.drawString(72, 500, "Hello, page")


def size_of(path, **options):
    with open_input(path, **options) as source:
        page = source.page(1)
        assert page.raster().shape == (page.size[1], page.size[0], 3)
        return page.size, page.dpi


def test_a_plain_page_is_rendered_at_the_default_resolution(make_pdf):
    size, dpi = size_of(make_pdf(hello))
    assert dpi == pytest.approx(DEFAULT_DPI)
    assert size == (1653, 2339)


def test_small_pages_get_more_and_large_pages_are_capped(make_pdf):
    size, dpi = size_of(make_pdf(hello, size=(240, 150)))
    assert dpi == 400
    size, dpi = size_of(make_pdf(hello, size=(240, 500)))
    assert max(size) == LONG_SIDE[0]
    size, dpi = size_of(make_pdf(hello, size=(14_000, 14_000)), max_pixels=4_000_000)
    assert 3_900_000 < size[0] * size[1] <= 4_010_000
    assert size_of(make_pdf(hello), dpi=72)[0] == (595, 842)


@pytest.mark.parametrize(("pixels", "expected"), [(2480, 2480), (600, LONG_SIDE[0]), (6000, LONG_SIDE[1])])
def test_a_scan_is_rendered_at_its_own_resolution(make_pdf, pixels, expected):
    scan = ImageReader(Image.new("L", (pixels * 7 // 10, pixels), 200))
    size, _ = size_of(make_pdf(lambda canvas: canvas.drawImage(scan, 0, 0, 700, 1000), size=(700, 1000)))
    assert max(size) == pytest.approx(expected, abs=2)


def test_a_logo_does_not_make_a_scan(make_pdf):
    logo = ImageReader(Image.effect_noise((900, 900), 50))
    assert size_of(make_pdf(lambda canvas: canvas.drawImage(logo, 10, 10, 60, 60)))[1] == pytest.approx(DEFAULT_DPI)


def test_colours_are_in_the_order_red_green_blue(make_pdf):
    def draw(canvas):
        canvas.setFillColorRGB(1, 0, 0)
        canvas.rect(0, 0, 595, 842, fill=1, stroke=0)

    with open_input(make_pdf(draw)) as source:
        assert source.page(1).raster()[100, 100].tolist() == [255, 0, 0]


def test_rules_from_strokes_thin_boxes_and_inside_forms(make_pdf):
    def draw(canvas):
        canvas.line(100, 700, 400, 700)
        canvas.rect(100, 500, 300, 0.8, stroke=0, fill=1)
        canvas.beginForm("grid")
        canvas.grid([0, 50, 100], [0, 20])
        canvas.endForm()
        canvas.translate(200, 300)
        canvas.doForm("grid")
        canvas.translate(-200, -300)
        canvas.setFillGray(0.9)
        canvas.rect(100, 100, 200, 40, stroke=0, fill=1)
        canvas.setFillGray(1)
        canvas.rect(0, 0, 595, 842, stroke=0, fill=1)
        canvas.line(100, 100, 400, 300)
        canvas.circle(300, 400, 30)

    with open_input(make_pdf(draw), dpi=72) as source:
        page = source.page(1)
        rules, fills = page.rules(), page.fills()
    assert np.allclose(fills, [(100, 702, 300, 742)], atol=1)
    expected = [(100, 142, 400, 142), (100, 341.6, 400, 341.6)]
    expected += [(x, 522, x, 542) for x in (200, 250, 300)] + [(200, y, 300, y) for y in (522, 542)]
    assert np.allclose(sorted(rules), sorted(expected), atol=1.5)


def test_a_page_without_vectors_has_no_rules(make_pdf):
    with open_input(make_pdf(hello)) as source:
        assert source.page(1).rules() == ()


def test_the_rules_of_a_scan_are_not_known(make_pdf):
    def draw(canvas):
        canvas.drawInlineImage(Image.new("L", (600, 800), 255), 0, 0, *canvas._pagesize)

    with open_input(make_pdf(draw)) as source:
        assert source.page(1).rules() is None


@pytest.mark.parametrize("password", [None, "wrong"])
def test_an_encrypted_pdf_asks_for_its_password(make_pdf, password):
    path = make_pdf(hello, encrypt=StandardEncryption("open sesame", strength=128))
    with pytest.raises(PasswordNeeded, match="--password"):
        open_input(path, password=password)
    with open_input(path, password="open sesame") as source:
        assert source.page(1).text_layer()[0].text == "Hello, page"


def test_a_password_that_is_not_needed_does_no_harm(make_pdf):
    with open_input(make_pdf(hello), password="x") as source:
        assert len(source) == 1


@pytest.mark.parametrize("content", [b"%PDF-1.7\n", b"%PDF-1.4\n" + bytes(range(256)) * 20])
def test_a_damaged_pdf_is_an_error_in_words(tmp_path, content):
    (tmp_path / "a.pdf").write_bytes(content)
    with pytest.raises(CorruptInput, match="Download it again"):
        open_input(tmp_path / "a.pdf")


def test_a_pdf_without_pages(tmp_path):
    empty = pypdfium2.PdfDocument.new()
    empty.save(tmp_path / "a.pdf")
    empty.close()
    with pytest.raises(CorruptInput, match="has no pages"):
        open_input(tmp_path / "a.pdf")


@pytest.mark.parametrize(("end", "whole"), [(b"endstream", 0), (b"xref", 0), (b"trailer", 0), (b"startxref", 5)])
def test_a_truncated_pdf_is_read_where_all_pages_are_left_or_refused(make_pdf, end, whole):
    path = make_pdf(*[hello] * 5)
    data = path.read_bytes()
    path.write_bytes(data[: data.index(end)])
    if not whole:
        with pytest.raises(CorruptInput, match="cannot be opened: it is damaged"):
            open_input(path)
        return
    with open_input(path) as source:
        assert [page.raster().min() < 100 for page in source] == [True] * whole


def test_one_broken_page_fails_alone(make_pdf):
    path = make_pdf(hello, hello, hello)
    data = path.read_bytes()
    # The second page becomes something that is no page.
    second = data.index(b"/Type /Page\n", data.index(b"/Type /Page\n") + 1)
    path.write_bytes(data[:second] + b"/Type /Xage\n" + data[second + 12 :])
    with open_input(path) as source:
        pages = [source.page(number) for number in source.numbers]
        seen = []
        for page in pages:
            try:
                seen.append(page.raster().min() < 100)
            except CorruptInput as error:
                seen.append(str(error))
        assert seen[0] is np.True_
        assert seen[2] is np.True_


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4, 5, 6, 99])
def test_every_loading_error_of_pdfium_becomes_ours(code):
    error = loading_error("a.pdf", code, password=None)
    assert isinstance(error, InputError)
    assert error.message.startswith("a.pdf")
    assert error.next_step
    assert isinstance(error, PasswordNeeded) == (code == pdfium.FPDF_ERR_PASSWORD)


def test_pages_are_closed_when_the_next_is_asked_for(make_pdf):
    with open_input(make_pdf(*[hello] * 3)) as source:
        held = []
        for page in source:
            page.raster()
            held.append(page)
        assert all(not page._memo for page in held)
        assert held[0].text_layer()[0].text == "Hello, page"  # and opened again when it is used


def test_memory_does_not_grow_with_the_number_of_pages(make_pdf):
    def draw(canvas):
        canvas.setFont("Times-Roman", 11)
        for row in range(12):
            canvas.drawString(
                60, 800 - 60 * row, f"{canvas.getPageNumber()} some words to fill the line with text {row}"
            )

    process = psutil.Process()
    with open_input(make_pdf(*[draw] * 300), dpi=40) as source:
        after = {}
        for page in source:
            page.raster()
            page.text_layer()
            page.rules()
            if page.number in (30, 300):
                gc.collect()
                after[page.number] = process.memory_info().rss
    assert after[300] - after[30] < 12 << 20


def test_text_and_raster_of_a_full_page_take_a_fraction_of_what_ocr_takes(make_pdf):
    def draw(canvas):
        canvas.setFont("Times-Roman", 10)
        for row in range(60):
            canvas.drawString(50, 800 - 12 * row, "thirteen words that fill a line of a page as books have them " * 2)

    with open_input(make_pdf(draw)) as source:
        page = source.page(1)
        start = time.process_time()
        page.raster()
        lines = page.text_layer()
        seconds = time.process_time() - start
    assert len(lines) == 60
    assert seconds < 2.0  # measured 0.1; the rest is for slow machines
