"""When a request is worth another try, how long to wait before it, and when time is up."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic

PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
"""Statuses that a server gives while it is busy, starting or behind a proxy that is. Others say the same every time."""


PAGE = 600.0
"""Seconds for a page where nobody names any."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how often a server is asked.

    Attributes:
        connect: seconds until a connection stands.
        page: seconds for a page, all tries and waits together, where the task allows no fewer; 0 for `PAGE` or what the task
            allows, be it more.
        small: seconds for a list or a version, all tries together.
        tries: of one request, the first included.
        first_wait, longest_wait: seconds; each wait is twice the one before.
        answer: bytes; no page's text is longer.
    """

    connect: float = 10.0
    page: float = 0.0
    small: float = 30.0
    tries: int = 5
    first_wait: float = 0.5
    longest_wait: float = 20.0
    answer: int = 32 << 20


@dataclass(frozen=True, slots=True)
class Deadline:
    """When time is up, for all tries and waits together.

    Attributes:
        seconds: that were given.
        end: by ``time.monotonic``.
        more: what allows more time, as an instruction; empty where nothing does.
    """

    seconds: float
    end: float
    more: str = ""

    @classmethod
    def after(cls, seconds: float, more: str = "") -> Deadline:
        """So many seconds from now."""
        return cls(seconds, monotonic() + seconds, more)

    @classmethod
    def of_page(cls, limits: Limits, task_seconds: float = 0.0) -> Deadline:
        """A page's, from now: the shorter of the engine's limit and the task's; 0 is none."""
        if task_seconds and not 0.0 < limits.page <= task_seconds:
            return cls.after(task_seconds, "--timeout SECONDS allows more time")
        return cls.after(limits.page or PAGE, "OCROUTE_SERVER_SECONDS=SECONDS in the environment allows more time")

    @classmethod
    def of_list(cls, limits: Limits, task_seconds: float = 0.0) -> Deadline:
        """A list's or a version's, from now: the shorter of the engine's limit and the task's; 0 is none."""
        if 0.0 < task_seconds < limits.small:
            return cls.after(task_seconds, "--timeout SECONDS allows more time")
        return cls.after(limits.small)

    @property
    def left(self) -> float:
        """Seconds; negative when they are over."""
        return self.end - monotonic()


def wait(done: int, asked: float | None, limits: Limits) -> float:
    """Seconds to wait after ``done`` tries (at least one).

    Args:
        asked: what the server's Retry-After says. It is honoured, and never undercut.

    The chance in it keeps clients that failed together from coming back together.
    """
    if asked is not None:
        return asked + random.uniform(0.0, min(1.0, 0.1 * asked))
    return min(limits.longest_wait, limits.first_wait * 2.0 ** min(done - 1, 64)) * random.uniform(0.5, 1.0)


def retry_after(header: str | None, now: datetime | None = None) -> float | None:
    """Seconds in a Retry-After header, which holds seconds or a date; None where there is none, or nonsense."""
    if not header:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(header)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - (now or datetime.now(UTC))).total_seconds())
