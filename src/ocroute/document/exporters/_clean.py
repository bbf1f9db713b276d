"""Characters that no format may carry, taken out in one place."""

from __future__ import annotations

import re

_SPACING = re.compile("[\x0b\x0c\x1c-\x1f]")
_ILLEGAL = re.compile("[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """``text`` with only what XML 1.0 and HTML allow; line ends become ``\\n``.

    Control characters that separate words (form feed, file separators) become spaces; all others, lone surrogates among
    them, are dropped.
    """
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _ILLEGAL.sub("", _SPACING.sub(" ", text))


def lines_of(text: str) -> list[str]:
    """The lines of ``text`` that say something, without blanks at their ends; tabs become spaces."""
    stripped = (line.replace("\t", " ").strip() for line in text.split("\n"))
    return [line for line in stripped if line]
