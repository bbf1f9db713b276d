"""The contract of a check, and the verdict over all of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Final, Protocol

import msgspec

from ocroute.document.model import Finding, Status, Verdict
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.checks.blank import blank
from ocroute.judge.checks.dark import dark
from ocroute.judge.merit import merit, refused_before, taken
from ocroute.pages.page import InputPage
from ocroute.raster.ink import ink_of
from ocroute.registry import Registry
from ocroute.values import Box


class Check(Protocol):
    """Looks for one kind of failure.

    Attributes:
        summary: one sentence for the docs.
        limit: the value from which it speaks.

    A check whose ``any_answer`` is True is also asked about readings that need not hold the page's text; the others compare
    a text with a page.
    """

    summary: ClassVar[str]
    limit: ClassVar[float]

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """What was found, or None. Pure but for ``page.once``, where costly measurements are shared.

        ``reading`` has its blocks: layout ran before the judge. Blocks may lack boxes (``engine.gives_boxes`` is False).
        """
        ...


CHECKS = Registry("ocroute.checks", required=("summary", "limit", "check"))

NOTHING: Final = frozenset({"blank", "no_text"})
"""Checks whose findings say that there is no text, which is a fine result."""


def judge(page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Verdict:
    """Every registered check's finding and the verdict they add up to.

    The verdict is ``doubtful`` when a finding refuses; ``blank`` when one of `NOTHING` says so; else ``accepted``. The score of
    a refused reading is its `merit`, less what findings take of it that say more than merit can see: of two the better scores
    higher. `refused_before` knows it from then on.
    """
    findings = tuple(_findings(page, reading, engine, task))
    refusing = [finding for finding in findings if finding.refuses]
    if not refusing:
        status: Status = "accepted" if NOTHING.isdisjoint(finding.code for finding in findings) else "blank"
        return Verdict(status, 1.0, findings)
    score = round(merit(page, reading, engine) * (1.0 - taken(reading, refusing)), 4)
    refused_before(page).append(score)
    return Verdict("doubtful", score, findings)


def at_sight(page: InputPage) -> Verdict | None:
    """The verdict that needs no reading: ``blank``, where nothing is printed; ``doubtful``, where all is too dark to tell.

    Asked before any engine, it saves the reading. A page that brings text of its own is left to the engines: text without ink
    is a finding, not a blank page; so is one whose source holds more than is printed.
    """
    if page.text_layer() or page.unread():
        return None
    if finding := blank(page):
        return Verdict("blank", 1.0, (finding,))
    if ink_of(page).blank_inside and (finding := dark(page)):
        return Verdict("doubtful", 0.0, (finding,))
    return None


def _findings(page: InputPage, reading: Reading, engine: EngineInfo, task: Task) -> Iterable[Finding]:
    for name in CHECKS:
        check: Check = CHECKS.load(name)()
        if not (reading.transcribes or getattr(check, "any_answer", False)):
            continue
        finding = check.check(page, reading, engine=engine, task=task)
        if finding is not None:
            yield _plain(finding)


def _plain(finding: Finding) -> Finding:
    """``finding`` with Python's own numbers: numpy's look the same, but a page record cannot be written with them."""
    numbers = {name: float(getattr(finding, name)) for name in ("value", "limit", "weight")}
    image = finding.image and Box(*(float(edge) for edge in msgspec.structs.astuple(finding.image)))
    return msgspec.structs.replace(finding, **numbers, image=image)
