"""Joins the end of one line to the start of the next."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

_HYPHENS = "-\u2010\u2011\u00ad\u00ac"
_DASHES = _HYPHENS + "–—"
_WORD = re.compile(r"[^\W\d_]+(?:[-\u2010\u2011][^\W\d_]+)*")
_TAIL = re.compile(
    rf"(?<![^\W\d_])([^\W\d_]+)[{_HYPHENS}]$"
)  # from a word's first letter only: words may be of any length
_HEAD = re.compile(r"[^\W\d_]+")
_ADDRESS = re.compile(r"(?:https?://|www\.|doi\.org/)\S*[/\-_=&?.%]$")

# First and last parts that English compounds keep a hyphen beside, and that hyphenation seldom leaves alone on a line.
_FIRST_PARTS = frozenset(
    {
        "self",
        "well",
        "ex",
        "all",
        "half",
        "cross",
        "high",
        "low",
        "long",
        "short",
        "state",
        "two",
        "three",
        "four",
        "five",
    }
)
_LAST_PARTS = frozenset(
    {"based", "like", "dependent", "independent", "specific", "level", "scale", "order", "free", "driven", "oriented"}
    | {
        "aware",
        "related",
        "known",
        "called",
        "wide",
        "type",
        "dimensional",
        "sized",
        "shaped",
        "quality",
        "rich",
        "old",
    }
)


def is_cjk(letter: str) -> bool:
    """Whether a letter belongs to a script that is written without spaces (Chinese, Japanese; not Korean)."""
    return (
        "\u3000" <= letter <= "\u30ff"
        or "\u3400" <= letter <= "\u9fff"
        or "\uf900" <= letter <= "\ufaff"
        or "\uff00" <= letter <= "\uffef"
        or "\U00020000" <= letter <= "\U0003ffff"
    )


class Joiner:
    """Joins lines, using the other words of the page as evidence on what a hyphen at a line end means.

    Args:
        texts: all lines of the page.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self.words: Counter[str] = Counter()
        for text in texts:
            found = [word.lower().replace("\u2010", "-").replace("\u2011", "-") for word in _WORD.findall(text)]
            # The halves of broken words say nothing: they end one line and begin another.
            halved_first = bool(found) and text.lstrip()[:1].islower()
            halved_last = bool(found) and _TAIL.search(text) is not None
            self.words.update(found[halved_first : len(found) - halved_last])

    def join(self, above: str, below: str) -> str:
        """``above`` and ``below`` as running text."""
        above, below = above.rstrip(), below.lstrip()
        if not above or not below:
            return above + below
        tail, head = _TAIL.search(above), _HEAD.match(below)
        if tail and head:
            keep = self._keeps_hyphen(tail.group(1), head.group(), soft=above[-1] in "\u00ad\u00ac")
            return above + below if keep else above[:-1] + below
        last, first = above[-1], below[0]
        if is_cjk(last) and is_cjk(first):
            return above + below
        if last in "—–-\u2010/" and len(above) > 1 and not above[-2].isspace():
            # A dash or slash set close to its word, or a range of numbers.
            ranged = above[-2].isdigit() and first.isdigit()
            if last == "—" or ranged or (last in "-\u2010" and first.isalnum()) or _ADDRESS.search(above):
                return above + below
        if len(below) > 1 and not last.isspace() and last not in _DASHES:
            # A dash set close to both its words, or a range, that begins its line.
            ranged = first in "–-" and last.isdigit() and below[1].isdigit()
            if ranged or (first == "—" and below[1].islower()):
                return above + below
        if _ADDRESS.search(above) and not first.isupper():
            return above + below
        return f"{above} {below}"

    def _keeps_hyphen(self, tail: str, head: str, *, soft: bool) -> bool:
        if soft:
            return False
        if head[0].isupper():
            return not (tail.isupper() and head.isupper() and len(tail) > 1)
        first, last = tail.lower(), head.lower()
        whole, compound = self.words[first + last], self.words[f"{first}-{last}"]
        if whole or compound:
            return compound > whole
        if first in _FIRST_PARTS or (last in _LAST_PARTS and len(first) > 2):
            return True
        return len(first) > 3 and len(last) > 3 and self.words[first] > 0 and self.words[last] > 0
