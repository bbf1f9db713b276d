"""An invisible layer goes, and nothing else: not what stands beside it, nor what other pages share with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pikepdf
import pypdfium2
import pytest
from pikepdf import Dictionary, Name
from tests.support.page_records import line, record, searchable, text_of

from ocroute.writers.pdf.invisible import Inseparable, without_invisible_text

HIDDEN = b"BT /F0 20 Tf 3 Tr 20 400 Td (lie) Tj ET\n"


def picture(path: Path | str, number: int = 1) -> np.ndarray:
    with pypdfium2.PdfDocument(path) as pdf:
        return np.asarray(pdf[number - 1].render(scale=2).to_pil())


def read(*lines, number: int = 1):
    return record(*lines or (line("truth", y=900),), width=1000, height=1500, number=number)


def with_form(path: str, form: bytes, *, pages: int = 1, content: bytes = b"q /Fm0 Do Q\n") -> str:
    """The PDF, whose pages all draw one form besides their image; it has the resources of the page."""
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        page = pdf.pages[0]
        fonts = Dictionary(Font=page.resources.Font)
        made = pdf.make_stream(form, Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 288, 432], Resources=fonts)
        page.add_resource(made, Name.XObject, Name.Fm0)
        page.contents_add(content)
        page.obj.Resources = pdf.make_indirect(page.obj.Resources)
        for _ in range(pages - 1):
            pdf.pages.append(page)
        pdf.save(path)
    return path


@pytest.mark.parametrize(
    "content",
    [
        HIDDEN + b"BT /F0 20 Tf 0 Tr 20 100 Td (seen) Tj ET\n",
        b"BT /F0 20 Tf 3 Tr 20 400 Td (lie) Tj 0 Tr 0 -60 Td (seen) Tj ET\n",
        b"BT /F0 20 Tf 18 TL 20 400 Td q 3 Tr 4 1 (lie) \" Q (seen) ' ET\n",
        b"BT /F0 20 Tf 18 TL 20 400 Td 3 Tr 4 1 (lie) \" 0 Tr (see n) ' ET\n",
        b"BT /F0 20 Tf 0 Tr 20 400 Td (seen) Tj 3 Tr [(l) -30 (ie)] TJ ET\n",
    ],
)
def test_what_can_be_seen_stays_where_it_is(content: bytes, scan_pdf, tmp_path) -> None:
    path = scan_pdf(content=content)
    made = searchable(tmp_path, path, read(), layer="replace")
    assert "lie" not in text_of(made)
    assert {"seen", "truth"} <= set(text_of(made).replace("see n", "seen").split())
    assert np.array_equal(picture(made), picture(path))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"BT /F0 20 Tf 3 Tr 20 400 Td (lie) Tj 0 Tr (seen) Tj ET\n", "text that can be seen begins where it ends"),
        (b"BT /F0 20 Tf 7 Tr 20 400 Td (lie) Tj ET\n", "part of it is a clipping path"),
    ],
)
def test_a_layer_that_cannot_be_taken_out_stays_and_is_told(
    content: bytes, said: str, scan_pdf, tmp_path, caplog
) -> None:
    path = scan_pdf(content=content)
    made = searchable(tmp_path, path, read(), layer="replace")
    assert text_of(made) == text_of(Path(path))
    assert f"page 1 keeps its invisible text layer, which cannot be taken out: {said}" in caplog.text
    assert np.array_equal(picture(made), picture(path))


@pytest.mark.parametrize("content", [b"q /Fm0 Do Q\n", b"q 3 Tr /Fm0 Do Q\n"])
def test_a_layer_in_a_form_goes_from_one_page_and_stays_on_the_other(content: bytes, scan_pdf, tmp_path) -> None:
    form = HIDDEN if b"3 Tr" not in content else HIDDEN.replace(b"3 Tr ", b"")
    path = with_form(scan_pdf(), form, pages=2, content=content)
    made = searchable(tmp_path, path, read(), layer="replace")
    assert text_of(made).split() == ["truth"]
    assert text_of(made, 2).split() == ["lie"]


def test_a_form_that_is_drawn_seen_and_unseen_stays(scan_pdf, tmp_path, caplog) -> None:
    path = with_form(
        scan_pdf(), HIDDEN.replace(b"3 Tr ", b""), content=b"q 3 Tr /Fm0 Do Q q 1 0 0 1 0 -200 cm /Fm0 Do Q\n"
    )
    made = searchable(tmp_path, path, read(), layer="replace")
    assert np.array_equal(picture(made), picture(path))
    assert "cannot be taken out" in caplog.text


def test_a_form_that_draws_itself_ends(scan_pdf) -> None:
    path = with_form(scan_pdf(), HIDDEN + b"/Fm0 Do\n")
    with pikepdf.open(path) as pdf:
        form = pdf.pages[0].resources.XObject.Fm0
        form.Resources.XObject = Dictionary(Fm0=form)
        with pytest.raises(Inseparable, match="within itself"):
            without_invisible_text(pdf, pdf.pages[0], pikepdf)


@pytest.mark.parametrize("content", [b"BT Tr ET", b"/Fm0 Do", b"Do", b"BT /F0 20 Tf 3 Tr (a) Tj [ Tj"])
def test_content_that_is_none_is_told(content: bytes, scan_pdf) -> None:
    with pikepdf.open(scan_pdf(content=content)) as pdf:
        pdf.pages[0].resources.XObject = Name.None_
        try:
            without_invisible_text(pdf, pdf.pages[0], pikepdf)
        except (Inseparable, pikepdf.PdfError):
            return
        assert content.endswith(b"[ Tj")


def test_a_page_whose_new_words_do_not_come_back_has_its_old_layer_again(scan_pdf, tmp_path, monkeypatch) -> None:
    from ocroute.writers.pdf import text_layers
    from ocroute.writers.pdf.words_back import Back

    path = with_form(scan_pdf(content=HIDDEN), HIDDEN.replace(b"lie", b" too"))
    monkeypatch.setattr(text_layers, "read_back", lambda *given: dict.fromkeys(given[-1], Back(("truth",), 0)))
    made = searchable(tmp_path, path, read(), layer="replace")
    assert text_of(made).split() == ["lie", "too"]


@pytest.mark.parametrize("name", ["F0", "F1", "F2"])
def test_nothing_that_is_called_like_a_font_goes(name: str, scan_pdf, tmp_path) -> None:
    """Names in resources are chosen by programs: a picture may be called F0."""
    path = scan_pdf()
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        page = pdf.pages[0]
        page.obj.Resources.XObject = Dictionary({f"/{name}": page.resources.XObject.Im0})
        page.obj.Contents = pdf.make_stream(f"q 288 0 0 432 0 0 cm /{name} Do Q\n".encode())
        pdf.save(path)
    made = searchable(tmp_path, path, read())
    assert np.array_equal(picture(made), picture(path))
    assert text_of(made).split() == ["truth"]


def test_pages_with_common_resources_share_the_name_of_the_font(scan_pdf, tmp_path) -> None:
    path = with_form(scan_pdf(), b"", pages=30)
    made = searchable(tmp_path, path, *(read(number=number) for number in range(1, 31)))
    with pikepdf.open(made) as pdf:
        assert len(pdf.pages[0].resources.Font) == 2
    assert text_of(made, 30).split() == ["truth"]


def test_more_characters_than_a_font_holds(scan_pdf, tmp_path, monkeypatch, caplog) -> None:
    from ocroute.writers.pdf import glyphless

    monkeypatch.setattr(glyphless, "_MOST", 8)
    path = with_form(scan_pdf(), b"", pages=3)
    pages = [read(line(text, y=900), number=number) for number, text in enumerate(["abc de", "fgh", "abcdefghijkl"], 1)]
    made = searchable(tmp_path, path, *pages[:2])
    assert [text_of(made, number).split() for number in (1, 2)] == [["abc", "de"], ["fgh"]]
    made = searchable(tmp_path, path, *pages)
    assert [text_of(made, number).split() for number in (1, 2, 3)] == [["abc", "de"], ["fgh"], []]
    assert "page 3 has no text layer: more than 8 different characters" in caplog.text
