"""CommonMark with HTML tables, to be read by people as it stands: escaped is what a parser would take for markup, no more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from ocroute.document.exporters.prepared import (
    NUMBER,
    heading_level,
    lines_of,
    notice,
    plain_text,
    printed,
    state_markers,
)
from ocroute.document.markup import html_table
from ocroute.document.model import Document
from ocroute.values import Block, Category

_HARD_BREAK = "  \n"
_NEW_LIST = "<!-- -->"
_TASKS = {"☑": "[x]", "☐": "[ ]"}
_PUNCTUATION = r"!-/:-@\[-`{-~"
_BACKSLASH = re.compile(rf"\\(?=[{_PUNCTUATION}]|$)", re.MULTILINE)
_HTML = re.compile(r"<(?=[A-Za-z/!?])")
_ENTITY = re.compile(r"&(?=#[0-9]{1,7};|#[xX][0-9a-fA-F]{1,6};|[A-Za-z][A-Za-z0-9]{1,31};)")
_LINK = re.compile(r"\](?=\()")
_RUN = re.compile(r"\*+|_+|~+")
_LINE_START = re.compile(
    r"""
      (?:
          \#{1,6}(?=\s|$)                       # heading
        | >                                     # quotation
        | [-+*](?=\s|$)                         # bullet
        | (?:-\s*){2,}$ | (?:\*\s*){3,}$ | (?:_\s*){3,}$ | =+\s*$   # rule, or underline of a heading
        | [|:][-:|\s]*$ | -[-:|\s]*$            # the second row of a GFM table
        | ~{3,}                                 # fence; those of backticks are escaped anyway
        | \[[ xX]\]\s                          # task
      )
    | (?P<number>\d{1,9})(?=[.)](?:\s|$))       # ordered list
    """,
    re.VERBOSE,
)


class Markdown:
    """Headings, lists with their printed numbers and ticks, HTML tables because cells may span, formulas between ``$$``.

    Pictures without text leave no trace. Pages follow each other after a comment that names the page; a page that is doubtful
    or failed says so in that comment, even when it is the only one.
    """

    suffix: ClassVar[str] = ".md"
    media_type: ClassVar[str] = "text/markdown"

    def __init__(self, *, keep_headers_footers: bool = False) -> None:
        self.keep_headers_footers = keep_headers_footers

    def export(self, document: Document) -> bytes:
        """UTF-8, one line end at the end."""
        parts: list[str] = []
        for index, page in enumerate(document.pages):
            if said := notice(page) or (f"page {page.number}" if index else ""):
                parts.append(_comment(said))
            parts.extend(_blocks(printed(page, keep_headers_footers=self.keep_headers_footers)))
        return ("\n\n".join(parts) + "\n").encode() if parts else b""


def _blocks(blocks: Iterator[Block]) -> Iterator[str]:
    """One string a block; a whole list is one string."""
    every = list(blocks)
    open_list = _List(state_markers(every))
    for block in every:
        if block.category is Category.LIST_ITEM and block.table is None:
            open_list.add(block)
            continue
        if written := _block(block):
            yield from open_list.close()
            yield written
    yield from open_list.close()


def _block(block: Block) -> str:
    if block.table is not None:
        return html_table(block.table)
    lines = lines_of(block.text)
    if not lines:
        return ""
    if block.category in (Category.TITLE, Category.SECTION_HEADER):
        level = heading_level(block)
        one_line = " ".join(lines_of(plain_text(block)))
        return f"{'#' * level} {_escape_heading(one_line)}"
    if block.markup == "latex":
        return "\n".join(["$$", *lines, "$$"])
    if block.markup == "markdown":
        return block.text.strip("\n")
    return _HARD_BREAK.join(_escape_lines(lines))


class _List:
    """List items that follow each other, nested by their levels.

    Args:
        states: levels and markers that stay, because they say whether something is ticked.
    """

    def __init__(self, states: frozenset[tuple[int, str]]) -> None:
        self._states = states
        self._lines: list[str] = []
        self._open: list[tuple[int, int, str]] = []  # of each open item: level, column of its text, marker

    def add(self, item: Block) -> None:
        """One more item."""
        lines = lines_of(item.text)
        level, marker = item.level or 0, item.marker or "-"
        state = _TASKS.get(marker, marker) if (level, marker) in self._states else ""
        if not NUMBER.fullmatch(marker):
            if any(character.isalnum() for character in marker):  # (a) or IV., which no Markdown list can count
                lines = [" ".join([marker, *lines[:1]]), *lines[1:]]
            marker = "-"
        if not lines:
            return
        if item.markup != "markdown":
            lines = _escape_lines(lines)
        if state:
            lines = [f"{state} {lines[0]}", *lines[1:]]
        sibling = self._leave(level)
        indent = self._open[-1][1] if self._open else 0
        if _clashes(sibling, marker):
            self._lines += ["", " " * indent + _NEW_LIST, ""]
        elif sibling is None and self._open and marker not in ("-", "1.", "1)"):
            self._lines.append("")  # only a list that starts at 1 may interrupt the text above it
        text_column = indent + len(marker) + 1
        self._open.append((level, text_column, marker))
        first, *others = lines
        self._lines.append(f"{' ' * indent}{marker} {first}" + ("  " if others else ""))
        self._lines += [" " * text_column + line + "  " for line in others[:-1]]
        self._lines += [" " * text_column + line for line in others[-1:]]

    def _leave(self, level: int) -> str | None:
        """Close the items at ``level`` and below; the marker of the one that was open at this place."""
        sibling = None
        while self._open and self._open[-1][0] >= level:
            sibling = self._open.pop()[2]
        return sibling

    def close(self) -> Iterator[str]:
        """The list so far, if there is one; the next item starts another."""
        if self._lines:
            yield "\n".join(self._lines)
        self._lines, self._open = [], []


def _clashes(before: str | None, marker: str) -> bool:
    """Whether ``marker`` after ``before`` in one list would be renumbered by a parser."""
    if before is None or marker == "-" or before == "-":
        return False
    first, second = NUMBER.fullmatch(before), NUMBER.fullmatch(marker)
    return bool(first and second and first[2] == second[2] and int(second[1]) != int(first[1]) + 1)


def _comment(text: str) -> str:
    """Only a bracket can end a comment; hyphens stay, for the text may name an option."""
    return f"<!-- {text.replace('>', '›')} -->"


def _inline(text: str) -> str:
    """``text`` so that it reads the same inside a heading."""
    text = _BACKSLASH.sub(r"\\\\", text)
    if text.count("`") > 1:
        text = text.replace("`", r"\`")
    text = _HTML.sub(r"\\<", text)
    text = _ENTITY.sub(r"\\&", text)
    text = _LINK.sub(r"\\]", text)
    return _escape_emphasis(text)


def _escape_heading(text: str) -> str:
    """One line of ``text`` as the content of an ATX heading, whose closing hashes are dropped by parsers."""
    return re.sub(r"(^|\s)(#+)$", r"\1\\\2", _inline(text))


def _escape_lines(lines: list[str]) -> list[str]:
    """The lines of one paragraph, none of which may start a block of another kind."""
    text = _inline("\n".join(lines))
    if text.startswith("["):  # the definition of a link or a footnote
        text = text.replace("]:", r"\]:")
    return [_escape_start(line) for line in text.split("\n")]


def _escape_start(line: str) -> str:
    match = _LINE_START.match(line)
    if match is None:
        return line
    number = match["number"]
    return f"{number}\\{line[len(number) :]}" if number else f"\\{line}"


def _escape_emphasis(text: str) -> str:
    """Escape runs of ``*``, ``_`` and ``~`` of a kind that has an opening run before a closing one."""
    dangerous = {kind for kind in "*_~" if kind in text and _pairs(text, kind)}
    if not dangerous:
        return text
    return _RUN.sub(lambda run: re.sub("(.)", r"\\\1", run[0]) if run[0][0] in dangerous else run[0], text)


def _pairs(text: str, kind: str) -> bool:
    opened = False
    for run in re.finditer(re.escape(kind) + "+", text):
        before, after = text[max(0, run.start() - 1) : run.start()], text[run.end() : run.end() + 1]
        if len(run[0]) > 1 and before in ("", "\n") and _LINE_START.match(_line_at(text, run.start())):
            before = (
                kind  # its first character gets a backslash, so that the rest follows punctuation, not a line's start
            )
        inside_word = kind == "_" and before.isalnum() and after.isalnum()
        if inside_word:
            continue
        if opened and before.strip():
            return True
        opened = opened or bool(after.strip())
    return False


def _line_at(text: str, start: int) -> str:
    end = text.find("\n", start)
    return text[start:] if end < 0 else text[start:end]
