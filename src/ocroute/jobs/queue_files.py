"""What the files of a queue hold, as JSON."""

from __future__ import annotations

import hashlib
import os
from typing import Any

import msgspec

from ocroute.errors import UsageError
from ocroute.jobs.claims import PATIENCE, TRIES
from ocroute.pages import InputFile
from ocroute.run.result_names import stem_of
from ocroute.stores import local_path, scheme_of, shown

VERSION = 1


class QueuedDocument(msgspec.Struct, frozen=True):
    """A document to be read.

    Attributes:
        id: the same for the same source.
        source: its path or address, as every worker finds it.
        stem: of its results, see `ocroute.run.result_names`.
    """

    id: str
    source: str
    stem: str


class _Versioned(msgspec.Struct, frozen=True):
    version: int = msgspec.field(name="ocroute queue")


class Rules(msgspec.Struct, frozen=True, omit_defaults=False):
    """What holds for all workers of a queue.

    Attributes:
        patience: seconds without a sign of life after which a worker counts as dead.
        tries: workers that may die over a document before it is set aside.
    """

    patience: float = PATIENCE
    tries: int = TRIES
    version: int = msgspec.field(default=VERSION, name="ocroute queue")


class Settings(msgspec.Struct, frozen=True):
    """What all workers of a queue have in common.

    Attributes:
        out: the path or address of the results.
        formats: in this order; the last one is written last, and tells that a document is done.
        suffixes: of their files.
        reading: the options of reading that decide the text, by name.
    """

    out: str
    formats: tuple[str, ...]
    suffixes: tuple[str, ...]
    reading: dict[str, Any] = {}

    def mark(self, stem: str) -> str:
        """The name of the result that tells that a document is done."""
        return stem.replace(os.sep, "/") + self.suffixes[-1]


class Status(msgspec.Struct, frozen=True):
    """How far a queue is.

    Attributes:
        documents: all of them.
        done: with a result.
        reading: being read, with the worker that holds each.
        aside: set aside, with the reason for each; sources as they may be shown.
        waiting: nobody has begun.
        taken_over: how often a document was taken from a worker that had ended.
        out: where the results are; empty as long as no worker has begun.
    """

    documents: int
    done: int
    reading: dict[str, str]
    aside: dict[str, str]
    waiting: int
    taken_over: int
    out: str = ""


def rules_in(found: bytes, where: str) -> Rules:
    """The rules in ``queue.json``, whose bytes were ``found`` in the queue at ``where``.

    Raises:
        UsageError: it is no queue, or one of another version.
    """
    no_queue = UsageError(f"what is at {shown(where)} is no queue of ocroute", next_step="Name another place")
    try:
        version = msgspec.json.decode(found, type=_Versioned).version
    except msgspec.MsgspecError:
        raise no_queue from None
    if version != VERSION:
        raise UsageError(
            f"the queue at {shown(where)} is of version {version}, and this ocroute knows version {VERSION}",
            next_step="Use the version of ocroute that made it, or make a new queue elsewhere",
        )
    try:
        return msgspec.json.decode(found, type=Rules)
    except msgspec.MsgspecError:
        raise no_queue from None


def document_of(file: InputFile) -> QueuedDocument:
    """The document as it is queued.

    Raises:
        UsageError: a stream, which only this machine has.
    """
    if file.stream:
        raise UsageError(
            f"{file.path} is a stream, which other machines cannot read",
            next_step="Save it as a file that they all see",
        )
    source = source_of(file.path)
    return QueuedDocument(_id(source), source, stem_of(file.below))


def source_of(named: str) -> str:
    """The path or address as every machine finds it."""
    if (scheme := scheme_of(named)) and scheme != "file":
        return named
    return os.path.abspath(local_path(named) if scheme else named)  # noqa: PTH100 - links stay as they are named


def encoded(value: QueuedDocument | Settings) -> bytes:
    """As JSON.

    Raises:
        UsageError: a name holds bytes that are no text, and JSON is text.
    """
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError as error:
        name = error.object.encode(errors="surrogatepass").decode(errors="replace")
        raise UsageError(
            f"{name} cannot be written down in a queue: its name holds bytes that are not UTF-8",
            next_step="Rename it, or split the inputs with --shard",
        ) from None


def _id(source: str) -> str:
    return hashlib.blake2b(os.fsencode(source), digest_size=12).hexdigest()


def as_told(settings: Settings) -> dict[str, str]:
    """Each setting as it may be told."""
    values = msgspec.structs.asdict(settings) | {"out": shown(settings.out)}
    reading = values.pop("reading")
    return {name: str(value) for name, value in (values | reading).items()}
