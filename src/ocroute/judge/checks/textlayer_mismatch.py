"""A PDF's own text that is not what the page shows."""

from __future__ import annotations

from typing import ClassVar, Final

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.pieces import quote
from ocroute.judge.spots import agreement, gaps, spots
from ocroute.pages.page import InputPage

FIRST: Final = 5  # words read from the pixels before a layer is believed
MORE: Final = 19  # words read besides when one of the first does not agree
FEWEST: Final = 4  # words that must have been readable
GAPS: Final = 0.45  # ink between words, over ink inside words


class TextLayerMismatch:
    """Speaks when words of the text layer do not stand where ink is, or do not say what a few crops of the page say."""

    summary: ClassVar[str] = "the PDF's own text is not what the page shows"
    limit: ClassVar[float] = 0.25  # share of the words looked at that say something else

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """The share of sampled words that differ; for scripts the witness cannot read, how much ink stands between words."""
        if engine.kind != "textlayer":
            return None
        between = gaps(page, reading)
        if between is not None and between >= GAPS:
            what = "The words of the text layer do not stand where the words on the page do"
            return self._finding(between, GAPS, what, 0.9)
        chosen = spots(reading, FIRST + MORE)
        seen = agreement(page, chosen[:FIRST], task.threads)
        if any(not same for _, _, same in seen):
            seen += agreement(page, chosen[FIRST:], task.threads)
        if len(seen) < FEWEST:
            return None
        wrong = [(said, shown) for said, shown, same in seen if not same]
        share = len(wrong) / len(seen)
        if share < self.limit:
            return None
        said, shown = wrong[0]
        sample = f"{quote(said)} where it shows {quote(shown)}"
        what = f"{len(wrong)} of {len(seen)} words of the text layer differ from the page, e.g. {sample}"
        return self._finding(share, self.limit, what, share)

    def _finding(self, value: float, limit: float, what: str, bad: float) -> Finding:
        weight = round(min(1.0, 0.35 + 0.6 * bad), 4)
        return Finding("textlayer_mismatch", round(value, 4), limit, f"{what}.", weight=weight)
