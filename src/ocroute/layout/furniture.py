"""Running titles, page numbers, stamps, line numbers: what is printed on a page but is no part of its text, set apart."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from ocroute.layout.beside import Row
from ocroute.layout.columns import rows_of
from ocroute.layout.line_measures import Piece, Scale
from ocroute.layout.margin_rows import EDGE_SHARE, evidence, in_margin, is_content, is_part, text_of, white
from ocroute.layout.margins import FEWEST_COUNTED, MARGIN_SHARE, MIDDLE_SHARE
from ocroute.layout.paragraphs import DEEPEST_INDENT, PARAGRAPH_PITCH, SAME_SIZE
from ocroute.layout.watermarks import watermarks
from ocroute.layout.wording import PAGE_NUMBER, is_telling

FURNITURE_ROWS: Final = 3
"""The most rows that a running header or footer has; a higher group at the top is a letterhead or a title."""

FURNITURE_SCORE: Final = 2.0
"""Evidence (see ``furniture``) from which a margin row is kept out of the running text."""

RUNNING_ON: Final = 0.4
"""Share of the lines of a text, at least, that begin in the middle of a sentence."""

_MORE_THAN_FURNITURE = FURNITURE_ROWS + 1
"""Lines of one type, one below the other, that no running head or foot has."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """The pieces of a page, apart. Headers and footers are in reading order."""

    headers: tuple[Piece, ...]
    body: tuple[Piece, ...]
    footers: tuple[Piece, ...]


def set_apart(pieces: Sequence[Piece], scale: Scale, rules: Sequence[float] = ()) -> Sorted:
    """Headers and footers of a single page, and everything else.

    Args:
        rules: y of the horizontal rules that cross a good part of the page.
    """
    margin = _beside_text(pieces, scale)
    marginal = {id(piece) for piece in margin}
    rest = [piece for piece in pieces if id(piece) not in marginal]
    rows = rows_of(rest, scale)
    headers = _edge(rows, scale, rules, top=True)
    taken = {id(piece) for row in headers for piece in row}
    rows = [row for row in rows if id(row[0]) not in taken]
    footers = _edge(rows, scale, rules, top=False)
    taken |= {id(piece) for row in footers for piece in row}
    body = [piece for piece in rest if id(piece) not in taken]
    numbers = [piece for piece in body if _lonely_number(piece, body, scale)]
    numbered = {id(piece) for piece in numbers}
    upper = [p for p in numbers if p.box.y1 < scale.height / 2]
    lower = [p for p in numbers if p.box.y1 >= scale.height / 2]
    return Sorted(
        (*margin, *(p for row in headers for p in row), *upper),
        tuple(piece for piece in body if id(piece) not in numbered),
        (*lower, *(p for row in footers for p in row)),
    )


def _edge(rows: Sequence[Row], scale: Scale, rules: Sequence[float], *, top: bool) -> list[Row]:
    """The rows at one edge of the page that are furniture, from top to bottom."""
    inward = list(rows) if top else list(reversed(rows))
    pieces = [piece for row in rows for piece in row]
    best = 0
    for count in range(1, min(FURNITURE_ROWS, len(inward) - 1) + 1):
        inward[count - 1] = [piece for piece in inward[count - 1] if not _goes_on(piece, pieces, scale, top=top)]
        row, following = inward[count - 1], inward[count]
        if not row or any(p.table for p in row) or not in_margin(row, scale, top=top) or is_content(row):
            break
        if PAGE_NUMBER.match(text_of(row)) and is_part(row[0], pieces, scale, top=top):
            break
        if best == count - 1 > 0 and white(inward[count - 2], row, scale) > 0.6 and not is_telling(text_of(row)):
            break  # white parts the furniture found so far from this row, so the row belongs to the body
        if evidence(inward[:count], following, scale, rules, top=top) >= FURNITURE_SCORE:
            best = count
    chosen = inward[:best]
    return chosen if top else list(reversed(chosen))


def _lonely_number(piece: Piece, body: Sequence[Piece], scale: Scale) -> bool:
    """A page number that shares its height with body text of another column, or stands above labels in the margin."""
    share = piece.box.y1 / scale.height
    top = share < MARGIN_SHARE
    if not (top or share > 1 - MARGIN_SHARE) or not PAGE_NUMBER.match(piece.text) or piece.table is not None:
        return False
    if is_part(piece, body, scale, top=top):
        return False
    least = 0.6 * scale.pitch
    if EDGE_SHARE < share < 1 - EDGE_SHARE:
        least = 1.5 * scale.pitch
        if abs(piece.box.center[0] - scale.width / 2) > MIDDLE_SHARE * scale.width:
            return False  # a number of a table of contents or of a chart's scale
    for other in body:
        if other is piece or min(other.box.x1, piece.box.x1) <= max(other.box.x0, piece.box.x0):
            continue
        outward = other.box.y1 <= piece.box.y0 if top else other.box.y0 >= piece.box.y1
        white = other.box.y0 - piece.box.y1 if top else piece.box.y0 - other.box.y1
        if outward or white < least:
            return False
    return True


def _beside_text(pieces: Sequence[Piece], scale: Scale) -> list[Piece]:
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
    over = {id(pieces[at]) for at in watermarks([p.line for p in pieces])}
    marks = [p for p in pieces if p.line.angle % 90 or (id(p) in over and p.table is None)]
    return turned + marks + _line_numbers([p for p in upright if id(p) not in over], scale)


def _line_numbers(pieces: Sequence[Piece], scale: Scale) -> list[Piece]:
    """Numbers in one file beside the text that rise by an even step."""
    numbers = sorted((p for p in pieces if p.text.isdecimal() and len(p.text) < 5), key=lambda p: p.base)
    if len(numbers) < FEWEST_COUNTED:
        return []
    top, bottom = numbers[0].box.y0, numbers[-1].box.y1
    bulk = [
        p for p in pieces if sum(letter.isalpha() for letter in p.text) > 4 and top < (p.box.y0 + p.box.y1) / 2 < bottom
    ]
    left, right = (min(p.box.x0 for p in bulk), max(p.box.x1 for p in bulk)) if bulk else (0.0, 0.0)
    for side in ("left", "right"):
        outer = [p for p in numbers if (p.box.x1 <= left if side == "left" else p.box.x0 >= right)]
        outer = _longest_rise(outer)
        if len(outer) < FEWEST_COUNTED or max(p.box.x1 for p in outer) - min(p.box.x0 for p in outer) > 4 * scale.size:
            continue
        steps = [int(below.text) - int(above.text) for above, below in pairwise(outer)]
        even = min(steps) > 0 and steps.count(max(set(steps), key=steps.count)) >= 0.8 * len(steps)
        if even and _runs_on(outer, bulk):
            return outer
    return []


def _longest_rise(numbers: list[Piece]) -> list[Piece]:
    """The longest part of a file of numbers that rises downwards: a year in the head of the page is none of those below it."""
    falls = [at for at, (above, below) in enumerate(pairwise(numbers), 1) if int(below.text) <= int(above.text)]
    parts = [numbers[start:end] for start, end in pairwise([0, *falls, len(numbers)])]
    return max(parts, key=len)


def _runs_on(numbers: Sequence[Piece], lines: Sequence[Piece]) -> bool:
    """Whether sentences run on over the numbered lines; those of a list or table begin anew in each."""
    levels = sorted(number.base for number in numbers)
    beside = [line for line in lines if _is_near(levels, line.base, 0.5 * line.size)]
    return bool(beside) and sum(line.text[:1].islower() for line in beside) >= RUNNING_ON * len(beside)


def _is_near(levels: Sequence[float], base: float, distance: float) -> bool:
    at = bisect_left(levels, base - distance)
    return at < len(levels) and levels[at] <= base + distance


def _goes_on(piece: Piece, pieces: Sequence[Piece], scale: Scale, *, top: bool) -> bool:
    """Whether a piece is the first (``top``) or last line of a column: many lines like it follow towards the body.

    Where columns end at the height of a stamp or a footer, they share a row with it, but their text must not go with it.
    A page number goes on in page numbers only: those of a table of contents.
    """
    count, last = 1, piece
    while count < _MORE_THAN_FURNITURE:
        following = _next_line(last, pieces, scale, top=top)
        if following is None:
            return False
        count, last = count + 1, following
    return True


def _next_line(piece: Piece, pieces: Sequence[Piece], scale: Scale, *, top: bool) -> Piece | None:
    """The line right below (``top``) or above in the same column, of the same type."""
    best: Piece | None = None
    telling = is_telling(piece.text)
    for other in pieces:
        step = other.base - piece.base if top else piece.base - other.base
        if (
            0.5 * scale.pitch < step < PARAGRAPH_PITCH * scale.pitch
            and abs(other.box.x0 - piece.box.x0) < DEEPEST_INDENT / 2 * scale.size
            and abs(other.size - piece.size) < SAME_SIZE * piece.size
            and other.table is None
            and is_telling(other.text) == telling
            and (best is None or abs(other.base - piece.base) < abs(best.base - piece.base))
        ):
            best = other
    return best
