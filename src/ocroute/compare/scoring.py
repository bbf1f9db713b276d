"""One page of a run against the known text of that page. Pure."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import Literal, cast, get_args

import msgspec
from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from ocroute.compare.measures import (
    ALIKE,
    ALIKE_EDITS,
    NORMALISATIONS,
    Errors,
    Order,
    Overlap,
    clusters,
    order,
    overlap,
    table_adjacency,
    word_order,
)
from ocroute.compare.read_pages import HYPHEN, Part, ReadPage
from ocroute.compare.table_trees import TreeLikeness
from ocroute.errors import UsageError

Ignored = Literal["case", "punctuation", "furniture"]

WRONG_CER, WRONG_RECALL = 0.10, 0.90
"""A page is wrong with more wrong characters, or fewer of the words, than this."""

_LONGEST = 80  # characters of a line that are looked for
_SHORTEST = 6


class Rules(msgspec.Struct, frozen=True):
    """What two texts may differ in without a difference counting.

    Attributes:
        ignored: besides what `in_words` says of all: case, punctuation, page headers and footers.
    """

    ignored: frozenset[Ignored] = frozenset({"furniture"})

    @property
    def in_words(self) -> str:
        """To be printed beside every figure."""
        fixed = (
            "Unicode NFC, grapheme clusters; white space as one space; quotation marks, dashes, ligatures made plain"
        )
        fixed += "; hyphens at line ends resolved; markup left out"
        return f"{fixed}; ignored: {', '.join(sorted(self.ignored)) or 'nothing else'}"

    def applied(self, text: str) -> str:
        """``text`` in which only differences that count are left."""
        text = NORMALISATIONS["typography"](HYPHEN.sub("", text))
        if "case" in self.ignored:
            text = text.casefold()
        if "punctuation" in self.ignored:
            text = " ".join("".join(" " if unicodedata.category(one)[0] == "P" else one for one in text).split())
        return text

    def text(self, page: ReadPage) -> str:
        """Of a page; empty of one that failed."""
        parts = page.parts if "furniture" in self.ignored else (*page.parts, *page.furniture)
        return "" if page.error else self.applied("\n".join(part.text for part in parts))


class PageScore(msgspec.Struct, frozen=True):
    """How far a page is from what is known of it.

    Attributes:
        characters, words: edits against the length of the truth.
        bag: words whatever their order.
        order: of the lines of the truth that can be found again.
        tables: neighbouring cells.
        furniture: words of headers and footers that were told apart, where the truth does.
        trees: TEDS summed over tables, and how many there are, see `ocroute.compare.table_trees`; (0, 0) where nobody asked.
        right: whether the text can be used: see `WRONG_CER`; of an empty page whether nothing was read.
    """

    characters: Errors
    words: Errors
    bag: Overlap
    order: Order
    tables: Overlap
    furniture: Overlap
    right: bool
    trees: tuple[float, int] = (0.0, 0)

    @property
    def clipped(self) -> float:
        """The character error rate, 1 at most, so that one page that ran wild does not outweigh all others."""
        return min(1.0, self.characters.rate)


def score(truth: ReadPage, found: ReadPage, rules: Rules, trees: TreeLikeness | None = None) -> PageScore:
    """Of a page that was read, failed, or is missing (both have an ``error``, and count as if nothing had been read).

    Args:
        trees: measures TEDS too.
    """
    wanted, read = rules.text(truth), rules.text(found)
    characters, words = (_distance(*pair) for pair in ((_units(wanted), _units(read)), (wanted.split(), read.split())))
    bag = overlap(Counter(wanted.split()), Counter(read.split()))
    right = characters.rate <= WRONG_CER and bag.recall >= WRONG_RECALL and not found.error
    tables = () if found.error else found.tables
    return PageScore(
        characters,
        words,
        bag,
        _order(truth, wanted, read, rules),
        table_adjacency(truth.tables, tables, ALIKE) if truth.tables or tables else Overlap(),
        _furniture(truth, found, rules),
        right or (not wanted and not read),
        trees.page(truth.tables, tables) if trees else (0.0, 0),
    )


def apart(one: str, other: str) -> tuple[int, int]:
    """Edits between two texts whose `Rules` are applied, and the length of the longer."""
    first, second = _units(one), _units(other)
    return Levenshtein.distance(first, second, score_hint=ALIKE_EDITS), max(len(first), len(second))


def _units(text: str) -> str | list[str]:
    """Grapheme clusters; the text itself where each is one character, which is compared many times faster."""
    found = clusters(text)
    return text if len(found) == len(text) else list(found)


def _distance(wanted: str | list[str], read: str | list[str]) -> Errors:
    return Errors(Levenshtein.distance(wanted, read, score_hint=ALIKE_EDITS), len(wanted))


def _order(truth: ReadPage, wanted: str, read: str, rules: Rules) -> Order:
    """Of the truth's lines, by where each stands in the text, letters misread or not; of words where there are few lines."""
    lines = [line for part in truth.parts if len(line := rules.applied(part.text)[:_LONGEST].strip()) >= _SHORTEST]
    once = [line for line, count in Counter(lines).items() if count == 1 and wanted.count(line) == 1]
    if len(once) < 3:
        return word_order(wanted, read, "none")
    places = {line: place for line in once if (place := _place(line, read)) is not None}
    return order([line for line in once if line in places], sorted(places, key=lambda line: places[line]))


def _place(line: str, text: str) -> int | None:
    """Where ``line`` stands in ``text``; None where it is not there once."""
    at = text.find(line)
    if at >= 0:
        return at if text.find(line, at + 1) < 0 else None
    if len(text) < len(line):
        return None
    found = fuzz.partial_ratio_alignment(line, text, score_cutoff=100 * ALIKE)
    return found.dest_start if found else None


def _furniture(truth: ReadPage, found: ReadPage, rules: Rules) -> Overlap:
    if not truth.furniture:
        return Overlap()
    return overlap(_bag(truth.furniture, rules), Counter() if found.error else _bag(found.furniture, rules))


def _bag(parts: Iterable[Part], rules: Rules) -> Counter[str]:
    return Counter(word for part in parts for word in rules.applied(part.text).split())


def rules_for(ignored: Iterable[str]) -> Rules:
    """The rules for names that a user gives; ``none`` is nothing at all.

    Raises:
        UsageError: there is no such name.
    """
    names = [name for name in ignored if name != "none"]
    if wrong := [name for name in names if name not in get_args(Ignored)]:
        raise UsageError(
            f"{wrong[0]!r} is nothing that can be ignored",
            next_step=f"Choose from: {', '.join(get_args(Ignored))}, none",
        )
    return Rules(frozenset(cast("list[Ignored]", names)))
