"""Draws what became of pages: the trace of each, a line for every one that is not fine, and the sum of all. On stderr."""

from __future__ import annotations

import logging
import time
from collections import Counter
from typing import TYPE_CHECKING

from rich.text import Text

from ocroute.cli.terminal import console, error_line
from ocroute.errors import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ocroute.document.model import Document, Page
    from ocroute.run import InputResult, Target

_log = logging.getLogger(__name__)

OUTCOME_STYLES = {"accepted": "green", "blank": "green", "declined": "dim", "refused": "yellow", "doubtful": "yellow"}


def explain(document: Document) -> None:
    """Which engines were considered and tried for each page, what was seen, and why its text won. On stderr."""
    out = console(stderr=True)
    for page in document.pages:
        out.print(Text(f"{one_line(page.source)} page {page.number}: {page.verdict.status}", style="bold"))
        turned = f", turned by {page.turned} degrees" if page.turned else ""
        skew = f", deskewed by {page.skew:.1f} degrees" if page.skew else ""
        above = f", of a photograph of {page.sheet.width} x {page.sheet.height}, seen from above" if page.sheet else ""
        out.print(f"  {page.width:.0f} x {page.height:.0f} pixels{above}{turned}{skew}")
        for attempt in page.attempts:
            seconds = sum(value for step, value in attempt.seconds.items() if step != "upright")
            line = Text("  ")
            line.append(attempt.outcome, style=OUTCOME_STYLES.get(attempt.outcome, "red"))
            line.append(f" {attempt.engine} ({seconds:.2f} s, score {attempt.score:.2f})")
            line.append(f": {one_line(attempt.reason)}" if attempt.reason else "")
            out.print(line)
        for reason, names in _by_value(page.rejected).items():
            out.print(Text(f"  not tried {', '.join(names)}: {reason}", style="dim"))
        out.print(f"  {_why_this_text(page)}")


def _by_value(reasons: Mapping[str, str]) -> dict[str, list[str]]:
    """Each reason once, with all that it holds for."""
    names: dict[str, list[str]] = {}
    for name, reason in reasons.items():
        names.setdefault(reason, []).append(name)
    return names


def _why_this_text(page: Page) -> str:
    engine = page.provenance.engine
    match page.verdict.status:
        case "accepted":
            return f"the text is {engine}'s: the first that every check accepted"
        case "blank":
            return "no text is printed on this page"
        case "doubtful" if not engine:
            return "no engine was asked: nothing can be seen on this page"
        case "doubtful":
            return f"the text is {engine}'s: no text was accepted, and this one scored best ({page.verdict.score:.2f})"
        case _:
            return f"there is no text: {page.error}"


def remarks(result: InputResult, *, quiet: bool = False) -> None:
    """What a user must know of an input: why it has no results, and every page that is not fine; if ``quiet``, errors only."""
    if result.error is not None:
        said = str(result.error)
        error_line(said if one_line(result.source) in said else f"{result.source}: {said}")
    for page in result.troubled():
        if not quiet or page.verdict.status == "failed":
            _warn(page)
    for remark in result.remarks:
        if not quiet or remark.code:
            error_line(remark.sentence)


class Tally:
    """Counts what became of all inputs, and says it in the last line."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._began = time.monotonic()
        self._files = self._unread = self._reused = 0
        self._pages: Counter[str] = Counter()

    def add(self, result: InputResult) -> None:
        """One more input."""
        self._files += 1
        self._unread += result.error is not None
        self._reused += result.reused
        self._pages.update(result.statuses)

    def log(self) -> None:
        """The last line, for the log."""
        _log.debug("%s", self._text())

    def line(self) -> None:
        """Write the last line."""
        error_line(self._text())

    def _text(self) -> str:
        """Files, pages, doubtful and failed ones, seconds, and where the results are."""
        pages = self._pages.total()
        parts = [
            _counted(self._files, "file") + (f" ({self._unread} without results)" if self._unread else ""),
            _counted(pages, "page") + (f" ({self._reused} from an earlier run)" if self._reused else ""),
            f"{self._pages['doubtful']} doubtful",
            f"{self._pages['failed']} failed",
            f"{time.monotonic() - self._began:.1f} s",
        ]
        place = "text on stdout" if self._target.kind == "stdout" else f"results in {self._target.place}"
        return ", ".join(parts) + (f"; {place}" if self._unread < self._files else "")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _warn(page: Page) -> None:
    steps = " ".join(dict.fromkeys(finding.next_step for finding in page.verdict.findings if finding.next_step))
    why = page.error or " ".join(finding.sentence for finding in page.verdict.findings if finding.refuses)
    error_line(f"{page.source} page {page.number} is {page.verdict.status}: {why.rstrip('.')}. {steps}".rstrip())
