"""The process that holds an engine which reads several pages at once: ``python -m ocroute.run.engine_worker``.

Started by `ocroute.run.engine_station`, and by nothing else. It reads; opening, turning and judging pages is the others' work. So
its one thread belongs to the engine, and no page's work in Python keeps a GPU waiting.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from time import perf_counter
from typing import TYPE_CHECKING

import msgspec

from ocroute.errors import EngineCrashed, EngineError, OcrouteError
from ocroute.process import Parent, end_child, run_as_child
from ocroute.run.jobs import Answered, Doing, Given, Hello, JobFailed, Prepare, Take, Taken
from ocroute.run.worker_logs import send_to

if TYPE_CHECKING:
    from ocroute.engines.base import Engine, Request

_encode = msgspec.msgpack.Encoder().encode


class _Holder:
    """Holds one engine after another.

    Attributes:
        following: an order that is not for the engine which is held now.
    """

    def __init__(self, parent: Parent[Take | Prepare]) -> None:
        self._parent = parent
        self._held: dict[Request, tuple[int, float]] = {}
        self._loading: dict[str, float] = {}
        self.following: Take | None = None

    def serve(self, first: Take) -> None:
        """Load an engine and have it read, beginning with ``first``, until there is an order for another."""
        from ocroute.route.loaded_engines import LoadedEngines

        engines, order = LoadedEngines(), first
        while True:
            began = perf_counter()
            try:
                engine = engines.get(order.engine, order.task, lambda name: self._parent.send(Doing("load", name)))
            except EngineCrashed:
                raise
            except Exception as error:  # its constructor may raise anything
                self._refuse(order, error)
                order = self._next()
                continue
            self._loading = {"load": round(perf_counter() - began, 4)}
            self._stream(engine, order)
            order = self.following or self._next()

    def _stream(self, engine: Engine, first: Take) -> None:
        from ocroute.route.readings import checked

        self.following = None
        for request, answer in engine.read(self._requests(first)):
            if request not in self._held:
                continue  # the first answer counted
            index, taken = self._held.pop(request)
            seconds = {**self._loading, "read": round(perf_counter() - taken, 4)}
            self._loading = {"load": 0.0}
            given = Given(first.engine, seconds=seconds)
            try:
                reading = checked(answer)
                settings = {"threads": request.task.limits.threads, **reading.settings}
                body = _encode(msgspec.structs.replace(reading, settings=settings))
                given = msgspec.structs.replace(given, reading=body)
            except EngineCrashed:
                raise
            except Exception as error:  # whatever the engine says of this page
                given = msgspec.structs.replace(given, failed=_failed(error))
            self._parent.send(Answered(index, given))
        for index, _ in self._held.values():
            failed = _failed(EngineError(f"{first.engine} gave no answer to this page"))
            self._parent.send(Answered(index, Given(first.engine, failed=failed, seconds=self._loading)))
        self._held.clear()

    def _requests(self, first: Take) -> Iterator[Request | None]:
        """Orders as requests, as long as they are for the same engine and task; None where none is there and pages are held."""
        from ocroute.engines.base import Request
        from ocroute.pages.handed_over import HandedPage

        order = first
        while (order.engine, order.task) == (first.engine, first.task):
            request = Request(HandedPage(order.page), order.task)
            self._held[request] = (order.index, perf_counter())
            self._parent.send(Taken(order.index))
            yield request
            while self._held and not self._parent.asks(0.0):
                yield None
            order = self._next()
        self.following = order

    def _next(self) -> Take:
        order = self._parent.receive()
        assert isinstance(order, Take)  # there is nothing to prepare any more
        return order

    def _refuse(self, order: Take, error: Exception) -> None:
        self._parent.send(Taken(order.index))
        self._parent.send(Answered(order.index, Given(order.engine, failed=_failed(error))))


def _failed(error: Exception) -> JobFailed:
    if isinstance(error, OcrouteError):
        return JobFailed.of(error)
    return JobFailed("EngineError", f"{type(error).__name__}: {error}")


def _prepare(name: str, parent: Parent[Take | Prepare]) -> None:
    """Import what the engine will import; what is wrong with it is said when it is loaded."""
    from ocroute.engines.base import ENGINES

    parent.send(Doing("load", name))
    with contextlib.suppress(Exception):
        prepare = getattr(ENGINES.load(name), "prepare_process", None)
        if prepare is not None:
            prepare()
    parent.send(Hello())


def main() -> None:
    """Read until the parent is gone."""
    parent: Parent[Take | Prepare] = Parent(msgspec.msgpack.Decoder(Take | Prepare))
    send_to(parent.send)
    parent.send(Hello())
    order = parent.receive()
    if isinstance(order, Prepare):
        _prepare(order.engine, parent)
        order = parent.receive()
    assert isinstance(order, Take)
    try:
        _Holder(parent).serve(order)
    except EngineCrashed as error:  # in a fresh process the engine may find its device again
        end_child(error.message)


if __name__ == "__main__":
    run_as_child(main)
