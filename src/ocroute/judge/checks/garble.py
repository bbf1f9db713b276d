"""Text that is no language."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.garbage import broken_characters, mojibake, rare_ideographs, symbols, unreadable
from ocroute.judge.reading_pieces import plain
from ocroute.pages.page import InputPage


class Garble:
    """Speaks when characters are broken, when signs outnumber letters, or when letters follow each other as in no language."""

    summary: ClassVar[str] = "the text is no language"
    limit: ClassVar[float] = 0.2  # share of the letters in passages that no language explains

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """The worst of the signs that the text is garbage."""
        found = list(self._signs(plain(reading)))
        return max(found, key=lambda finding: finding.weight) if found else None

    def _signs(self, text: str) -> Iterator[Finding]:
        if (share := broken_characters(text)) >= 0.03:
            yield self._finding(share, 0.03, "of the characters are broken or stand for no letter")
        if (share := mojibake(text)) >= 0.04:
            yield self._finding(share, 0.04, "of the characters were decoded in the wrong encoding")
        if (share := symbols(text)) >= 0.4:
            yield self._finding(share, 0.4, "of the text is lines of loose signs")
        if (share := rare_ideographs(text)) >= 0.3:
            yield self._finding(share, 0.3, "of the ideographs are ones that hardly any text uses")
        if (share := unreadable(text)) >= self.limit:
            yield self._finding(share, self.limit, "of the words are letters in an order that no language has")

    def _finding(self, share: float, limit: float, what: str) -> Finding:
        weight = round(min(0.95, share), 4)  # even garbage is more than nothing
        return Finding("garble", round(share, 4), limit, f"{share:.0%} {what}.", weight=weight)
