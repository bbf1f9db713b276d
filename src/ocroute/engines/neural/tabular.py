r"""A LaTeX table as HTML."""

from __future__ import annotations

import re
from html import escape
from typing import Final

from ocroute.engines.neural.inline import inline

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


def table(inside: str, *, whole: bool = True) -> str:
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
