"""What stands beside the text: turned stamps, and the numbers that count its lines."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ocroute.layout.pieces import Piece, Scale

_FEWEST_NUMBERS = 5
"""Fewer numbers in a file may be anything."""


def beside_text(pieces: Sequence[Piece], scale: Scale) -> list[Piece]:
    """Turned stamps beside the text, and numbers that count its lines."""
    upright = [p for p in pieces if not p.turned]
    if not upright:
        return []
    turned = [
        p
        for p in pieces
        if p.turned
        and not p.line.angle % 90
        and (p.box.x1 < 0.1 * scale.width or p.box.x0 > 0.9 * scale.width)
        and all(p.box.x1 <= q.box.x0 or p.box.x0 >= q.box.x1 for q in upright if q.box.width > 0.2 * scale.width)
    ]
    aslant = [p for p in pieces if p.line.angle % 90]  # watermarks
    return turned + aslant + _line_numbers(upright, scale)


def _line_numbers(pieces: Sequence[Piece], scale: Scale) -> list[Piece]:
    """Numbers in one file beside the text that rise by an even step."""
    numbers = sorted((p for p in pieces if p.text.isdecimal() and len(p.text) < 5), key=lambda p: p.base)
    if len(numbers) < _FEWEST_NUMBERS:
        return []
    top, bottom = numbers[0].box.y0, numbers[-1].box.y1
    bulk = [
        p for p in pieces if sum(letter.isalpha() for letter in p.text) > 4 and top < (p.box.y0 + p.box.y1) / 2 < bottom
    ]
    for side in ("left", "right"):
        outer = [
            p for p in numbers if all((p.box.x1 <= q.box.x0 if side == "left" else p.box.x0 >= q.box.x1) for q in bulk)
        ]
        if len(outer) < _FEWEST_NUMBERS or max(p.box.x1 for p in outer) - min(p.box.x0 for p in outer) > 4 * scale.size:
            continue
        steps = [int(below.text) - int(above.text) for above, below in pairwise(outer)]
        if min(steps) > 0 and steps.count(max(set(steps), key=steps.count)) >= 0.8 * len(steps):
            return outer
    return []
