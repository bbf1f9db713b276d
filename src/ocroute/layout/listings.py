"""Program listings: lines in type of even width, one below the other. They keep their line ends, indents and blank lines.

Even width is seen on the words: of type whose letters are all as wide, a word of n letters is n times as wide as one. Figures
are so in most faces, and therefore say nothing. Typed letters and receipts are in such type too: some lines have to look like a
program's, and more of them where all of a page is so or no layer names the type.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np

from ocroute.layout.line_measures import Piece, Scale
from ocroute.values import Word

MOST_UNEVEN: Final = 0.22
"""Root mean square of what words deviate from the grid, in letters; of other type it is above 0.4."""

OFF_GRID: Final = 0.5
OFF_GRID_SIGNS: Final = 0.8
"""The most that a single word may deviate, in letters; signs and figures fill less of their width."""

FEWEST_WORDS: Final = 4
"""Words with letters from which a grid is seen."""

CODE_LINES: Final = 0.4
NAMED_CODE_LINES: Final = 0.2
"""Shares of lines that look like a program's from which all of them are one; the second where a layer names their type."""

MONO_PAGE: Final = 0.6
"""Share of the letters of a page from which type of even width is its usual type."""

FURTHEST: Final = 4.5
"""Line heights from one line of a listing to the next: two or three are blank."""

BLANKS: Final = 2
"""The most blank lines that are written."""

APART: Final = 1.6
"""Of a listing's usual step from line to line: a heading above or below it stands further off."""

HEADING_WORDS: Final = 4
"""Words of a heading that may be on a listing's grid by chance, at most."""

FEWEST_FIELDS: Final = 3
"""Lines of a label with its value that are settings; fewer are fields of a form."""

_CODE: Final = re.compile(
    r"[{};\\]\s*$|[\])]\s*:$|^\s*[}\])]+[;,]?$|^\s*(?:#include|#!|//|/\*|--\s|@\w+|\$ |>>> ?|%\w+ ?)"
    r"|^\s*(?:def|class|import|from|if|for|while|else|elif|try|except|print|let|const|var|function|fn|func|public|private|static"
    r"|void|int|use|begin|select|insert|update|where|package|module|switch|case|echo|sudo|pip|git)\b.*[({\[:;=/]"
    r"|^\s*(?:return|end|else|break|pass|continue|do|then|fi|done)(?:\s[\w.()]+)?$"
    r"|\w\([^)]*\)|[=!<>+*/-]=|\w = |=>|->|::|&&|\|\||\w\[[^\]]*\]|\w_\w|\\\w+\{|</?\w+[^<>]*>|^\s*\w+: \S+$",
    re.IGNORECASE,
)
_FIELD: Final = re.compile(r"^\s*\w+: \S+$")
_WIDTHS: Final = (0.3, 0.9)  # of the type's size, as far as that can be measured: how wide letters of even width are


def with_listings(pieces: Sequence[Piece], scale: Scale) -> list[Piece]:
    """``pieces`` with those of each listing numbered, and with the width of a letter in it."""
    letters = sum(len(piece.text) for piece in pieces) or 1
    typed = sum(len(piece.text) for piece in pieces if _is_named(piece)) > MONO_PAGE * letters
    found = list(pieces)
    if not any(_CODE.search(piece.text) for piece in pieces):
        return found  # most pages: no need to measure words
    number = 0
    for whole, advance in _runs(pieces, scale):
        run = _without_headings(whole, pieces)
        lines = [pieces[at] for at in run]
        named = all(_is_named(line) for line in lines)
        even = sum(len(line.text) for line in lines)
        fields = sum(bool(_FIELD.match(line.text)) for line in lines)
        code = sum(bool(_CODE.search(line.text)) for line in lines) - (fields if fields < FEWEST_FIELDS else 0)
        least = NAMED_CODE_LINES if named and even < MONO_PAGE * letters and not typed else CODE_LINES
        alone = len(lines) == 1 and (typed or not named)
        if code < max(1, least * len(lines)) or alone:
            continue
        number += 1
        for at in run:
            found[at] = replace(pieces[at], listing=number, advance=advance)
    return found


def text_of(lines: Sequence[Piece]) -> str:
    """What a listing says, a line each, with its indents and blank lines."""
    left, advance = min(line.box.x0 for line in lines), max(line.advance for line in lines)
    rows: list[list[Piece]] = []
    for line in sorted(lines, key=lambda line: (line.base, line.box.x0)):
        if rows and line.base - rows[-1][0].base < 0.5 * line.size:
            rows[-1].append(line)
        else:
            rows.append([line])
    steps = [below[0].base - above[0].base for above, below in pairwise(rows)]
    usual = float(np.quantile(steps, 0.3)) if steps else 1.0
    text = [_row(rows[0], left, advance)]
    for row, step in zip(rows[1:], steps, strict=True):
        text += [""] * min(BLANKS, max(0, round(step / usual) - 1))
        text.append(_row(row, left, advance))
    return "\n".join(text)


def _row(pieces: Sequence[Piece], left: float, advance: float) -> str:
    written = ""
    for piece in sorted(pieces, key=lambda piece: piece.box.x0):
        for word in piece.line.words or (Word(piece.text, piece.box),):
            column = round((word.box.x0 - left) / advance)
            written += " " * max(bool(written), column - len(written)) + word.text
    return written


def _is_named(piece: Piece) -> bool:
    """Whether a layer says of all its words that they are set in type of even width."""
    return bool(piece.line.words) and all(any(span.style == "code" for span in word.spans) for word in piece.line.words)


def _runs(pieces: Sequence[Piece], scale: Scale) -> Iterator[tuple[list[int], float]]:
    """Stretches of lines in type of even width, as places in ``pieces``, each with the width of a letter."""
    order = sorted(
        (at for at, piece in enumerate(pieces) if piece.table is None and not piece.turned and piece.line.words),
        key=lambda at: (pieces[at].base, pieces[at].box.x0),
    )
    named = {at for at in order if _is_named(pieces[at])}
    taken: set[int] = set()
    for advance in _advances([pieces[at] for at in order], scale):
        fitting = [at for at in order if at not in taken and (at in named or _fits(pieces[at], advance))]
        for run in _stretches(pieces, order, fitting, named):
            own = [pieces[at] for at in run]
            if _is_even(own, advance) or (named.issuperset(run) and _fits_all(own, advance)):
                taken |= set(run)
                yield run, advance


def _advances(pieces: Sequence[Piece], scale: Scale) -> list[float]:
    """Widths of a letter that lines of the page may have, the likeliest first."""
    widths: dict[int, tuple[int, list[float]]] = {}
    for piece in pieces:
        words = _telling(piece)
        if not words:
            continue
        width = float(np.median([word.box.width / (len(word.text) - 0.15) for word in words]))
        size = piece.size or scale.size
        if _WIDTHS[0] * size < width < _WIDTHS[1] * size and _fits(piece, width):
            count, held = widths.setdefault(round(width / (0.04 * size)), (0, []))
            widths[round(width / (0.04 * size))] = count + len(piece.text), [*held, width]
    ranked = sorted(widths.values(), key=lambda each: -each[0])
    return [float(np.median(held)) for _, held in ranked[:4]]


def _without_headings(run: list[int], pieces: Sequence[Piece]) -> list[int]:
    """A stretch of lines without a heading above or below it that is on the grid by chance: a few words, set apart, no code."""
    steps = [pieces[below].base - pieces[above].base for above, below in pairwise(run)]
    apart = APART * float(np.quantile(steps, 0.3)) if len(steps) > 1 else 0.0

    def is_heading(at: int, step: float) -> bool:
        text = pieces[at].text
        return (
            step > apart > 0
            and len(text.split()) <= HEADING_WORDS
            and not text[:1].islower()
            and not _CODE.search(text)
        )

    first = 1 if steps and is_heading(run[0], steps[0]) else 0
    last = len(run) - (1 if steps and is_heading(run[-1], steps[-1]) else 0)
    return run[first:last]


def _telling(piece: Piece) -> list[Word]:
    """Its words from whose widths it can be told whether letters are as wide as each other."""
    return [word for word in piece.line.words if len(word.text) > 1 and any(map(str.isalpha, word.text))]


def _off(word: Word, advance: float) -> float:
    """By how many letters a word is wider than its own; boxes as tight as the ink are a little narrower."""
    return word.box.width / advance - len(word.text) + 0.12


def _fits(piece: Piece, advance: float) -> bool:
    limits = ((OFF_GRID if any(map(str.isalpha, word.text)) else OFF_GRID_SIGNS, word) for word in piece.line.words)
    return all(abs(_off(word, advance)) < limit for limit, word in limits)


def _fits_all(pieces: Sequence[Piece], advance: float) -> bool:
    return all(_fits(piece, advance) for piece in pieces)


def _is_even(pieces: Sequence[Piece], advance: float) -> bool:
    off = [_off(word, advance) for piece in pieces for word in _telling(piece)]
    return len(off) >= FEWEST_WORDS and float(np.sqrt(np.mean(np.square(off)))) < MOST_UNEVEN


def _stretches(
    pieces: Sequence[Piece], order: Sequence[int], fitting: Sequence[int], named: Set[int]
) -> Iterator[list[int]]:
    """Lines that fit, one below the other with no other line between them; of one size, and all of them named or none."""
    own = set(fitting)
    open_runs: list[list[int]] = []
    for at in order:
        piece = pieces[at]
        below = next((run for run in open_runs if _is_above(pieces[run[-1]], piece)), None)
        if below is not None and (at not in own or (at in named) != (below[-1] in named)):
            open_runs.remove(below)
            yield below
            below = None
        if at not in own:
            continue
        if below is None:
            open_runs.append([at])
        else:
            below.append(at)
    yield from open_runs


def _is_above(above: Piece, below: Piece) -> bool:
    step = below.base - above.base
    across = min(above.box.x1, below.box.x1) - max(above.box.x0, below.box.x0)
    indented = abs(above.box.x0 - below.box.x0) < 14 * above.size
    exact = above.line.font is not None and bool(above.line.font.name)
    alike = abs(above.size - below.size) < (0.2 if exact else 0.4) * max(above.size, below.size)
    return alike and step < FURTHEST * above.size and (across > 0 or indented)
