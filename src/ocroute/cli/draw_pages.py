"""Draws what became of pages: the trace of each, and a line for every one that is not fine. On stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from ocroute.cli.terminal import console, error_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ocroute.document.model import Document, Page
    from ocroute.run import InputResult

OUTCOME_STYLES = {"accepted": "green", "blank": "green", "declined": "dim", "refused": "yellow", "doubtful": "yellow"}


def explain(document: Document) -> None:
    """Which engines were considered and tried for each page, what was seen, and why its text won. On stderr."""
    out = console(stderr=True)
    for page in document.pages:
        out.print(Text(f"{page.source} page {page.number}: {page.verdict.status}", style="bold"))
        turned = f", turned by {page.turned} degrees" if page.turned else ""
        skew = f", deskewed by {page.skew:.1f} degrees" if page.skew else ""
        out.print(f"  {page.width:.0f} x {page.height:.0f} pixels{turned}{skew}")
        for attempt in page.attempts:
            seconds = sum(value for step, value in attempt.seconds.items() if step != "upright")
            line = Text("  ")
            line.append(attempt.outcome, style=OUTCOME_STYLES.get(attempt.outcome, "red"))
            line.append(f" {attempt.engine} ({seconds:.2f} s, score {attempt.score:.2f})")
            line.append(f": {attempt.reason}" if attempt.reason else "")
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
            return "nothing is printed on this page"
        case "doubtful":
            return f"the text is {engine}'s: no text was accepted, and this one scored best ({page.verdict.score:.2f})"
        case _:
            return f"there is no text: {page.error}"


def remarks(result: InputResult) -> None:
    """What a user must know of an input: why it has no results, where they are, and every page that is not fine."""
    if result.error is not None:
        error_line(str(result.error))
    for page in result.troubled():
        _warn(page)


def _warn(page: Page) -> None:
    steps = " ".join(dict.fromkeys(finding.next_step for finding in page.verdict.findings if finding.next_step))
    why = page.error or " ".join(finding.sentence for finding in page.verdict.findings if finding.refuses)
    error_line(f"{page.source} page {page.number} is {page.verdict.status}: {why.rstrip('.')}. {steps}".rstrip())
