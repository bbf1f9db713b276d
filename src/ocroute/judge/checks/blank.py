"""A page of paper on which nothing is printed."""

from __future__ import annotations

from typing import ClassVar

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.checks.dark import dark
from ocroute.judge.reading_pieces import is_wordless
from ocroute.pages.page import InputPage
from ocroute.raster.ink import BLANK, ink_of


class Blank:
    """Speaks when the page is light, has no ink but specks, and the engine wrote nothing. Not a failure."""

    summary: ClassVar[str] = "nothing is printed on the page, and nothing was read"
    limit: ClassVar[float] = BLANK  # inked share of the page

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """The share of the page that is inked, where it is a blank page's."""
        return blank(page) if is_wordless(reading) else None


def blank(page: InputPage) -> Finding | None:
    """What says that nothing is printed on ``page``, by its ink alone; None where something is."""
    ink = ink_of(page)
    if not ink.blank or dark(page):
        return None
    what = f"The page is blank: {ink.fraction:.2%} of it is inked, in specks."
    return Finding("blank", round(ink.fraction, 5), BLANK, what, refuses=False, weight=0.0)
