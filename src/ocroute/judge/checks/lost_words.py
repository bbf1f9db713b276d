"""Words that vanished, or came twice, between the engine's lines and the blocks that are exported."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import ClassVar, Final

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.reading_pieces import quote
from ocroute.pages.page import InputPage
from ocroute.values import Block, Box

SHOWN: Final = 3  # words that the sentence names
_FREE: Final = re.compile(
    r"[\s\-\u00ad\u2010-\u2015\u2212\u00ac.·‥_|¦‖\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\x00-\x1f]+"
)
"""What layout may rightly leave out or set otherwise: spaces, hyphens at line ends, leaders, rules that were read as signs."""

_JOINT: Final = "^"
"""Stands between digits that may be parted or joined there, and nowhere else, or 10⁶ and 1.5 are 106 and 15."""
_BETWEEN: Final = re.compile(
    r"(?<=\d)[\-\u2010-\u2015\u2212.·‥…_]+(?=\d)|(?<=\d)(?=[²³¹⁰⁴-⁹₀-₉])|(?<=[²³¹⁰⁴-⁹₀-₉])(?=[0-9])"
)


class LostWords:
    """Speaks when a word of the engine's lines, or of the PDF's text, is in no block, or one of a block in no line."""

    summary: ClassVar[str] = "words are lost, or stand twice, between reading and result"
    limit: ClassVar[float] = 1  # words

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """How many words the lines have more than the blocks, or the blocks more than the lines; headers and footers count."""
        if not reading.lines or not reading.blocks or engine.gives_layout:
            return None
        given = Counter(word for line in reading.lines for word in _words(line.text))
        kept = Counter(word for block in reading.blocks for word in _words_of(block))
        lost, added = _unmatched(given - kept, kept - given)
        if not lost and not added:
            return None
        parts = [
            _told(words, what) for words, what in ((lost, "lost"), (added, "there twice, or out of nowhere")) if words
        ]
        boxes = [line.box for line in reading.lines if not lost.keys().isdisjoint(_words(line.text))]
        boxes += [b.box for b in reading.blocks if b.box and not added.keys().isdisjoint(_words_of(b))]
        value = lost.total() + added.total()
        return Finding(
            "lost_words",
            value,
            self.limit,
            f"Of what was read {' and '.join(parts)}.",
            weight=round(min(1.0, value / max(1, given.total())), 4),
            image=Box.around(boxes) if boxes else None,
        )


def _words(text: str) -> Iterator[str]:
    """The words of a text as they are compared."""
    for word in text.split():
        plain = word
        if not (word.isascii() and word.isalnum()):
            plain = _FREE.sub("", unicodedata.normalize("NFKC", _BETWEEN.sub(_JOINT, word)))
        if plain:
            yield plain


def _words_of(block: Block) -> Iterator[str]:
    """Those of a block; where its image is shown in place of its text, those of the lines that the image shows."""
    if block.image is not None and block.lines:
        texts: Iterable[str] = (line.text for line in block.lines)
    elif block.table is not None:
        texts = (cell.text for cell in block.table.cells)
    else:
        texts = (block.marker or "", block.text)
    for text in texts:
        yield from _words(text)


def _unmatched(missing: Counter[str], added: Counter[str]) -> tuple[Counter[str], Counter[str]]:
    """Without words that were joined of others, at a line's end or behind an initial, or parted into others."""
    if missing and added:
        missing, added = _without_joined(missing, added)
        added, missing = _without_joined(added, missing)
        letters = _letters(missing)
        if letters == _letters(added) and not any(sign.isdigit() for sign in letters):
            return Counter(), Counter()
    return missing, added


def _without_joined(parts: Counter[str], wholes: Counter[str]) -> tuple[Counter[str], Counter[str]]:
    """``wholes`` without words that are made of ``parts``, and these without what went into them. Linear in their letters."""
    parts, rest = parts.copy(), Counter[str]()
    lengths = sorted({len(part) for part in parts}, reverse=True)
    for whole, count in wholes.items():
        for _ in range(count):
            taken = _split(whole, parts, lengths)
            parts.subtract(taken)
            rest[whole] += not taken
    return +parts, +rest


def _split(whole: str, parts: Counter[str], lengths: list[int]) -> Counter[str]:
    """The parts that make ``whole``, each used no more often than it is there; empty where they do not."""
    taken: Counter[str] = Counter()
    at = 0
    while at < len(whole):
        fitting = (whole[at : at + length] for length in lengths if at + length <= len(whole))
        part = next((part for part in fitting if parts[part] > taken[part]), "")
        if not part and whole[at] == _JOINT:
            at += 1
            continue
        if not part or (part[0].isdigit() and whole[at - 1 : at].isdigit()):
            return Counter()
        taken[part] += 1
        at += len(part)
    return taken


def _letters(words: Counter[str]) -> Counter[str]:
    return Counter("".join(words.elements()))


def _told(words: Counter[str], what: str) -> str:
    names = ", ".join(quote(word) for word in list(words)[:SHOWN])
    more = ", …" if len(words) > SHOWN else ""
    count = words.total()
    return f"{count} {'word is' if count == 1 else 'words are'} {what} ({names}{more})"
