"""Weights that the user asked for and that are not here, fetched before the first page is read.

It happens in the caller's process, not in a worker: no deadline ends it, however slow the network, and its progress is seen.
"""

from __future__ import annotations

from ocroute.engines.base import ENGINES
from ocroute.route.plan import Wish
from ocroute.run.executor import Executor, ask
from ocroute.run.jobs import Describe, Refused


def fetch(executor: Executor, wish: Wish) -> None:
    """Fetch what ``wish`` names with its engine, if it is to be fetched: nothing else counts as asking.

    Raises:
        EngineUnavailable: the engine cannot run here, which is said before gigabytes come; or they cannot be had.
        PluginError: the engine's row is broken.
    """
    if not wish.wanted.model or wish.engine not in ENGINES:
        return
    engine = ENGINES.load(wish.engine)
    fetches = getattr(engine, "fetches", None)  # engines without weights of their own have none
    if fetches is None or not fetches(wish.wanted):
        return
    answer = ask(executor, Describe(wish))
    if isinstance(answer, Refused):
        raise answer.error()
    engine.fetch(wish.wanted)
