"""Styles inside a text: in every format the same characters are set the same way, whatever stands around them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree, html
from tests.support.reading_back import ALTO, GFM, XHTML, hocr, of_class

from ocroute import Document, Page
from ocroute.document import Block, Box, Category, Cell, Line, Table, Verdict, Word
from ocroute.document.exporters.prepared import clean
from ocroute.document.inline import may_open, pieces_of
from ocroute.values import InlineStyle, Span

STYLES: dict[str, InlineStyle] = {
    "strong": "bold",
    "em": "italic",
    "code": "code",
    "sup": "superscript",
    "sub": "subscript",
    "s": "strike",
    "u": "underline",
    "a": "link",
}
BOX = Box(0, 0, 50, 10)
Styled = list[tuple[str, frozenset[str]]]


def document(*blocks: Block) -> Document:
    return Document("a.pdf", (Page("a.pdf", 1, 100, 100, Verdict("accepted", 1.0), blocks),))


def export(block: Block, name: str) -> str:
    return document(block).export(name).decode()


def text(words: str, *spans: Span) -> Block:
    return Block(Category.TEXT, words, spans=spans)


def styled(source: str, parent: str = "body") -> Styled:
    """Every character that a browser shows, blanks aside, with the styles that it shows it in."""
    root = html.document_fromstring(f"<html><body>{source}</body></html>").find(parent)
    assert root is not None
    return [pair for pair in _styled(root, frozenset()) if not pair[0].isspace()]


def _styled(element: html.HtmlElement, outer: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    style = STYLES.get(str(element.tag))
    inner = outer | {style} if style else outer
    yield from ((character, inner) for character in element.text or "")
    for child in element:
        yield from _styled(child, inner)
        yield from ((character, inner) for character in child.tail or "")


def said(block: Block) -> Styled:
    return [
        (character, frozenset(piece.styles))
        for piece in pieces_of(block.text, block.spans)
        for character in piece.text
        if not character.isspace()
    ]


# fmt: off
WORDS = ["bold", "a", "1", "10", "é", "x_y", "_", "*", "**", "~", "~~", "`", "``", "[1]", "(", ")", "]", "[", "](a)", "<b>",
         "&amp;", "\\", "#", "-", "|", ".", "„", "€", "!"]
# fmt: on
HREFS = ["https://example.org/a", "https://example.org/a_(b)_*c*?d=1&amp;e", "mailto:a@example.org"]


@st.composite
def texts(draw: st.DrawFn) -> Block:
    parts = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=7))
    glue = draw(st.lists(st.sampled_from(["", "", " ", " ", "\n"]), min_size=len(parts), max_size=len(parts)))
    words = "".join(part + between for part, between in zip(parts, glue, strict=True))
    spans = []
    for _ in range(draw(st.integers(0, 4))):
        start, end = sorted((draw(st.integers(0, len(words))), draw(st.integers(0, len(words)))))
        style = draw(st.sampled_from(list(STYLES.values())))
        spans.append(Span(start, end, style, draw(st.sampled_from(HREFS)) if style == "link" else ""))
    return text(words, *spans)


@settings(deadline=None, max_examples=150)
@given(block=texts())
@example(text("a bold b", Span(2, 6, "bold"))).via("the usual")
@example(text("boldly", Span(0, 4, "bold"))).via("inside a word")
@example(text("both here", Span(0, 4, "bold"), Span(0, 4, "italic"))).via("two styles at once")
@example(text("see!here [4](a)", Span(4, 8, "link", HREFS[0]), Span(9, 12, "superscript"))).via("no picture, no link")
@example(text("a_ a", Span(0, 2, "strike"), Span(0, 4, "bold"))).via("a style cut at a blank by one outside of it")
@example(text("* a", Span(2, 3, "italic"))).via("a bullet that is none, and an asterisk that must not pair")
def test_markdown_and_html_show_each_character_in_its_styles(block: Block) -> None:
    assert styled(GFM.render(export(block, "md"))) == said(block), export(block, "md")
    page = html.document_fromstring(export(block, "html")).find(".//section")
    assert page is not None
    assert styled(html.tostring(page, encoding="unicode")) == said(block)


def test_markdown_as_people_write_it() -> None:
    words = "A bold claim, an italic word, a code_word, and a link to our page; 800 EUR 700 EUR, H₂O and 10⁶."
    at = words.index
    block = text(
        words,
        Span(2, 12, "bold"),
        Span(at("italic"), at(" word,"), "italic"),
        Span(at("code_word"), at(", and"), "code"),
        Span(at("our page"), at(";"), "link", "https://example.org/a"),
        Span(at("800"), at(" 700"), "strike"),
        Span(at("₂"), at("₂") + 1, "subscript"),
        Span(at("⁶"), at("⁶") + 1, "superscript"),
    )
    assert export(block, "md") == (
        "A **bold claim**, an *italic* word, a `code_word`, and a link to [our page](https://example.org/a); "
        "~~800 EUR~~ 700 EUR, H<sub>2</sub>O and 10<sup>6</sup>.\n"
    )
    assert export(block, "txt") == words.replace("800 EUR", "~~800 EUR~~") + "\n"


@pytest.mark.parametrize(
    ("words", "span", "expected"),
    [
        ("x²n", Span(2, 3, "superscript"), "x²^n"),
        ("xⁿ", Span(1, 2, "superscript"), "xⁿ"),
        ("yi", Span(1, 2, "subscript"), "y_i"),
        ("21st", Span(2, 4, "superscript"), "21st"),
        ("Smith*", Span(5, 6, "superscript"), "Smith*"),
        ("bold", Span(0, 4, "bold"), "bold"),
    ],
)
def test_plain_text_marks_what_would_read_as_something_else(words: str, span: Span, expected: str) -> None:
    assert export(text(words, span), "txt") == expected + "\n"


def test_a_heading_that_is_bold_as_a_whole_is_just_a_heading() -> None:
    heading = Block(Category.SECTION_HEADER, "1 On H₂O", spans=(Span(0, 8, "bold"), Span(6, 7, "subscript")))
    assert export(heading, "md") == "## 1 On H<sub>2</sub>O\n"
    assert '<h2 dir="auto">1 On H<sub>2</sub>O</h2>' in export(heading, "html")
    cited = text("so it is[4][5] (a)", Span(8, 14, "superscript"))
    assert export(cited, "md") == "so it is<sup>[4][5]</sup> (a)\n"
    partly = Block(Category.SECTION_HEADER, "On *Escherichia* here", spans=(Span(3, 16, "italic"),))
    assert export(partly, "md") == "## On *\\*Escherichia\\** here\n"


def test_cells_and_items_keep_their_styles() -> None:
    cells = (
        Cell(0, 0, "Ships", header=True, spans=(Span(0, 5, "bold"),)),
        Cell(1, 0, "12¹\nand 7", spans=(Span(2, 3, "superscript"), Span(4, 9, "strike"))),
    )
    table = Block(Category.TABLE, "", table=Table(2, 1, cells))
    rows = '<tr><th scope="col">Ships</th></tr>\n<tr><td>12<sup>1</sup><br><s>and 7</s></td></tr>'
    assert rows in export(table, "md")
    assert rows in export(table, "html")
    assert export(table, "txt") == "Ships\n12¹\n~~and 7~~\n"
    item = Block(Category.LIST_ITEM, "bold one", marker="(a)", spans=(Span(0, 4, "bold"),))
    assert export(item, "md") == "- (a) **bold** one\n"


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "https://a b", "", "#x"]
)
def test_no_link_leads_to_a_script_or_a_file(href: str) -> None:
    assert not may_open(href)
    block = text("click", Span(0, 5, "link", href))
    assert export(block, "md") == "click\n"
    assert "<a" not in export(block, "html")


def test_an_address_that_is_its_own_text_is_written_once() -> None:
    assert export(text("https://example.org/x", Span(0, 21, "link", "https://example.org/x")), "md") == (
        "<https://example.org/x>\n"
    )


def test_hocr_and_alto_keep_the_styles_of_words() -> None:
    words = (
        Word("10⁶", BOX, spans=(Span(2, 3, "superscript"),)),
        Word("bold", BOX, spans=(Span(0, 4, "bold"), Span(0, 4, "italic"))),
        Word("page", BOX, spans=(Span(0, 4, "link", "https://example.org/"),)),
    )
    block = Block(Category.TEXT, "10⁶ bold page", BOX, lines=(Line("10⁶ bold page", BOX, words=words),))
    found = of_class(hocr(document(block).export("hocr")), "ocrx_word")
    assert ["".join(word.itertext()) for word in found] == ["10⁶", "bold", "page"]
    inner = [etree.tostring(child, encoding="unicode", with_tail=False) for word in found for child in word]
    assert [one.replace(f' xmlns="{XHTML[1:-1]}"', "") for one in inner] == [
        "<strong><em>bold</em></strong>",
        '<a href="https://example.org/">page</a>',
    ]
    strings = list(etree.fromstring(document(block).export("alto")).iter(f"{ALTO}String"))
    assert [(one.get("CONTENT"), one.get("STYLE")) for one in strings] == [
        ("10⁶", None),
        ("bold", "bold italics"),
        ("page", None),
    ]


def test_a_document_saved_before_there_were_spans_is_read(tmp_path) -> None:
    path = tmp_path / "old.json"
    block = text("a word", Span(2, 6, "bold"))
    document(block).save(path)
    assert Document.load(path).pages[0].blocks == (block,)
    path.write_text(path.read_text().replace(',"spans":[{"start":2,"end":6,"style":"bold"}]', ""))
    assert "spans" not in path.read_text()
    assert Document.load(path).pages[0].blocks == (text("a word"),)


def test_spans_follow_their_characters_through_cleaning() -> None:
    block = text("a\x00b \x01bold\ud800 c", Span(4, 10, "bold"))
    assert clean(block.text) == "ab bold c"
    assert export(block, "md") == "ab **bold** c\n"
