"""Blocks as every format takes them: which are printed, with clean characters, as words, as lines with boxes.

What all formats agree on is here: which characters none may carry, how HTML becomes cells and words, what is said of a page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from ocroute.document.inline import Piece, changed, lines_of_pieces, pieces_of, spans_of, unemphasised
from ocroute.document.markup import from_html, html_from_markdown, parts_of_html, words_from_markdown
from ocroute.document.model import Document, Page
from ocroute.values import Block, Box, Category, Cell, Font, Span, Table, Word

NUMBER = re.compile(r"(0|[1-9][0-9]{0,8})([.)])")
"""A list item's marker that Markdown and HTML can count."""

_TICKS = frozenset("☐☑☒✓✔✗✘◉")
_BULLET_PAIRS = frozenset("□■○●◇◆▫▪")
_FORMULA_FENCES = (("$$", "$$"), (r"\[", r"\]"), (r"\(", r"\)"), ("$", "$"))
_SPACING = re.compile("[\x0b\x0c\x1c-\x1f]")
_ILLEGAL = re.compile("[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class PlacedWord(msgspec.Struct, frozen=True):
    """A word without blanks in it. The box is None where nobody knows it."""

    text: str
    box: Box | None
    confidence: float | None
    spans: tuple[Span, ...] = ()


class PlacedLine(msgspec.Struct, frozen=True):
    """A line with at least one word."""

    words: tuple[PlacedWord, ...]
    box: Box | None
    font: Font | None = None
    angle: int = 0


def clean(text: str) -> str:
    """``text`` with only what XML 1.0 and HTML allow; line ends become ``\\n``.

    Control characters that separate words (form feed, file separators) become spaces; all others, lone surrogates among
    them, are dropped.
    """
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _ILLEGAL.sub("", _SPACING.sub(" ", text))


def lines_of(text: str) -> list[str]:
    """The lines of ``text`` that say something, without blanks at their ends; tabs become spaces."""
    stripped = (line.replace("\t", " ").strip() for line in text.split("\n"))
    return [line for line in stripped if line]


def printed(page: Page, *, keep_headers_footers: bool) -> Iterator[Block]:
    """The blocks of ``page`` to write, in reading order, cleaned; their markup is ``plain``, ``markdown`` or ``latex``."""
    for block in page.blocks:
        if keep_headers_footers or not block.category.is_furniture:
            yield from settled(block)


def settled(block: Block) -> Iterator[Block]:
    """``block`` with clean characters and HTML resolved into cells and words: one block, or its words and then its table."""
    text, spans = changed(block.text, block.spans, clean)
    if block.marker is not None:
        block = msgspec.structs.replace(block, marker=" ".join(clean(block.marker).split()))
    if block.markup == "html":
        yield from _settled_html(block, text)
    elif block.table is not None:
        yield msgspec.structs.replace(block, text=text, table=_clean_table(block.table))
    elif block.markup == "latex":
        yield msgspec.structs.replace(block, text=_without_fences(text), spans=())
    else:
        yield msgspec.structs.replace(block, text=text, spans=() if block.markup == "markdown" else spans)


def _settled_html(block: Block, text: str) -> Iterator[Block]:
    """A block of HTML as its words before its table, the table, and its words behind it; each where there are any."""
    before, table, after = parts_of_html(text)
    if block.table is not None:
        table = _clean_table(block.table)
    if table is None:
        yield msgspec.structs.replace(block, text=before, markup="plain", spans=())
        return
    plain = msgspec.structs.replace(block, markup="plain", spans=(), lines=(), table=None, image=None)
    if before:
        yield msgspec.structs.replace(plain, text=before)
    yield msgspec.structs.replace(block, text="", markup="plain", spans=(), table=table)
    if after:
        yield msgspec.structs.replace(plain, text=after, marker=None)


def state_markers(blocks: Iterable[Block]) -> frozenset[tuple[int, str]]:
    """Level and marker of the list items whose marker says more than that an item begins: ticked or not, done or not.

    Ticks and ballot boxes always do. A bullet does where another one, also of those that come full and empty, stands at the
    same level, for a list has one bullet a level; and where it stands again within its item, as in ``○ Yes ○ No``.
    """
    blocks = tuple(blocks)
    again = {
        (block.level or 0, block.marker)
        for block in blocks
        if block.category is Category.LIST_ITEM and block.marker in _BULLET_PAIRS and block.marker in block.text
    }
    found = {(block.level or 0, block.marker or "") for block in blocks if block.category is Category.LIST_ITEM}
    bullets = Counter(level for level, marker in found if marker in _BULLET_PAIRS)
    return frozenset(
        (level, marker)
        for level, marker in found
        if marker in _TICKS or (marker in _BULLET_PAIRS and bullets[level] > 1) or (level, marker) in again
    )


def tables(page: Page) -> tuple[Table, ...]:
    """The tables of ``page`` in reading order, those too that an engine gave as HTML or Markdown."""
    found = []
    for block in page.blocks:
        for piece in settled(block):
            marked_up = piece.table is None and piece.markup == "markdown"
            found.append(from_html(html_from_markdown(piece.text))[1] if marked_up else piece.table)
    return tuple(table for table in found if table is not None)


def plain_text(block: Block) -> str:
    """What a settled block without a table says, without markup, one or several lines."""
    return words_from_markdown(block.text) if block.markup == "markdown" else "\n".join(lines_of(block.text))


def code_lines(block: Block) -> list[str]:
    """The lines of a listing with their indents, no blank ones at its ends."""
    return [line.rstrip() for line in block.text.expandtabs(4).strip("\n").split("\n")] if block.text.strip() else []


def styled_lines(block: Block) -> list[list[Piece]]:
    """What a settled block without a table says, as `plain_text`, in pieces set alike; a heading's own look left out."""
    if not block.spans:
        return [[Piece(line)] for line in lines_of(plain_text(block))]
    pieces = pieces_of(block.text, block.spans)
    heading = block.category in (Category.TITLE, Category.SECTION_HEADER)
    return list(lines_of_pieces(unemphasised(pieces) if heading else pieces))


def heading_level(block: Block) -> int:
    """1 for a title; the sections of level 1 stand under it, so theirs is 2, and so on down to 6."""
    return 1 if block.category is Category.TITLE else min(max(block.level or 1, 1) + 1, 6)


def one_language(document: Document) -> str:
    """The language of all its pages; empty where one does not say, or they differ."""
    told = {page.language for page in document.pages}
    return told.pop() if len(told) == 1 else ""


def notice(page: Page) -> str:
    """What a reader must know before the text of ``page``, in words on one line; empty for a page that is fine."""
    if page.verdict.fine:
        return ""
    reasons = [finding.sentence for finding in page.verdict.findings if finding.refuses]
    if page.error:
        reasons.append(page.error)
    said = f"page {page.number} " + ("is doubtful" if page.verdict.status == "doubtful" else "failed")
    return " ".join(
        clean(f"{said}: {'. '.join(reason.rstrip('.') for reason in reasons)}" if reasons else said).split()
    )


def placed_lines(block: Block) -> Iterator[PlacedLine]:
    """The lines of a settled block; where the engine gave none, its cells, or its text cut at the line ends.

    Boxes of words that the engine did not give are cut out of their line's box by the number of characters.
    """
    if block.lines:
        for line in block.lines:
            given = tuple(_given(line.words))
            if "".join(word.text for word in given) != "".join(clean(line.text).split()):
                given = tuple(_cut(line.text, line.box, line.confidence))
            if given:
                yield PlacedLine(given, line.box, line.font, line.angle)
    elif block.table is not None:
        for cell in block.table.cells:
            yield from _stacked(cell.text, cell.box, block.confidence)
    else:
        text = block.text if block.markup == "latex" else plain_text(block)
        marker = f"{block.marker} " if block.marker else ""
        yield from _stacked(marker + text, block.box, block.confidence)


def _clean_table(table: Table) -> Table:
    return Table(table.rows, table.columns, tuple(_clean_cell(cell) for cell in table.cells))


def _clean_cell(cell: Cell) -> Cell:
    if not cell.spans:
        return msgspec.structs.replace(cell, text="\n".join(lines_of(clean(cell.text))))
    lines = list(lines_of_pieces(pieces_of(*changed(cell.text, cell.spans, clean))))
    parted = [piece for line in lines for piece in (Piece("\n"), *line)][1:]
    text, spans = spans_of(parted)
    return msgspec.structs.replace(cell, text=text, spans=spans)


def _without_fences(formula: str) -> str:
    formula = formula.strip()
    for opening, closing in _FORMULA_FENCES:
        inner = formula[len(opening) : -len(closing)]
        if formula.startswith(opening) and formula.endswith(closing) and len(formula) >= len(opening) + len(closing):
            # "$a$ and $b$" has fences of its own inside: not one formula
            return formula if opening in inner else inner.strip()
    return formula


def _given(words: tuple[Word, ...]) -> Iterator[PlacedWord]:
    for word in words:
        if word.spans and clean(word.text) == word.text and not any(map(str.isspace, word.text)):
            yield PlacedWord(word.text, word.box, word.confidence, word.spans)
        else:
            yield from _cut(word.text, word.box, word.confidence)


def _stacked(text: str, box: Box | None, confidence: float | None) -> Iterator[PlacedLine]:
    """Lines of equal height on top of each other in ``box``."""
    lines = lines_of(clean(text))
    for index, line in enumerate(lines):
        place = None
        if box is not None:
            step = box.height / len(lines)
            place = Box(box.x0, box.y0 + index * step, box.x1, max(box.y0 + index * step, box.y0 + (index + 1) * step))
        yield PlacedLine(tuple(_cut(line, place, confidence)), place)


def _cut(text: str, box: Box | None, confidence: float | None) -> Iterator[PlacedWord]:
    """The words of one line, each with its share of ``box``."""
    text = " ".join(clean(text).split())
    start = 0
    for word in text.split():
        place = None
        if box is not None:
            x0, x1 = (box.x0 + box.width * at / len(text) for at in (start, start + len(word)))
            place = Box(x0, box.y0, max(x0, x1), box.y1)
        yield PlacedWord(word, place, confidence)
        start += len(word) + 1
