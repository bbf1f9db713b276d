"""A PDF's own text that is not what the page shows."""

from __future__ import annotations

from statistics import fmean
from typing import ClassVar, Final

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.reading_pieces import quote
from ocroute.judge.word_crops import Spot, agreement, gaps, plainly_so, spots
from ocroute.pages.page import InputPage

FIRST: Final = 8  # words that must stand there plainly before a layer is believed without more ado
SECOND: Final = 20  # words read one by one where they do not
LAST: Final = 44  # and where those leave it open
OPEN: Final = (0.06, 0.22)  # share of differing letters that twenty words leave open: about two deviations to each side
FEWEST: Final = 4  # words that must have been readable
GAPS: Final = 0.45  # ink between words, over ink inside words


class TextLayerMismatch:
    """Speaks when words of the text layer do not stand where ink is, or do not say what a few crops of the page say."""

    summary: ClassVar[str] = "the PDF's own text is not what the page shows"
    limit: ClassVar[float] = 0.14  # share of the letters looked at that are others; about a quarter of the words

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """How much sampled words differ; for scripts the reference recogniser cannot read, how much ink stands between words."""
        if engine.kind != "textlayer":
            return None
        between = gaps(page, reading)
        if between is not None and between >= GAPS:
            what = "The words of the text layer do not stand where the words on the page do"
            return self._finding(between, GAPS, what, 0.9)
        seen = self._seen(page, reading, task.limits.threads)
        if len(seen) < FEWEST:
            return None
        value = _differing(seen)
        if value < self.limit:
            return None
        worst = min(seen, key=lambda spot: spot.likeness)
        sample = f"{quote(worst.said)} where it shows {quote(worst.shown)}"
        wrong = sum(not spot.same for spot in seen)
        what = f"{wrong} of {len(seen)} words of the text layer differ from the page, e.g. {sample}"
        if not wrong:
            what = (
                f"{value:.0%} of the letters in {len(seen)} words of the text layer differ from the page, e.g. {sample}"
            )
        return self._finding(value, self.limit, what, 1.5 * value)

    def _seen(self, page: InputPage, reading: Reading, threads: int) -> list[Spot]:
        """As many words as it takes to tell; none where a glance shows that the layer is right."""
        chosen = spots(reading, LAST)
        if not chosen or plainly_so(page, chosen[:FIRST], threads):
            return []
        seen = agreement(page, chosen[:SECOND], threads)
        if seen and OPEN[0] <= _differing(seen) <= OPEN[1]:
            seen += agreement(page, chosen[SECOND:], threads)
        return seen

    def _finding(self, value: float, limit: float, what: str, bad: float) -> Finding:
        weight = round(min(1.0, 0.35 + 0.6 * bad), 4)
        return Finding("textlayer_mismatch", round(value, 4), limit, f"{what}.", weight=weight)


def _differing(seen: list[Spot]) -> float:
    """The share of letters that are others: softer than counting words, so that fewer of them settle the matter."""
    return 1.0 - fmean(spot.likeness for spot in seen)
