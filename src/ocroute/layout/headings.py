"""Levels of headings, and which of them is the title."""

from __future__ import annotations

from collections.abc import Sequence

from ocroute.layout import limits
from ocroute.layout.kinds import NUMBERING
from ocroute.layout.paragraphs import Group
from ocroute.layout.pieces import Scale


def title_of(headings: Sequence[Group], scale: Scale) -> Group | None:
    """The heading that is the page's title: the largest, clearly larger than the text, unnumbered, in the upper half."""
    upper = [
        group
        for group in headings
        if group.lines[0].box.y0 < 0.5 * scale.height and _letters(group) > 3 and not NUMBERING.match(group.text)
    ]
    if not upper:
        return None
    largest = max(upper, key=lambda group: (round(group.size / scale.size, 1), -group.lines[0].box.y0))
    least = limits.TITLE_SIZE * (1 - limits.INK_NOISE if largest.lines[0].measured else 1)
    return largest if largest.size >= least * scale.size else None


def levels(headings: Sequence[Group]) -> list[int]:
    """A level from 1 to 6 for each section header: by its numbering where it has one, else by its size among the others."""
    sizes: list[float] = []
    step = 0.8 * limits.SAME_SIZE if any(group.lines[0].measured for group in headings) else limits.SAME_SIZE / 2
    for size in sorted((group.size for group in headings), reverse=True):
        if not sizes or size < sizes[-1] * (1 - step):
            sizes.append(size)
    return [_level(group, sizes) for group in headings]


def _level(group: Group, sizes: Sequence[float]) -> int:
    numbered = NUMBERING.match(group.text)
    if numbered:
        return min(6, 1 + numbered["number"].rstrip(".)").count("."))
    rank = min(range(len(sizes)), key=lambda index: abs(sizes[index] - group.size))
    return min(6, 1 + rank)


def _letters(group: Group) -> int:
    return sum(letter.isalpha() for letter in group.text)
