"""Documents set by a browser: a magazine with a sidebar, a newspaper front page, statements, invoices, typed letters."""

from __future__ import annotations

import random
from collections.abc import Callable
from html import escape

from bench.pages.typeset.prose import Prose
from bench.pages.typeset.script import Piece, Role, Script, Source, TableData
from bench.pages.typeset.slots import filled
from bench.pages.typeset.tabledata import accounts, catalogue, statistics


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
            f'<rect x="{20 + 22 * at}" y="{90 - height}" width="14" height="{height}"/>'
            f'<text x="{20 + 22 * at}" y="100">{1900 + 10 * at}</text>'
            for at, height in enumerate(self.dice.randint(10, 80) for _ in range(8))
        )
        return f'<svg viewBox="0 0 200 105"><text x="2" y="8">tonnes</text>{bars}</svg>'

    def source(self, name: str, category: str, style: str, body: str, wear: str) -> Source:
        """The finished document."""
        styles = filled("styles/common.css") + style
        code = f'<!doctype html><html lang="en"><meta charset="utf-8"><style>{styles}</style><body>{body}</body></html>'
        script = Script(tuple(self.pieces), tuple(self.tables), tuple(self.furniture))
        return Source(name, category, "browser", code, script, wear)


def magazine(name: str, wear: str) -> Source:
    """A feature in two columns beside a shaded sidebar, with a chart and a folio line."""
    s = _Sheet(name)
    folio = (
        f"{s.prose.word('month').upper()} {s.dice.randint(1980, 2022)}  |  THE {s.prose.word('place').upper()} REVIEW"
    )
    s.furniture = [folio]
    pages = ""
    for at in range(2):
        flow, aside = f"feature{at}", f"side{at}"
        head = s.say("title", "h1", [s.prose.title()], flow) + s.say(
            "paragraph", "p class=lead", [s.prose.sentence()], flow
        )
        text = s.paragraphs(5, flow)
        text += f"<figure>{s.chart()}{s.say('caption', 'figcaption', [s.prose.sentence()], f'figure{at}')}</figure>"
        text += s.say("heading", "h3", [s.prose.heading()], flow) + s.paragraphs(5, flow)
        side = s.say("heading", "h2", [s.prose.heading()], aside) + s.paragraphs(1, aside)
        side += f"<ul>{''.join(s.say('item', 'li', [s.prose.sentence()], aside) for _ in range(2))}</ul>"
        foot = f"<footer>{escape(folio)}<b>{s.dice.randint(120, 320)}</b></footer>"
        pages += f"<section>{head}<div class=main>{text}</div><aside>{side}</aside>{foot}</section>"
    return s.source(name, "multi_column", filled("styles/magazine.css"), pages, wear)


def frontpage(name: str, wear: str) -> Source:
    """A newspaper's front page: a lead story over four columns and three stories of one or two columns below."""
    s = _Sheet(name)
    place = s.prose.word("place")
    date = f"{s.prose.word('month')} {s.dice.randint(1, 28)}, {s.dice.randint(1890, 1960)}"
    stories = ""
    for at, (columns, size, length) in enumerate(((4, 26, 6), (2, 18, 4), (1, 14, 4), (1, 14, 4))):
        flow = f"story{at}"
        head = s.say("title", f'h2 style="font-size:{size}pt"', [s.prose.title()], flow)
        text = f'<div style="columns:{columns}">{s.paragraphs(length, flow)}</div>'
        stories += f'<article style="grid-column:span {columns}">{head}{text}</article>'
    top = f"<h1>The {place} Courier</h1><div class=date><span>{date}</span><span>Price twopence</span></div>"
    return s.source(name, "multi_column", filled("styles/frontpage.css"), f"{top}<main>{stories}</main>", wear)


def statement(name: str, wear: str) -> Source:
    """An annual report's page: unruled and shaded tables with notes, running lines above and below."""
    s = _Sheet(name)
    company = f"{s.prose.word('place')} {s.prose.word('thing').capitalize()} Company"
    head = f"{company} Annual Report {s.dice.randint(1995, 2022)}"
    foot = f"Unaudited figures prepared by {s.prose.person()}"
    s.furniture = [head, foot]
    body = s.say("title", "h1", [f"Notes on the {s.prose.word('adj')} {s.prose.word('noun')}"])
    body += s.paragraphs(1) + s.table(accounts(s.prose, s.dice), s.dice.choice(("bare", "shaded", "lines")))
    body += s.say("heading", "h2", [s.prose.heading()]) + s.paragraphs(1)
    body += s.table(statistics(s.prose, s.dice), s.dice.choice(("bare", "shaded", "lines"))) + s.paragraphs(1)
    return s.source(name, "tables", filled("styles/statement.css", head=head, foot=foot), body, wear)


def invoice(name: str, wear: str) -> Source:
    """An invoice: addresses side by side, a ruled or bare list of goods whose descriptions wrap, terms below."""
    s = _Sheet(name)
    sender = f"<b>{s.prose.person()}</b><br>{s.dice.randint(1, 99)} Quay Street<br>{s.prose.word('place')}"
    date = f"{s.dice.randint(1, 28)} {s.prose.word('month')} {s.dice.randint(1999, 2023)}"
    number = f"Invoice {s.dice.randint(10000, 99999)}"
    body = f"<div class=two><div>{sender}</div><div>{number}<br>{date}<br>Due in 30 days</div></div>"
    body += s.say("title", "h1", [f"Delivery of {s.prose.word('thing')} and {s.prose.word('thing')}"]) + s.paragraphs(1)
    body += s.table(catalogue(s.prose, s.dice), s.dice.choice(("ruled", "bare", "lines"))) + s.paragraphs(1)
    return s.source(name, "tables", filled("styles/invoice.css"), body, wear)


def typed(name: str, wear: str) -> Source:
    """A typewritten letter on old paper, with a letterhead."""
    s = _Sheet(name)
    office = f"OFFICE OF THE {s.prose.word('adj').upper()} {s.prose.word('noun').upper()}"
    date = f"{s.prose.word('month')} {s.dice.randint(1, 28)}, {s.dice.randint(1905, 1958)}."
    body = f"<h1>{office}</h1><p class=r>{date}</p><p>Dear Mr. {s.prose.word('name')}:</p>{s.paragraphs(5)}"
    body += f"<p class=r>Very truly yours,<br><br>{s.prose.person()}</p>"
    return s.source(name, "old_scan", filled("styles/typed.css"), body, wear)


def oldbook(name: str, wear: str) -> Source:
    """A leaf of an old book: running title and folio, old-style type, one column or two."""
    s = _Sheet(name)
    running = s.prose.title().upper()
    s.furniture = [running]
    columns = s.dice.choice((1, 2))
    header = f"<header>{running}<span>{s.dice.randint(101, 799)}</span></header>"
    text = s.paragraphs(3) + s.say("heading", "h2", [s.prose.heading()]) + s.paragraphs(4 if columns == 1 else 6)
    body = f'{header}<div style="columns:{columns}">{text}</div>'
    return s.source(name, "old_scan", filled("styles/oldbook.css"), body, wear)


TEMPLATES: dict[str, Callable[[str, str], Source]] = {
    "magazine": magazine, "frontpage": frontpage, "statement": statement, "invoice": invoice, "typed": typed, "oldbook": oldbook,
}  # fmt: skip
