"""What glyphs mean, told by the words of a reading that stand where they are drawn.

A glyph is drawn alike wherever it stands, so all its places in a file tell of it. A word with as many letters as glyphs
says a letter for each; then a word of which all glyphs but one are known says what that one is: so ligatures are found.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import eq
from typing import NamedTuple

from ocroute.writers.pdf.shown_glyphs import Glyph, Shown

AGREED = 0.9
"""Share of a glyph's places that must say the same; of a few, all but one."""

_FEW = 4  # places from which one may be a word that was misread

TRUE_FONT = 0.8
"""Share of the places of a font's glyphs in which the file says what the reading says, from which its own map is believed."""

TRUE_LETTERS = 0.95
"""Share of a page's letters that must come out as they were read."""

_LIGATURE = 3  # letters that one glyph stands for at most


class ReadWord(NamedTuple):
    """A word of the reading and the glyphs in its box, both from left to right."""

    text: str
    glyphs: tuple[Shown, ...]


def meanings(words: Iterable[ReadWord]) -> dict[Glyph, str]:
    """What each glyph means of which that is certain."""
    every = list(words)
    votes: dict[Glyph, Counter[str]] = defaultdict(Counter)
    for word in every:
        if len(word.text) == len(word.glyphs):
            for letter, shown in zip(word.text, word.glyphs, strict=True):
                votes[shown.glyph][letter] += 1
    certain = _certain(votes)
    joined: dict[Glyph, Counter[str]] = defaultdict(Counter)
    for word in every:
        unknown = [at for at, shown in enumerate(word.glyphs) if shown.glyph not in certain]
        if len(unknown) == 1 and len(word.text) > len(word.glyphs):
            head = "".join(certain[shown.glyph] for shown in word.glyphs[: unknown[0]])
            tail = "".join(certain[shown.glyph] for shown in word.glyphs[unknown[0] + 1 :])
            middle = word.text[len(head) : len(word.text) - len(tail)]
            if word.text == head + middle + tail and 0 < len(middle) <= _LIGATURE:
                joined[word.glyphs[unknown[0]].glyph][middle] += 1
    return certain | _certain(joined)


def _certain(votes: Mapping[Glyph, Counter[str]]) -> dict[Glyph, str]:
    found = {}
    for glyph, said in votes.items():
        text, count = said.most_common(1)[0]
        if count >= AGREED * said.total() or (said.total() >= _FEW and count >= said.total() - 1):
            found[glyph] = text
    return found


def true_fonts(words: Iterable[ReadWord], certain: Mapping[Glyph, str]) -> set[tuple[int, int]]:
    """The fonts of which the file says itself what their glyphs mean."""
    places: Counter[tuple[int, int]] = Counter()
    right: Counter[tuple[int, int]] = Counter()
    for word in words:
        for shown in word.glyphs:
            if (text := certain.get(shown.glyph)) is not None:
                places[shown.glyph[0]] += 1
                right[shown.glyph[0]] += shown.says.casefold() == text.casefold()
    return {font for font, count in places.items() if right[font] >= TRUE_FONT * count}


def composed(word: ReadWord, certain: Mapping[Glyph, str], true: set[tuple[int, int]]) -> str:
    """The word as its glyphs say it; NUL for one that is not certain."""
    return "".join(shown.says if shown.glyph[0] in true else certain.get(shown.glyph, "\0") for shown in word.glyphs)


def comes_out(words: Sequence[ReadWord], certain: Mapping[Glyph, str], true: set[tuple[int, int]]) -> bool:
    """Whether the words of a page, put together from their glyphs, are those that were read, but for letters misread here and
    there: all places of a glyph know better than one.
    """
    letters = right = 0
    for word in words:
        text = composed(word, certain, true)
        letters += len(word.text)
        right += sum(map(eq, text, word.text)) if len(text) == len(word.text) else 0
    return letters > 0 and right >= TRUE_LETTERS * letters
