"""Characters become words and lines: by where they stand, not by where the file has blanks or in what order it writes.

Work is done in a frame turned so that the text runs from left to right, one for each reading direction on the page; boxes
are turned back at the end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from math import atan2, degrees
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ocroute.pages.bidi import as_they_stand, in_reading_order, mainly_left, runs_left
from ocroute.pages.pdf_chars import LEVEL, SPACE, Glyphs, Style
from ocroute.pages.pdf_inline import PageStyles
from ocroute.pages.pdf_runs import Run, join_runs, set_accents, split_runs
from ocroute.pages.pdf_text import clean
from ocroute.pages.vertical import PITCH, columns_of
from ocroute.values import Box, Font, Line, Word

_DOWN = (0.0, 1.0)
"""The direction of text that stands in columns, and of text that lies on its right side."""

_OVERHANG, _BEARING = 0.1, 0.5
"""Ems that a character's ink may reach beyond its advance, and the advance beyond its ink: a loose box with more says nothing."""


class _Turn(NamedTuple):
    """A reading direction: unit vector along the text, and whether the text is printed."""

    x: float
    y: float
    hidden: bool

    @property
    def angle(self) -> int:
        """Degrees counter-clockwise by which the text is turned on the page."""
        return round(degrees(atan2(-self.y, self.x))) % 360


def assemble(glyphs: Glyphs) -> Iterator[Line]:
    """The lines of a page, in about the order of the file. Where columns or table cells lie side by side, each is a line."""
    keep = _on_page(glyphs) & ~_overprinted(glyphs)
    mainly = mainly_left(glyphs.code)
    pieces: dict[_Turn, list[Run]] = {}
    for column in columns_of(glyphs, keep):
        keep[column] = False
        turn = _Turn(*_DOWN, glyphs.styles[int(glyphs.style[column[0]])].hidden)
        pieces.setdefault(turn, []).extend(split_runs(_stacked(glyphs, column)))
    for turn, members in _by_direction(glyphs, np.flatnonzero(keep)).items():
        placed = _place(glyphs, np.array(members), turn)
        pieces.setdefault(turn, []).extend(split_runs(as_they_stand(set_accents(placed))))
    page = PageStyles.of(glyphs)
    for turn, some in pieces.items():
        for run in join_runs(some):
            line = _line(run, glyphs.styles, turn, page, mainly=mainly)
            if line is not None:
                yield line


def _on_page(glyphs: Glyphs) -> NDArray[np.bool_]:
    width, height = glyphs.size
    x, y = glyphs.x, glyphs.y
    return (x >= -1) & (x <= width + 1) & (y >= -1) & (y <= height + 1)


def _overprinted(glyphs: Glyphs) -> NDArray[np.bool_]:
    """Characters printed again (nearly) where they already stand, to look bold or shadowed."""
    double = np.zeros(len(glyphs.code), np.bool_)
    if not len(double):
        return double
    near = 0.12 * np.maximum(np.array([style.size for style in glyphs.styles])[glyphs.style], 1e-3)
    # Neighbours in x among equals in a band of y. Two sets of bands, shifted by half, so that no pair falls on a seam.
    for shift in (0.0, 0.5):
        band = np.floor(glyphs.y / (4 * near.max()) + shift)
        order = np.lexsort((np.arange(len(double)), glyphs.x, band, glyphs.code))
        a, b = order[:-1], order[1:]
        same = (glyphs.code[a] == glyphs.code[b]) & (glyphs.code[a] != SPACE)
        # A ligature's letters stand on one spot too, one after another in one text object.
        same &= (abs(a - b) > 2) | (glyphs.style[a] != glyphs.style[b])
        same &= (abs(glyphs.x[a] - glyphs.x[b]) < near[b]) & (abs(glyphs.y[a] - glyphs.y[b]) < near[b])
        double[np.maximum(a, b)[same]] = True
    return double


def _by_direction(glyphs: Glyphs, indices: NDArray[np.intp]) -> dict[_Turn, list[int]]:
    groups: dict[_Turn, list[int]] = {}
    turns = [_turn_of(style) for style in glyphs.styles]
    for index, style in zip(indices.tolist(), glyphs.style[indices].tolist(), strict=True):
        groups.setdefault(turns[style], []).append(index)
    return groups


def _turn_of(style: Style) -> _Turn:
    x, y = style.direction
    for straight in ((1.0, 0.0), (0.0, -1.0), (-1.0, 0.0), (0.0, 1.0)):
        if x * straight[0] + y * straight[1] > LEVEL:
            return _Turn(*straight, style.hidden)
    return _Turn(round(x, 2), round(y, 2), style.hidden)


def _place(glyphs: Glyphs, members: NDArray[np.intp], turn: _Turn) -> Run:
    """The characters as one run in a frame in which ``turn`` points right: [x0, x1) along the line, y down across it."""
    style = glyphs.style[members]
    size = np.array([s.size for s in glyphs.styles])[style]
    along = glyphs.x[members] * turn.x + glyphs.y[members] * turn.y
    across = glyphs.y[members] * turn.x - glyphs.x[members] * turn.y
    level = (turn.x, turn.y) == (1.0, 0.0)
    x0, x1 = along, glyphs.box[members, 2] if level else _extent(glyphs, members, along, size, turn)
    if max(abs(turn.x), abs(turn.y)) < LEVEL and len(along) > 1:
        x1 = _up_to_the_next(along, across, size)
    wide = x1 - x0
    # A glyph may claim no width, or an absurd one.
    x1 = np.where((wide <= 0) | (wide > 3 * np.maximum(size, 1)), x0 + 0.5 * size, x1)
    reach = np.array([(s.face.ascent, s.face.descent) for s in glyphs.styles])[style]
    return Run(
        glyphs.code[members], x0, x1, across, across - reach[:, 0] * size, across - reach[:, 1] * size, size, style
    )


def _stacked(glyphs: Glyphs, column: NDArray[np.intp]) -> Run:
    """Upright characters below each other as a run that goes down the page, each as long as it is high."""
    style = glyphs.style[column]
    size = np.array([s.size for s in glyphs.styles])[style]
    x, y = ((glyphs.box[column, at] + glyphs.box[column, at + 2]) / 2 for at in (0, 1))
    x = np.full_like(x, np.median(x))  # digits side by side share a place in the column
    half = np.full_like(x, np.median(size) / 2)  # and a sign set smaller is as far from the next as all are
    step = np.diff(y, append=y[-1:])
    # Each reaches to the next: no white is left that could be taken for the end of a word.
    end = y - half + np.where((step > 0) & (step < 2 * PITCH * half), np.maximum(step, 2 * half), 2 * half)
    return Run(glyphs.code[column], y - half, end, -x + 0.6 * half, -x - half, -x + half, size, style)


def _extent(
    glyphs: Glyphs, members: NDArray[np.intp], along: NDArray[np.float64], size: NDArray[np.float64], turn: _Turn
) -> NDArray[np.float64]:
    """How far characters that begin at ``along`` reach in the direction: as far as their advance, where their loose boxes tell
    it. Elsewhere as much white is taken to be behind the ink as before it, for a 1 has more of it than there is between two
    words.
    """
    first, last = _span(glyphs.ink[members], turn)
    inked = last + np.clip(first - along, 0, 0.15 * size)
    if max(abs(turn.x), abs(turn.y)) < LEVEL:
        return np.asarray(inked)  # boxes of slanted letters stand upright, and reach further
    _, advanced = _span(glyphs.box[members], turn)
    told = (advanced > last - _OVERHANG * size) & (advanced < last + _BEARING * size) & (advanced > along)
    return np.asarray(np.where(told, advanced, inked))


def _span(boxes: NDArray[np.float64], turn: _Turn) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """From where to where ``boxes`` reach in the direction of ``turn``."""
    corners = [boxes[:, i] * turn.x + boxes[:, j] * turn.y for i in (0, 2) for j in (1, 3)]
    return np.min(corners, axis=0), np.max(corners, axis=0)


def _up_to_the_next(
    along: NDArray[np.float64], across: NDArray[np.float64], size: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Where characters of a slanted line end: where the next begins, for their boxes, which stand upright, reach further."""
    step = np.append(np.diff(along), 0.0)
    follows = (step > 0) & (step < 1.2 * size) & (abs(np.append(np.diff(across), 0.0)) < 0.2 * size)
    return np.asarray(along + np.where(follows, step, 0.5 * size))


def _line(run: Run, styles: list[Style], turn: _Turn, page: PageStyles, *, mainly: bool | None) -> Line | None:
    words = tuple(_words(run, turn, page, mainly=mainly))
    if not words:
        return None
    return Line(
        " ".join(word.text for word in words),
        Box.around(word.box for word in words),
        words=words,
        font=_font(run, styles, turn.hidden),
        angle=0 if (turn.x, turn.y) == _DOWN and any(styles[s].level for s in set(run.style.tolist())) else turn.angle,
    )


def _words(run: Run, turn: _Turn, page: PageStyles, *, mainly: bool | None) -> Iterator[Word]:
    inked, starts = run.words()
    if not len(starts):
        return
    inked, keys = page.of_run(inked)
    codes, told = inked.code.tolist(), None if keys is None else keys.tolist()
    if mainly is not None and runs_left(inked.code).any():
        words = in_reading_order(inked, starts.tolist(), mainly=mainly)
        places = [place for word in words for place, _ in word]
        inked, told = inked.take(np.array(places, np.intp)), told and [told[place] for place in places]
        codes = [code for word in words for _, code in word]
        starts = np.cumsum([0, *(len(word) for word in words[:-1])])
    along = np.minimum.reduceat(inked.x0, starts), np.maximum.reduceat(inked.x1, starts)
    across = np.minimum.reduceat(inked.top, starts), np.maximum.reduceat(inked.bottom, starts)
    corners = [(x * turn.x - y * turn.y, x * turn.y + y * turn.x) for x in along for y in across]
    xs, ys = np.array([x for x, _ in corners]), np.array([y for _, y in corners])
    boxes = np.stack([xs.min(0), ys.min(0), xs.max(0), ys.max(0)], axis=1).tolist()
    for (start, end), box in zip(pairwise([*starts.tolist(), len(codes)]), boxes, strict=True):
        word_codes, word_keys = codes[start:end], told[start:end] if told else ()
        text, spans = page.text(word_codes, word_keys) if any(word_keys) else (clean(word_codes), ())
        if text:
            yield Word(text, Box(*box), spans=spans)


def _font(run: Run, styles: list[Style], hidden: bool) -> Font:
    """The font that most of the line's characters are set in."""
    style = styles[_most_common(run.style[run.code != SPACE].tolist())]
    bold = style.bold or style.face.bold
    return Font(style.face.name, round(style.size, 2), bold, style.face.italic, hidden)


def _most_common(items: Iterable[int]) -> int:
    return Counter(items).most_common(1)[0][0]
