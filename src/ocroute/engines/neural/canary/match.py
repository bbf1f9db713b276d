"""Where in a text another stands, give or take some letters. Pure."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST = 4000
"""Characters that are searched: more than any model may say of the canary page."""


@dataclass(frozen=True, slots=True)
class Match:
    """The part of a text that is most like what was sought.

    Attributes:
        rate: edits that turn the part into what was sought, per character of it.
        before, found, after: the text, in three.
    """

    rate: float
    before: str
    found: str
    after: str


def find(sought: str, text: str) -> Match:
    """The part of ``text`` from which the fewest edits lead to ``sought``; the first where there are several."""
    searched = text[:LONGEST]
    edits = [0] * (
        len(searched) + 1
    )  # of the best part that ends here; it may begin anywhere, so the first row is free
    starts = list(range(len(searched) + 1))
    for index, wanted in enumerate(sought, 1):
        left, edits[0] = edits[0], index
        begun, starts[0] = starts[0], 0
        for column, seen in enumerate(searched, 1):
            ways = (
                (left + (wanted != seen), begun),
                (edits[column] + 1, starts[column]),
                (edits[column - 1] + 1, starts[column - 1]),
            )
            left, begun = edits[column], starts[column]
            edits[column], starts[column] = min(ways)
    end = min(range(len(edits)), key=edits.__getitem__)
    start = starts[end]
    return Match(edits[end] / max(1, len(sought)), text[:start].strip(), text[start:end], text[end:].strip())
