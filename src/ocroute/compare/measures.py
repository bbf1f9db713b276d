"""How far what was read is from what stands there: characters, words, reading order, tables, rates with their intervals.

All functions are pure. Texts are compared after a normalisation with a name (`NORMALISATIONS`), and characters are what a reader
takes for one: extended grapheme clusters (Unicode Standard Annex 29), so that "é" counts once however it is coded.

Rates over several pages come from summed counts, never from a mean of rates: add the values, then ask for ``rate``.
"""

from __future__ import annotations

import random
import unicodedata
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal, TypeVar

import regex
from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

Normalisation = Literal["none", "nfc", "spaces", "typography"]
Cell = tuple[int, int, int, int, str]
"""Row and column of its first place, counted from 0; rows and columns that it covers; text."""

ALIKE = 0.75
"""Similarity from which a misread line or cell is still the same one."""

ALIKE_EDITS = 31
"""Edits that are tried first, then twice as many, and so on: alike texts take a fortieth of the time, to the same result."""

T = TypeVar("T", bound=Hashable)

_CLUSTER = regex.compile(r"\X")
_TYPOGRAPHY = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′`´", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\ufeff", ""),
        "…": "...",
        "ﬀ": "ff",
        "ﬁ": "fi",
        "ﬂ": "fl",
        "ﬃ": "ffi",
        "ﬄ": "ffl",
        "µ": "μ",
    }
)


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _spaces(text: str) -> str:
    return " ".join(_nfc(text).split())


def _typography(text: str) -> str:
    return _spaces(_nfc(text).translate(_TYPOGRAPHY))


NORMALISATIONS: Mapping[Normalisation, Callable[[str], str]] = {
    "none": str,
    "nfc": _nfc,
    "spaces": _spaces,
    "typography": _typography,
}
"""``nfc`` composes; ``spaces`` makes every run of white space one space as well, and none at the ends; ``typography`` makes
quotation marks, dashes, ligatures and dots plain too, and drops what has no width."""


@dataclass(frozen=True, slots=True)
class Errors:
    """Edits (insertions, deletions, substitutions) from a truth to what was read, and the length of the truth; can be added."""

    edits: int = 0
    length: int = 0

    @property
    def rate(self) -> float:
        """Edits over length, above 1 where much was invented; against an empty truth 0 for nothing and 1 for anything."""
        return self.edits / self.length if self.length else float(self.edits > 0)

    def __add__(self, other: Errors) -> Errors:
        return Errors(self.edits + other.edits, self.length + other.length)


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many things of the truth were found, and how many there are on either side; can be added."""

    common: int = 0
    wanted: int = 0
    found: int = 0

    @property
    def recall(self) -> float:
        """The share of the truth that was found; 1 where there was nothing to find."""
        return self.common / self.wanted if self.wanted else 1.0

    @property
    def precision(self) -> float:
        """The share of what was found that is in the truth; 1 where nothing was found."""
        return self.common / self.found if self.found else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of both; 1 where both sides are empty."""
        both = self.wanted + self.found
        return 2 * self.common / both if both else 1.0

    def __add__(self, other: Overlap) -> Overlap:
        return Overlap(self.common + other.common, self.wanted + other.wanted, self.found + other.found)


@dataclass(frozen=True, slots=True)
class Order:
    """Pairs of things in the order of the truth, and pairs in the other one; can be added.

    Attributes:
        matched: things that both sides have.
    """

    concordant: int = 0
    discordant: int = 0
    matched: int = 0

    @property
    def tau(self) -> float:
        """Kendall's tau, from -1 (backwards) to 1 (the same order); 1 where nothing can be in a wrong order."""
        pairs = self.concordant + self.discordant
        return (self.concordant - self.discordant) / pairs if pairs else 1.0

    def __add__(self, other: Order) -> Order:
        return Order(
            self.concordant + other.concordant, self.discordant + other.discordant, self.matched + other.matched
        )


@dataclass(frozen=True, slots=True)
class Interval:
    """Two ends of a confidence interval."""

    low: float
    high: float


def clusters(text: str) -> Sequence[str]:
    """Extended grapheme clusters; the text itself where each is one code point."""
    return text if text.isascii() and "\r" not in text else _CLUSTER.findall(text)


def character_errors(truth: str, found: str, normalisation: Normalisation = "spaces") -> Errors:
    """Levenshtein distance in grapheme clusters."""
    wanted, read = (clusters(NORMALISATIONS[normalisation](text)) for text in (truth, found))
    return Errors(Levenshtein.distance(wanted, read, score_hint=ALIKE_EDITS), len(wanted))


def word_errors(truth: str, found: str, normalisation: Normalisation = "spaces") -> Errors:
    """Levenshtein distance in words, which white space parts."""
    wanted, read = (NORMALISATIONS[normalisation](text).split() for text in (truth, found))
    return Errors(Levenshtein.distance(wanted, read, score_hint=ALIKE_EDITS), len(wanted))


def cer(truth: str, found: str, normalisation: Normalisation = "spaces") -> float:
    """Character error rate of one text."""
    return character_errors(truth, found, normalisation).rate


def wer(truth: str, found: str, normalisation: Normalisation = "spaces") -> float:
    """Word error rate of one text."""
    return word_errors(truth, found, normalisation).rate


def word_overlap(truth: str, found: str, normalisation: Normalisation = "spaces") -> Overlap:
    """Words in common whatever their order; one that stands there twice has to be found twice."""
    return overlap(*(Counter(NORMALISATIONS[normalisation](text).split()) for text in (truth, found)))


def overlap(wanted: Counter[T], found: Counter[T]) -> Overlap:
    """Of two multisets."""
    return Overlap((wanted & found).total(), wanted.total(), found.total())


def order(truth: Iterable[T], found: Iterable[T]) -> Order:
    """How often two things stand in the order of the truth. Things that a side has twice or not at all say nothing of it."""
    wanted, read = list(truth), list(found)
    once = {thing for thing, count in Counter(wanted).items() if count == 1}
    once &= {thing for thing, count in Counter(read).items() if count == 1}
    place = {thing: index for index, thing in enumerate(thing for thing in wanted if thing in once)}
    places = [place[thing] for thing in read if thing in once]
    wrong = _inversions(places)
    return Order(len(places) * (len(places) - 1) // 2 - wrong, wrong, len(places))


def word_order(truth: str, found: str, normalisation: Normalisation = "spaces") -> Order:
    """`order` of the words that stand once in either text."""
    return order(*(NORMALISATIONS[normalisation](text).split() for text in (truth, found)))


def line_order(truth: Sequence[str], found: Sequence[str], least: float = ALIKE) -> Order:
    """`order` of lines, matched by likeness, so that misread letters do not count against the order."""
    alone = [text for text, count in Counter(truth).items() if count == 1]
    pairs = matches(alone, found, least)
    return order([one for one, _ in sorted(pairs)], [one for one, _ in sorted(pairs, key=lambda pair: pair[1])])


def matches(truth: Sequence[str], found: Sequence[str], least: float = ALIKE) -> list[tuple[int, int]]:
    """Which text is which: pairs of indices, the likest first, each index once.

    Args:
        least: of the similarity, 0 to 1 (rapidfuzz's ``ratio``), from which two texts may be the same.
    """
    alike = [
        (-score, abs(one - other), one, other)
        for one, wanted in enumerate(truth)
        for other, read in enumerate(found)
        if (score := fuzz.ratio(wanted, read, score_cutoff=100 * least)) or wanted == read
    ]
    taken: tuple[set[int], set[int]] = (set(), set())
    pairs = []
    for _, _, one, other in sorted(alike):
        if one not in taken[0] and other not in taken[1]:
            taken[0].add(one)
            taken[1].add(other)
            pairs.append((one, other))
    return pairs


def neighbours(cells: Iterable[Cell]) -> Counter[tuple[str, str, str]]:
    """Every pair of neighbouring cells with text, as (text, ``right`` or ``below``, text).

    Empty cells between two are passed over (Göbel et al., 2012: the measure of the ICDAR 2013 table competition). Texts are
    compared without white space and case, with plain typography.
    """
    grid: dict[tuple[int, int], int] = {}
    texts: list[str] = []
    for row, column, rows, columns, text in cells:
        said = "".join(_typography(text).casefold().split())
        texts.append(said)
        if said:
            grid |= {(r, c): len(texts) - 1 for r in range(row, row + rows) for c in range(column, column + columns)}
    pairs: set[tuple[int, str, int]] = set()
    for name, key in (("right", lambda place: place), ("below", lambda place: place[::-1])):
        last: tuple[int, int] | None = None
        for place in sorted(grid, key=key):
            along = 0 if name == "right" else 1
            if last is not None and last[along] == place[along] and grid[last] != grid[place]:
                pairs.add((grid[last], name, grid[place]))
            last = place
    return Counter((texts[one], name, texts[other]) for one, name, other in pairs)


def table_adjacency(truth: Iterable[Iterable[Cell]], found: Iterable[Iterable[Cell]], least: float = 1.0) -> Overlap:
    """Neighbouring cells of all tables of a page that are neighbours in the truth.

    Args:
        least: below 1, a cell counts for the likest one of the truth from this similarity on: misread letters are not the
            table's fault.
    """
    wanted, read = (sum(map(neighbours, side), Counter[tuple[str, str, str]]()) for side in (truth, found))
    if least < 1:
        known = {text for one, _, other in wanted for text in (one, other)}
        meant = {text: _likest(text, known, least) for pair in read for text in (pair[0], pair[2])}
        moved: Counter[tuple[str, str, str]] = Counter()
        for (one, name, other), count in read.items():
            moved[meant[one], name, meant[other]] += count
        read = moved
    return overlap(wanted, read)


def wilson(passed: int, total: int, confidence: float = 0.95) -> Interval:
    """Where a success rate lies (Wilson's score interval); 0 to 1 where nothing was tried."""
    if not total:
        return Interval(0.0, 1.0)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, spread = passed / total, z * z / total
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * (share * (1 - share) / total + spread / (4 * total)) ** 0.5
    return Interval(max(0.0, min(middle - half, share)), min(1.0, max(middle + half, share)))


def bootstrap(
    values: Sequence[T],
    statistic: Callable[[Sequence[T]], float],
    *,
    confidence: float = 0.95,
    rounds: int = 1000,
    seed: int = 0,
) -> Interval:
    """Where a statistic of pages lies, by drawing as many of them again and again (percentiles); the same for the same seed.

    Args:
        values: one for each page, at least one.

    Raises:
        ValueError: there are none.
    """
    if not values:
        raise ValueError("nothing to draw from")
    draw = random.Random(seed)
    found = sorted(statistic(draw.choices(values, k=len(values))) for _ in range(rounds))
    tail = (1 - confidence) / 2
    return Interval(found[round(tail * (rounds - 1))], found[round((1 - tail) * (rounds - 1))])


def _likest(text: str, known: set[str], least: float) -> str:
    if text in known:
        return text
    ranked = max(((fuzz.ratio(text, one), one) for one in known), default=(0.0, text))
    return ranked[1] if ranked[0] >= 100 * least else text


def _inversions(places: list[int]) -> int:
    """Pairs in the wrong order, by merging."""
    if len(places) < 2:
        return 0
    middle = len(places) // 2
    left, right = places[:middle], places[middle:]
    count = _inversions(left) + _inversions(right)
    left.sort()
    right.sort()
    at = 0
    for place in left:
        while at < len(right) and right[at] < place:
            at += 1
        count += at
    return count
