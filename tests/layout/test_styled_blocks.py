"""From a PDF's own text to Markdown: what is raised, struck through or linked is so in paragraphs, cells, items and headings."""

from __future__ import annotations

import pytest
from reportlab.pdfgen.canvas import Canvas

from ocroute import Document, Page, Verdict
from ocroute.layout.arrange import arrange
from ocroute.pages import open_input

BODY, SIZE = "Times-Roman", 11


def write(canvas, x, y, *parts):
    for part in parts:
        text, font, size, rise = (part, BODY, SIZE, 0) if isinstance(part, str) else part
        canvas.setFont(font, size)
        canvas.drawString(x, y + rise, text)
        x += canvas.stringWidth(text, font, size)


def up(text):
    return text, BODY, 7, 4


def strike(canvas, x, y, before, struck):
    start = x + canvas.stringWidth(before, BODY, SIZE)
    canvas.line(start, y + 3.3, start + canvas.stringWidth(struck, BODY, SIZE), y + 3.3)


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    path = tmp_path_factory.mktemp("styled") / "a.pdf"
    canvas = Canvas(str(path), pagesize=(595, 842))
    write(canvas, 72, 780, ("The prices of 1911", "Times-Bold", 16, 0), ("3", "Times-Bold", 10, 6))
    write(
        canvas,
        72,
        750,
        "The dose is 10",
        up("6"),
        " cells, as our page of the harbour says in ",
        ("many other", "Times-Bold", 11, 0),
    )
    write(
        canvas,
        72,
        736,
        ("words", "Times-Bold", 11, 0),
        ", for which there is a ship no. 01-2301-XXX of which we were glad. They pay 800 EUR",
    )
    write(canvas, 72, 722, "700 EUR a month.")
    start = 72 + canvas.stringWidth("The dose is 10", BODY, SIZE) + canvas.stringWidth("6", BODY, 7)
    left, right = (start + canvas.stringWidth(text, BODY, SIZE) for text in (" cells, as ", " cells, as our page"))
    canvas.linkURL("https://example.org/a", (left, 746, right, 760), thickness=0)
    strike(
        canvas,
        72 + canvas.stringWidth("words", "Times-Bold", 11),
        736,
        ", for which there is a ship no. 01-2301-XXX of which we were glad. They pay ",
        "800 EUR",
    )
    write(canvas, 90, 690, "• a first item of H", ("2", BODY, 7, -2), "O")
    write(canvas, 90, 676, "• a second one")
    for row, (port, ships, mark) in enumerate(
        (("Port", "Ships", ""), ("Northport", "12", "1"), ("Eastport", "7", "2"), ("Westport", "31", ""))
    ):
        y = 620 - 18 * row
        for x in (72, 200, 328):
            canvas.line(x, y + 14, x, y - 4)
        canvas.line(72, y + 14, 328, y + 14)
        write(canvas, 76, y, port)
        write(canvas, 204, y, ships, up(mark))
    canvas.line(72, 562, 328, 562)
    canvas.save()
    with open_input(path) as source:
        page = source.page(1)
        blocks = arrange(page, page.text_layer() or ())
        return Document("a.pdf", (Page("a.pdf", 1, *page.size, Verdict("accepted", 1.0), blocks),))


def test_markdown_of_a_page_with_all_of_it(document):
    assert document.to_markdown().split("\n\n") == [
        "# The prices of 1911<sup>3</sup>",
        "The dose is 10<sup>6</sup> cells, as [our page](https://example.org/a) of the harbour says in **many other words**, "
        "for which there is a ship no. 01-2301-XXX of which we were glad. They pay ~~800 EUR~~ 700 EUR a month.",
        "- a first item of H<sub>2</sub>O\n- a second one",
        '<table>\n<tr><th scope="col">Port</th><th scope="col">Ships</th></tr>\n'
        "<tr><td>Northport</td><td>12<sup>1</sup></td></tr>\n<tr><td>Eastport</td><td>7<sup>2</sup></td></tr>\n"
        "<tr><td>Westport</td><td>31</td></tr>\n</table>\n",
    ]


def test_no_number_of_it_is_another_where_styles_are_left_aside(document):
    (table,) = document.tables
    assert [row[1] for row in table.grid()] == ["Ships", "12¹", "7²", "31"]
    assert "The dose is 10⁶ cells" in document.text
    assert "1911³" in document.text
