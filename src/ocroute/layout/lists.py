"""List markers."""

from __future__ import annotations

import re

_BULLETS = "•‣⁃▪▫■□●○◦∙·◆◇▶►➢➤✓✔❖\uf0b7\uf0a7–—*-"
_MARKER = re.compile(
    rf"^(?P<marker>[{_BULLETS}]|\[\d{{1,3}}\]|\(?(?:\d{{1,3}}|[a-zA-Z]|[ivxIVX]{{1,5}})\)|(?:\d{{1,3}}|[a-z]|[ivx]{{1,5}})\.)"
    r"\s+(?P<rest>\S.*)$",
    re.DOTALL,
)
_GLUED = re.compile(r"^(?P<marker>[•‣▪■●○◦◆➢➤✓✔❖\uf0b7\uf0a7])(?P<rest>[^\W_].*)$", re.DOTALL)
_WEAK = frozenset("–—*-·")


def split_marker(text: str) -> tuple[str, str] | None:
    """The list marker that ``text`` begins with and the text behind it, or None."""
    found = _MARKER.match(text) or _GLUED.match(text)
    return (found["marker"], found["rest"]) if found else None


def is_weak(marker: str) -> bool:
    """Whether a line may well begin so in running text (a dash, a letter, a number) and siblings or an indent must confirm it."""
    return marker in _WEAK or (marker[0] not in _BULLETS and not marker.startswith("["))
