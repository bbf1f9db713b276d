"""How long a server is waited for that says it is not ready: until the time of the page is over, with a note of how long."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from time import monotonic

NOT_READY = frozenset({429, 503, 529})
"""Statuses of a server that loads its model, or has no room for another request. Nothing is wrong, and it will end."""

_FIRST_WORD, _NEXT_WORD = 5.0, 30.0  # seconds of waiting until a note says so, and between two notes

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Patience:
    """The waiting for one answer.

    Attributes:
        who: is waited for, e.g. ``the server at http://127.0.0.1:8000/v1``.
        seconds: that have been waited so far.
    """

    who: str
    seconds: float = 0.0
    _since: float | None = None
    _word: float = field(default_factory=lambda: _FIRST_WORD)

    @property
    def begun(self) -> bool:
        """Whether the server has said that it is not ready."""
        return self._since is not None

    def not_ready(self, status: int, said: str, left: float) -> None:
        """The server has said that it is not ready.

        Args:
            said: its own words.
            left: seconds of the page's time.
        """
        now = monotonic()
        self._since = self._since or now
        self.seconds = now - self._since
        if self.seconds >= self._word:
            self._word = self.seconds + _NEXT_WORD
            why = f"{status} {said}".strip()
            _log.info(
                "%s is not ready (%s): waited %.0f s, %.0f s are left", self.who, why, self.seconds, max(left, 0.0)
            )

    def over(self) -> None:
        """It has answered."""
        if self._since is None:
            return
        self.seconds = monotonic() - self._since
        if self._word > _FIRST_WORD:
            _log.info("%s has answered after %.0f s of waiting", self.who, self.seconds)
