"""The contract of a source of news, and the values that pass through it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

import msgspec

from ocroute.errors import OcrouteError
from ocroute.kernels.requirements import Platform
from ocroute.machine import Machine
from ocroute.registry import Registry
from ocroute.route.plan import EngineStatus

Kind = Literal["package", "program", "weights", "driver"]

LONGEST = 100
"""Characters of a version, a tag or a file's name; a longer one is none."""


class Nonsense(OcrouteError):
    """A source answered something that cannot be what was asked for; the message says what, as the rest of a sentence."""


class Release(msgspec.Struct, frozen=True, omit_defaults=True):
    """One version of something.

    Attributes:
        version: as PEP 440 writes it.
        date: ISO 8601, of its publication; empty where the source does not say.
        fits: whether this Python and this system can install it.
    """

    version: str
    date: str = ""
    fits: bool = True


class Found(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a source says of one subject.

    Attributes:
        releases: in any order.
        files: of weights: name to SHA-256, in hexadecimal.
        date: of the newest change of those files.
        remark: what else a reader should know, e.g. that a project is archived.
    """

    releases: tuple[Release, ...] = ()
    files: dict[str, str] = {}
    date: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that is watched.

    Attributes:
        kind: what it is.
        name: of the distribution, the program, the model on the hub.
        have: the installed version; empty for what is not here.
        url: that is asked.
        accept: the media types that are wanted.
        files: of weights that are here: name to SHA-256, in hexadecimal, as far as that is known without reading them.
        betas: whether betas count as well.
        about: names of the kernels or engines that it is for.
    """

    kind: Kind
    name: str
    url: str
    have: str = ""
    accept: str = "application/json"
    files: Mapping[str, str] = field(default_factory=dict)
    betas: bool = False
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Here:
    """The machine that the news are for.

    Attributes:
        platform: what kernels run on; None without a GPU, where none is watched.
        python: the version that packages have to fit.
    """

    machine: Machine
    engines: Mapping[str, EngineStatus]
    platform: Platform | None
    python: str


class Answer(msgspec.Struct, frozen=True):
    """What a server sent: its body, decoded, and the media type that it gave."""

    body: bytes
    media_type: str


class Source(Protocol):
    """One place that is asked. Built once a run; what it does not know of, it leaves out."""

    def subjects(self, here: Here) -> Iterable[Subject]:
        """What to ask for on a machine. Asks nothing itself."""
        ...

    def read(self, subject: Subject, answer: Answer) -> Found:
        """What an answer says of a subject.

        Raises:
            Nonsense: it cannot be an answer to that.
        """
        ...


SOURCES = Registry("ocroute.watch", required=("subjects", "read"))
