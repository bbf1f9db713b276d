"""Markdown escapes: all that a parser would take for markup, and nothing else, because people read the source too."""

from __future__ import annotations

import re

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


def escape_inline(text: str) -> str:
    """``text`` so that it reads the same inside a heading."""
    text = _BACKSLASH.sub(r"\\\\", text)
    if text.count("`") > 1:
        text = text.replace("`", r"\`")
    text = _HTML.sub(r"\\<", text)
    text = _ENTITY.sub(r"\\&", text)
    text = _LINK.sub(r"\\]", text)
    return _escape_emphasis(text)


def escape_heading(text: str) -> str:
    """One line of ``text`` as the content of an ATX heading, whose closing hashes are dropped by parsers."""
    return re.sub(r"(^|\s)(#+)$", r"\1\\\2", escape_inline(text))


def escape_lines(lines: list[str]) -> list[str]:
    """The lines of one paragraph, none of which may start a block of another kind."""
    text = escape_inline("\n".join(lines))
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
            before = kind  # its first character gets a backslash, so that the rest follows punctuation, not a line's start
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
