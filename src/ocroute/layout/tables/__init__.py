"""Finds tables among lines and ruling lines, and puts every word into its cell."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ocroute.document.model import Box, Line, Table
from ocroute.pages.page import InputPage


class FoundTable(msgspec.Struct, frozen=True):
    """A table on a page, and what is left of the lines it took its words from.

    Attributes:
        lines: the lines, or parts of lines, that went into cells, for formats that show geometry.
    """

    box: Box
    table: Table
    lines: tuple[Line, ...]


def find_tables(page: InputPage, lines: Sequence[Line]) -> tuple[tuple[FoundTable, ...], tuple[Line, ...]]:
    """The tables of a page, top to bottom, and the lines that belong to none of them."""
    return (), tuple(lines)
