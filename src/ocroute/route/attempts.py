"""The policy of trying: a generator that yields engines and receives what came of them. It reads nothing itself."""

from __future__ import annotations

from collections.abc import Generator, Iterable

from ocroute.document.model import Attempt


def attempts(routes: Iterable[str], prior: Iterable[Attempt] = ()) -> Generator[str, Attempt, None]:
    """Yield the next engine to try until one is accepted or none is left.

    Args:
        routes: engines in the plan's order.
        prior: attempts already spent on this page, e.g. in a process that died; their engines are not tried again.
    """
    spent = {attempt.engine for attempt in prior}
    for engine in routes:
        if engine in spent:
            continue
        outcome = yield engine
        if outcome.outcome == "accepted":
            return
