"""Finds tables among lines and ruling lines, and puts every word into its cell."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ocroute.pages.page import InputPage
from ocroute.values import Box, Line, Table


class FoundTable(msgspec.Struct, frozen=True):
    """A table on a page, and what is left of the lines it took its words from.

    Attributes:
        lines: the lines, or parts of lines, that went into cells, for formats that show geometry.
    """

    box: Box
    table: Table
    lines: tuple[Line, ...]


def find_tables(page: InputPage, lines: Sequence[Line]) -> tuple[tuple[FoundTable, ...], tuple[Line, ...]]:
    """The tables of a page, top to bottom, and the lines that belong to none of them.

    Every word of ``lines`` is either in one cell of one table or in the lines that are left. A line that lies partly in a
    table is cut: its words outside become lines of their own.
    """
    from ocroute.layout.tables.find import grids
    from ocroute.layout.tables.tokens import pieces, tokens_of

    tokens = tokens_of(lines)
    found = grids(page, tokens)
    if not found:
        return (), tuple(lines)
    tables = tuple(
        FoundTable(Box.around(t.box for t in grid.tokens), grid.freeze(), pieces(lines, grid.tokens)) for grid in found
    )
    taken = {id(t) for grid in found for t in grid.tokens}
    return tables, pieces(lines, [t for t in tokens if id(t) not in taken])
