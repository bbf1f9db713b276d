"""What every registered exporter must keep, ours and those of other packages."""

from __future__ import annotations

import io
import os
import re
from collections import Counter

import docx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree
from tests.support.random_documents import documents, words_of
from tests.support.reading_back import ALTO, hocr, html_words, markdown_words, of_class

from ocroute.document import Block, Box, Category, Document, Page, Verdict
from ocroute.document.exporters.prepared import clean
from ocroute.document.model import EXPORTERS
from ocroute.errors import UsageError

some = settings(
    deadline=None,
    max_examples=int(os.environ.get("OCROUTE_EXAMPLES", "30")),
    suppress_health_check=[HealthCheck.too_slow],
)


def seen(data: bytes) -> str:
    """What a file says: its text, or that of a Word document."""
    if not data.startswith(b"PK"):
        return data.decode() or "nothing"
    word = docx.Document(io.BytesIO(data))
    return "\n".join(paragraph.text for paragraph in word.paragraphs) or "nothing"


every_exporter = pytest.mark.parametrize("name", list(EXPORTERS))


@every_exporter
def test_has_a_suffix_and_a_media_type(name: str) -> None:
    exporter = EXPORTERS.load(name)
    assert re.fullmatch(r"(\.[a-z]+)+", exporter.suffix)
    assert re.fullmatch(r"(text|application)/[a-z+.-]+", exporter.media_type)


def test_suffixes_differ() -> None:
    assert len({EXPORTERS.load(name).suffix for name in EXPORTERS}) == len(EXPORTERS)


def test_an_unknown_format_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="md"):
        Document("a.png", ()).export("epub")


@every_exporter
@some
@given(document=documents())
def test_is_deterministic_utf8_and_leaves_the_document_alone(name: str, document: Document) -> None:
    before = msgspec.structs.asdict(document)
    first = document.export(name)
    assert document.export(name) == first
    assert seen(first)
    assert msgspec.structs.asdict(document) == before


@every_exporter
def test_a_page_without_text_is_no_error_and_one_that_failed_says_so(name: str) -> None:
    blank, failed = (
        seen(Document("a.png", (Page("a.png", 1, 10, 10, Verdict(status, 0.0)),)).export(name))
        for status in ("blank", "failed")
    )
    assert "failed" not in blank
    assert "failed" in failed or name == "chunks"  # of which each has text
    assert seen(Document("a.png", ()).export(name))


@every_exporter
def test_text_of_a_doubtful_page_does_not_pass_as_good(name: str) -> None:
    page = Page("a.png", 3, 10, 10, Verdict("doubtful", 0.2), (Block(Category.TEXT, "Perhaps."),))
    written = seen(Document("a.png", (page,)).export(name))
    assert "doubtful" in written
    assert "Perhaps." in written


def expected(document: Document, *, keep_headers_footers: bool) -> list[str]:
    shown = (
        block
        for page in document.pages
        for block in page.blocks
        if keep_headers_footers or not block.category.is_furniture
    )
    return [word for block in shown for word in words_of(block)]


def without_delimiters(words: list[str]) -> list[str]:
    """A rendered list shows ``3)`` as ``3.``: not a difference."""
    return [re.sub(r"^(0|[1-9]\d{0,8})[.)]$", r"\1.", word) for word in words]


@pytest.mark.parametrize("keep_headers_footers", [False, True])
@some
@given(document=documents())
def test_markdown_says_every_word_in_order_and_nothing_else(keep_headers_footers: bool, document: Document) -> None:
    said = markdown_words(document.to_markdown(keep_headers_footers=keep_headers_footers))
    assert without_delimiters(said) == without_delimiters(expected(document, keep_headers_footers=keep_headers_footers))


@pytest.mark.parametrize("keep_headers_footers", [False, True])
@some
@given(document=documents())
def test_html_says_every_word_in_order_and_nothing_else(keep_headers_footers: bool, document: Document) -> None:
    source = document.export("html", keep_headers_footers=keep_headers_footers).decode()
    body = source[source.index("<main>") : source.index("</main>")]
    said = html_words(re.sub(r'<p class="notice".*?</p>', "", body))
    assert without_delimiters(said) == without_delimiters(expected(document, keep_headers_footers=keep_headers_footers))


@some
@given(document=documents())
def test_text_says_every_word(document: Document) -> None:
    said = Counter(document.export("txt", keep_headers_footers=True).decode().split())
    assert not Counter(expected(document, keep_headers_footers=True)) - said


def test_the_language_of_a_page_is_said_where_it_is_known() -> None:
    english, unknown = (
        Page(
            "a.pdf",
            number,
            100,
            100,
            Verdict("accepted", 1.0),
            (Block(Category.TEXT, "Word", Box(0, 0, 9, 9)),),
            language=told,
        )
        for number, told in ((1, "en-GB"), (2, ""))
    )
    one, both = Document("a.pdf", (english,)), Document("a.pdf", (english, unknown))
    assert '<html lang="en-GB">' in one.to_html()
    assert "<html>" in both.to_html()
    assert both.to_html().count(' lang="en-GB"') == 1
    page = etree.fromstring(both.export("hocr")).findall(".//{*}div[@class='ocr_page']")
    assert [element.get("lang") for element in page] == ["en-GB", None]
    blocks = etree.fromstring(both.export("alto")).findall(".//{*}TextBlock")
    assert [element.get("LANG") for element in blocks] == ["en-GB", None]


@some
@given(document=documents())
def test_hocr_says_every_word_in_order(document: Document) -> None:
    said = ["".join(word.itertext()) for word in of_class(hocr(document.export("hocr")), "ocrx_word")]
    assert said == [word for page in document.pages for block in page.blocks for word in printed_words(block)]


@some
@given(document=documents())
def test_alto_says_every_word(document: Document) -> None:
    said = [string.get("CONTENT") for string in etree.fromstring(document.export("alto")).iter(f"{ALTO}String")]
    assert Counter(said) == Counter(
        word for page in document.pages for block in page.blocks for word in printed_words(block)
    )


def printed_words(block: Block) -> list[str]:
    """With the marker as it is printed, and without layout's joining of lines."""
    if block.table is not None:
        return [word for cell in block.table.cells for word in clean(cell.text).split()]
    return [*(block.marker or "").split(), *words_of(block, marker=False)]
