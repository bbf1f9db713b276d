"""Blocks from answers without boxes: plain text, and Markdown as language models write it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ocroute.document.markup import from_html
from ocroute.engines.neural.model_facts import Answered
from ocroute.engines.neural.preamble import parted
from ocroute.values import Block, Box, Category

_WITHIN = r"(?!\n[ \t]*\n)[^$]"
_TWO = r"(?<!\$)\$\$(?!\$)"
_PART = re.compile(
    r"(?P<fence>^(?P<mark>```|~~~)[^\n]*\n.*?(?:^(?P=mark)[ \t]*$|\Z))"
    r"|(?P<table><table\b.*?(?:</table>|\Z))"
    # LaTeX allows no empty line within a formula, so signs of which one lacks its partner take nothing along. One that begins a
    # line and is not closed in all the rest is a formula that was cut.
    rf"|(?P<formula>{_TWO}(?:{_WITHIN}|\$(?!\$))+?{_TWO}|^{_TWO}(?:{_WITHIN})+\Z"
    rf"|(?<!\\)\\\[(?:{_WITHIN}|\$)+?\\\]|^\\\[(?:{_WITHIN}|\$)+\Z)"
    r"|(?P<heading>^#{1,6}[ \t]+[^\n]*$)",
    re.DOTALL | re.MULTILINE,
)
_JSON = re.compile(r'(?:```(?:json)?\s*)?(?P<list>\[\s*)?\{\s*"')
_PARAGRAPHS = re.compile(r"\n[ \t]*\n")


def blocks(answer: Answered) -> tuple[Block, ...]:
    """The blocks of an answer without boxes, told apart as its mode's form allows."""
    return from_plain(answer.text) if answer.mode.form == "plain" else from_markdown(answer.text)


def cut(answer: Answered) -> str:
    """How an answer breaks off: in JSON, which models write unasked too, what was opened must be closed at its end."""
    begun = _JSON.match(text := answer.text.strip())
    if begun is None or text.removesuffix("```").rstrip().endswith("]" if begun["list"] else "}"):
        return ""
    return "its JSON is not closed"


def from_plain(answer: str) -> tuple[Block, ...]:
    """One text block a paragraph; its line breaks are kept. A model's preamble is left out."""
    parts = (part.strip() for part in _PARAGRAPHS.split(parted(answer).text))
    return tuple(Block(Category.TEXT, part) for part in parts if part)


def from_markdown(answer: str, box: Box | None = None) -> tuple[Block, ...]:
    """Headings, tables, formulas, program code and paragraphs, in order.

    Args:
        answer: Markdown with HTML tables; a fence around the whole of it is taken off, and so is a model's preamble.
        box: where all of it stands, when the answer is about one region.
    """
    return tuple(apart(parted(answer).text, box))


def apart(answer: str, box: Box | None = None) -> Iterator[Block]:
    """The blocks of Markdown from which a preamble was taken."""
    start = 0
    for found in _PART.finditer(answer):
        yield from _paragraphs(answer[start : found.start()], box)
        start = found.end()
        if found["fence"]:
            yield Block(Category.TEXT, found.group(), box, markup="markdown")
        elif found["table"]:
            yield table(found.group(), box)
        elif found["formula"]:
            yield Block(Category.FORMULA, found.group(), box, markup="latex")
        else:
            yield heading(found.group(), box)
    yield from _paragraphs(answer[start:], box)


def _paragraphs(text: str, box: Box | None) -> Iterator[Block]:
    for part in _PARAGRAPHS.split(text):
        if stripped := part.strip("\n ").rstrip():
            yield Block(Category.TEXT, stripped, box, markup="markdown")


def heading(line: str, box: Box | None = None) -> Block:
    """A line that begins with number signs: one is a title, more are sections below it."""
    text = line.lstrip().lstrip("#")
    level = len(line.lstrip()) - len(text)
    if level <= 1:
        return Block(Category.TITLE, text.strip(), box, markup="markdown")
    return Block(Category.SECTION_HEADER, text.strip(), box, markup="markdown", level=level - 1)


def table(html: str, box: Box | None = None) -> Block:
    """An HTML table, with its cells where it has any; one that is cut stays HTML, so that the judge sees it."""
    whole = html.rstrip().lower().endswith("</table>")
    return Block(Category.TABLE, html, box, markup="html", table=from_html(html)[1] if whole else None)
