"""An event loop in a thread of its own: requests run on while the caller works, and end at once when they are given up."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from typing import Any, Generic, TypeVar

C = TypeVar("C")
T = TypeVar("T")


class Background(Generic[C]):
    """Holds one asynchronous resource, e.g. an HTTP client, in a loop that runs until this object is closed or forgotten.

    The thread is a daemon: a request that hangs keeps no process alive.

    Args:
        make: makes the resource; called in the loop.
    """

    def __init__(self, make: Callable[[], AbstractAsyncContextManager[C]]) -> None:
        ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, C]] = Future()
        # The thread knows nothing of this object, so that it can be forgotten while the thread runs.
        thread = threading.Thread(target=_run, args=(make, ready), name="ocroute-openai", daemon=True)
        thread.start()
        self._loop, done, self.resource = ready.result()
        self.close = weakref.finalize(self, _end, self._loop, done, thread)

    def start(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run ``work``; cancelling what is returned ends it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Run ``work`` and wait for it; an interrupt of the caller ends it."""
        future = self.start(work)
        try:
            return future.result()
        finally:
            future.cancel()


def _run(
    make: Callable[[], AbstractAsyncContextManager[C]],
    ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, C]],
) -> None:
    async def live() -> None:
        done = asyncio.Event()
        async with make() as resource:
            ready.set_result((asyncio.get_running_loop(), done, resource))
            await done.wait()

    try:
        asyncio.run(live())
    except BaseException as error:
        if ready.done():
            raise
        ready.set_exception(error)


def _end(loop: asyncio.AbstractEventLoop, done: asyncio.Event, thread: threading.Thread) -> None:
    if loop.is_closed():
        return
    loop.call_soon_threadsafe(done.set)
    if thread is not threading.current_thread():
        thread.join(timeout=5.0)
