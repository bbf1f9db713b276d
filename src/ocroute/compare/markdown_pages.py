"""Markdown of anybody as what it says: words without markup, numbers of lists kept, tables with pipes and in HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from ocroute.compare.measures import Cell
from ocroute.compare.read_pages import Part, ReadPage, cells_of, rows_of
from ocroute.document.markup import parts_of_html

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_TABLE = re.compile(r"(?=<table\b)", re.IGNORECASE)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_FORMULA = re.compile(r"^\$\$\s*([^$]*?)\s*\$\$$")
_Found = tuple[list[Part], list[tuple[Cell, ...]]]


def of_markdown(source: str) -> ReadPage:
    """What the Markdown of a page says; comments and pictures say nothing."""
    parts: list[Part] = []
    tables: list[tuple[Cell, ...]] = []
    tokens = _parser().parse(source)
    for place, token in enumerate(tokens):
        more, found = _said(tokens, place, token)
        parts += more
        tables += found
    return ReadPage(tuple(parts), tables=tuple(tables), markdown=source)


def _said(tokens: Sequence[Token], place: int, token: Token) -> _Found:
    if token.type == "inline" and tokens[place - 1].type not in ("th_open", "td_open"):
        text = _words(token).strip()
        text = _FORMULA.sub(r"\1", f"{_marker(tokens, place)}{text}".strip())
        return ([Part(text)] if text else []), []
    if token.type in ("fence", "code_block"):
        return [Part(line.strip()) for line in token.content.splitlines() if line.strip()], []
    if token.type == "table_open":
        return _of_html(_html_of(tokens, place))
    return _of_html(token.content) if token.type == "html_block" else ([], [])


def _marker(tokens: Sequence[Token], place: int) -> str:
    """The number before the first paragraph of an item of a list; bullets are as good as any other."""
    before = [one for one in tokens[max(0, place - 2) : place] if one.type == "list_item_open" and one.info]
    return f"{before[0].info}{before[0].markup} " if before else ""


def _words(inline: Token) -> str:
    said = []
    for one in inline.children or ():
        if one.type in ("softbreak", "hardbreak") or (one.type == "html_inline" and _BREAK.fullmatch(one.content)):
            said.append("\n" if one.type == "softbreak" else " ")
        elif one.type in ("text", "code_inline"):
            said.append(one.content)
    return "".join(said)


def _html_of(tokens: Sequence[Token], start: int) -> str:
    """A table with pipes, whose cells are words only, as HTML."""
    from html import escape

    said = []
    for token in tokens[start:]:
        if token.type in ("table_open", "tr_open", "th_open", "td_open"):
            said.append(f"<{token.tag}>")
        elif token.type == "inline":
            said.append(escape(_words(token)))
        elif token.type == "table_close":
            break
    return "".join([*said, "</table>"])


def _of_html(source: str) -> _Found:
    """Words and tables of a piece of HTML, row by row."""
    parts: list[Part] = []
    tables: list[tuple[Cell, ...]] = []
    for piece in _TABLE.split(source):
        before, table, after = parts_of_html(piece)
        parts += _lines(before)
        if table is not None:
            tables.append(cells_of(table))
            parts += rows_of(table, None)
        parts += _lines(after)
    return parts, tables


def _lines(text: str) -> Iterator[Part]:
    return (Part(line) for line in text.split("\n") if line.strip())


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
