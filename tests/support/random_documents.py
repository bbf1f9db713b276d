"""Random documents for property tests, and what each of them says."""

from __future__ import annotations

import re

from hypothesis import strategies as st

from ocroute.document import (
    Block,
    Box,
    Category,
    Cell,
    Document,
    Finding,
    Font,
    Line,
    Page,
    Provenance,
    Span,
    Table,
    Verdict,
    Word,
)
from ocroute.document.exporters.prepared import clean

MARKUP = re.findall(
    r"\S+",
    r"""
# ## 1. 12) - * + > | ``` ~~~ --- === *** ___ |-|-| :-: [x] [a]: [a](b) ![ ]( ]( \[ \] $$
<b> </table> <!-- --> <script> <?x ]]> &amp; &#65; &lt \ \* \\ a\ ` `` ** * _ __ ~ ~~ a_b a*b *c d* _e f_ $5 $x$
don't e.g. 3.5 A-B (x) слово 漢字 état https://example.org/a_b?c=d&e=f x@example.org #7 ^ { } " ' = : !
""",
)
SPACING = [
    "\n",
    "\r\n",
    "\t",
    "  ",
    "    ",
    "\x0c",
    "\x00",
    "\x1b[1m",
    "\ud800",
    "\ufffe",
    "\u2028",
    "\x85",
    "\xa0",
    "\u200b",
]
texts = st.lists(st.one_of(st.sampled_from(MARKUP + SPACING), st.text(max_size=4)), max_size=8).flatmap(
    lambda parts: st.sampled_from(["", " "]).map(lambda glue: glue.join(parts))
)
scores = st.none() | st.floats(0, 1)
MARKERS = [None, "•", "-", "*", "1.", "2.", "3)", "4)", "10.", "(a)", "IV.", "01.", "1234567890."]


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    x0, x1 = sorted(draw(st.tuples(*[st.floats(-5, 700)] * 2)))
    y0, y1 = sorted(draw(st.tuples(*[st.floats(-5, 900)] * 2)))
    return Box(x0, y0, x1, y1)


def spans(word: str) -> st.SearchStrategy[tuple[Span, ...]]:
    some = [Span(0, len(word), "bold"), Span(len(word) - 1, len(word), "superscript")]
    return st.sampled_from([(), (), tuple(some[:1]), tuple(some[1:]), tuple(some)])


@st.composite
def lines(draw: st.DrawFn) -> Line:
    text, box = draw(texts), draw(boxes())
    words = (
        tuple(Word(word, box, draw(scores), draw(spans(word))) for word in text.split()) if draw(st.booleans()) else ()
    )
    font = draw(st.none() | st.builds(Font, texts, st.floats(0, 90), st.booleans(), st.booleans()))
    return Line(text, box, draw(scores), words, font)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    rows, columns = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    taken: set[tuple[int, int]] = set()
    cells = []
    for row in range(rows):
        for column in range(columns):
            tall = draw(st.integers(1, rows - row))
            wide = draw(st.integers(1, columns - column))
            covered = {(row + r, column + c) for r in range(tall) for c in range(wide)}
            if covered & taken or draw(st.integers(0, 4)) == 0:
                continue
            taken |= covered
            cells.append(Cell(row, column, draw(texts), tall, wide, draw(st.booleans()), draw(st.none() | boxes())))
    return Table(rows, columns, tuple(cells))


@st.composite
def blocks(draw: st.DrawFn) -> Block:
    category = draw(st.sampled_from(Category))
    box = draw(st.none() | boxes())
    if category is Category.TABLE:
        table = draw(tables())
        return Block(category, "\n".join(cell.text for cell in table.cells), box, table=table)
    text = draw(texts)
    if category is Category.LIST_ITEM:
        level = draw(st.none() | st.integers(0, 3))
        marker = draw(st.sampled_from(MARKERS)) if clean(text).split() else None
        return Block(category, text, box, draw(scores), level=level, marker=marker)
    level = draw(st.none() | st.integers(1, 6)) if category is Category.SECTION_HEADER else None
    made_of = tuple(draw(st.lists(lines(), max_size=2))) if draw(st.booleans()) else ()
    if made_of:
        text = "\n".join(line.text for line in made_of)
    image = draw(st.none() | boxes()) if category in (Category.PICTURE, Category.FORMULA) else None
    return Block(category, text, box, draw(scores), level=level, lines=made_of, image=image)


findings = st.builds(
    Finding, st.just("garble"), st.just(0.5), st.just(0.2), texts, st.booleans(), image=st.none() | boxes()
)
verdicts = st.builds(
    Verdict,
    st.sampled_from(["accepted", "blank", "doubtful", "failed"]),
    st.floats(0, 1),
    st.lists(findings, max_size=2).map(tuple),
)
provenances = st.builds(
    Provenance, engine=texts, model=texts, versions=st.just({"a": "1"}), settings=st.just({"b": [1, 2]})
)


@st.composite
def pages(draw: st.DrawFn, number: int, source: str) -> Page:
    return Page(
        source, number, 600, 800, draw(verdicts), tuple(draw(st.lists(blocks(), max_size=5))),
        dpi=draw(st.none() | st.floats(1, 600)), provenance=draw(provenances), error=draw(texts),
        language=draw(st.sampled_from(("", "en", "zh-Hant"))),
    )  # fmt: skip


@st.composite
def documents(draw: st.DrawFn) -> Document:
    source = draw(texts)
    return Document(source, tuple(draw(pages(number, source)) for number in range(1, draw(st.integers(0, 2)) + 1)))


def words_of(block: Block, *, marker: bool = True) -> list[str]:
    """What the block says, word by word; of a marker, the bullets say nothing and numbers say their digits."""
    if block.table is not None:
        return [
            word
            for cell in sorted(block.table.cells, key=lambda c: (c.row, c.column))
            for word in clean(cell.text).split()
        ]
    words = clean(block.text).split()
    if block.category is Category.LIST_ITEM and marker and re.search(r"\w", block.marker or ""):
        return [block.marker or "", *words]
    return words
