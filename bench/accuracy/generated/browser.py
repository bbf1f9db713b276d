"""Documents set by a browser: a magazine with a sidebar, a newspaper front page, statements, invoices, typed letters."""

from __future__ import annotations

import random
from collections.abc import Callable
from html import escape

from bench.accuracy.generated.prose import Prose
from bench.accuracy.generated.script import Piece, Role, Script, Source, TableData
from bench.accuracy.generated.tabledata import accounts, catalogue, statistics

_STYLE = "body{margin:0;font:10pt/1.35 'Liberation Serif'}p{margin:0 0 .5em;text-align:justify;hyphens:auto}table{border-collapse:collapse}"


class _Sheet:
    """Collects HTML and, beside it, what it says."""

    def __init__(self, seed: str) -> None:
        self.prose = Prose(seed)
        self.dice = random.Random(seed + "/layout")
        self.pieces: list[Piece] = []
        self.tables: list[TableData] = []
        self.furniture: list[str] = []

    def say(self, role: Role, tag: str, sentences: list[str], flow: str = "main") -> str:
        """A piece as an HTML element; ``tag`` may carry attributes."""
        self.pieces.append(Piece(role, tuple(sentences), flow))
        return f"<{tag}>{escape(' '.join(sentences), quote=False)}</{tag.split()[0]}>"

    def paragraphs(self, count: int, flow: str = "main") -> str:
        """Some paragraphs of one flow."""
        return "".join(self.say("paragraph", "p", self.prose.paragraph(), flow) for _ in range(count))

    def table(self, data: TableData, css: str = "") -> str:
        """A table as HTML."""
        self.tables.append(data)
        return f'<table class="{css}">' + "".join(self._row(row) for row in data.rows) + "</table>"

    @staticmethod
    def _row(row: tuple) -> str:
        cells = (
            f"<{(tag := 'th' if cell.header else 'td')} colspan={cell.columns} rowspan={cell.rows}>{escape(cell.text)}</{tag}>"
            for cell in row
        )
        return f"<tr>{''.join(cells)}</tr>"

    def chart(self) -> str:
        """A bar chart with labels, which nobody would read in the middle of a sentence."""
        bars = "".join(
            f'<rect x="{20 + 22 * at}" y="{90 - height}" width="14" height="{height}" fill="#567"/><text x="{20 + 22 * at}" y="100">{1900 + 10 * at}</text>'
            for at, height in enumerate(self.dice.randint(10, 80) for _ in range(8))
        )
        return f'<svg viewBox="0 0 200 105" style="width:100%;font:6px sans-serif"><text x="2" y="8">tonnes</text>{bars}</svg>'

    def source(self, name: str, category: str, style: str, body: str, wear: str) -> Source:
        """The finished document."""
        code = f'<!doctype html><html lang="en"><meta charset="utf-8"><style>{_STYLE}{style}</style><body>{body}</body></html>'
        return Source(
            name, category, "browser", code, Script(tuple(self.pieces), tuple(self.tables), tuple(self.furniture)), wear
        )


def magazine(name: str, wear: str) -> Source:
    """A feature in two or three columns beside a shaded sidebar, with a pull quote, a chart and a folio line."""
    s = _Sheet(name)
    folio = (
        f"{s.prose.word('month').upper()} {s.dice.randint(1980, 2022)}  |  THE {s.prose.word('place').upper()} REVIEW"
    )
    s.furniture = [folio]
    pages = ""
    for at in range(2):
        flow = f"feature{at}"
        title = s.say("title", "h1", [s.prose.title()], flow)
        lead = s.say("paragraph", "p class=lead", [s.prose.sentence()], flow)
        text = s.paragraphs(5, flow)
        figure = (
            "<figure>" + s.chart() + s.say("caption", "figcaption", [s.prose.sentence()], f"figure{at}") + "</figure>"
        )
        rest = s.say("heading", "h3", [s.prose.heading()], flow) + s.paragraphs(5, flow)
        side = s.say("heading", "h2", [s.prose.heading()], f"side{at}") + s.paragraphs(1, f"side{at}")
        side += "<ul>" + "".join(s.say("item", "li", [s.prose.sentence()], f"side{at}") for _ in range(2)) + "</ul>"
        pages += f"<section>{title}{lead}<div class=main>{text}{figure}{rest}</div><aside>{side}</aside><footer>{escape(folio)}<b>{s.dice.randint(120, 320)}</b></footer></section>"
    style = (
        "@page{size:A4;margin:0}section{position:relative;width:210mm;height:296.5mm;overflow:hidden;page-break-after:always;font:9.5pt/1.3 'Liberation Serif'}"
        "h1{margin:14mm 15mm 3mm;font:bold 28pt 'Liberation Sans'}.lead{margin:0 15mm 5mm;font:italic 13pt 'Liberation Serif'}"
        ".main{position:absolute;left:15mm;top:52mm;width:125mm;height:225mm;columns:2;column-gap:6mm;column-fill:auto;overflow:hidden}"
        "aside{position:absolute;right:12mm;top:52mm;width:48mm;padding:4mm;box-sizing:border-box;background:#e4e9ee;font:9pt/1.35 'Liberation Sans'}"
        "aside p{text-align:left}aside ul{padding-left:4mm}figure{margin:2mm 0;break-inside:avoid}figcaption{font:italic 8pt 'Liberation Sans'}"
        "footer{position:absolute;left:15mm;right:15mm;bottom:8mm;font:8pt 'Liberation Sans';white-space:pre;display:flex;justify-content:space-between;border-top:.5pt solid}"
    )
    return s.source(name, "multi_column", style, pages, wear)


def frontpage(name: str, wear: str) -> Source:
    """A newspaper's front page: a masthead, a lead story over three columns and three stories of one or two columns below."""
    s = _Sheet(name)
    place = s.prose.word("place")
    date = f"{s.prose.word('month')} {s.dice.randint(1, 28)}, {s.dice.randint(1890, 1960)}"
    stories = []
    for at, columns in enumerate((4, 2, 1, 1)):
        flow = f"story{at}"
        size = (26, 18, 14, 14)[at]
        head = s.say("title", f'h2 style="font-size:{size}pt"', [s.prose.title()], flow)
        text = s.paragraphs((6, 4, 4, 4)[at], flow)
        stories.append(
            f'<article style="grid-column:span {columns}"><div>{head}</div><div style="columns:{columns};column-gap:5mm">{text}</div></article>'
        )
    body = f"<h1>The {place} Courier</h1><div class=date><span>{date}</span><span>Price twopence</span></div><main>{''.join(stories)}</main>"
    style = (
        "@page{size:A3;margin:12mm}h1{font:bold 46pt 'Liberation Serif';text-align:center;margin:0}.date{display:flex;justify-content:space-between;border:solid;border-width:1pt 0;padding:1mm;margin-bottom:4mm}"
        "main{display:grid;grid-template-columns:repeat(4,1fr);gap:6mm}h2{margin:0 0 2mm;line-height:1.05;text-align:center}article{border-bottom:.7pt solid}"
    )
    return s.source(name, "multi_column", style, body, wear)


def statement(name: str, wear: str) -> Source:
    """An annual report's page: unruled and shaded tables with notes, running lines above and below."""
    s = _Sheet(name)
    company = f"{s.prose.word('place')} {s.prose.word('thing').capitalize()} Company"
    s.furniture = [
        f"{company} Annual Report {s.dice.randint(1995, 2022)}",
        f"Unaudited figures prepared by {s.prose.person()}",
    ]
    body = s.say("title", "h1", [f"Notes on the {s.prose.word('adj')} {s.prose.word('noun')}"])
    body += s.paragraphs(1) + s.table(accounts(s.prose, s.dice), s.dice.choice(("bare", "shaded", "lines")))
    body += s.say("heading", "h2", [s.prose.heading()]) + s.paragraphs(1)
    body += s.table(statistics(s.prose, s.dice), s.dice.choice(("bare", "shaded", "lines")))
    body += s.paragraphs(1)
    style = (
        f"@page{{size:A4;margin:22mm 20mm;@top-left{{content:'{s.furniture[0]}';font:8pt 'Liberation Sans';border-bottom:.5pt solid}}"
        f"@bottom-left{{content:'{s.furniture[1]}';font:8pt 'Liberation Sans'}}}}body{{font:10pt/1.4 'Liberation Sans'}}"
        "table{width:100%;margin:3mm 0 6mm}td,th{padding:1mm 2mm;text-align:right}td:first-child,tr:first-child th:first-child{text-align:left}"
        ".lines tr{border-bottom:.4pt solid #888}.shaded tr:nth-child(odd){background:#e8edf2}"
    )
    return s.source(name, "tables", style, body, wear)


def invoice(name: str, wear: str) -> Source:
    """An invoice: addresses side by side, a ruled or bare list of goods whose descriptions wrap, terms below."""
    s = _Sheet(name)
    body = f"<div class=two><div><b>{s.prose.person()}</b><br>{s.dice.randint(1, 99)} Quay Street<br>{s.prose.word('place')}</div>"
    body += f"<div>Invoice {s.dice.randint(10000, 99999)}<br>{s.dice.randint(1, 28)} {s.prose.word('month')} {s.dice.randint(1999, 2023)}<br>Due in 30 days</div></div>"
    body += s.say("title", "h1", [f"Delivery of {s.prose.word('thing')} and {s.prose.word('thing')}"]) + s.paragraphs(1)
    body += s.table(catalogue(s.prose, s.dice), s.dice.choice(("ruled", "bare", "lines")))
    body += s.paragraphs(1)
    style = (
        "@page{size:A4;margin:20mm}body{font:10pt/1.4 'Liberation Sans'}.two{display:flex;justify-content:space-between;margin-bottom:10mm}"
        "table{width:100%;margin:4mm 0}td,th{padding:1.2mm 2mm;text-align:left;vertical-align:top}td:nth-child(n+4),th:nth-child(n+4){text-align:right}td:nth-child(2){width:40%}"
        ".ruled td,.ruled th{border:.5pt solid}.lines tr{border-bottom:.4pt solid #777}"
    )
    return s.source(name, "tables", style, body, wear)


def typed(name: str, wear: str) -> Source:
    """A typewritten letter on old paper, with a letterhead and a page number between dashes."""
    s = _Sheet(name)
    office = f"OFFICE OF THE {s.prose.word('adj').upper()} {s.prose.word('noun').upper()}"
    body = f"<h1>{office}</h1><p class=r>{s.prose.word('month')} {s.dice.randint(1, 28)}, {s.dice.randint(1905, 1958)}.</p>"
    body += (
        f"<p>Dear Mr. {s.prose.word('name')}:</p>"
        + s.paragraphs(5)
        + f"<p class=r>Very truly yours,<br><br>{s.prose.person()}</p>"
    )
    style = "@page{size:Letter;margin:25mm}body{font:12pt/1.6 'Liberation Mono'}p{text-align:left;hyphens:none;text-indent:10mm}h1{font-size:14pt;text-align:center}.r{text-align:right}"
    return s.source(name, "old_scan", style, body, wear)


def oldbook(name: str, wear: str) -> Source:
    """A leaf of an old book: running title and folio, old-style type, one column or two."""
    s = _Sheet(name)
    running = s.prose.title().upper()
    s.furniture = [running]
    columns = s.dice.choice((1, 2))
    body = f"<header>{running}<span>{s.dice.randint(101, 799)}</span></header><div style='columns:{columns};column-gap:7mm'>"
    body += (
        s.paragraphs(3)
        + s.say("heading", "h2", [s.prose.heading()])
        + s.paragraphs(4 if columns == 1 else 6)
        + "</div>"
    )
    style = "@page{size:150mm 230mm;margin:16mm}body{font:11pt/1.4 'DejaVu Serif Condensed','Liberation Serif'}p{text-indent:5mm;margin:0}header{text-align:center;letter-spacing:.5pt;margin-bottom:5mm;font-size:9pt}header span{float:right}h2{text-align:center;font-size:11pt}"
    return s.source(name, "old_scan", style, body, wear)


TEMPLATES: dict[str, Callable[[str, str], Source]] = {
    "magazine": magazine, "frontpage": frontpage, "statement": statement, "invoice": invoice, "typed": typed, "oldbook": oldbook,
}  # fmt: skip
