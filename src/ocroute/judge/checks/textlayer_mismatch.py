"""A PDF's own text that is not what the page shows."""

from __future__ import annotations

from typing import ClassVar, Final

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.errors import EngineError, EngineUnavailable
from ocroute.judge import drawn_words
from ocroute.judge.layer_sample import words_of
from ocroute.judge.read_back import ReadBack, read_back
from ocroute.judge.reading_pieces import quote
from ocroute.judge.word_gaps import edge_ink, gaps
from ocroute.pages.page import InputPage

GAPS: Final = 0.45  # ink between words, over ink inside words
EDGES: Final = 2.5  # ink along the edges of words, over ink in their middles


class TextLayerMismatch:
    """Speaks when words of the text layer do not stand where ink is, or do not say what the page says in their place."""

    summary: ClassVar[str] = "the PDF's own text is not what the page shows"
    limit: ClassVar[float] = 0.025  # share of wrong letters, of those read back, from which a layer is likely wrong

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """How many letters of sampled words differ; for scripts the reference recogniser cannot read, how they are drawn."""
        if engine.kind != "textlayer":
            return None
        between = gaps(page, reading)
        if between is not None and between >= GAPS:
            what = "The words of the text layer do not stand where the words on the page do"
            return self._finding(between, GAPS, what, 0.9)
        edges = edge_ink(page, reading)
        if edges is not None and edges >= EDGES:
            what = "The words of the text layer stand half a line beside those on the page"
            return self._finding(edges, EDGES, what, 0.9)
        words = words_of(reading)
        if words.others and drawn_words.odds(page, words.others) > 0:
            return self._finding(1.0, 1.0, "The words of the text layer do not look like those on the page", 0.9)
        try:
            found = read_back(page, words.readable, task.limits.threads)
        except (EngineUnavailable, EngineError):  # no second pair of eyes here: geometry and language must do
            return None
        return self._of_letters(found) if found.odds > 0 else None

    def _of_letters(self, found: ReadBack) -> Finding:
        chosen = [one for one in found.seen if one.probe.font in found.suspects] or list(found.seen)
        worst = max(chosen, key=lambda one: one.wrong / len(one.probe.letters))
        wrong = sum(one.wrong > 0 for one in chosen)
        what = (
            f"{wrong} of {len(chosen)} words of the text layer differ from the page, "
            f"e.g. {quote(worst.probe.text)} where it shows {quote(worst.shown)}"
        )
        return self._finding(found.share, self.limit, what, 1.5 * found.share)

    def _finding(self, value: float, limit: float, what: str, bad: float) -> Finding:
        weight = round(min(1.0, 0.35 + 0.6 * bad), 4)
        return Finding("textlayer_mismatch", round(value, 4), limit, f"{what}.", weight=weight)
