"""What `watch` answers, as plain values."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

from ocroute.errors import ExitCode
from ocroute.watch.base import Kind

SOMETHING_NEW, NOT_ALL_ASKED = 10, 11
"""Exit codes of ``ocroute watch``, besides 0 for nothing new."""

State = Literal["new", "same", "absent", "unlisted"]


class News(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that was asked for.

    Attributes:
        state: ``new`` where something is to be done or to be known, ``same`` where not, ``absent`` where it is not installed and
            would change nothing, ``unlisted`` where the source has no such thing.
        have, newest: versions; of weights the beginning of a hash. Empty where there is none.
        date: of the newest, ISO 8601; empty where the source does not say.
        changes: what it would change on this machine, in sentences.
        commands: that bring it.
        better, worse: whether something becomes possible, or is lost.
        remark: what else the source says, or why a newer version is not for this machine.
        asked: when the source said so, in UTC.
    """

    kind: Kind
    name: str
    state: State
    have: str
    newest: str
    asked: dt.datetime
    date: str = ""
    changes: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    better: bool = False
    worse: bool = False
    remark: str = ""


class Silence(msgspec.Struct, frozen=True, omit_defaults=True):
    """A source that could not be asked, or could not be believed.

    Attributes:
        where: its address.
        reason: why.
        known: what it said last, when that was; None where it never said anything.
    """

    name: str
    where: str
    reason: str
    known: News | None = None


class Watched(msgspec.Struct, frozen=True):
    """The whole answer.

    Attributes:
        version: of this form; goes up when a field changes its meaning.
        machine: that the news are for, in a few words.
        facts: the date of the facts about kernels that were heeded.
    """

    version: int
    date: dt.datetime
    machine: str
    facts: dt.date
    news: tuple[News, ...]
    silent: tuple[Silence, ...]

    @property
    def new(self) -> tuple[News, ...]:
        """What is new: what would be lost first, then what would be gained."""
        known = (*self.news, *(one.known for one in self.silent if one.known))
        return tuple(
            sorted((one for one in known if one.state == "new"), key=lambda one: (not one.worse, not one.better))
        )

    @property
    def exit_code(self) -> int:
        """0, `SOMETHING_NEW`, or `NOT_ALL_ASKED` where nothing new is known and a source was silent."""
        return SOMETHING_NEW if self.new else NOT_ALL_ASKED if self.silent else ExitCode.OK
