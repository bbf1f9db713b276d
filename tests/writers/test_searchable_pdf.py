"""A searchable PDF has every word at its place, and everything else as it was."""

from __future__ import annotations

import base64
import logging
from pathlib import Path

import msgspec
import numpy as np
import pikepdf
import pypdfium2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.support.page_records import image, line, record, searchable, text_of

import ocroute
from ocroute import Block, Box, Document, Line, Verdict, Word
from ocroute.document import Attempt, Category, Provenance
from ocroute.document.formats import Origin
from ocroute.document.source_frame import from_upright
from ocroute.errors import ExitCode
from ocroute.pages import open_input
from ocroute.pages.page import deskewed
from ocroute.writers.pdf.searchable import SearchablePdf
from ocroute.writers.pdf.words_back import lines_apart, read_back

SCRIPTS = {
    "Latin": "affine office Überflügel naïve co-op",
    "Cyrillic": "Привет мир слово",
    "Greek": "Ἀθήνη μῆνιν ἄειδε",
    "Arabic": "مرحبا سلاح كتاب",
    "Hebrew": "שלום עולם (טוב)",
    "Chinese and Japanese": "日本 語 中文",
    "Devanagari": "क्षत्रिय हिन्दी",
    "emoji and signs": "🙂 ∑∫ 𝔸 a",
}


def raw_images(pdf: pikepdf.Pdf) -> list[bytes]:
    return [one.read_raw_bytes() for one in pdf.pages[0].resources.XObject.values()]


@pytest.mark.parametrize("script", SCRIPTS)
def test_words_of_every_script_come_back(script: str, tmp_path: Path) -> None:
    source = image(tmp_path / "a.png")
    made = searchable(tmp_path, source, record(line(SCRIPTS[script]), line("the end", y=90)))
    first, last = text_of(made).splitlines()
    wide = script.startswith("Chinese")
    assert first == (SCRIPTS[script].replace("日本 語", "日本語") if wide else SCRIPTS[script]) or (
        wide and first.replace(" ", "") == SCRIPTS[script].replace(" ", "")
    )
    assert last == "the end"


def upright_page(path: str, turned: int):
    source = open_input(path)
    page = source.page(1).turned_by(turned // 90)
    return source, page


@pytest.mark.parametrize("text", ["שלום 😀 עולם", "مرحبا 👩‍🔬 𝔸 سلاح", "שלום 𠀀𠀁 b"])
def test_signs_beyond_the_first_plane_come_back_from_lines_that_run_from_the_right(text: str, tmp_path: Path) -> None:
    made = searchable(tmp_path, image(tmp_path / "a.png"), record(line(text)))
    assert sorted(text_of(made).replace("\u200e", "").split()) == sorted(text.split())


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rotate=st.sampled_from([0, 90, 180, 270]),
    turned=st.sampled_from([0, 90, 180, 270]),
    crop=st.sampled_from([None, [20, 30, 250, 400]]),
    media=st.sampled_from([[0, 0, 288, 432], [-50, 70, 238, 502]]),
    unit=st.sampled_from([None, 2.5]),
)
def test_words_stand_where_they_were_read_however_the_page_lies(
    scan_pdf, tmp_path, rotate, turned, crop, media, unit
) -> None:
    entries = {"Rotate": rotate, "MediaBox": pikepdf.Array(media)}
    if crop:
        entries["CropBox"] = pikepdf.Array(crop)
    if unit:
        entries["UserUnit"] = unit
    path = scan_pdf(**entries)
    source, page = upright_page(path, turned)
    width, height = page.size
    source.close()
    meant = line("alpha beta gamma", x=width / 8, y=height / 3, size=height / 30, step=width / 40)
    made = searchable(tmp_path, path, record(meant, width=width, height=height, turned=turned))
    source, page = upright_page(str(made), turned)
    found = {word.text: word.box for one in page.text_layer() for word in one.words}
    source.close()
    for word in meant.words:
        shared = found[word.text].intersection(word.box)
        assert shared > 0.8 * max(word.box.area, found[word.text].area)


@pytest.mark.parametrize("skew", [-7.0, 0.8, 4.0])
@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_the_way_back_from_the_upright_page_is_that_of_the_pixels(skew: float, turned: int) -> None:
    raster = np.full((300, 200, 3), 255, np.uint8)
    raster[100:106, 50:56] = 0
    page = msgspec.structs.replace(record(width=200, height=300), turned=turned, skew=skew)
    if turned % 180:
        page = msgspec.structs.replace(page, width=300, height=200)
    seen = deskewed(np.ascontiguousarray(np.rot90(raster, turned // 90)), skew)
    rows, columns = np.nonzero(seen[..., 0] < 100)
    a, b, c, d, e, f = from_upright(page)
    x, y = columns.mean() + 0.5, rows.mean() + 0.5
    assert (a * x + c * y + e, b * x + d * y + f) == pytest.approx((53, 103), abs=0.7)


def test_text_that_runs_up_or_at_an_angle_comes_back(tmp_path: Path) -> None:
    up = Line(
        "runs up",
        Box(20, 100, 45, 300),
        words=(Word("runs", Box(20, 210, 45, 300)), Word("up", Box(20, 100, 45, 190))),
        angle=90,
    )
    slanted = Line("DRAFT", Box(100, 100, 300, 300), angle=45)
    made = searchable(tmp_path, image(tmp_path / "a.png"), record(up, slanted, line("level", y=500)))
    assert text_of(made).split() == ["runs", "up", "DRAFT", "level"]


def test_blocks_are_read_in_their_order_column_by_column(tmp_path: Path) -> None:
    left = [line(f"left column {n}", x=30, y=50 + 30 * n) for n in range(3)]
    right = [line(f"right column {n}", x=220, y=50 + 30 * n) for n in range(3)]
    made = searchable(tmp_path, image(tmp_path / "a.png"), record(*left, *right))
    assert text_of(made).splitlines() == [one.text for one in (*left, *right)]


def test_the_image_is_not_encoded_anew_and_looks_the_same(scan_pdf, tmp_path) -> None:
    path = scan_pdf()
    before = pypdfium2.PdfDocument(path)[0].render(scale=2).to_numpy().copy()
    made = searchable(tmp_path, path, record(line("hello world"), width=1000, height=1500))
    assert (pypdfium2.PdfDocument(made)[0].render(scale=2).to_numpy() == before).all()
    with pikepdf.open(path) as old, pikepdf.open(made) as new:
        assert raw_images(old) == raw_images(new)
    jpeg = image(tmp_path / "a.jpg")
    made = searchable(tmp_path, jpeg, record(line("hello world")))
    with pikepdf.open(made) as new:
        assert raw_images(new) == [Path(jpeg).read_bytes()]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_turned_as_its_file_says(orientation: int, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    source = image(tmp_path / "a.jpg", 400, 300, exif=exif)
    width, height = (300, 400) if orientation > 4 else (400, 300)
    meant = line("corner", x=20, y=20)
    made = searchable(tmp_path, source, record(meant, width=width, height=height))
    with open_input(str(made)) as opened:
        page = opened.page(1)
        scale = page.size[0] / width
        (found,) = page.text_layer()
    box = found.words[0].box
    assert (box.x0 / scale, box.y0 / scale) == pytest.approx((20, 20), abs=2)


def test_pictures_that_no_pdf_can_hold_as_they_are_become_pages_too(tmp_path: Path) -> None:
    clear = np.zeros((600, 400, 4), np.uint8)
    Image.fromarray(clear, "RGBA").save(tmp_path / "clear.png")
    assert "word" in text_of(searchable(tmp_path, str(tmp_path / "clear.png"), record(line("word"))))
    frames = [Image.new("1", (400, 600), 1) for _ in range(3)]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:], compression="group4")
    pages = [record(line(f"page{n}"), number=n) for n in (1, 3)]
    made = searchable(tmp_path, str(tmp_path / "a.tif"), *pages)
    assert [text_of(made, n).strip() for n in (1, 2, 3)] == ["page1", "", "page3"]


def remarks(caplog: pytest.LogCaptureFixture) -> str:
    return " ".join(message for _, level, message in caplog.record_tuples if level == logging.WARNING)


OWN_TEXT = b"BT /F0 20 Tf 36 360 Td (own words) Tj ET\n"
HIDDEN = b"BT 3 Tr /F0 20 Tf 36 360 Td (zzz qqq) Tj ET\n"


def test_an_image_keeps_its_filters(scan_pdf, tmp_path) -> None:
    path = scan_pdf()
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        picture = pdf.pages[0].resources.XObject.Im0
        data = base64.a85encode(picture.read_raw_bytes()) + b"~>"
        picture.write(data, filter=[pikepdf.Name.ASCII85Decode, pikepdf.Name.DCTDecode])
        pdf.save(path, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    with pikepdf.open(searchable(tmp_path, path, record(line("hello"), width=1000, height=1500))) as pdf:
        assert raw_images(pdf) == [data]


def test_a_page_whose_own_text_was_taken_stays_byte_for_byte(scan_pdf, tmp_path) -> None:
    path = scan_pdf(content=OWN_TEXT)
    own = record(line("own words"), width=1000, height=1500, provenance=Provenance(engine="textlayer"))
    made = searchable(tmp_path, path, own)
    with pikepdf.open(path) as old, pikepdf.open(made) as new:
        assert old.pages[0].Contents.read_bytes() == new.pages[0].Contents.read_bytes()


def test_a_hidden_layer_that_lies_is_kept_or_replaced_as_asked(scan_pdf, tmp_path, caplog) -> None:
    path = scan_pdf(content=HIDDEN)
    read = record(line("true words", y=400), width=1000, height=1500)
    assert text_of(searchable(tmp_path, path, read)).split() == ["zzz", "qqq"]
    assert "page 1 keeps its invisible text layer" in remarks(caplog)
    made = searchable(tmp_path, path, read, layer="replace")
    assert text_of(made).split() == ["true", "words"]


def test_text_that_a_page_shows_itself_is_neither_doubled_nor_removed(scan_pdf, tmp_path, caplog) -> None:
    path = scan_pdf(content=OWN_TEXT)
    source, page = upright_page(path, 0)
    (own,) = page.text_layer()
    width, height = page.size
    source.close()
    over = Line("own words", own.box)
    refused = (Attempt("textlayer", "refused"),)
    both = record(over, line("stamp", x=200, y=height * 0.8), width=width, height=height, attempts=refused)
    assert text_of(searchable(tmp_path, path, both)).split() == ["stamp", "own", "words"]
    assert "page 1 keeps the text that it shows itself, though it cannot be copied" in remarks(caplog)


def test_all_else_in_the_file_stays(scan_pdf, tmp_path) -> None:
    path = scan_pdf()
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        with pdf.open_outline() as outline:
            outline.root.append(pikepdf.OutlineItem("Chapter", 0))
        pdf.attachments["data.csv"] = b"1,2"
        pdf.Root.PageLabels = pikepdf.Dictionary(Nums=[0, pikepdf.Dictionary(S=pikepdf.Name.r)])
        pdf.pages[0].obj.Annots = pdf.make_indirect(
            pikepdf.Array([pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9])])
        )
        pdf.save(path, linearize=True, encryption=pikepdf.Encryption(owner="o", user="u"))
    read = record(line("hello"), width=1000, height=1500)
    made = searchable(tmp_path, path, read, password="u")
    assert text_of(made, password="u").strip() == "hello"
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(made)
    with pikepdf.open(made, password="o") as pdf:
        assert pdf.is_linearized
        assert bytes(pdf.attachments["data.csv"].get_file().read_bytes()) == b"1,2"
        assert pdf.Root.PageLabels.Nums[1].S == "/r"
        assert len(pdf.pages[0].Annots) == 1
        with pdf.open_outline() as outline:
            assert outline.root[0].title == "Chapter"


def test_a_file_that_may_not_be_changed_is_refused_but_for_its_owner(scan_pdf, tmp_path) -> None:
    path = scan_pdf()
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        allow = pikepdf.Permissions(modify_other=False)
        pdf.save(path, encryption=pikepdf.Encryption(owner="o", user="u", allow=allow))
    read = record(line("hello"), width=1000, height=1500)
    with pytest.raises(ocroute.OutputError, match="does not allow changes"):
        searchable(tmp_path, path, read, password="u")
    assert not (tmp_path / "made.pdf").exists()
    assert text_of(searchable(tmp_path, path, read, password="o"), password="o").strip() == "hello"


def test_signed_files_and_doubtful_pages_are_told(scan_pdf, tmp_path, caplog) -> None:
    path = scan_pdf()
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.Root.AcroForm = pikepdf.Dictionary(SigFlags=3, Fields=[], XFA=pikepdf.String("x"))
        pdf.save(path)
    read = record(line("hello"), width=1000, height=1500, verdict=Verdict("doubtful", 0.2))
    made = searchable(tmp_path, path, read)
    assert "signature does not hold" in remarks(caplog)
    assert "XFA" in remarks(caplog)
    assert text_of(made).strip() == "hello"
    with pikepdf.open(made) as pdf:
        assert str(pdf.docinfo["/OcrouteDoubtfulPages"]) == "1"


def test_an_archive_copy_is_claimed_only_where_it_holds(scan_pdf, tmp_path, caplog) -> None:
    import pikepdf.pdfa

    made = searchable(tmp_path, image(tmp_path / "a.jpg"), record(line("hello мир")), pdfa=True)
    with pikepdf.open(made) as pdf:
        assert pikepdf.pdfa.check(pdf, "2b").passed
        assert pdf.open_metadata().pdfa_status == "2B"
    assert not remarks(caplog)
    path = scan_pdf()
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.save(path, encryption=pikepdf.Encryption(owner="o", user=""))
    made = searchable(tmp_path, path, record(line("hello"), width=1000, height=1500), pdfa=True)
    assert "plain PDF, not PDF/A-2b" in remarks(caplog)
    with pikepdf.open(made) as pdf:
        assert not pdf.open_metadata().pdfa_status
    assert text_of(made).strip() == "hello"


def test_words_without_places_are_laid_over_the_rows_of_ink(tmp_path: Path) -> None:
    from PIL import ImageDraw, ImageFont

    picture = Image.new("RGB", (800, 600), "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.truetype("DejaVuSans.ttf", 28)
    rows = ["The first row has many words", "the second one fewer", "the third is the last of them"]
    for number, row in enumerate(rows):
        pen.text((60, 100 + 60 * number), row, "black", font)
    picture.save(tmp_path / "a.png")
    block = Block(Category.TEXT, " ".join(rows), Box(50, 90, 760, 280))
    made = searchable(
        tmp_path, str(tmp_path / "a.png"), msgspec.structs.replace(record(width=800, height=600), blocks=(block,))
    )
    found = [one.split() for one in text_of(made).splitlines()]
    assert len(found) == 3
    assert [word for words in found for word in words] == " ".join(rows).split()
    at_home = sum(word in rows[number].split() for number, words in enumerate(found) for word in words)
    assert at_home >= len(" ".join(rows).split()) - 2


def test_a_full_disk_leaves_the_old_file(tiny_disk: Path, tmp_path: Path) -> None:
    source = image(tmp_path / "a.png")
    (tiny_disk / "made.pdf").write_bytes(b"old")
    with pytest.raises(ocroute.OutputError, match=r"no space left.*Free some space"):
        searchable(tiny_disk, source, record(line("hello")))
    assert (tiny_disk / "made.pdf").read_bytes() == b"old"
    assert [path.name for path in tiny_disk.iterdir()] == ["made.pdf"]


def test_a_full_disk_for_temporary_files_is_told_too(scan_pdf, tiny_disk, tmp_path, monkeypatch) -> None:
    source = scan_pdf(content=b"%" + np.random.default_rng(0).bytes(1 << 17).hex().encode() + b"\n")
    monkeypatch.setattr("tempfile.tempdir", str(tiny_disk))
    with pytest.raises(ocroute.OutputError, match=r"no space left.*Free some space"):
        searchable(tmp_path, source, record(line("hello"), width=1000, height=1500))
    assert not (tmp_path / "made.pdf").exists()
    assert not list(tiny_disk.iterdir())


def test_a_page_whose_words_do_not_come_back_keeps_its_content_and_is_named(scan_pdf, tmp_path) -> None:
    path = scan_pdf()
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.pages.append(pdf.pages[0])
        pdf.save(path)
    one_over_the_other = record(
        line("twin"), line("twin"), width=1000, height=1500
    )  # readers give it once or not at all
    fine = record(line("alone"), number=2, width=1000, height=1500)
    made = tmp_path / "made.pdf"
    with made.open("w+b") as file:
        (said,) = SearchablePdf().write(Document(path, (one_over_the_other, fine)), Origin(path), file, made)
    assert said.code is ExitCode.DOUBTFUL
    assert said.sentence.startswith("page 1 stays without a new text layer: ")
    assert "'twin'" in said.sentence
    assert (text_of(made), text_of(made, 2)) == ("", "alone")
    with pikepdf.open(path) as old, pikepdf.open(made) as new:
        assert new.pages[0].Contents.read_bytes() == old.pages[0].Contents.read_bytes()


@pytest.mark.parametrize("rotate", [0, 90])
@pytest.mark.parametrize("words", ["a b", "ab cd"])
def test_lines_stay_whole_in_short_columns_far_apart(words: str, rotate: int, scan_pdf, tmp_path) -> None:
    path = scan_pdf(Rotate=rotate)
    size = (1000, 1500) if not rotate else (1500, 1000)
    rows = [line(words, x=x, y=50 + 60 * n, size=30, step=20) for x in (50, size[0] - 200) for n in range(15)]
    made = searchable(tmp_path, path, record(*rows, width=size[0], height=size[1]))
    assert [one.strip() for one in text_of(made).splitlines()] == [words] * len(rows)
    assert read_back(made, None, {1: "\n".join([words] * len(rows))}) == {}


def test_a_line_that_comes_apart_is_seen(tmp_path) -> None:
    made = searchable(tmp_path, image(tmp_path / "a.png"), record(line("one two"), line("three four", y=100)))
    back = read_back(made, None, {1: "one two three\nfour"})
    assert back[1].missing == ()
    assert [said.sentence for said in lines_apart(back)] == [
        "1 line comes apart when copied from page 1; no word is lost"
    ]


@pytest.mark.parametrize("kid", [b"null ", b"5    ", b"9 0 R", b"2 0 R"])
def test_text_of_one_page_never_stands_on_another_where_the_page_tree_is_broken(kid: bytes, tmp_path) -> None:
    with pikepdf.new() as pdf:
        for _ in range(4):
            pdf.add_blank_page(page_size=(288, 432))
        pdf.save(tmp_path / "whole.pdf")
    data = (tmp_path / "whole.pdf").read_bytes()
    before, kids, after = data.partition(b"/Kids [ ")
    first, _, others = after.partition(b" R ")
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(before + kids + first + b" R " + kid + others[5:])
    pages = [record(line(f"page{n}"), number=n, width=1000, height=1500) for n in (1, 3, 4)]
    with pytest.raises(ocroute.CorruptInput, match=r"cannot be written anew.*qpdf"):
        searchable(tmp_path, str(broken), *pages)
    assert not (tmp_path / "made.pdf").exists()


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=6))
def test_whatever_the_text_every_word_comes_back_or_the_page_is_named(tmp_path, caplog, texts) -> None:
    caplog.clear()
    source = image(tmp_path / "a.png")
    made = searchable(tmp_path, source, record(*(line(text, y=50 + 40 * n) for n, text in enumerate(texts))))
    assert len(pypdfium2.PdfDocument(made)) == 1
    if "stays without a new text layer" in remarks(caplog):
        assert not text_of(made).strip()


def test_a_huge_page_and_an_empty_one(scan_pdf, tmp_path) -> None:
    path = scan_pdf(MediaBox=pikepdf.Array([0, 0, 14400, 14400]))
    source, page = upright_page(path, 0)
    width, height = page.size
    source.close()
    made = searchable(tmp_path, path, record(line("far", x=width - 100, y=height - 50), width=width, height=height))
    assert text_of(made).strip() == "far"
    blank = record(width=width, height=height, verdict=Verdict("blank", 1.0))
    assert not text_of(searchable(tmp_path, path, blank)).strip()


@pytest.mark.parametrize("turned", [0, 180])
@pytest.mark.parametrize("skew", [-4.0, -2.0, 0.0, 0.6, 3.0, 4.0])
def test_on_a_page_askew_or_upside_down_lines_are_whole_and_each_word_is_level(
    skew: float, turned: int, scan_pdf, tmp_path
) -> None:
    """Poppler parts words whose letters differ in height, and PDFium orders those of one height from left to right."""
    texts = ["several words and more along one line that is as long as the page", "and another one"] * 3
    lines = [line(text, x=80, y=450 + 45 * at, size=28, step=11) for at, text in enumerate(texts)]
    read = record(*lines, width=1000, height=1500, skew=skew, turned=turned)
    made = searchable(tmp_path, scan_pdf(), read)
    assert [one.strip() for one in text_of(made).splitlines()] == texts
    a, b, c, d, e, f = from_upright(read)
    scale = 288 / 1000
    with pypdfium2.PdfDocument(made) as pdf:
        page = pdf[0].get_textpage()
        for word in lines[0].words[:5]:
            found = page.search(word.text, match_case=True, match_whole_word=True).get_next()
            boxes = [page.get_charbox(found[0] + place) for place in range(found[1])]
            assert {round(box[1], 1) for box in boxes} == {round(boxes[0][1], 1)}
            x, y = word.box.center
            left, right = min(box[0] for box in boxes), max(box[2] for box in boxes)
            middle = (left + right) / 2, 432 - (boxes[0][1] + boxes[0][3]) / 2
            assert middle == pytest.approx(((a * x + c * y + e) * scale, (b * x + d * y + f) * scale), abs=3)


@pytest.mark.parametrize("turned", [90, 270])
@pytest.mark.parametrize("skew", [-1.0, 1.0])
def test_no_word_of_a_page_that_lies_sideways_and_askew_is_lost(skew: float, turned: int, scan_pdf, tmp_path) -> None:
    text = line("several words along one line", x=200, y=450, size=30, step=14)
    read = record(text, width=1500, height=1000, skew=skew, turned=turned)
    assert text_of(searchable(tmp_path, scan_pdf(), read)).split() == text.text.split()
