"""What stands on the pages of a document. Imports no drawing, for machines that only read."""

from __future__ import annotations

import msgspec


class Flow(msgspec.Struct, omit_defaults=True):
    """Blocks that follow each other.

    Attributes:
        blocks: the lines of each; of a table, one block a cell.
        rank: flows are read by rank; those of the same rank in any order, but one after the other; -1 at any place.
        needed: whether it has to be read; not so what a reader may know as furniture, or as part of a picture.
        cells: whether the blocks are the cells of a table.
    """

    blocks: list[list[str]] = []
    rank: int = 0
    needed: bool = True
    cells: bool = False


class Truth(msgspec.Struct):
    """What a document says: for each page, its flows."""

    kind: str
    half: str
    seed: int
    pages: list[list[Flow]]
