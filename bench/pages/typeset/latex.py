"""Documents set by LaTeX: journal articles in two columns, a book with running heads, a dictionary in small type, reports."""

from __future__ import annotations

from collections.abc import Callable

from bench.pages.typeset.script import Piece, Source
from bench.pages.typeset.slots import filled
from bench.pages.typeset.tabledata import KINDS
from bench.pages.typeset.tex import Writer, tabular, tex


def ieee(name: str, wear: str) -> Source:
    """A journal article in two columns with marks at the top of the page."""
    w = Writer(name, capitals=True)
    title = w.prose.title()
    issue = f"Vol. {w.dice.randint(2, 80)}, No. {w.dice.randint(1, 12)}"
    mark = f"Journal of {w.prose.heading()}, {issue}, {w.prose.word('month')} {w.dice.randint(1995, 2023)}"
    other = f"{w.prose.word('name')} et al.: {w.prose.title()}"
    people = {each: w.prose.person() for each in ("first", "second", "third")}
    page = w.dice.randint(112, 890)
    head = filled("heads/ieee.tex", page=page, title=tex(title), mark=tex(mark), other=tex(other), **people)
    w.pieces.append(Piece("title", (title,)))
    w.say("paragraph", w.prose.paragraph(4, 5), r"\begin{abstract}@\end{abstract}")
    for at in range(7):
        w.section("section", 3, maths=True, notes=True)
        if at in (0, 2, 4):
            w.float("figure" if at == 0 else "table", "narrow")
    # The class prints marks in capitals.
    return w.source(name, "multi_column", head, [mark.upper(), other.upper()], wear)


def physics(name: str, wear: str) -> Source:
    """A letter to a physics journal: two columns of dense type, floats across the page."""
    w = Writer(name, capitals=True)
    title = w.prose.title()
    head = filled("heads/physics.tex", title=tex(title), author=w.prose.person(), place=w.prose.word("place"))
    w.pieces.append(Piece("title", (title,)))
    w.say("paragraph", w.prose.paragraph(4, 5), r"\begin{abstract}@\end{abstract}\maketitle")
    for at in range(6):
        w.section("section", 3, maths=True)
        if at in (1, 3):
            w.float("table*" if at == 3 else "figure", "wide")
    return w.source(name, "multi_column", head, [], wear)


def newspaper(name: str, wear: str) -> Source:
    """Three narrow columns, several stories one after the other, each under its headline."""
    w = Writer(name)
    paper, month = f"The {w.prose.word('place')} Messenger", w.prose.word("month")
    issue = f"of our {month} issue"
    head = filled("heads/newspaper.tex", name=paper, day=w.dice.randint(1, 28), month=month, issue=issue)
    for _ in range(2):
        w.say("title", [w.prose.title()], r"\begin{center}{\Huge\bfseries @}\end{center}")
        w.body.append(r"\begin{multicols}{3}")
        for _ in range(4):
            w.say("heading", [w.prose.title()], r"\subsection*{@}")
            w.body.append(rf"\textit{{By {w.prose.person()}}}\par")
            for _ in range(3):
                w.paragraph()
        w.body.append(r"\end{multicols}")
    return w.source(name, "multi_column", head, [paper, issue], wear)


def book(name: str, wear: str) -> Source:
    """A book's page: title and page number above a rule, publisher below."""
    w = Writer(name)
    title, imprint = w.prose.title(), f"{w.prose.word('place')} University Press, {w.dice.randint(1970, 2022)}"
    chapter, page = w.prose.title(), w.dice.randint(112, 640)
    head = filled("heads/book.tex", title=tex(title), imprint=tex(imprint), page=page, chapter=tex(chapter))
    for _ in range(4):
        w.section("section*", 3, notes=True)
    return w.source(name, "headers_footers", head, [title, imprint], wear)


def report(name: str, wear: str) -> Source:
    """An office report: office and reference above, disclaimer and page x of y below, tables between."""
    w = Writer(name)
    office = f"{w.prose.word('place')} Harbour Board"
    reference = f"Ref. {w.dice.randint(1000, 9999)}/{w.dice.choice('ABCD')}"
    notice = f"Confidential: for the {w.prose.word('plural')} of {w.prose.word('place')} only"
    head = filled("heads/report.tex", office=office, reference=tex(reference), notice=tex(notice))
    for at in range(5):
        w.section("section", 2)
        if at % 2 == 0:
            w.float("table", "wide")
    return w.source(name, "headers_footers", head, [office, reference, notice], wear)


def dictionary(name: str, wear: str) -> Source:
    """A glossary in type of 6 to 7 points, two or three columns to the page."""
    w = Writer(name)
    size = w.dice.choice((6, 6.5, 7))
    head = filled("heads/dictionary.tex", columns=w.dice.choice((2, 3)), size=size, skip=f"{size * 1.15:.1f}")
    for _ in range(260):
        word, meaning = w.prose.entry()
        kind = w.prose.pick(["n.", "adj.", "v."])
        w.pieces.append(Piece("entry", (f"{word}, {kind} {meaning}.",)))
        w.body.append(rf"\hangindent=1em\textbf{{{word}}}, \textit{{{kind}}} {tex(meaning)}.\par")
    return w.source(name, "tiny_text", head, [], wear, r"\end{multicols}")


def smallprint(name: str, wear: str) -> Source:
    """Terms and conditions: one wide column of 6-point type."""
    w = Writer(name)
    for at in range(26):
        w.say("paragraph", w.prose.paragraph(4, 7), rf"\noindent {at + 1}. @\par")
    return w.source(name, "tiny_text", filled("heads/smallprint.tex"), [], wear)


def tables(name: str, wear: str) -> Source:
    """Pages with several tables between paragraphs."""
    w = Writer(name)
    for at in range(3):
        w.paragraph()
        data = KINDS[(at + w.dice.randint(0, 2)) % 3](w.prose, w.dice)
        w.tables.append(data)
        caption = w.prose.sentence()
        w.pieces.append(Piece("caption", (caption,), f"float{at}"))
        inner = rf"\centering\caption{{{tex(caption)}}}\medskip {tabular(data, w.dice.random() < 0.4)}"
        w.body.append(rf"\begin{{table}}[H]{inner}\end{{table}}")
    w.paragraph()
    return w.source(name, "tables", filled("heads/tables.tex"), [], wear)


TEMPLATES: dict[str, Callable[[str, str], Source]] = {
    "ieee": ieee, "physics": physics, "newspaper": newspaper, "book": book, "report": report,
    "dictionary": dictionary, "smallprint": smallprint, "tables": tables,
}  # fmt: skip
