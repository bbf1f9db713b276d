"""Lines of a column become groups: paragraphs, headings, items, each set as one."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np

from ocroute.layout.kept_lines import first_word, keeps_lines
from ocroute.layout.line_measures import LONG_LINE, Piece, Scale
from ocroute.layout.wording import begins, ended, is_caption, is_drawn_rule, is_entry, is_weak, split_marker

PARAGRAPH_PITCH: Final = 1.3
"""Baselines further apart than this times the column's usual distance are parted on purpose."""

INDENT: Final = 0.7
"""Steps of the left edge smaller than this are scanner and justification noise."""

DEEPEST_INDENT: Final = 5.0
"""A first line is never indented further; beyond that the line is centred or set apart."""

SAME_SIZE: Final = 0.13
"""Relative difference of sizes that still is one size; measured heights vary by a tenth with the letters of a line."""


@dataclass(slots=True)
class Column:
    """The lines of a column, top to bottom, and how they are set. All lengths in page pixels.

    Attributes:
        from_right: whether lines begin anywhere and end at one place.
    """

    lines: list[Piece]
    left: float = 0.0
    right: float = 0.0
    pitch: float = 0.0
    from_right: bool = False

    @classmethod
    def of(cls, lines: list[Piece], scale: Scale) -> Column:
        """Measure a column."""
        texts = [line for line in lines if line.table is None] or lines
        left = float(np.quantile([line.box.x0 for line in texts], 0.1))
        right = float(np.quantile([line.box.x1 for line in _set_to_measure(texts)], 0.9))
        steps = [
            (below.base - above.base) / above.size
            for above, below in pairwise(texts)
            if one_size(above, below) and 0.8 < (below.base - above.base) / above.size < 2.6
        ]
        pitch = float(np.quantile(steps, 0.3)) if len(steps) > 2 else scale.pitch / scale.size
        ending = sum(abs(line.box.x1 - right) < 0.3 * line.size for line in texts)
        from_right = len(texts) > 3 and ending > 0.7 * len(texts) and _most_together(texts) < 0.4 * len(texts)
        return cls(lines, left, right, pitch, from_right)


@dataclass(slots=True)
class Group:
    """Lines that were set as one, the column they stand in, and whether they stay lines, as those of verse do."""

    column: Column
    first: int
    lines: list[Piece] = field(default_factory=list)
    kept: bool = False

    @property
    def size(self) -> float:
        """Type size, page pixels."""
        return max(self.lines, key=lambda line: len(line.text)).size

    @property
    def text(self) -> str:
        """Its lines as they stand, for patterns; not yet joined."""
        return " ".join(line.text for line in self.lines)

    @property
    def bold(self) -> bool:
        """Whether it is set bold; where weights were measured, its shortest lines need not agree."""
        bold = sum(len(line.text) for line in self.lines if line.bold)
        return bold > (0.6 if self.lines[0].measured else 0.999) * sum(len(line.text) for line in self.lines)

    @property
    def gap_above(self) -> float:
        """White above it in line pitches beyond the usual; large at the top of a column."""
        if self.first == 0:
            return 9.0
        above = self.column.lines[self.first - 1]
        return (self.lines[0].base - above.base) / (self.column.pitch * self.lines[0].size) - 1

    @property
    def is_last(self) -> bool:
        """Whether it ends its column."""
        return self.first + len(self.lines) == len(self.column.lines)


def groups(column: Column) -> list[Group]:
    """The groups of a column, top to bottom."""
    kept = {
        index
        for group in _grouped(column, _parted)
        if keeps_lines(group.lines, column.right - column.left)
        for index in range(group.first + 1, group.first + len(group.lines))
    }

    def parted(group: Group, below: Piece, column: Column, index: int) -> bool:
        told = _parted(group, below, column, index)
        return told if told is not None else index not in kept and _set_apart(group, below, column, index)

    found = _grouped(column, parted)
    for group in found:
        group.kept = group.first + 1 in kept and len(group.lines) > 1
    return found


def _grouped(column: Column, parted: Callable[[Group, Piece, Column, int], bool | None]) -> list[Group]:
    found: list[Group] = []
    for index, line in enumerate(column.lines):
        if not found or parted(found[-1], line, column, index):
            found.append(Group(column, index))
        found[-1].lines.append(line)
    return found


def one_size(a: Piece, b: Piece, *, doubtful: bool = False) -> bool:
    """Whether two lines are set in type of one size, as far as can be measured.

    Args:
        doubtful: whether other evidence speaks for one size, so that it takes a large difference to say otherwise.
    """
    known = a.line.font is not None and b.line.font is not None
    tolerance = (SAME_SIZE if known else 2 * SAME_SIZE) * (2 if doubtful else 1)
    return abs(a.size - b.size) <= tolerance * max(a.size, b.size)


def _parted(group: Group, below: Piece, column: Column, index: int) -> bool | None:
    """Whether type, white or words say that ``below`` begins something new or goes on; None where only edges can tell."""
    above = group.lines[-1]
    if above.table is not None or below.table is not None:
        return True
    if above.listing or below.listing:
        return above.listing != below.listing
    size = max(above.size, below.size)
    step = below.base - above.base
    if step < 0.3 * size or step > PARAGRAPH_PITCH * column.pitch * size:
        return True
    if below.spread or is_drawn_rule(below.text) or is_entry(above.text) or (above.spread and is_entry(below.text)):
        return True
    flows = not ended(above.text) and not begins(below.text)
    if not one_size(above, below, doubtful=flows or min(len(above.text), len(below.text)) < 4):
        return True
    running = len(above.text) > LONG_LINE and step < 1.1 * column.pitch * size
    running = running and _slack(above, below, column, index) < 0.8 * size
    doubtful = flows and (running or above.measured or below.measured)
    if above.bold != below.bold and all(_settled(line) for line in (above, below)) and not doubtful:
        run_in = above.bold and len(group.lines) == 1 and _slack(above, below, column, index) < 0.5 * size
        return not run_in or step > 1.1 * column.pitch * size
    if is_caption(below.text) and ended(above.text):
        return True
    if _is_centred_capitals(above, column) and not below.text.isupper() and begins(below.text):
        return True
    if below.hang is not None and (above.hang is not None or below.box.x0 < above.box.x0 - INDENT * size):
        return True
    marker = split_marker(below.text)
    if marker and (not is_weak(marker[0]) or ended(above.text) or _is_item(group)):
        return True
    return None


def _settled(line: Piece) -> bool:
    """Whether a line is long enough for its weight to mean something."""
    return line.line.font is not None and len(line.text) > 3


def _is_centred_capitals(line: Piece, column: Column) -> bool:
    """Whether a line is set as headings are that are neither large nor bold."""
    left, right = line.box.x0 - column.left, column.right - line.box.x1
    letters = sum(letter.isalpha() for letter in line.text)
    return (
        line.text.isupper() and letters > 3 and min(left, right) > 2 * line.size and abs(left - right) < 2 * line.size
    )


def _is_item(group: Group) -> bool:
    return split_marker(group.lines[0].text) is not None


def _set_apart(group: Group, below: Piece, column: Column, index: int) -> bool:
    """Whether the edges of the lines say that ``below`` begins something new."""
    above = group.lines[-1]
    size = max(above.size, below.size)
    indent = INDENT * size
    starts = [above.box.x0] if above.hang is None else [above.hang, above.box.x0]
    step = min((below.box.x0 - start for start in starts), key=abs)
    centred = abs(below.box.center[0] - above.box.center[0]) < 0.6 * size
    if abs(step) > indent and centred and abs(below.box.x1 - above.box.x1) > indent:
        return False
    if column.from_right and above.box.x0 - column.left - first_word(below) < 0.8 * size:
        return False
    slack = _slack(above, below, column, index)
    ends_short = slack > 0.8 * size
    if step > indent:
        if len(group.lines) == 1 and (
            _is_item(group) or (not ends_short and not (ended(above.text) and begins(below.text)))
        ):
            return step > DEEPEST_INDENT * size and not _is_item(group)
        return True
    if step < -indent:
        opening = len(group.lines) == 1 and -step < DEEPEST_INDENT * size
        if _is_item(group):  # numbered paragraphs, of which the first line alone is indented
            new = ended(above.text) and begins(below.text)
            return not opening or ends_short or new or above.hang is not None
        return not opening or (ends_short and ended(above.text))
    if not ends_short or not begins(below.text):
        return False
    return ended(above.text) or slack > 0.3 * (column.right - column.left)


def _most_together(lines: list[Piece]) -> int:
    """How many lines begin at one place, wherever most do."""
    starts = sorted(line.box.x0 for line in lines)
    near = INDENT / 2 * min(line.size for line in lines)
    return max(bisect(starts, start + near) - at for at, start in enumerate(starts))


def _set_to_measure(lines: list[Piece]) -> list[Piece]:
    """Those of ``lines`` whose ends say how wide a column is: no rules to sign on, unless there is nothing else."""
    return [line for line in lines if not is_drawn_rule(line.text)] or lines


def _slack(above: Piece, below: Piece, column: Column, index: int) -> float:
    """The room that was left at the end of ``above`` although the next word would have fitted, pixels."""
    nearby = column.lines[max(0, index - 4) : index + 4]
    right = max(line.box.x1 for line in _set_to_measure([line for line in nearby if line.table is None]))
    right = min(right, column.right + 2 * above.size)
    return right - above.box.x1 - first_word(below) - 0.3 * above.size
