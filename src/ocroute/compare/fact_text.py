"""Text as the facts compare it: what a reader would call equal is made equal, and near matches are found."""

from __future__ import annotations

import re
from typing import NamedTuple

from rapidfuzz import fuzz

from ocroute.compare.measures import NORMALISATIONS

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_TAG = re.compile(r"</?(?:b|i|em|strong|sup|sub|u|span)\b[^>]*>", re.IGNORECASE)
_EMPHASIS = (
    re.compile(r"\*\*(\S.*?)\*\*"),
    re.compile(r"__(\S.*?)__"),
    re.compile(r"\*(\S.*?)\*"),
    re.compile(r"\b_(\S.*?)_\b"),
)


def normalise(text: str) -> str:
    """``text`` without comments, emphasis, line ends and typographic variety. Backslash escapes stay: a reader would see them."""
    text = NORMALISATIONS["typography"](_TAG.sub("", _BREAK.sub(" ", _COMMENT.sub(" ", text))))
    for emphasis in _EMPHASIS:
        text = emphasis.sub(r"\1", text)
    return text


class Match(NamedTuple):
    """Where a needle was best found: [start, end) in the haystack, and how alike, 0 to 1."""

    start: int
    end: int
    likeness: float


def find(needle: str, haystack: str) -> Match:
    """The best match of ``needle``; both normalised. An empty haystack gives a likeness of 0."""
    at = haystack.find(needle)
    if at >= 0:
        return Match(at, at + len(needle), 1.0)
    if len(haystack) < len(needle):  # the library would look for the haystack in the needle
        return Match(0, len(haystack), fuzz.ratio(needle, haystack) / 100)
    found = fuzz.partial_ratio_alignment(needle, haystack)
    if found is None:
        return Match(0, 0, 0.0)
    return Match(found.dest_start, found.dest_end, found.score / 100)


def positions(needle: str, haystack: str, limit: float) -> list[int]:
    """Every exact position of ``needle``, else its best match's where that is at least ``limit`` alike."""
    exact = [match.start() for match in re.finditer(re.escape(needle), haystack)]
    if exact:
        return exact
    best = find(needle, haystack)
    return [best.start] if best.likeness >= limit else []


def limit_for(needle: str, max_diffs: int) -> float:
    """The likeness that ``max_diffs`` wrong letters leave."""
    return max(0.5, 1 - max_diffs / max(1, len(needle)))
