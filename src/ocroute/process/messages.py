"""A Python process that messages go to and come from: msgpack with a length before it, over its standard input and output.

`Child` is the parent's end, `Parent` the child's. Messages are the `msgspec` structs of the caller.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO, Generic, NoReturn, TypeVar, cast

import msgspec

from ocroute.process.marked_tree import end_descendants
from ocroute.process.platform_choice import prefer_when_memory_ends, start
from ocroute.process.process_tree import DYING, exit_in_words

T = TypeVar("T")

Inbox = queue.SimpleQueue["tuple[Child[T], T | None]"]
"""What children say, as it comes, with the child that says it; None when one says no more. Several children may share one."""

_LOG_LIMIT = 1 << 20  # bytes
_LAST_WORDS = 500  # characters
_LISTENING = 0.5  # seconds after its end in which what a child said last may still come

_encode = msgspec.msgpack.Encoder().encode


class StepClock:
    """What a process does, since when, and how long it may take."""

    def __init__(self, seconds: float) -> None:
        self.allow(seconds)

    def allow(self, seconds: float) -> None:
        """A step begins, and may take so long."""
        self.seconds, self._since = seconds, time.monotonic()

    @property
    def spent(self) -> float:
        """Seconds since the step began."""
        return time.monotonic() - self._since

    @property
    def left(self) -> float:
        """Seconds that the step still has; negative when it has taken too long."""
        return self.seconds - self.spent


class Child(Generic[T]):
    """A Python process that we started, and what it says.

    It imports what this process can import, plugins on its path included, and nothing that lies in the working folder.

    Args:
        module: run as ``python -m``; it makes a `Parent` first of all.
        decoder: of its messages.
        seconds: for its first step, see ``step``.
        inbox: for its messages; one of its own when left out.
        folder: for its log and its temporary files; the system's own when left out.
        env: what is added to its environment.

    Attributes:
        step: the time of what it does now.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(
        self,
        module: str,
        decoder: msgspec.msgpack.Decoder[T],
        *,
        seconds: float,
        inbox: Inbox[T] | None = None,
        folder: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.step = StepClock(seconds)
        self._inbox: Inbox[T] = inbox or queue.SimpleQueue()
        self._decoder = decoder
        self._fault = ""
        self._died: StepClock | None = None
        self._log = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by end()
        scratch = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder)) if folder else {}
        paths = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path if entry)  # an empty one: that folder
        try:
            self._tree = start(
                [sys.executable, "-m", module],
                env={**(env or {}), **scratch, "PYTHONPATH": paths, "PYTHONSAFEPATH": "1"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
            )
        except BaseException:
            self._log.close()
            raise
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._tree.popen.pid

    @property
    def ended(self) -> bool:
        """Whether the process has ended, whatever may still be heard of it."""
        return self._tree.popen.poll() is not None

    @property
    def gone(self) -> bool:
        """Whether the process has ended and said all, even where something it started holds its pipe open."""
        if not self.ended:
            return False
        self._died = self._died or StepClock(_LISTENING)
        return self._died.left < 0

    def send(self, message: object) -> None:
        """Tell it. A child that is gone takes it in silence: its end is seen when it is listened to."""
        with contextlib.suppress(OSError, ValueError):
            if os.fstat(self._log.fileno()).st_size > _LOG_LIMIT:
                self._log.truncate(0)
                self._log.seek(0)
            _write(cast("BinaryIO", self._tree.popen.stdin), message)

    def receive(self, seconds: float) -> T | None:
        """What it says next, where it does not share its inbox; None when it says no more.

        Raises:
            queue.Empty: nothing within ``seconds``.
        """
        return self._inbox.get(timeout=seconds)[1]

    def lost(self) -> str:
        """How it ended, in words, with its own last words where it has any; for one that ended by itself."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._tree.popen.wait(0 if self._fault else DYING)
        code = self._tree.popen.poll()
        self._tree.end()
        how = self._fault or exit_in_words(code)
        words = self._last_words() if how.startswith("exited") else ""
        self._close()
        return f"{how}; its last words: {words}" if words else how

    def end(self) -> bool:
        """End it and all that it started, at once; whether it is gone then."""
        code = self._tree.end()
        self._close()
        return code is not None

    def _close(self) -> None:
        self._listener.join(_LISTENING)
        self._log.close()

    def _listen(self) -> None:
        with contextlib.suppress(OSError, ValueError), cast("BinaryIO", self._tree.popen.stdout) as stream:
            while (body := _read(stream)) is not None:
                self._died = None
                try:
                    self._inbox.put((self, self._decoder.decode(body)))
                except msgspec.DecodeError as error:
                    self._fault = f"sent what cannot be read: {error}"
                    break
        self._inbox.put((self, None))

    def _last_words(self) -> str:
        """The last line that it wrote to standard output or error."""
        size = os.fstat(self._log.fileno()).st_size
        self._log.seek(max(0, size - (1 << 16)))
        lines = self._log.read().decode(errors="replace").split("\n")
        return next((line.strip()[:_LAST_WORDS] for line in reversed(lines) if line.strip("\0 \r\t")), "")


class Parent(Generic[T]):
    """In the child: the process that started it. To be made before anything prints.

    Standard input is empty from then on, and what is printed goes to the parent's log. When the parent is gone, this process
    ends, whatever it does, and what it started with it.

    Args:
        decoder: of the parent's messages.
    """

    def __init__(self, decoder: msgspec.msgpack.Decoder[T]) -> None:
        self._decoder = decoder
        self._inbox: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._early: list[bytes] = []
        self._sending = threading.Lock()  # any thread may have something to log
        incoming, self._outgoing = os.fdopen(os.dup(0), "rb", 0), os.fdopen(os.dup(1), "wb")
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        os.dup2(2, 1)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when a child ends
        prefer_when_memory_ends()
        threading.Thread(target=self._listen, args=(incoming,), daemon=True).start()

    def send(self, message: object) -> None:
        """Tell it.

        Raises:
            OSError: it is gone.
        """
        with self._sending:
            _write(self._outgoing, message)

    def receive(self) -> T:
        """What it says next."""
        return self._decoder.decode(self._early.pop() if self._early else self._inbox.get())

    def asks(self, within: float) -> bool:
        """Whether it says something within so many seconds."""
        with contextlib.suppress(queue.Empty):
            self._early = self._early or [self._inbox.get(timeout=within)]
        return bool(self._early)

    def _listen(self, incoming: BinaryIO) -> None:
        with contextlib.suppress(OSError):
            while (body := _read(incoming)) is not None:
                self._inbox.put(body)
        with contextlib.suppress(Exception):  # nothing may keep this process
            end_descendants()
        os._exit(1)


def _write(stream: BinaryIO, message: object) -> None:
    body = _encode(message)
    stream.write(len(body).to_bytes(4, "big") + body)
    stream.flush()


def _read(stream: BinaryIO) -> bytes | None:
    """The body of the next message; None where the stream ends."""
    head = _exactly(stream, 4)
    return _exactly(stream, int.from_bytes(head, "big")) if len(head) == 4 else None


def _exactly(stream: BinaryIO, count: int) -> bytes:
    found = b""
    while len(found) < count and (more := stream.read(count - len(found))):
        found += more
    return found


def run_as_child(main: Callable[[], object]) -> None:
    """Run ``main`` and end this child process as soon as it fails: libraries that hang while they clean up are not waited for."""
    try:
        main()
    except SystemExit as exit_:  # an engine called sys.exit()
        os._exit(exit_.code if isinstance(exit_.code, int) else 1)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


def end_child(words: str) -> NoReturn:
    """End this child process at once, with its last words for the parent: a fresh one is to take its place."""
    print(words, file=sys.stderr, flush=True)
    os._exit(1)
