"""Rows of a form: two or more fields side by side, each a label with its value. They are read across, row by row.

``Born: 1912    Town: Lisden`` may stand under ``Name: Ann Marton``, and another row has its fields at other places: what white
runs down between them is no gutter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from ocroute.layout.line_measures import Piece, Scale
from ocroute.layout.lines import Floats
from ocroute.layout.wording import label_of

Row = list[Piece]

FEWEST: Final = 3
"""Rows of two or more fields that make a form: two may be heads of blocks that are read down."""

LABELLED: Final = 0.45
"""Share of the fields of such rows that begin with a label: some colons are misread."""

FURTHEST: Final = 3.0
"""Line pitches from one row of a form to the next."""


def form_bars(rows: Sequence[Row], scale: Scale) -> Floats:
    """(n, 3) start, end and y of what no gutter may cross, one for each row of several fields.

    Args:
        rows: of a region, from top to bottom, each from left to right.
    """
    bars = [
        (row[0].box.x0, row[-1].box.x1, (row[0].box.y0 + row[0].box.y1) / 2)
        for run in _runs(rows, scale)
        if _is_form(run)
        for row, fields in run
        if len(fields) > 1
    ]
    return np.array(bars, dtype=np.float64).reshape(-1, 3)


def _runs(rows: Sequence[Row], scale: Scale) -> Iterator[list[tuple[Row, list[str]]]]:
    """Stretches of rows, each with its fields, that are of several fields or of one that has a label."""
    run: list[tuple[Row, list[str]]] = []
    for row in rows:
        fields = _fields(row)
        fits = len(fields) > 1 or (fields and label_of(fields[0]))
        if run and (not fits or row[0].base - run[-1][0][0].base > FURTHEST * scale.pitch):
            yield run
            run = []
        if fits:
            run.append((row, fields))
    yield run


def _fields(row: Row) -> list[str]:
    """What each field of a row says; none where a table stands there. A label alone takes what follows it as its value."""
    fields: list[str] = []
    for piece in row:
        if piece.table is not None:
            return []
        text = piece.text.strip()
        if fields and fields[-1].endswith(":") and not label_of(text):
            fields[-1] = f"{fields[-1]} {text}"
        else:
            fields.append(text)
    return fields


def _is_form(run: Sequence[tuple[Row, list[str]]]) -> bool:
    """Whether the rows are fields, and not two blocks side by side that have the same labels, a sender's and a receiver's."""
    several = [fields for _, fields in run if len(fields) > 1]
    if len(several) < FEWEST:
        return False
    labels = [[label_of(field).casefold() for field in fields] for fields in several]
    named = [label for row in labels for label in row]
    alike = sum(any(one and one == other for one, other in pairwise(row)) for row in labels)
    beside = not any(row[0] for row in labels) and all(any(row[1:]) for row in labels)  # an address, then fields
    return sum(map(bool, named)) >= LABELLED * len(named) and alike < 0.5 * len(several) and not beside
