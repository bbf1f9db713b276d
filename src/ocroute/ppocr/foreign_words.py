"""Single words of another alphabet in a line: a recogniser that lacks it writes letters and figures of like shape, and is sure.

``руб.`` comes out as ``py6.``, ``от`` as ``oT``, ``шт.`` as ``.`` alone. Such lines are short of signs by which their score could
tell, so they are told by what is written: a short word of nothing but shapes that both alphabets have, beside figures. Another
recogniser is asked, and of its reading only the words that are no others in disguise are taken over.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import reduce
from operator import add

from ocroute.ppocr.traced import Traced

SURE = 0.9
"""Mean probability of a word's signs from which it is taken over."""

_SHORT = 4  # letters of an abbreviation or a preposition
_SHAPES = frozenset("aceopxyukrTtmwnbhzBEKMHAOPCTXωτκπλ6340/™¿")
"""Signs as which letters of Cyrillic are written by who has none."""

_PLAIN = frozenset(
    {
        "a", "an", "are", "at", "be", "been", "but", "by", "cent", "each", "hour", "more", "my", "near", "net", "no",
        "none", "not", "note", "on", "one", "our", "out", "own", "per", "term", "than", "the", "then", "to", "too",
        "two", "up", "upon", "were", "when", "who", "year", "you",
    }
)  # fmt: skip
"""English words of such shapes that stand beside figures everywhere: asking for them read a third of a page's lines twice."""

_TWINS = frozenset("аеорсухіјѕАВЕЅІЈКМНОРСТУХ")
"""Letters of Cyrillic that look like Latin ones: a word of these alone may be either."""

_WORD = re.compile(r"\S+")
_HOLE = re.compile(r"\s{2,}")  # more than a blank: a word between was left out
_ACCENTS = dict.fromkeys(range(0x300, 0x370))  # of vowels: б is taken for an á, ё for an ë
_ENDS = ".,;:!?()[]«»\"'"


def is_at_home(alphabet: frozenset[str]) -> bool:
    """Whether a recogniser with this alphabet writes Cyrillic words as they are."""
    return alphabet >= _TWINS


def has_disguised(text: str) -> bool:
    """Whether a word in it may be one of another alphabet: one of like shapes beside figures, or one that was left out there."""
    words = _WORD.findall(_HOLE.sub(" . ", text))
    figures = [any(sign.isdigit() for sign in word) for word in words]
    for at, word in enumerate(words):
        bare = unicodedata.normalize("NFD", word.strip(_ENDS)).translate(_ACCENTS)
        if (
            bare in _PLAIN
            or bare.isdigit()
            or len(bare) > _SHORT
            or not _SHAPES.issuperset(bare)
            or (not bare and len(word) > 1)
        ):
            continue
        if any(figures[max(0, at - 1) : at]) or any(figures[at + 1 : at + 2]):
            return True
    return False


def with_foreign_words(line: Traced, other: Traced) -> Traced:
    """``line`` with those words of ``other``, a reading of the same crop, that are sure and in letters which only it has."""
    own, new = list(_WORD.finditer(line.text)), list(_WORD.finditer(other.text))
    parts: list[Traced] = []
    done = 0
    for step, first, last, start, stop in _steps([word[0] for word in own], [word[0] for word in new]):
        taken = new[start:stop]
        if step not in ("replace", "insert") or not all(_is_foreign(word[0]) for word in taken):
            continue
        end = own[last].start() if last < len(own) else len(line.text)
        if step == "replace":
            end = own[last - 1].end()
            if any(word[0].strip(_ENDS).isdigit() for word in own[first:last]):
                continue
        begin, until = taken[0].start(), taken[-1].end()
        if other.probabilities[begin:until].mean() >= SURE:
            begin -= step == "insert" and begin > 0  # with the blank before it
            until += step == "insert" and until < len(other.text)
            at = own[first].start() if step == "replace" else (own[first - 1].end() if first else 0)
            parts += [line.part(done, at), other.part(begin, until)]
            done = end
    return reduce(add, [*parts, line.part(done, len(line.text))])


def _steps(own: list[str], new: list[str]) -> Iterator[tuple[str, int, int, int, int]]:
    """As `difflib` gives them; as many words for as many are replaced one by one."""
    for step, first, last, start, stop in SequenceMatcher(None, own, new, autojunk=False).get_opcodes():
        if step == "replace" and last - first == stop - start:
            yield from ((step, first + at, first + at + 1, start + at, start + at + 1) for at in range(last - first))
        else:
            yield step, first, last, start, stop


def _is_foreign(word: str) -> bool:
    """Whether all its letters are Cyrillic, and one has a shape that no Latin one has; or it is the sign for a number."""
    if word == "№":
        return True
    letters = [sign for sign in word if sign.isalpha()]
    if any(sign.isdigit() for sign in word):
        return False
    return all("Ѐ" <= sign <= "ӿ" for sign in letters) and any(sign not in _TWINS for sign in letters)
