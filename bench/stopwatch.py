"""How long functions take that nobody times, each under its own name."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Stopwatch:
    """Seconds by name since the last `taken`."""

    def __init__(self) -> None:
        self._seconds: Counter[str] = Counter()

    @contextmanager
    def on(self, owner: Any, name: str) -> Iterator[None]:
        """Time every call of the function ``name`` of a class or module."""
        function: Callable[..., Any] = getattr(owner, name)

        def timed(*arguments: Any, **keywords: Any) -> Any:
            started = time.perf_counter()
            try:
                return function(*arguments, **keywords)
            finally:
                self._seconds[name] += time.perf_counter() - started

        setattr(owner, name, timed)
        try:
            yield
        finally:
            setattr(owner, name, function)

    def taken(self) -> Counter[str]:
        """What the calls took; names that were not called took 0."""
        seconds, self._seconds = self._seconds, Counter()
        return seconds
