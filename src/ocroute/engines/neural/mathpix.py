r"""Blocks from Markdown with LaTeX among it, as Mathpix writes it and GOT-OCR was taught.

``\section*{Sales}``, ``\begin{tabular}``, ``\item`` and their like become blocks; what stands between is Markdown. Of LaTeX only
the dozen forms that occur are known. A library's parser would not do: it needs valid LaTeX, and a model's answer may break off,
or leave a brace open, anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Final

from msgspec.structs import replace

from ocroute.engines.neural import markdown_blocks
from ocroute.engines.neural.preamble import parted
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
_MATH: Final = re.compile(r"\\\((.+?)\\\)|\$\$.+?\$\$|\$[^$\n]+\$", re.DOTALL)
_WRAPS: Final = {
    **dict.fromkeys(("textbf", "mathbf"), "**"),
    **dict.fromkeys(("textit", "emph", "textsl"), "*"),
    **dict.fromkeys(("text", "textrm", "textsf", "textsc", "textnormal", "underline", "mbox"), ""),
    "texttt": "`",
}
_COMMAND: Final = re.compile(rf"\\({'|'.join(_WRAPS)})\{{([^{{}}]*)\}}")
_LINE_END: Final = re.compile(r"[ \t]*\\\\(?:\[[^\]\n]*\])?[ \t]*\n?")
_ESCAPED: Final = re.compile(r"\\([%&{}])")
_STASH: Final = 0xF0000  # private use: no model writes these
_GROUP: Final = r"\{(?:[^{}]|\{[^{}]*\})*\}"
_COLUMNS: Final = re.compile(rf"\s*(?:\[[^\]\n]*\])?\s*(?:{_GROUP})?")
_RULES: Final = re.compile(
    r"\\(?:hline|toprule|midrule|bottomrule)\b|\\(?:cline|cmidrule)\s*(?:\([^)\n]*\))?\s*\{[^{}\n]*\}|\\rowcolor(?:\[[^\]\n]*\])?\{[^{}\n]*\}"
)
_SIGN: Final = re.compile(r"\\(begin|end)\b|(\\\\(?:\s*\[[^\]\n]*\])?)|\\.|([{}&])", re.DOTALL)
_ACROSS: Final = re.compile(rf"\s*\\multicolumn\s*\{{\s*(\d{{1,3}})\s*\}}\s*{_GROUP}\s*\{{(.*)\}}\s*", re.DOTALL)
_DOWN: Final = re.compile(
    rf"\s*\\multirow\s*(?:\[[^\]\n]*\])?\s*\{{\s*(\d{{1,3}})\s*\}}\s*(?:\[[^\]\n]*\])?\s*(?:{_GROUP}|\*)\s*\{{(.*)\}}\s*",
    re.DOTALL,
)
_INNER: Final = re.compile(
    rf"\\begin\{{tabular\}}(?:\[[^\]\n]*\])?(?:{_GROUP})?|\\end\{{tabular\}}|\\makecell(?:\[[^\]\n]*\])?"
)


def from_mathpix(answer: str) -> tuple[Block, ...]:
    """Titles, headings, lists, tables, formulas, captions, footnotes and paragraphs, in order.

    Args:
        answer: Markdown and LaTeX. One that is cut keeps all that was written; a model's preamble is left out.
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
        yield markdown_blocks.table(tabular(inside, whole=whole))
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
    return markdown_blocks.apart(inline(text))


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


def inline(text: str, *, marks: bool = True) -> str:
    r"""``text`` with its commands as Markdown, formulas left alone but for their signs, and ``\\`` as a line end.

    Args:
        marks: whether bold and italic type keeps marks.
    """
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(f"${found[1].strip()}$" if found[1] else found[0])
        return chr(_STASH + len(kept) - 1)

    def wrap(found: re.Match[str]) -> str:
        mark = _WRAPS[found[1]] if marks and found[2].strip() else ""
        return f"{mark}{found[2].strip()}{mark}" if mark else found[2]

    text = _MATH.sub(keep, text)
    while (shorter := _COMMAND.sub(wrap, text)) != text:  # from the innermost outwards
        text = shorter
    text = _ESCAPED.sub(r"\1", _LINE_END.sub("\n", text))
    return (
        re.sub(
            f"[{chr(_STASH)}-{chr(_STASH + max(0, len(kept) - 1))}]", lambda found: kept[ord(found[0]) - _STASH], text
        )
        if kept
        else text
    )


def tabular(inside: str, *, whole: bool = True) -> str:
    r"""HTML of what stands between ``\begin{tabular}`` and ``\end{tabular}``.

    Args:
        inside: the columns' letters, and the rows.
        whole: whether it is closed; one that was cut stays open, so that the cut shows.
    """
    body = _RULES.sub("", inside[found.end() :] if (found := _COLUMNS.match(inside)) else inside)
    covered: dict[int, int] = {}  # columns, to the rows below that a cell further up reaches into
    rows = "".join(_row(cells, covered) for cells in _rows(body))
    return f"<table>{rows}</table>" if whole else f"<table>{rows}"


def _row(cells: list[str], covered: dict[int, int]) -> str:
    written: list[str] = []
    column = 0
    for cell in cells:
        if covered.get(column) and not cell.strip():  # LaTeX has an empty cell there, HTML has none
            covered[column] -= 1
            column += 1
            continue
        across, said = _spanning(_ACROSS, cell)
        down, said = _spanning(_DOWN, said)
        covered.update((column + at, down - 1) for at in range(across))
        spans = f' colspan="{across}"' * (across > 1) + f' rowspan="{down}"' * (down > 1)
        text = " ".join(inline(_INNER.sub("", said), marks=False).split())
        written.append(f"<td{spans}>{escape(text, quote=False)}</td>")
        column += across
    return f"<tr>{''.join(written)}</tr>"


def _spanning(pattern: re.Pattern[str], cell: str) -> tuple[int, str]:
    """Over how many columns or rows ``cell`` reaches, and its text."""
    found = pattern.fullmatch(cell)
    return (max(1, int(found[1])), found[2]) if found else (1, cell)


def _rows(body: str) -> list[list[str]]:
    """The cells of each row; signs within braces or an inner table part nothing."""
    rows: list[list[str]] = [[]]
    start = depth = 0
    for found in _SIGN.finditer(body):
        word, line_end, sign = found.groups()
        if word == "begin" or sign == "{":
            depth += 1
        elif word == "end" or sign == "}":
            depth = max(0, depth - 1)
        elif depth == 0 and (line_end or sign == "&"):
            rows[-1].append(body[start : found.start()])
            start = found.end()
            if line_end:
                rows.append([])
    rows[-1].append(body[start:])
    return [row for row in rows if any(cell.strip() for cell in row)]
