"""A text that would pass by itself, but is worse than one that was refused."""

from __future__ import annotations

from typing import ClassVar

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.merit import merit, refused_before
from ocroute.pages.page import InputPage


class Outdone:
    """Speaks when another engine's text of this page was refused and yet has clearly more of it right."""

    summary: ClassVar[str] = "a text that was refused has more of the page right than this one"
    limit: ClassVar[float] = 0.05  # by which the estimates differ

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """By how much of the page's text the best refused reading is ahead."""
        best = max(refused_before(page), default=0.0)
        if best < self.limit:
            return None
        mine = merit(page, reading, engine)
        if best - mine < self.limit:
            return None
        what = f"About {mine:.0%} of the page's text is right here, and {best:.0%} of another engine's that was refused"
        return Finding("outdone", round(best - mine, 4), self.limit, f"{what}.", weight=round(min(1.0, 1 - mine), 4))
