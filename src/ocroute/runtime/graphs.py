"""Work for the GPU that is captured once and then replayed, hundreds of kernels by one call."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import Any

import torch

_MOST = 64


class Graphs:
    """CUDA graphs by name. All share one pool of memory: they never run at the same time.

    ``torch.cuda.graph`` captures too, but collects garbage and empties torch's memory first, which takes longer than all else.
    """

    def __init__(self) -> None:
        self._graphs: dict[Hashable, torch.cuda.CUDAGraph] = {}
        self._pool: Any = None
        self._aside: Any = (
            None  # the same stream each time: torch's libraries keep memory for every stream that they have seen
        )

    def run(self, name: Hashable, work: Callable[[], None]) -> None:
        """Do ``work``: as it is the first time, so that libraries and kernels are loaded, and captured for later times.

        Args:
            work: reads and writes tensors that stay where they are, and waits for nothing.
        """
        graph = self._graphs.get(name)
        if graph is not None:
            graph.replay()
            return
        work()
        if len(self._graphs) >= _MOST:
            self.forget()
        self._graphs[name] = self._captured(work)

    def forget(self) -> None:
        """Drop all graphs; to be called before the tensors that they use go."""
        if self._graphs:
            torch.cuda.synchronize()  # one may be running
        self._graphs.clear()
        self._pool = None

    def _captured(self, work: Callable[[], None]) -> torch.cuda.CUDAGraph:
        self._aside = self._aside or torch.cuda.Stream()  # type: ignore[no-untyped-call]
        graph, here = torch.cuda.CUDAGraph(), torch.cuda.current_stream()
        torch.cuda.synchronize()
        with torch.cuda.stream(self._aside):
            graph.capture_begin(pool=self._pool, capture_error_mode="thread_local")
            try:
                work()
            except BaseException:
                with suppress(
                    RuntimeError
                ):  # of a capture that an error of CUDA broke it says only that; the first says why
                    graph.capture_end()
                raise
            graph.capture_end()
        here.wait_stream(self._aside)
        self._pool = graph.pool()
        return graph
