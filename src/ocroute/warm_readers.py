"""Reading from Python in one call: `read`, on a reader of the process that stays warm for the next one."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack, cast

from ocroute.document_api import Document
from ocroute.errors import InputError
from ocroute.options import ReaderOptions, documented
from ocroute.reader import Reader, checked

if TYPE_CHECKING:
    from ocroute.pages.in_memory import PageInput

_IDLE = 300.0
"""Seconds after which a reader of the process that nobody has used lets its engines go."""

_WARM = 4
"""Readers of the process that stay warm at most, each for other options."""


@dataclass(slots=True, eq=False)
class _Warm:
    """A reader of the process: how many use it now, and when one did last."""

    reader: Reader
    users: int = 0
    used: float = 0.0


class _WarmReaders:
    """The readers of the process, one for each set of options; those that nobody uses for a while are closed."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._warm: dict[Hashable, _Warm] = {}
        self._timer: threading.Timer | None = None
        self._inherited: list[_Warm] = []

    @contextmanager
    def lent(self, options: Mapping[str, Any]) -> Iterator[Reader]:
        """A reader for these options. After an error that is not its input's it is not used again: what was missing may be
        there by the next call.
        """
        values = checked(options)
        key = tuple(sorted(values.items(), key=lambda item: item[0]))
        with self._lock:
            warm = self._warm.get(key) or self._new(key, values)
            warm.users += 1
        sound = False
        try:
            yield warm.reader
            sound = True
        except InputError:
            sound = True
            raise
        finally:
            with self._lock:
                warm.users -= 1
                warm.used = time.monotonic()
                if not sound and self._warm.get(key) is warm:
                    del self._warm[key]
                kept = self._warm.get(key) is warm
                self._wind()
            if not kept and not warm.users:
                warm.reader.close()

    def _new(self, key: Hashable, values: dict[str, Any]) -> _Warm:
        warm = _Warm(Reader(**cast("ReaderOptions", values)))
        idle = sorted((one for one in self._warm.items() if not one[1].users), key=lambda item: item[1].used)
        spare = max(0, len(self._warm) + 1 - _WARM)
        for place, (other, old) in enumerate(idle):
            if place < spare or (old.reader.neural and warm.reader.neural):
                del self._warm[other]
                old.reader.close()
        self._warm[key] = warm
        return warm

    def _wind(self) -> None:
        """See to it that somebody looks when the next one has been idle long enough; where all are in use, who uses them does."""
        idle = [warm.used for warm in self._warm.values() if not warm.users]
        if self._timer is None and idle:
            self._timer = threading.Timer(max(0.0, min(idle) + _IDLE - time.monotonic()), self._look)
            self._timer.daemon = True
            self._timer.start()

    def _look(self) -> None:
        with self._lock:
            self._timer = None
            self.close(idle=_IDLE)
            self._wind()

    def close(self, *, idle: float = 0.0) -> None:
        """Close those that nobody has used for so many seconds; those in use when they are not any more, where it is 0."""
        now = time.monotonic()
        with self._lock:
            for key, warm in tuple(self._warm.items()):
                if not warm.users and now - warm.used >= idle:
                    del self._warm[key]
                    warm.reader.close()
                elif warm.users and not idle:
                    del self._warm[key]
            if self._timer is not None and not self._warm:
                self._timer.cancel()
                self._timer = None

    def forked(self) -> None:
        """In a forked process: begin anew, and leave what is the parent's untouched."""
        self._inherited += self._warm.values()
        self._lock, self._warm, self._timer = threading.RLock(), {}, None


_readers = _WarmReaders()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_readers.forked)


@documented(ReaderOptions)
def read(
    source: PageInput,
    *,
    pages: str | Iterable[int] | None = None,
    password: str | None = None,
    **options: Unpack[ReaderOptions],
) -> Document:
    """Read one input, with a `Reader` of the process for these options: its engines stay loaded for the next call.

    It is closed when nobody has used it for five minutes, at the end of the process, or by `ocroute.close`. What is installed
    meanwhile is seen after that.

    Args:
        source: an image or a PDF: a path, its bytes, a file object that gives them, a PIL image, or an array of uint8,
            H x W x 3 in the order RGB or H x W for grey, origin top left.
        pages: which pages, e.g. ``"1-3,7"`` or ``[1, 3]``; all when None.
        password: of an encrypted PDF.
        {options}

    Returns:
        A document with one record for each page, in order. Look at ``document.ok`` before you trust it, and at each page's
        ``verdict``: a page whose text was refused by the judge is ``doubtful``, not missing.

    Raises:
        InputError: the input cannot be opened.
        EngineUnavailable: no engine, or not the one asked for, can run here.
        UsageError: an argument makes no sense.
        TypeError: there is no such option.
    """
    with _readers.lent(options) as reader:
        return reader.read(source, pages=pages, password=password)


def close() -> None:
    """Let go the engines that `read` keeps loaded, and end their workers. The next `read` begins anew."""
    _readers.close()
