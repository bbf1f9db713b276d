"""Chunks for retrieval, tables with pipes, Word documents."""

from __future__ import annotations

import io
import json
from pathlib import Path

import docx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from PIL import Image

from ocroute import Block, Box, Document, Page, Span, Table, UsageError, Verdict
from ocroute.document import Category, Cell, Finding

WORDS = st.lists(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=12), max_size=60)


def page(*blocks: Block, number: int = 1, verdict: Verdict | None = None) -> Page:
    return Page("a.pdf", number, 600, 800, verdict or Verdict("accepted", 1.0), blocks)


def chunks(*pages: Page, size: int = 200) -> list[dict]:
    return [json.loads(line) for line in Document("a.pdf", pages).export("chunks", chunk_size=size).splitlines()]


def table(rows: int, columns: int = 2, *, header: bool = True, **more: object) -> Table:
    cells = [
        Cell(row, column, f"r{row}c{column}", header=header and row == 0)
        for row in range(rows)
        for column in range(columns)
    ]
    return msgspec.structs.replace(Table(rows, columns, tuple(cells)), **more)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.booleans(), WORDS), max_size=8), st.integers(100, 400))
def test_every_word_is_in_one_chunk_and_none_is_larger_than_asked(parts, size) -> None:
    blocks = [
        Block(Category.SECTION_HEADER if heading else Category.TEXT, " ".join(words[:5] if heading else words), level=1)
        for heading, words in parts
    ]
    found = chunks(page(*blocks), size=size)
    assert " ".join(chunk["text"].replace("#", "") for chunk in found).split() == [
        word for block in blocks for word in block.text.split()
    ]
    assert all(len(chunk["text"]) <= size for chunk in found)


def test_chunks_stand_under_their_headings_with_their_places_and_the_worst_verdict() -> None:
    doubtful = Verdict("doubtful", 0.3, (Finding("order", 1, 0, "astray"),))
    found = chunks(
        page(
            Block(Category.TITLE, "Rivers"),
            Block(Category.SECTION_HEADER, "Floods", level=1),
            Block(Category.SECTION_HEADER, "Spring", level=2),
            Block(Category.TEXT, "It rained.", Box(1, 2, 3, 4)),
        ),
        page(Block(Category.TEXT, "It went on.", Box(5, 6, 7, 8)), number=2, verdict=doubtful),
        page(Block(Category.SECTION_HEADER, "Weirs", level=1), Block(Category.TEXT, "None."), number=3),
    )
    assert [chunk["headings"] for chunk in found] == [
        ["Rivers"],
        ["Rivers", "Floods"],
        ["Rivers", "Floods", "Spring"],
        ["Rivers", "Weirs"],
    ]
    assert found[2]["text"] == "### Spring\n\nIt rained.\n\nIt went on."
    assert found[2]["places"] == [{"page": 1, "boxes": [[1, 2, 3, 4]]}, {"page": 2, "boxes": [[5, 6, 7, 8]]}]
    assert [chunk["status"] for chunk in found] == ["accepted", "accepted", "doubtful", "accepted"]


def test_a_table_is_cut_between_rows_and_says_its_columns_again() -> None:
    found = chunks(page(Block(Category.TABLE, "", table=table(30))), size=300)
    assert len(found) > 2
    rows = [row for chunk in found for row in chunk["text"].split("\n") if "<td>" in row]
    assert rows == [f"<tr><td>r{row}c0</td><td>r{row}c1</td></tr>" for row in range(1, 30)]
    assert all("<th" in chunk["text"] and chunk["text"].endswith("</table>") for chunk in found)
    assert all(len(chunk["text"]) <= 300 for chunk in found)


def test_rows_that_a_cell_joins_stay_together() -> None:
    cells = [Cell(row, 1, "x" * 40) for row in range(6)] + [Cell(row, 0, f"both{row}", row_span=2) for row in (0, 2, 4)]
    found = chunks(page(Block(Category.TABLE, "", table=Table(6, 2, tuple(cells)))), size=160)
    assert [chunk["text"].count("<tr>") for chunk in found] == [2, 2, 2]


def parsed(markdown: str) -> list[list[str]]:
    """The rows of the tables, as a parser of GitHub's tables sees them."""
    rows: list[list[str]] = []
    for token in MarkdownIt("commonmark").enable("table").parse(markdown):
        if token.type == "tr_open":
            rows.append([])
        if token.type == "inline" and rows:
            rows[-1].append("".join(child.content or "\n" * (child.type == "softbreak") for child in token.children))
    return rows


def test_a_table_has_pipes_where_asked_and_where_no_cell_spans() -> None:
    plain = Block(Category.TABLE, "", table=table(3))
    wide = Block(
        Category.TABLE, "", table=Table(2, 2, (Cell(0, 0, "wide", column_span=2), Cell(1, 0, "a|b"), Cell(1, 1, "*c*")))
    )
    document = Document("a.pdf", (page(plain, wide),))
    assert document.export("md").count(b"<table>") == 2
    auto = document.export("md", tables="auto").decode()
    assert auto.count("<table>") == 1
    assert parsed(auto)[0] == ["r0c0", "r0c1"]
    pipes = document.export("md", tables="markdown").decode()
    assert parsed(pipes)[3:] == [["", ""], ["wide", "wide"], ["a|b", "*c*"]]


def test_pages_begin_with_a_mark_where_asked() -> None:
    document = Document("a.pdf", (page(Block(Category.TEXT, "One.")), page(Block(Category.TEXT, "Two."), number=2)))
    assert document.export("md").decode() == "One.\n\n<!-- page 2 -->\n\nTwo.\n"
    assert document.export("md", page_marks=True).decode().startswith("<!-- page 1 -->\n\nOne.")


def test_an_option_that_no_format_heeds_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--page-marks says nothing to the format txt"):
        Document("a.pdf", ()).save(tmp_path / "x.txt", page_marks=True)
    assert not list(tmp_path.iterdir())


def test_a_word_document_has_headings_lists_tables_and_styles() -> None:
    spans = (Span(0, 4, "bold"), Span(5, 6, "superscript"))
    merged = Table(
        2, 3, (Cell(0, 0, "Sum", column_span=2, header=True), Cell(0, 2, "x"), Cell(1, 0, "1"), Cell(1, 2, "3"))
    )
    document = Document(
        "a.pdf",
        (
            page(
                Block(Category.TITLE, "Rivers"),
                Block(Category.SECTION_HEADER, "Floods", level=1),
                Block(Category.TEXT, "Bold 2 then", spans=spans),
                Block(Category.LIST_ITEM, "first", marker="•", level=0),
                Block(Category.LIST_ITEM, "second", marker="3.", level=1),
                Block(Category.TABLE, "", table=merged),
                Block(Category.FOOTNOTE, "See there."),
            ),
        ),
    )
    word = docx.Document(io.BytesIO(document.export("docx")))
    told = [(paragraph.style.name, paragraph.text) for paragraph in word.paragraphs]
    assert told == [
        ("Title", "Rivers"),
        ("Heading 1", "Floods"),
        ("Normal", "Bold 2 then"),
        ("List Bullet", "first"),
        ("Normal", "3.\tsecond"),
        ("Body Text 3", "See there."),
    ]
    runs = word.paragraphs[2].runs
    assert runs[0].bold
    assert [run.text for run in runs if run.font.superscript] == ["2"]
    (made,) = word.tables
    assert [[cell.text for cell in row.cells] for row in made.rows] == [["Sum", "Sum", "x"], ["1", "", "3"]]
    assert made.cell(0, 0)._tc is made.cell(0, 1)._tc


def test_a_formula_that_nobody_could_read_is_its_picture_where_pictures_are_saved(tmp_path: Path) -> None:
    Image.effect_noise((600, 800), 80).save(tmp_path / "a.png")
    box = Box(100, 100, 300, 250)
    formula = Block(Category.FORMULA, "Zk=1 k2~", box, image=box)
    document = Document(str(tmp_path / "a.png"), (page(formula, Block(Category.TEXT, "Below it.")),))
    document.save(tmp_path / "x.md", figures=True)
    assert (tmp_path / "x.md").read_text() == "![Zk=1 k2~](x.figures/page-0001-1.png)\n\nBelow it.\n"
    document.save(tmp_path / "x.html", figures=True)
    assert '<figure><img src="x.figures/page-0001-1.png" alt="Zk=1 k2~"></figure>' in (tmp_path / "x.html").read_text()
    document.save(tmp_path / "x.docx", figures=True)
    word = docx.Document(tmp_path / "x.docx")
    assert len(word.inline_shapes) == 1
    assert [one.text for one in word.paragraphs if one.text] == ["Below it."]
    document.save(tmp_path / "x.txt")
    assert "Zk=1 k2~" in (tmp_path / "x.txt").read_text()


def test_pictures_are_files_that_text_formats_link_to(tmp_path: Path) -> None:
    picture = Image.effect_noise((600, 800), 80).convert("RGB")
    picture.save(tmp_path / "a b.png")
    blocks = (
        Block(Category.PICTURE, "", Box(100, 100, 300, 250), image=Box(100, 100, 300, 250)),
        Block(Category.CAPTION, "Figure 1: A [weir].", Box(100, 260, 300, 280)),
    )
    document = Document(str(tmp_path / "a b.png"), (page(*blocks),))
    document.save(tmp_path / "x y.md", figures=True)
    saved = tmp_path / "x y.figures" / "page-0001-1.png"
    with Image.open(saved) as cut:
        assert cut.tobytes() == picture.crop((100, 100, 300, 250)).tobytes()
    text = (tmp_path / "x y.md").read_text()
    assert text.startswith("![Figure 1: A \\[weir\\].](x%20y.figures/page-0001-1.png)\n\nFigure 1")
    document.save(tmp_path / "x y.html", figures=True)
    html = (tmp_path / "x y.html").read_text()
    assert '<img src="x%20y.figures/page-0001-1.png" alt="Figure 1: A [weir].">' in html
    document.save(tmp_path / "x y.docx", figures=True)
    assert len(docx.Document(tmp_path / "x y.docx").inline_shapes) == 1
    document.save(tmp_path / "z.md")
    assert "![" not in (tmp_path / "z.md").read_text()
