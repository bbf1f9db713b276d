"""Where two texts differ: as marked pieces for the eye, and as what was read for what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from rapidfuzz.distance import Levenshtein

from ocroute.compare.measures import ALIKE_EDITS

_SHORT = 3
"""Characters of a confusion at most; longer ones are lost or invented text."""


def confusions(pairs: Iterable[tuple[str, str]], most: int) -> tuple[tuple[str, str, int], ...]:
    """What was read for what, and how often, over pairs of truth and reading. Empty is nothing at all."""
    found: Counter[tuple[str, str]] = Counter()
    for truth, read in pairs:
        for one in Levenshtein.opcodes(truth, read, score_hint=ALIKE_EDITS):
            wanted, seen = truth[one.src_start : one.src_end], read[one.dest_start : one.dest_end]
            if one.tag != "equal" and max(len(wanted), len(seen)) <= _SHORT:
                found[wanted, seen] += 1
    return tuple((wanted, seen, count) for (wanted, seen), count in found.most_common(most))


def marked(wanted: str, parts: list[str]) -> list[list[dict[str, Any]]]:
    """The parts of a text, in pieces for the viewer: what the other text does not have is ``inserted``, what it has besides
    is ``deleted`` and stands where it would belong.

    Args:
        wanted: what the parts, with a space between them, are held against.
    """
    text = " ".join(parts)
    ends, at = [], 0
    for part in parts:
        at += len(part) + 1
        ends.append(at)
    lines: list[list[dict[str, Any]]] = [[] for _ in parts]

    def put(start: int, end: int, style: str) -> None:
        """Pieces of the own text, cut where parts end."""
        while start < end:
            line = next(place for place, border in enumerate(ends) if start < border)
            stop = min(end, ends[line])
            _piece(lines[line], text[start:stop], style)
            start = stop

    for one in Levenshtein.opcodes(wanted, text, score_hint=ALIKE_EDITS):
        if one.tag in ("delete", "replace") and lines:
            line = next((place for place, border in enumerate(ends) if one.dest_start < border), len(lines) - 1)
            _piece(lines[line], wanted[one.src_start : one.src_end], "deleted")
        if one.tag != "delete":
            put(one.dest_start, one.dest_end, "" if one.tag == "equal" else "inserted")
    return lines


def _piece(line: list[dict[str, Any]], text: str, style: str) -> None:
    if not text:
        return
    styles = [style] if style else []
    if line and line[-1]["styles"] == styles:
        line[-1]["text"] += text
    else:
        line.append({"text": text, "styles": styles})
