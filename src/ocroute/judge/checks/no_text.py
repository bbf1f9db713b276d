"""A page on which much may be printed, but no text."""

from __future__ import annotations

from typing import ClassVar

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.reading_pieces import is_wordless
from ocroute.pages.page import InputPage
from ocroute.raster.ink import BLANK, ink_of


class NoText:
    """Remarks that something is printed and nothing was read; whether it looks like text is for `empty` and `blurred` to say."""

    summary: ClassVar[str] = "pictures, patterns or drawings are on the page, and nothing was read"
    limit: ClassVar[float] = BLANK  # inked share of the page, from which it is not bare

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """The share of the page that is inked, where nothing was read."""
        ink = ink_of(page)
        if not is_wordless(reading) or ink.blank:
            return None
        what = (
            f"No text was found on the page: what is printed there, on {ink.fraction:.0%} of it, is no row of letters."
        )
        return Finding("no_text", round(ink.fraction, 5), BLANK, what, refuses=False, weight=0.1)
