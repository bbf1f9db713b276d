"""An engine that does not trust itself."""

from __future__ import annotations

from typing import ClassVar, Final

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.reading_pieces import pieces
from ocroute.pages.page import InputPage

FEWEST: Final = 8  # characters with a confidence
_STEP: Final = (
    "If the page is in a script that the engine does not know, install Tesseract's data for its language and name it, e.g. "
    "for Hebrew: apt install tesseract-ocr tesseract-ocr-heb, then read with --lang he"
)


class LowConfidence:
    """Speaks when the mean confidence of the engine, weighted by characters, is low."""

    summary: ClassVar[str] = "the engine itself is unsure of what it read"
    limit: ClassVar[float] = 0.65

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """The mean confidence, 0 to 1."""
        rated = [(p.confidence, p.weight) for p in pieces(reading, finest=True) if p.confidence is not None]
        total = sum(count for _, count in rated)
        if total < FEWEST:
            return None
        mean = sum(confidence * count for confidence, count in rated) / total
        if mean >= self.limit:
            return None
        return Finding(
            "low_confidence",
            round(mean, 4),
            self.limit,
            f"The engine is {mean:.0%} sure of its text on average.",
            weight=round(1 - mean, 4),
            next_step=_STEP,
        )
