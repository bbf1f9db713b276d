"""The contract of a check, and the verdict over all of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Protocol

from ocroute.document.model import Finding, Verdict
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.judge.ink import ink_of
from ocroute.pages.page import InputPage
from ocroute.registry import Registry


class Check(Protocol):
    """Looks for one kind of failure.

    Attributes:
        summary: one sentence for the docs.
        limit: the value from which it speaks.
    """

    summary: ClassVar[str]
    limit: ClassVar[float]

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """What was found, or None. Pure but for ``page.once``, where costly measurements are shared.

        ``reading`` has its blocks: layout ran before the judge. Blocks may lack boxes (``engine.gives_boxes`` is False).
        """
        ...


CHECKS = Registry("ocroute.checks", required=("summary", "limit", "check"))


def judge(page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Verdict:
    """Every registered check's finding and the verdict they add up to.

    The verdict is ``blank`` when the check of that name spoke, ``accepted`` when nothing refuses, else ``doubtful``; its score
    is 1 less the worst refusing weight, a little lower for each further one. Of two refused readings the better scores higher.
    """
    findings = tuple(_findings(page, reading, engine, task))
    refusing = [finding for finding in findings if finding.refuses]
    if not refusing:
        blank = any(finding.code == "blank" for finding in findings)
        return Verdict("blank" if blank else "accepted", 1.0, findings)
    worst = max(finding.weight for finding in refusing)  # not a product: checks see the same harm from several sides
    return Verdict("doubtful", round((1.0 - worst) * 0.95 ** (len(refusing) - 1), 4), findings)


def is_blank(page: InputPage) -> bool:
    """Whether nothing is printed on ``page``, judged by its ink alone; asked before any engine, it saves the reading."""
    return ink_of(page).blank


def _findings(page: InputPage, reading: Reading, engine: EngineInfo, task: Task) -> Iterable[Finding]:
    for name in CHECKS:
        check: Check = CHECKS.load(name)()
        finding = check.check(page, reading, engine=engine, task=task)
        if finding is not None:
            yield finding
