"""Words that a PDF's text has and its page does not show."""

from __future__ import annotations

from typing import ClassVar

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.reading_pieces import quote
from ocroute.pages.page import InputPage
from ocroute.raster.printed import printed


class Unprinted:
    """Remarks on words that were left out of a text layer, for nothing is drawn where they stand."""

    summary: ClassVar[str] = (
        "the file has words that its page does not show, as what is typed beyond the end of a form field"
    )
    limit: ClassVar[float] = 1.0  # words

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """How many words are not shown, with the first of them."""
        if engine.kind != "textlayer" or not (silent := printed(page).silent):
            return None
        count = f"{len(silent)} words of the file are" if len(silent) > 1 else "1 word of the file is"
        said = f"{count} not shown on the page and not in its text: {quote(' '.join(silent[:12]))}."
        return Finding("unprinted", float(len(silent)), self.limit, said, refuses=False, weight=0.0)
