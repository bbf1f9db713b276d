"""How documents and their parts show themselves, in a console and in a notebook, and how they are walked."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from lxml import html
from tests.support.random_documents import documents

import ocroute
from ocroute import Block, Box, Document, Finding, Line, Page, Table, Verdict, errors
from ocroute.document import Category, Cell, Status
from ocroute.document.notebook import MOST_BYTES

LONG = "All human beings are born free and equal in dignity and rights.\n" * 20
ATTACK = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><b onclick='x'>& ]]> --> ${x} {{x}}"


def page(number: int, status: Status = "accepted", *blocks: Block, source: str = "scan.pdf") -> Page:
    refused = () if status in ("accepted", "blank") else (Finding("garble", 0.5, 0.2, f"Half is no text, {ATTACK}."),)
    return Page(source, number, 600, 800, Verdict(status, 1.0, refused), blocks)


def text(said: str) -> Block:
    return Block(Category.TEXT, said)


def test_a_console_shows_one_line() -> None:
    block = Block(Category.TEXT, LONG, Box(1, 2, 3, 4), lines=(Line(LONG, Box(1, 2, 3, 4)),))
    table = Table(1, 1, (Cell(0, 0, LONG),))
    document = Document("scan.pdf", (page(1, "accepted", block, block), page(2, "doubtful"), page(3), page(4, "blank")))
    assert repr(document) == "Document('scan.pdf', 4 pages: 2 accepted, 1 blank, 1 doubtful)"
    assert repr(document[0]) == "Page(1 of 'scan.pdf': accepted, 2 blocks)"
    cut = "'All human beings are born free and equal in dignity and rig…'"
    assert repr(block) == f"Block(Text, {cut}, Box(x0=1, y0=2, x1=3, y1=4))"
    assert repr(block.lines[0]) == f"Line({cut}, Box(x0=1, y0=2, x1=3, y1=4))"
    assert repr(table) == "Table(1 x 1, 1 cell)"
    assert repr(Block(Category.TABLE, "", table=table)) == "Block(Table, '', Table(1 x 1, 1 cell))"
    assert repr(Document("", ())) == "Document('', no pages)"


@settings(deadline=None, max_examples=60)
@given(documents().map(Document.of))
def test_nothing_breaks_the_line_nor_the_cell(document: Document) -> None:
    for value in (document, *document, *(block for page in document for block in page.blocks)):
        assert len(repr(value).splitlines()) == 1
        assert len(repr(value)) < 1000
    shown = document._repr_html_()
    assert len(shown.encode()) <= MOST_BYTES
    assert not html.fragment_fromstring(shown).xpath("//script | //@src | //@onerror | //@onclick | //style | //link")


def test_pages_are_walked_and_counted() -> None:
    document = Document("scan.pdf", (page(1, "accepted", text("one")), page(2, "accepted", text("two")), page(3)))
    assert len(document) == 3
    assert [page.number for page in document] == [1, 2, 3]
    assert (document[0].number, document[-1].number, len(document[1:])) == (1, 3, 2)
    with pytest.raises(IndexError):
        document[3]
    assert document.text == "one\n\f\ntwo\n\f\n"
    assert [page.text for page in document] == ["one\n", "two\n", ""]
    assert page(1, "doubtful", text("x")).text.startswith("[page 1 is doubtful")
    assert document.to_html().encode() == document.export("html")


def test_what_is_shown_says_nothing_of_what_is_stored() -> None:
    document = Document("scan.pdf", (page(1, "accepted", text("one")),))
    assert msgspec.convert(msgspec.to_builtins(document), Document) == document
    assert msgspec.json.decode(msgspec.json.encode(document), type=Document) == document


class TestNotebook:
    def test_shows_verdicts_and_text(self) -> None:
        document = Document("scan.pdf", (page(1, "accepted", text("one")), page(2, "doubtful", text("two"))))
        shown = document._repr_html_()
        assert "2 pages: 1 accepted, 1 doubtful" in shown
        assert "page 2 is doubtful: Half is no text" in shown
        assert "one</p>" in shown
        assert "two</p>" in shown
        assert "Not shown" not in shown

    @pytest.mark.parametrize("markup", ["plain", "markdown", "html", "latex"])
    def test_nothing_in_it_runs_or_is_fetched(self, markup: str) -> None:
        said = f"{ATTACK}\n\n![x](https://example.org/pixel.png) [y](javascript:alert(1)) ![z][r]\n\n[r]: //example.org/z.png"
        cells = Table(1, 1, (Cell(0, 0, ATTACK, header=True),))
        marked = msgspec.convert({"category": "Text", "text": said, "markup": markup}, Block)
        blocks = (marked, Block(Category.TABLE, "", table=cells), Block(Category.LIST_ITEM, ATTACK, marker=ATTACK))
        document = Document(ATTACK, (page(1, "doubtful", *blocks, source=ATTACK),))
        for shown in (document._repr_html_(), document.to_html().split("</style>")[1]):
            found = html.fromstring(shown)
            assert not found.xpath("//script | //img | //b[@onclick] | //@src | //@onerror | //style | //iframe")
            assert not [link for link in found.xpath("//@href") if link.startswith("javascript")]

    @pytest.mark.parametrize("said", [LONG, "漢" * 3000, "<&>\"'" * 2000, "x" * 2_000_000])
    def test_a_long_document_is_cut_and_the_rest_is_named(self, said: str) -> None:
        pages = tuple(page(number, "doubtful", *[text(said)] * 5) for number in range(1, 401))
        shown = Document("s" * 5000, pages)._repr_html_()
        assert 1000 < len(shown.encode()) <= MOST_BYTES
        assert "and 395 more pages like these" in shown
        assert "Not shown: " in shown
        assert shown.endswith("</div>")
        assert html.fragment_fromstring(shown).tag == "div"

    def test_of_a_large_table_the_first_rows_are_shown(self) -> None:
        table = Table(3000, 2, tuple(Cell(row, column, f"{row}:{column}") for row in range(3000) for column in (0, 1)))
        shown = Document("a", (page(1, "accepted", Block(Category.TABLE, "", table=table)), page(2)))._repr_html_()
        assert "<td>19:1</td>" in shown
        assert "<td>20:0</td>" not in shown
        assert "Not shown: the rest of page 1 and 1 more page." in shown

    @pytest.mark.parametrize("document", [Document("a.pdf", ()), Document("a.pdf", (page(1, "blank"),))])
    def test_nothing_to_show(self, document: Document) -> None:
        assert "a.pdf" in document._repr_html_()


def test_the_public_names_are_there_and_cost_nothing() -> None:
    for name in ocroute.__all__:
        assert getattr(ocroute, name)
    raised = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
    assert raised <= set(ocroute.__all__)
    with pytest.raises(AttributeError):
        ocroute.NextStep  # noqa: B018  # internal
    tree = ast.parse(Path(ocroute.__file__).read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert set(ocroute.__all__) - {"__version__"} <= imported, "a type checker does not see these"
    code = "import sys, ocroute; ocroute.Document; print(*sorted({'numpy', 'PIL', 'cv2', 'pandas'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
