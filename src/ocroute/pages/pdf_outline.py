"""The outline of a PDF, by the pages that it leads to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import islice
from typing import Final

import pypdfium2

from ocroute.pages.page import Heading

MOST: Final = 5_000  # entries that are looked at


def outline_of(pdf: pypdfium2.PdfDocument) -> Mapping[int, tuple[Heading, ...]]:
    """Its entries by the pages that they lead to, counted from 0."""
    found: dict[int, list[Heading]] = defaultdict(list)
    for entry in islice(pdf.get_toc(max_depth=6), MOST):
        place = entry.get_dest()
        index = place.get_index() if place else None
        if index is not None and (title := " ".join(entry.get_title().split())):
            found[index].append(Heading(title, entry.level + 1))
    return {index: tuple(headings) for index, headings in found.items()}
