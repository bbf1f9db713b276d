"""Text that does not follow the white space of the page: columns read across, blocks in a wrong order."""

from __future__ import annotations

from typing import ClassVar, Final

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.out_of_order import LIMIT, moved
from ocroute.judge.reading_pieces import quote
from ocroute.judge.told_order import agrees
from ocroute.pages.page import InputPage

FEWEST: Final = 6  # words out of place


class ReadingOrder:
    """Speaks when no way of cutting the page along its white space leads to the order of the text, nor does its source."""

    summary: ClassVar[str] = "the text is not in the order in which the page is read"
    limit: ClassVar[float] = LIMIT  # share of the words that would have to be moved

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """The share of the words that white space puts in another place."""
        found = moved(reading)
        if found is None or found.words < FEWEST or found.share < self.limit or agrees(page, reading.blocks):
            return None
        return Finding(
            "order",
            round(found.share, 4),
            self.limit,
            f"{found.share:.0%} of the words do not come in the order in which the page's white space lets it be read, "
            f"e.g. {quote(found.text)}.",
            weight=round(found.share, 4),
            image=found.box,
        )
