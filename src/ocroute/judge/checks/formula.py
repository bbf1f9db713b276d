"""Formulas that were found and not read."""

from __future__ import annotations

from typing import ClassVar

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.reading_pieces import quote
from ocroute.layout.unread_formulas import with_unread_formulas
from ocroute.pages.page import InputPage
from ocroute.values import Category


class UnreadFormula:
    """Remarks on formulas whose signs were read, but not how they stand: they leave with their picture."""

    summary: ClassVar[str] = (
        "a formula was not read as one: its signs are in the text, their places only in its picture"
    )
    limit: ClassVar[float] = 1.0  # formulas

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """How many formulas were not read, with the first of them."""
        found = [
            block
            for block in with_unread_formulas(reading.blocks, page.size)
            if block.category is Category.FORMULA and block.image is not None
        ]
        if not found:
            return None
        count = f"{len(found)} formulas were" if len(found) > 1 else "1 formula was"
        said = f"{count} not read: the signs of {quote(found[0].text)} are in the text, not how they stand."
        return Finding("formula", float(len(found)), self.limit, said, refuses=False, weight=0.0, image=found[0].image)
