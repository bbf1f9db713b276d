r"""Blocks from Markdown with LaTeX among it, as Mathpix writes it and GOT-OCR was taught.

``\section*{Sales}``, ``\begin{tabular}``, ``\item`` and their like become blocks; what stands between is Markdown. Of LaTeX only
the dozen forms that occur are known. A library's parser would not do: it needs valid LaTeX, and a model's answer may break off,
or leave a brace open, anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from ocroute.engines.neural import plain
from ocroute.engines.neural.chatter import parted
from ocroute.engines.neural.inline import inline
from ocroute.engines.neural.tabular import table
from ocroute.values import Block, Category

_PIECE: Final = re.compile(
    r"(?P<inline>\\\(.+?\\\)|\\\\)"
    r"|(?P<display>(?<!\\)\\\[(?:(?!\n[ \t]*\n).)+?\\\])"
    r"|\\begin\{(?P<environment>[a-zA-Z]+\*?)\}(?:\[[^\]\n]*\])?"
    r"|\\(?P<command>title|author|date|section|subsection|subsubsection|paragraph|caption|footnotetext)\*?\s*"
    r"(?:\[[^\]\n]*\])?\{"
    r"|\\(?P<picture>includegraphics)(?:\[[^\]\n]*\])?\{[^{}\n]*\}"
    r"|\\(?P<nothing>(?:maketitle|centering|noindent|hline|bigskip|newpage|clearpage)\b|end\{[a-zA-Z]+\*?\}|label\{[^{}\n]*\})",
    re.DOTALL,
)
_HEADINGS: Final = {"section": 1, "subsection": 2, "subsubsection": 3, "paragraph": 4}
_CATEGORIES: Final = {"caption": Category.CAPTION, "footnotetext": Category.FOOTNOTE}
_FORMULAS: Final = frozenset(
    ("equation", "align", "aligned", "gather", "multline", "eqnarray", "displaymath", "math", "split")
)
_LISTS: Final = {"itemize": "•", "enumerate": "{}.", "description": ""}
_DEEPEST: Final = 20  # environments within each other; what lies deeper stays as it is
_AS_IT_IS: Final = frozenset(("verbatim", "lstlisting", "tikzpicture"))
_BRACE: Final = re.compile(r"\\.|[{}]", re.DOTALL)
_ITEM: Final = re.compile(r"\\(begin|end)\b|\\item\b[ \t]*(?:\[([^\]\n]*)\])?")
_EMPTY_LINE: Final = re.compile(r"\n[ \t]*\n|\Z")


def from_mathpix(answer: str) -> tuple[Block, ...]:
    """Titles, headings, lists, tables, formulas, captions, footnotes and paragraphs, in order.

    Args:
        answer: Markdown and LaTeX. One that is cut keeps all that was written; what the model says to the asker is left out.
    """
    return tuple(_blocks(parted(answer).text))


def _blocks(text: str, level: int = 0, depth: int = 0) -> Iterator[Block]:
    """Those of ``text``, which stands within ``level`` lists and ``depth`` environments."""
    start = position = 0
    while found := _PIECE.search(text, position):
        position = found.end()
        if found["inline"]:
            continue
        yield from _between(text[start : found.start()])
        if found["display"]:
            yield Block(Category.FORMULA, found.group(), markup="latex")
        elif (name := found["environment"]) and depth < _DEEPEST:
            inside, position, whole = _inside(text, name, position)
            yield from _environment(
                name.rstrip("*"), inside, text[found.start() : position], (level, depth), whole=whole
            )
        elif command := found["command"]:
            argument, position = _argument(text, position)
            yield from _command(command, argument)
        elif found["picture"]:
            yield Block(Category.PICTURE, "")
        start = position
    yield from _between(text[start:])


def _environment(name: str, inside: str, written: str, within: tuple[int, int], *, whole: bool) -> Iterator[Block]:
    if name in _FORMULAS:
        yield Block(Category.FORMULA, written, markup="latex")
    elif name == "tabular":
        yield plain.table(table(inside, whole=whole))
    elif name in _LISTS:
        yield from _items(inside, _LISTS[name], *within)
    elif name in _AS_IT_IS:
        yield Block(Category.TEXT, inside.strip("\n"))
    else:  # a frame around other things: abstract, center, table, figure
        yield from _blocks(inside, within[0], within[1] + 1)


def _command(command: str, argument: str) -> Iterator[Block]:
    said = inline(argument)
    line = " ".join(said.split())
    if not line:
        return
    if command == "title":
        yield Block(Category.TITLE, line, markup="markdown")
    elif command in _HEADINGS:
        yield Block(Category.SECTION_HEADER, line, markup="markdown", level=_HEADINGS[command])
    else:
        yield Block(_CATEGORIES.get(command, Category.TEXT), said.strip(), markup="markdown")


def _items(inside: str, marker: str, level: int, outside: int) -> Iterator[Block]:
    r"""One list item for each ``\item`` that stands in no inner list, and what else stands in it."""
    starts: list[tuple[int, int, str | None]] = []
    depth = 0
    for found in _ITEM.finditer(inside):
        if found[1]:
            depth += 1 if found[1] == "begin" else -1
        elif depth == 0:
            starts.append((found.start(), found.end(), found[2]))
    ends = [*(start for start, _, _ in starts), len(inside)]
    yield from _blocks(inside[: ends[0]], level + 1, outside + 1)
    for number, ((_, start, own), end) in enumerate(zip(starts, ends[1:], strict=True), 1):
        first, *others = [*_blocks(inside[start:end], level + 1, outside + 1)] or [Block(Category.TEXT, "")]
        printed = marker.format(number) if own is None else own
        if first.category is Category.TEXT:
            first = replace(first, category=Category.LIST_ITEM, level=level, marker=printed or None)
        yield first
        yield from others


def _between(text: str) -> Iterator[Block]:
    return plain.apart(inline(text))


def _inside(text: str, name: str, start: int) -> tuple[str, int, bool]:
    """What stands in the environment ``name`` that was opened before ``start``, where it ends, and whether it does."""
    depth = 1
    for found in re.compile(rf"\\(begin|end)\{{{re.escape(name)}\}}").finditer(text, start):
        depth += 1 if found[1] == "begin" else -1
        if not depth:
            return text[start : found.start()], found.end(), True
    return text[start:], len(text), False


def _argument(text: str, start: int) -> tuple[str, int]:
    """What stands up to the brace that closes the one before ``start``, and where to go on; at most a paragraph."""
    depth = 1
    limit = _EMPTY_LINE.search(text, start)
    assert limit  # it finds the end at last
    for found in _BRACE.finditer(text, start):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if not depth:
            return text[start : found.start()], found.end()
    return text[start : limit.start()], limit.start()
