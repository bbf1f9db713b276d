"""What the source holds besides what is printed on the page."""

from __future__ import annotations

from typing import ClassVar

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.pages.page import InputPage


class UnreadParts:
    """Remarks on attached files and the like; speaks against a page that only stands in for a form which nobody reads."""

    summary: ClassVar[str] = (
        "the file holds more than its pages: attached files, or a form that the page only stands in for"
    )
    limit: ClassVar[float] = 1.0  # parts that are not read
    any_answer: ClassVar[bool] = True

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """How many parts of the source nobody reads."""
        parts = page.unread()
        if len(parts) < self.limit:
            return None
        refuses = any(part.instead for part in parts)
        said = " ".join(part.sentence for part in parts)
        step = "Print it to a new PDF with a viewer that shows XFA forms, e.g. Adobe Reader" if refuses else ""
        return Finding("unread", float(len(parts)), self.limit, said, refuses, 0.6 if refuses else 0.0, step)
