"""One block's text as CommonMark: escaped is what a parser would take for markup, styles are marked so that it sees them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType

from ocroute.document.inline import Marked, Piece, level_digits, nested
from ocroute.document.markup import html_marked

NO_NOTES: Mapping[str, str] = MappingProxyType({})

_PUNCTUATION = r"!-/:-@\[-`{-~"
_BACKSLASH = re.compile(rf"\\(?=[{_PUNCTUATION}]|$)", re.MULTILINE)
_HTML = re.compile(r"<(?=[A-Za-z/!?])")
_ENTITY = re.compile(r"&(?=#[0-9]{1,7};|#[xX][0-9a-fA-F]{1,6};|[A-Za-z][A-Za-z0-9]{1,31};)")
_LINK = re.compile(r"\](?=\()")
_RAISED = re.compile(r"(?<!\\)<su[bp]>")
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


def heading_text(pieces: Sequence[Piece]) -> str:
    """One line as the content of an ATX heading, whose closing hashes are dropped by parsers."""
    return re.sub(r"(^|\s)(#+)$", r"\1\\\2", "\n".join(_written([pieces])))


def paragraph_lines(lines: Sequence[Sequence[Piece]], notes: Mapping[str, str] = NO_NOTES) -> list[str]:
    """The lines of one paragraph, none of which may start a block of another kind.

    Args:
        notes: raised marks that lead to footnotes, and what these are called.
    """
    written = _written(lines, notes)
    if written and written[0].startswith("["):  # the definition of a link or a footnote
        written = [line.replace("]:", r"\]:") for line in written]
    return [_escape_start(line) for line in written]


def _written(lines: Sequence[Sequence[Piece]], notes: Mapping[str, str] = NO_NOTES) -> list[str]:
    text = "\n".join("".join(piece.text for piece in line) for line in lines)
    styles = {style for line in lines for piece in line for style in piece.styles}
    if not styles:
        return _inline(text).split("\n") if text else []
    leaf = partial(_beside_marks, tildes="strike" in styles or text.count("~") > 1)
    return [nested(line, leaf, partial(_marked, notes=notes)) for line in lines]


def _beside_marks(text: str, *, tildes: bool) -> str:
    """``text`` with nothing in it that could pair with the marks around it."""
    text = re.sub(r"[\\`*~]" if tildes else r"[\\`*]", r"\\\g<0>", text)
    text = re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", text)
    return re.sub(r"<(?=[A-Za-z/!?]|$)|&(?=[#A-Za-z0-9]|$)|\](?=\()|!$", r"\\\g<0>", text)


def _marked(marked: Marked, notes: Mapping[str, str]) -> str:
    match marked.style:
        case "superscript" if note := notes.get(level_digits(marked.text)):
            return f"[^{note}]"
        case "bold":
            return _fenced("**", marked)
        case "italic":
            return _fenced("*", marked)
        case "strike":
            return _fenced("~~", marked)
        case "code":
            return _code(marked)
        case "link":
            return _link(marked)
        case _:
            return html_marked(marked)


def _fenced(fence: str, marked: Marked) -> str:
    """Between asterisks or tildes where every parser takes them for marks, else as an element, as within a word."""
    inside = marked.written
    if _stands_free(marked.before) and _stands_free(marked.after):
        return f"{fence}{inside}{fence}"
    return html_marked(marked)


def _code(marked: Marked) -> str:
    if _RAISED.search(marked.written):
        return html_marked(marked)
    ticks = "`" * (max((len(run) for run in re.findall("`+", marked.text)), default=0) + 1)
    pad = " " if marked.text[0] == "`" or marked.text[-1] == "`" else ""
    return f"{ticks}{pad}{marked.text}{pad}{ticks}"


def _link(marked: Marked) -> str:
    if marked.text == marked.href:
        return f"<{marked.href}>"
    if "[" in marked.text or "]" in marked.text:
        return html_marked(marked)
    address = _ENTITY.sub(r"\\&", marked.href)
    return f"[{marked.written}](<{address}>)" if re.search("[()]", address) else f"[{marked.written}]({address})"


def _stands_free(outside: str) -> bool:
    """Whether a fence beside ``outside`` is one by CommonMark's rule of flanking runs, whatever stands on its inner side."""
    return not outside.strip() or _is_punctuation(outside)


def _is_punctuation(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def _inline(text: str) -> str:
    """``text`` so that it reads the same where nothing is marked."""
    text = _BACKSLASH.sub(r"\\\\", text)
    if text.count("`") > 1:
        text = text.replace("`", r"\`")
    text = _HTML.sub(r"\\<", text)
    text = _ENTITY.sub(r"\\&", text)
    text = _LINK.sub(r"\\]", text)
    return _escape_emphasis(text)


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
