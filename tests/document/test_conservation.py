"""Every word of a document stands in every format once and in its order; without headers and footers, only theirs are missing."""

from __future__ import annotations

import re
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocroute.document import Block, Category, Cell, Document, Line, Page, Table, Verdict, Word
from ocroute.document.exporters.json import decode
from ocroute.values import Box, Span

TOKEN = re.compile(r"k\d+q")
PLACE = Box(10, 10, 200, 30)
FLOWING = ("md", "html", "txt")
PRINTED = ("hocr", "alto")  # the page as it stands, margins apart in ALTO


@st.composite
def blocks(draw: st.DrawFn, numbers: count[int]) -> Block:
    """A block of any kind and markup whose words are like no others in the document."""

    def words(least: int = 0, most: int = 4) -> list[str]:
        return [f"k{next(numbers)}q" for _ in range(draw(st.integers(least, most)))]

    category = draw(st.sampled_from(Category))
    kind = draw(st.sampled_from(["plain", "lines", "styled", "html", "markdown", "latex", "table"]))
    level = draw(st.none() | st.integers(0, 3))
    marker = draw(st.sampled_from([None, "•", "3.", "(a)", "☑"])) if category is Category.LIST_ITEM else None
    image = draw(st.sampled_from([None, PLACE]))
    if kind == "table" or category is Category.TABLE:
        rows, columns = draw(st.integers(1, 3)), draw(st.integers(1, 3))
        places = [(row, column) for row in range(rows) for column in range(columns) if draw(st.integers(0, 3))]
        cells = tuple(Cell(row, column, " ".join(words(0, 2)), header=row == 0) for row, column in places)
        return Block(category, "\n".join(cell.text for cell in cells), table=Table(rows, columns, cells), image=image)
    said = words()
    text = " ".join(said)
    lines: tuple[Line, ...] = ()
    spans: tuple[Span, ...] = ()
    match kind:
        case "lines":
            lines = tuple(Line(word, PLACE, words=(Word(word, PLACE, 0.5),)) for word in said)
        case "styled" if said:
            style = draw(st.sampled_from(["bold", "italic", "code", "strike", "superscript", "link"]))
            spans = (Span(0, len(said[0]), style, "https://example.org/" if style == "link" else ""),)
        case "html":
            inside = "".join(f"<td>{word}</td>" for word in words(0, 3))
            after = " ".join(words(0, 2))
            text = f"<p>{text}</p><table><tr>{inside}</tr></table><p>{after}</p>"
        case "markdown" if category not in (Category.TITLE, Category.SECTION_HEADER, Category.LIST_ITEM):
            head, row, item = ("".join(words(1, 1)) for _ in range(3))
            text = f"*{text or head}*\n\n| {head} |\n|---|\n| {row} |\n\n- {item}" if said else f"**{head}**"
            text = text if said else f"**{head}**, {row} and {item}"
        case _:
            pass
    markup = kind if kind in ("html", "markdown", "latex") else "plain"
    return Block(
        category, text, PLACE, markup=markup, level=level, marker=marker, lines=lines, spans=spans, image=image
    )


@st.composite
def documents(draw: st.DrawFn) -> Document:
    numbers = count()
    pages = []
    for number in range(1, draw(st.integers(1, 2)) + 1):
        made = tuple(draw(blocks(numbers)) for _ in range(draw(st.integers(0, 5))))
        pages.append(Page("a.pdf", number, 600, 800, Verdict("accepted", 1.0), made))
    return Document("a.pdf", tuple(pages))


def said(document: Document, *, furniture: bool) -> list[str]:
    shown = (block for page in document.pages for block in page.blocks if furniture or not block.category.is_furniture)
    return [word for block in shown for word in TOKEN.findall(f"{block.text}")]


@settings(max_examples=150, deadline=None)
@given(documents())
def test_every_word_is_in_every_format(document: Document) -> None:
    every = said(document, furniture=True)
    for name in FLOWING:
        written = document.export(name, keep_headers_footers=True).decode()
        assert TOKEN.findall(written) == every, name
        assert TOKEN.findall(document.export(name).decode()) == said(document, furniture=False), name
    for name in PRINTED:
        assert sorted(TOKEN.findall(document.export(name).decode())) == sorted(every), name
    assert said(decode(document.export("json")), furniture=True) == every


@pytest.mark.parametrize("marker", ["8642.", "(a8642)", "MDCIV."])
@pytest.mark.parametrize("name", ["md", "html", "txt", "hocr", "alto"])
def test_an_item_that_is_only_its_marker_is_not_lost(name: str, marker: str) -> None:
    block = Block(Category.LIST_ITEM, "", PLACE, marker=marker)
    page = Page("a.pdf", 1, 600, 800, Verdict("accepted", 1.0), (block, Block(Category.TEXT, "after")))
    written = Document("a.pdf", (page,)).export(name).decode()
    assert marker.strip("().") in written
