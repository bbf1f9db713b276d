r"""LaTeX within a line of text as Markdown: ``\textbf{so}`` as ``**so**``, ``\(x\)`` as ``$x$``."""

from __future__ import annotations

import re
from typing import Final

_MATH: Final = re.compile(r"\\\((.+?)\\\)|\$\$.+?\$\$|\$[^$\n]+\$", re.DOTALL)
_WRAPS: Final = {
    **dict.fromkeys(("textbf", "mathbf"), "**"),
    **dict.fromkeys(("textit", "emph", "textsl"), "*"),
    **dict.fromkeys(("text", "textrm", "textsf", "textsc", "textnormal", "underline", "mbox"), ""),
    "texttt": "`",
}
_WRAPPED: Final = re.compile(rf"\\({'|'.join(_WRAPS)})\{{([^{{}}]*)\}}")
_LINE_END: Final = re.compile(r"[ \t]*\\\\(?:\[[^\]\n]*\])?[ \t]*\n?")
_SIGN: Final = re.compile(r"\\([%&{}])")
_STASH: Final = 0xF0000  # private use: no model writes these


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
    while (shorter := _WRAPPED.sub(wrap, text)) != text:  # from the innermost outwards
        text = shorter
    text = _SIGN.sub(r"\1", _LINE_END.sub("\n", text))
    return (
        re.sub(
            f"[{chr(_STASH)}-{chr(_STASH + max(0, len(kept) - 1))}]", lambda found: kept[ord(found[0]) - _STASH], text
        )
        if kept
        else text
    )
