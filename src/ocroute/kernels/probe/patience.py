"""How long a child is waited for at what it does now, and what is said meanwhile."""

from __future__ import annotations

import logging
import time

_FIRST_WORD, _NEXT_WORD = 5.0, 30.0  # seconds of compiling until a note says so, and between two notes

_log = logging.getLogger(__name__)


class Patience:
    """The time that one step of a child has. Steps follow one another; each starts the clock anew.

    Args:
        kernel: its name, for notes.
        seconds: for the first step.
    """

    def __init__(self, kernel: str, seconds: float) -> None:
        self._kernel = kernel
        self.allow(seconds)

    def allow(self, seconds: float, *, compiling: str = "") -> None:
        """The next step begins, and may take so long.

        Args:
            compiling: for what, in words; empty where the step is something else.
        """
        self._seconds, self._compiling = seconds, compiling
        self._since = time.monotonic()
        self._word = _FIRST_WORD

    @property
    def over(self) -> bool:
        """Whether the step has taken too long."""
        return time.monotonic() - self._since > self._seconds

    def tell(self) -> None:
        """A note where a kernel compiles for long, so that nobody takes it for a hang."""
        gone = time.monotonic() - self._since
        if self._compiling and gone > self._word:
            self._word = gone + _NEXT_WORD
            _log.info("%s compiles for %s: %.0f of at most %g s", self._kernel, self._compiling, gone, self._seconds)

    def sentence(self) -> str:
        """What did not come to its end, and in which time."""
        doing = f"did not finish compiling for {self._compiling}" if self._compiling else "did not end"
        return f"{doing} within {self._seconds:g} seconds"
