"""A job on its way through processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Literal

import msgspec

from ocroute.document.model import Attempt
from ocroute.run.jobs import Count, Describe, Doing, Job, JobFailed, Outcome, Read
from ocroute.run.records import give_up

START = Doing("start")

Lost = Literal["crashed", "timed_out"]


@dataclass(slots=True, eq=False)
class Ticket:
    """One job in hand, and what the worker that has it does.

    Attributes:
        index: its place among the jobs.
        reopened: whether a worker was lost while it opened the page.
    """

    index: int
    job: Job
    reopened: bool = False
    doing: Doing = START


def lost_attempt(engine: str, lost: Lost, how: str, seconds: float, *, loading: bool) -> Attempt:
    """The attempt of a page whose process was lost while it had that engine load or read.

    Args:
        how: it ended, in words.
        seconds: since the step began.
    """
    did = "was loaded" if loading else "ran"
    more = "; it is not loaded again. Run: ocroute doctor" if loading else ""
    reason = f"the process in which it {did} {how}{more}"
    return Attempt(engine, lost, reason, seconds={"total": round(seconds, 4)})


def spent_on_every_page(attempt: Attempt) -> Attempt:
    """The same for pages that come later."""
    return msgspec.structs.replace(attempt, seconds={})


def tickets(jobs: Iterable[Job]) -> Iterator[Ticket]:
    """A ticket a job. Unlike a generator it can be asked again when there was none, for an iterator of jobs that may get more."""
    return map(lambda job, index: Ticket(index, job), iter(jobs), count())  # in this order: no job takes no number


def unopened(job: Job, how: str) -> Outcome:
    """The answer to a job whose worker ended, in the words of ``how``, before anything could be had."""
    match job:
        case Read():
            return give_up(job, f"the process that opened and turned this page {how}")
        case Count():
            return JobFailed("CorruptInput", f"{job.input.label} cannot be opened: the process that tried {how}")
        case Describe():
            return JobFailed("EngineUnavailable", f"the process that looked at the engines {how}")
