"""Each sample page, read through the public door, gives what stands on it.

Text is compared in reading order, without furniture, by the character error rate (edits per character of the truth).
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from rapidfuzz.distance import Levenshtein

import ocroute
from ocroute.document import Block, Category, Document, Page
from ocroute.run import InputResult, read_documents
from tests.support.reading_back import ALTO, hocr, html_words, markdown_words, of_class
from tests.support.waiting import PATIENCE

SAMPLES = Path(__file__).parents[1] / "samples"
NAMES = [path.name.removesuffix(".json") for path in sorted((SAMPLES / "truth").glob("*.json"))]
TEXT_LAYER = {"article-two-column.pdf", "invoice.pdf", "report.pdf"}
HEADINGS = {Category.TITLE, Category.SECTION_HEADER}
CER = 0.01
HEADINGS_OF_PICTURES = 0.9
CER_OF_TEXT_LAYERS = 0.0

every_sample = pytest.mark.parametrize("name", NAMES)


@cache
def truth(name: str) -> list[dict[str, Any]]:
    pages: list[dict[str, Any]] = json.loads((SAMPLES / "truth" / f"{name}.json").read_text(encoding="utf-8"))["pages"]
    return pages


@cache
def reading() -> Iterator[InputResult]:
    """All samples, read one after another in this process, so that each engine is loaded once."""
    return read_documents([SAMPLES / name for name in NAMES], jobs=0)


DONE: dict[str, Document] = {}


def read(name: str) -> Document:
    while name not in DONE:
        document = next(reading()).document()
        DONE[Path(document.source).name] = document
    return DONE[name]


def pairs(name: str) -> list[tuple[Page, dict[str, Any]]]:
    return list(zip(read(name).pages, truth(name), strict=True))


def folded(text: str) -> str:
    """Without what engines may fairly differ in: kinds of quotation marks, raised figures, spacing."""
    text = unicodedata.normalize("NFKC", text).translate(str.maketrans("“”„’‘–—", '"""\'\'--'))
    return " ".join(text.split())


def said(block: Block) -> str:
    if block.table:
        return " ".join(
            cell.text for cell in sorted(block.table.cells, key=lambda cell: (cell.row, cell.column)) if cell.text
        )
    return f"{block.marker or ''} {block.text}"


def running(page: Page) -> str:
    return folded(" ".join(said(block) for block in page.blocks if not block.category.is_furniture))


@every_sample
def test_every_page_is_fine_and_says_so(name: str) -> None:
    assert [page.verdict.status for page in read(name).pages] == [page["status"] for page in truth(name)]
    assert read(name).ok


@every_sample
def test_the_text_is_right_and_in_order(name: str) -> None:
    for page, expected in pairs(name):
        wanted = folded(" ".join(expected["text"]))
        limit = CER_OF_TEXT_LAYERS if name in TEXT_LAYER else CER
        distance = Levenshtein.distance(wanted, running(page))
        assert distance <= limit * len(wanted), f"{distance} edits in {len(wanted)}:\n{running(page)}"


@every_sample
def test_furniture_is_known_and_stays_out(name: str) -> None:
    markdown = folded(read(name).to_markdown())
    for page, expected in pairs(name):
        found = [folded(block.text) for block in page.blocks if block.category.is_furniture]
        assert sorted(found) == sorted(expected["furniture"])
        assert not [words for words in expected["furniture"] if len(words) > 3 and words in markdown]


@every_sample
def test_every_word_is_in_every_format_once(name: str) -> None:
    document = read(name)
    blocks = [block for page in document.pages for block in page.blocks]
    for keep in (False, True):
        wanted = bare(said(block) for block in blocks if keep or not block.category.is_furniture)
        html = document.to_html(keep_headers_footers=keep)
        assert bare(html_words(html[html.index("<main>") : html.index("</main>")])) == wanted
        assert bare(markdown_words(document.to_markdown(keep_headers_footers=keep))) == wanted
        assert sorted(bare([document.export("txt", keep_headers_footers=keep).decode()])) == sorted(wanted)
    everything = sorted(bare(said(block) for block in blocks))
    words = ["".join(word.itertext()) for word in of_class(hocr(document.export("hocr")), "ocrx_word")]
    assert sorted(bare(words)) == everything
    strings = etree.fromstring(document.export("alto")).iter(f"{ALTO}String")
    assert sorted(bare(string.get("CONTENT", "") for string in strings)) == everything


def bare(texts: Iterable[str]) -> str:
    """Letters and figures, without the hyphens, spaces and bullets that a format may set otherwise."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", "".join(texts)))


@every_sample
def test_tables_have_the_right_cells(name: str) -> None:
    for page, expected in pairs(name):
        tables = [block.table for block in page.blocks if block.table]
        cells = [{(cell.row, cell.column): folded(cell.text) for cell in table.cells if cell.text} for table in tables]
        assert cells == [
            {(r, c): text for r, row in enumerate(rows) for c, text in enumerate(row) if text}
            for rows in expected["tables"]
        ]
        assert all(cell.header == (cell.row == 0) for table in tables for cell in table.cells if cell.text)


@every_sample
def test_list_items_have_their_markers(name: str) -> None:
    for page, expected in pairs(name):
        items = [block for block in page.blocks if block.category is Category.LIST_ITEM]
        shown = [
            [block.marker, folded(block.text)] for block in items if folded(said(block)) not in expected["headings"]
        ]
        assert shown == [[marker, folded(text)] for marker, text in expected["items"]]


def headings(page: Page) -> list[str]:
    return [folded(block.text) for block in page.blocks if block.category in HEADINGS]


@pytest.mark.parametrize("name", sorted(TEXT_LAYER))
def test_headings_of_a_text_layer_are_found(name: str) -> None:
    for page, expected in pairs(name):
        assert headings(page) == expected["headings"]


@every_sample
def test_nothing_else_is_a_heading(name: str) -> None:
    for page, expected in pairs(name):
        assert set(headings(page)) <= set(expected["headings"])


def test_headings_of_pictures_are_found() -> None:
    """A picture does not say how its type is set; what is measured on the ink must do."""
    pictures = [name for name in NAMES if name not in TEXT_LAYER]
    wanted = [heading for name in pictures for page in truth(name) for heading in page["headings"]]
    found = [heading for name in pictures for page in read(name).pages for heading in headings(page)]
    assert len(found) / len(wanted) >= HEADINGS_OF_PICTURES, sorted(set(wanted) - set(found))


@pytest.mark.parametrize("picture", ["article-two-column.png", "invoice.png"])
def test_headings_of_a_picture_rank_as_those_of_its_text_layer(picture: str) -> None:
    def ranks(name: str) -> list[tuple[Category, int | None, str]]:
        blocks = [block for page in read(name).pages for block in page.blocks if block.category in HEADINGS]
        return [(block.category, block.level, folded(block.text)) for block in blocks]

    assert ranks(picture) == ranks(picture.replace(".png", ".pdf"))


def test_one_sample_by_the_documented_call() -> None:
    document = ocroute.read(SAMPLES / "letter-en.png")
    assert document.ok
    assert document.pages[0].blocks == read("letter-en.png").pages[0].blocks


@pytest.mark.parametrize("name", sorted(TEXT_LAYER))
def test_an_honest_text_layer_is_used(name: str) -> None:
    assert {page.provenance.engine for page in read(name).pages} == {"textlayer"}


@pytest.mark.parametrize("name", ["clock-garbage-layer.pdf", "train-wrong-unicode.pdf"])
def test_a_lying_text_layer_is_found_out(name: str) -> None:
    (page,) = read(name).pages
    assert page.provenance.engine != "textlayer"
    attempt = next(attempt for attempt in page.attempts if attempt.engine == "textlayer")
    assert attempt.outcome == "refused"
    assert "textlayer_mismatch" in {finding.code for finding in attempt.findings}


def test_a_page_on_its_side_is_turned() -> None:
    (page,) = read("recipe-rotated.png").pages
    assert page.turned == 270  # it was turned by 90 degrees counter-clockwise
    assert page.height > page.width


def test_a_skewed_page_is_straightened() -> None:
    (page,) = read("notice-skewed.jpg").pages
    assert page.skew == pytest.approx(-2.4, abs=0.3)


@pytest.mark.skipif(
    not Path("/usr/share/fonts/truetype/liberation").is_dir(), reason="the samples' fonts are not installed"
)
def test_the_samples_are_what_the_script_draws(tmp_path: Path) -> None:
    subprocess.run([sys.executable, SAMPLES / "make.py", "--out", tmp_path], check=True, timeout=PATIENCE)
    made = {path.relative_to(tmp_path) for path in tmp_path.rglob("*.*") if path.is_file()}
    kept = {
        path.relative_to(SAMPLES) for path in SAMPLES.rglob("*.*") if path.suffix in (".png", ".jpg", ".pdf", ".json")
    }
    assert made == kept
    for path in (tmp_path / "truth").iterdir():
        assert path.read_bytes() == (SAMPLES / "truth" / path.name).read_bytes()
