"""What a PDF says of itself as an archive copy stays where it holds with the text layer, and goes where it does not."""

from __future__ import annotations

from pathlib import Path

import pikepdf
import pikepdf.pdfa
import pytest
from tests.support.page_records import line, record, searchable

READ = record(line("hello"), width=1000, height=1500)


def claims(path: Path) -> tuple[str, str]:
    with pikepdf.open(path) as pdf:
        told = pdf.open_metadata()
        return told.pdfa_status, told.get("pdfuaid:part", "")


@pytest.fixture
def archived(scan_pdf, tmp_path):
    """Makes a PDF/A of a level, or a PDF that says that it is one."""

    def make(flavour: str, *, accessible: bool = False, broken: bytes = b"") -> str:
        path = scan_pdf(content=broken)
        with pikepdf.open(path, allow_overwriting_input=True) as pdf:
            if not broken:
                del pdf.pages[0].resources.Font
            if flavour[1] == "b" and not broken:
                pikepdf.pdfa.save(pdf, tmp_path / "archived.pdf", flavour)
                return str(tmp_path / "archived.pdf")
            with pdf.open_metadata() as told:
                told["pdfaid:part"], told["pdfaid:conformance"] = flavour[0], flavour[1].upper()
                if accessible:
                    told["pdfuaid:part"] = "1"
            pdf.save(path)
        return path

    return make


@pytest.mark.parametrize("flavour", ["1b", "2b", "3b"])
def test_an_archive_copy_stays_one(flavour: str, archived, tmp_path, caplog) -> None:
    made = searchable(tmp_path, archived(flavour), READ)
    assert claims(made) == (flavour.upper(), "")
    with pikepdf.open(made) as pdf:
        assert not pikepdf.pdfa.check(pdf, flavour).findings
    assert not caplog.text


@pytest.mark.parametrize(("flavour", "left"), [("2a", "2B"), ("4f", ""), ("2u", "2U")])
def test_what_the_layer_does_not_keep_is_taken_back(flavour: str, left: str, archived, tmp_path, caplog) -> None:
    made = searchable(tmp_path, archived(flavour, accessible=True), READ)
    assert claims(made) == (left, "")
    assert "the file said that it is PDF/UA-1, which is not sure with the text layer" in caplog.text
    assert (f"PDF/A-{flavour}" in caplog.text) is (left.lower() != flavour)


def test_a_file_that_gets_no_layer_keeps_what_it_says(archived, tmp_path) -> None:
    assert claims(searchable(tmp_path, archived("2a", accessible=True), record(width=1000, height=1500))) == ("2A", "1")


def test_no_archive_copy_is_claimed_beside_the_sentence_that_it_is_none(archived, tmp_path, caplog) -> None:
    path = archived("2b", broken=b"BT /F0 20 Tf 20 100 Td (a font that is not embedded) Tj ET\n")
    beside = record(line("hello", y=90), width=1000, height=1500)
    assert claims(searchable(tmp_path, path, beside, pdfa=True)) == ("", "")
    assert "the file is a plain PDF, not PDF/A-2b" in caplog.text
