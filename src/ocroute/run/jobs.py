"""What can be asked of a worker and what it answers: plain values, so that they can cross to another process as bytes."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

import ocroute.errors
from ocroute.document.model import Attempt, Status
from ocroute.engines.base import PageLimits
from ocroute.errors import NOTHING, NextStep, OcrouteError
from ocroute.route.plan import Wish


class Input(msgspec.Struct, frozen=True):
    """A file to read.

    Attributes:
        path: in bytes, because a file's name need not be text.
        password: of an encrypted PDF.
        name: what it is called; its path when left out.
    """

    path: bytes
    password: str | None = None
    name: str = ""

    @classmethod
    def of(cls, file: str, password: str | None = None) -> Input:
        """The file as the user names it; found by worker processes too, whatever folder they were started in."""
        name = os.fsencode(file)
        return cls(os.fsencode(Path(file).absolute()), password, name.decode(errors="replace"))

    @property
    def label(self) -> str:
        """Its name as text that can be shown and stored."""
        return self.name or self.path.decode(errors="replace")

    @property
    def file(self) -> str:
        """The path as the operating system takes it."""
        return os.fsdecode(self.path)


class Describe(msgspec.Struct, frozen=True, tag=True):
    """Which engines will serve ``wish`` here? Answered by `Described`."""

    wish: Wish


class Count(msgspec.Struct, frozen=True, tag=True):
    """Which pages does ``input`` have? Answered by `Counted`.

    Attributes:
        pages: the pages wanted, as the user wrote them; all when None.
        digest: whether the file's content is to be hashed as well.
    """

    input: Input
    pages: str | None = None
    digest: bool = False


class Read(msgspec.Struct, frozen=True, tag=True):
    """Read page ``number`` of ``input``. Answered by `Record`.

    Attributes:
        limits: what an engine may take for it.
        spent: attempts made on this page in workers that are gone; their engines are not tried again.
        checkpoint: the packed page record with the best refused text of those attempts.
    """

    input: Input
    number: int
    wish: Wish
    limits: PageLimits = PageLimits()
    spent: tuple[Attempt, ...] = ()
    checkpoint: bytes = b""


class LetGo(msgspec.Struct, frozen=True, tag=True):
    """A run is over: let the open file go, which may be written, or removed, before the next. There is no answer."""


class Described(msgspec.Struct, frozen=True, tag=True):
    """``environment`` changes whenever the same page might be read differently here: other engines, versions or languages."""

    environment: str


class Counted(msgspec.Struct, frozen=True, tag=True):
    """The numbers of the pages wanted, ascending from 1, and the file's hash where it was asked for."""

    numbers: tuple[int, ...]
    digest: str = ""


class Record(msgspec.Struct, frozen=True, tag=True):
    """A page record, packed (see `ocroute.run.records`); what is looked at often stands beside it."""

    number: int
    status: Status
    body: bytes


class JobFailed(msgspec.Struct, frozen=True, tag=True):
    """An error of ours, to be raised again where the answer arrives."""

    kind: str
    message: str
    next_step: NextStep = NOTHING

    @classmethod
    def of(cls, error: OcrouteError) -> JobFailed:
        """``error`` as a value."""
        return cls(type(error).__name__, error.message, error.next_step)

    def error(self) -> OcrouteError:
        """The value as an error of the same class; of the base class where a plugin made a class of its own."""
        kind: type[OcrouteError] = getattr(ocroute.errors, self.kind, OcrouteError)
        return kind(self.message, next_step=self.next_step)


class Hello(msgspec.Struct, frozen=True, tag=True):
    """The worker has started."""


class Doing(msgspec.Struct, frozen=True, tag=True):
    """What the worker starts now. Whoever watches it knows from this whom to blame when it dies or hangs.

    Attributes:
        step: ``prepare`` (plan the routes), ``open`` (open the file, turn the page upright), ``load`` (load an engine's models)
            or ``engine`` (read, lay out and judge).
        engine: the engine's name in the steps ``load`` and ``engine``.
    """

    step: str
    engine: str = ""


class Logged(msgspec.Struct, frozen=True, tag=True):
    """A log record of the worker's: `logging`'s level, the logger's name, the message, and the worker's process."""

    level: int
    name: str
    text: str
    process: int


class Checkpoint(msgspec.Struct, frozen=True, tag=True):
    """The page as it stands after an attempt that was not accepted: a next worker goes on from here."""

    attempts: tuple[Attempt, ...]
    body: bytes


Job = Describe | Count | Read
Order = Job | LetGo
Outcome = Described | Counted | Record | JobFailed
News = Hello | Doing | Checkpoint | Outcome
Message = News | Logged
