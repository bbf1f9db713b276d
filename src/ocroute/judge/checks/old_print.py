"""Fraktur and other old print, which recognisers of today's type read as if it were theirs."""

from __future__ import annotations

from typing import ClassVar, Final

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.long_s import long_s
from ocroute.judge.reading_pieces import plain, quote
from ocroute.pages.page import InputPage

SHOWN: Final = 3  # words that the sentence names
_STEP: Final = (
    "No engine here reads it. Tesseract does by itself, with its data for Fraktur: apt install tesseract-ocr-script-frak, then "
    "tesseract page.png page -l script/Fraktur"
)


class OldPrint:
    """Speaks when f stands in place of s within several words, and hardly an s does."""

    summary: ClassVar[str] = "the page is in Fraktur or other old print, whose long s is read as f"
    limit: ClassVar[float] = 3  # different words

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """How many words are likelier with an s."""
        if engine.kind == "textlayer" and any(line.font and not line.font.hidden for line in reading.lines):
            return None  # its letters are what is drawn; only a layer behind a scan was read by a recogniser
        text = plain(reading)
        found = long_s(text)
        if len(found) < self.limit:
            return None
        named = ", ".join(quote(word) for word in found[:SHOWN])
        what = f"It is old print, as Fraktur: in {len(found)} words an s is read as f, e.g. {named}"
        share = len(found) / max(1, len(text.split()))
        return Finding(
            "old_print", float(len(found)), self.limit, f"{what}.", weight=round(min(0.95, share), 4), next_step=_STEP
        )
