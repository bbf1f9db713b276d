"""What can be asked of a worker and what it answers: plain values, so that they can cross to another process as bytes."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

import ocroute.errors
from ocroute.document.model import Attempt, Status
from ocroute.engines.base import PageLimits, Task
from ocroute.errors import NOTHING, NextStep, OcrouteError
from ocroute.pages.handed_over import HandedOver
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


class Given(msgspec.Struct, frozen=True):
    """What the process that holds an engine has made of a page.

    Attributes:
        reading: as msgpack; empty where there is none.
        failed: why not.
        seconds: by step, of the attempt so far.
    """

    engine: str
    reading: bytes = b""
    failed: JobFailed | None = None
    seconds: dict[str, float] = {}


class Read(msgspec.Struct, frozen=True, tag=True):
    """Read page ``number`` of ``input``. Answered by `Record`, or by `Asked` where an engine is held by another process.

    Attributes:
        limits: what an engine may take for it.
        spent: attempts made on this page in workers that are gone; their engines are not tried again.
        checkpoint: the packed page record with the best refused text of those attempts.
        given: what was asked of an engine elsewhere.
    """

    input: Input
    number: int
    wish: Wish
    limits: PageLimits = PageLimits()
    spent: tuple[Attempt, ...] = ()
    checkpoint: bytes = b""
    given: Given | None = None


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
    """A page record, packed (see `ocroute.run.records`); what is looked at often stands beside it.

    Attributes:
        tokens: that a model wrote just now; 0 where none did, or the record is an earlier run's.
        engine: that made it just now; empty where none was asked or none could, or the record is an earlier run's.
    """

    number: int
    status: Status
    body: bytes
    tokens: int = 0
    engine: str = ""


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
        step: ``prepare`` (plan the routes), ``open`` (open the file, turn the page upright), ``load`` (load an engine's models),
            ``engine`` (read, lay out and judge) or ``judge`` (lay out and judge what was read elsewhere).
        engine: the engine's name in the last three.
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


class Asked(msgspec.Struct, frozen=True, tag=True):
    """A page is ready for an engine that another process holds. The worker has no more to do with it; any worker goes on.

    Attributes:
        at_once: pages that the engine may hold.
        task: for the engine.
        page: what the engine is to see.
        spent: attempts made so far.
        checkpoint: the packed record as it stands.
        seconds: by step, of this attempt so far.
    """

    engine: str
    at_once: int
    task: Task
    page: HandedOver
    spent: tuple[Attempt, ...]
    checkpoint: bytes
    seconds: dict[str, float]


class Prepare(msgspec.Struct, frozen=True, tag=True):
    """Get ready to load ``engine``: an order for the process that will hold it. Answered by `Doing`, then `Hello`."""

    engine: str


class Take(msgspec.Struct, frozen=True, tag=True):
    """Read a page with ``engine``: an order for the process that holds it. Answered by `Taken`, then `Answered`.

    Attributes:
        index: by which both sides know the page.
    """

    index: int
    engine: str
    task: Task
    page: HandedOver


class Taken(msgspec.Struct, frozen=True, tag=True):
    """The engine has taken a page in."""

    index: int


class Answered(msgspec.Struct, frozen=True, tag=True):
    """The engine has done with a page. ``seconds`` are by step: loading, where it was loaded for this page, and reading."""

    index: int
    given: Given


Job = Describe | Count | Read
Order = Job | LetGo
Outcome = Described | Counted | Record | JobFailed
News = Hello | Doing | Checkpoint | Asked | Taken | Answered | Outcome
Message = News | Logged
