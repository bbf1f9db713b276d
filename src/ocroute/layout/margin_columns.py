"""Lines of a page's margin in reading order: three blocks side by side in a letter's foot are read down, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ocroute.layout.columns import rows_of
from ocroute.layout.line_measures import Piece, Scale

ROWS: Final = 3
"""Rows that the shortest of columns has; two rows may be read either way."""


def down_columns(pieces: Sequence[Piece], scale: Scale) -> list[Piece]:
    """The lines column by column where they stand in columns; else as they are given."""
    columns = list[list[Piece]]()
    for row in rows_of(pieces, scale):
        if not columns:
            columns = [[piece] for piece in row]
            continue
        for piece in row:
            over = [column for column in columns if _share_a_side(column[0], piece, scale)]
            if len(over) != 1 or over[0][-1] in row:
                return list(pieces)
            over[0].append(piece)
    if len(columns) < 2 or min(map(len, columns)) < ROWS or any(map(_are_labels, columns)):
        return list(pieces)
    return [piece for column in columns for piece in column]


def _are_labels(column: Sequence[Piece]) -> bool:
    """Whether these are names of fields, whose values stand beside them."""
    return 2 * sum(piece.text.rstrip().endswith(":") for piece in column) > len(column)


def _share_a_side(one: Piece, other: Piece, scale: Scale) -> bool:
    """Whether both begin, end or have their middles at one place."""
    box, under = one.box, other.box
    apart = (box.x0 - under.x0, box.x1 - under.x1, box.center[0] - under.center[0])
    return min(map(abs, apart)) < scale.size
