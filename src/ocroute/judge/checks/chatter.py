"""A chat model's preamble, and what else it says to its user, among the words of the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.engines.neural.preamble import parted, suspects
from ocroute.judge.fuzzy_search import SAME, SearchedText, weight
from ocroute.judge.line_crops import crops_of_lines, read_crops
from ocroute.judge.reading_pieces import quote
from ocroute.pages.page import InputPage
from ocroute.raster.ink import ink_of
from ocroute.values import Box

LINES: Final = 6  # from the page's top, or its bottom, among which the words must stand if they are printed
FEWEST: Final = 5  # letters of a stretch that tells


class Chatter:
    """Speaks when an answer begins or ends as chat models talk and the page does not; remarks on what was cut for it."""

    summary: ClassVar[str] = "the model's own words stand before or after the page's"
    limit: ClassVar[float] = 1.0  # passages

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """How many passages are the model's own, or were taken for that wrongly."""
        if engine.kind not in ("vlm", "remote"):
            return None
        cut, kept = parted(reading.raw), suspects("\n\n".join(block.text for block in reading.blocks))
        printed = [
            text for text in self._passages(cut.before, cut.after) if self._printed(page, text, cut.before, task)
        ]
        if printed:
            return self._finding(printed, "Taken for the model's own words and left out, but printed on the page", 0.3)
        mine = [
            text
            for text in self._passages(kept.before, kept.after)
            if self._printed(page, text, kept.before, task) is False
        ]
        if mine:
            return self._finding(mine, "The text holds words of the model's own, which the page does not show", 0.3)
        left_out = self._passages(cut.before, cut.after)
        return self._finding(left_out, "Left out as the model's own words", 0.0) if left_out else None

    def _passages(self, before: str, after: str) -> list[str]:
        return [text for text in (before, after) if text]

    def _printed(self, page: InputPage, passage: str, before: str, task: Task) -> bool | None:
        """Whether the page shows ``passage`` where it would stand; None where nothing can be read there."""
        lines: Sequence[Box] = [line.box for line in ink_of(page).lines]
        near = lines[:LINES] if passage == before else lines[-LINES:]
        read = [
            one
            for one in read_crops(page, crops_of_lines(page, near), task.limits.threads)
            if weight(one.text) >= FEWEST
        ]
        return any(SearchedText(passage).likeness(one.text) >= SAME for one in read) if read else None

    def _finding(self, passages: list[str], what: str, weight: float) -> Finding:
        said = " and ".join(quote(text, 80) for text in passages)
        return Finding(
            "chatter", float(len(passages)), self.limit, f"{what}: {said}.", refuses=weight > 0, weight=weight or 0.1
        )
