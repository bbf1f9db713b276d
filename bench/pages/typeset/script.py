"""What a generated document says, apart from how it is set: the pieces that a template draws and the facts come from."""

from __future__ import annotations

from typing import Literal

import msgspec

Role = Literal["title", "heading", "paragraph", "item", "caption", "footnote", "sidebar", "entry", "label"]


class Cell(msgspec.Struct, frozen=True):
    """A table cell; spans count positions."""

    text: str
    columns: int = 1
    rows: int = 1
    header: bool = False


class TableData(msgspec.Struct, frozen=True):
    """Rows of cells as HTML has them: a position covered from above or the left has no cell of its own."""

    rows: tuple[tuple[Cell, ...], ...]


class Piece(msgspec.Struct, frozen=True):
    """A part of a document.

    Attributes:
        sentences: in order, each on its own a candidate for a fact.
        flow: pieces with the same flow are read in their order here; pieces of different flows (a footnote, a sidebar, a float)
            have no order among each other. No fact is made of a piece without a flow.
    """

    role: Role
    sentences: tuple[str, ...]
    flow: str = "main"


class Script(msgspec.Struct, frozen=True):
    """A document: pieces in order of the source, tables by the place they stand at, and what is printed around every page."""

    pieces: tuple[Piece, ...]
    tables: tuple[TableData, ...] = ()
    furniture: tuple[str, ...] = ()


class Source(msgspec.Struct, frozen=True):
    """A document ready to be set.

    Attributes:
        name: unique, e.g. ``latex-ieee-03``.
        category: what its pages test.
        setter: the program that sets it.
        code: for that program.
        wear: how its scan is worn, by name.
    """

    name: str
    category: str
    setter: Literal["latex", "browser"]
    code: str
    script: Script
    wear: str
