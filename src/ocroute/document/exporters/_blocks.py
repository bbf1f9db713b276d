"""What all formats agree on: which blocks of a page are printed, in what state, and what is said of a page."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from ocroute.document.exporters._clean import clean, lines_of
from ocroute.document.exporters._markup import from_html, words_from_markdown
from ocroute.document.model import Page
from ocroute.values import Block, Category, Cell, Table

NUMBER = re.compile(r"(0|[1-9][0-9]{0,8})([.)])")
"""A list item's marker that Markdown and HTML can count."""

_FORMULA_FENCES = (("$$", "$$"), (r"\[", r"\]"), (r"\(", r"\)"), ("$", "$"))


def printed(page: Page, *, keep_furniture: bool) -> Iterator[Block]:
    """The blocks of ``page`` to write, in reading order, cleaned; their markup is ``plain``, ``markdown`` or ``latex``."""
    for block in page.blocks:
        if keep_furniture or not block.category.is_furniture:
            yield from settled(block)


def settled(block: Block) -> Iterator[Block]:
    """``block`` with clean characters and HTML resolved into cells and words: one block, or its words and then its table."""
    text = clean(block.text)
    if block.marker is not None:
        block = msgspec.structs.replace(block, marker=" ".join(clean(block.marker).split()))
    if block.table is not None:
        yield msgspec.structs.replace(block, text=text, table=_clean_table(block.table))
    elif block.markup == "html":
        outside, table = from_html(text)
        if outside or table is None:
            yield msgspec.structs.replace(block, text=outside, markup="plain", lines=() if table else block.lines)
        if table is not None:
            yield msgspec.structs.replace(block, text="", markup="plain", table=table)
    elif block.markup == "latex":
        yield msgspec.structs.replace(block, text=_without_fences(text))
    else:
        yield msgspec.structs.replace(block, text=text)


def plain_text(block: Block) -> str:
    """What a settled block without a table says, without markup, one or several lines."""
    return words_from_markdown(block.text) if block.markup == "markdown" else "\n".join(lines_of(block.text))


def heading_level(block: Block) -> int:
    """1 for a title; the sections of level 1 stand under it, so theirs is 2, and so on down to 6."""
    return 1 if block.category is Category.TITLE else min(max(block.level or 1, 1) + 1, 6)


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


def _clean_table(table: Table) -> Table:
    return Table(table.rows, table.columns, tuple(_clean_cell(cell) for cell in table.cells))


def _clean_cell(cell: Cell) -> Cell:
    return msgspec.structs.replace(cell, text="\n".join(lines_of(clean(cell.text))))


def _without_fences(formula: str) -> str:
    formula = formula.strip()
    for opening, closing in _FORMULA_FENCES:
        inner = formula[len(opening) : -len(closing)]
        if formula.startswith(opening) and formula.endswith(closing) and len(formula) >= len(opening) + len(closing):
            # "$a$ and $b$" has fences of its own inside: not one formula
            return formula if opening in inner else inner.strip()
    return formula
