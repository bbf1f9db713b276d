"""The page records of one input, kept beside the results, so that no page is ever read twice for the same answer.

They stay when the results are written: a second run of the same command then finds all its work done, another format can be
written without reading again, and there is one mechanism rather than one for halves and one for wholes. It costs about 20 kB
a page in a hidden folder. Whoever removes it reads all pages anew, and must say --force: what was written is known there too.

A record counts only under the same key: content of the file, wish, version, and the engines of this machine. It begins with a
digest of its name, the key in it, and of its content: one that is torn, changed, or was moved here from another document, is no
record, and the page is read again. So is a page that has no text: it may have failed for a passing reason; and a doubtful one on
which an engine ran out of time: it may get more.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable
from pathlib import PurePath

import msgspec

from ocroute import __version__
from ocroute.route.plan import Wish
from ocroute.run.jobs import Record
from ocroute.run.output import FOLDER, refused
from ocroute.run.records import recognise, unpack
from ocroute.stores import Store

_SEAL = 16  # bytes of the digest before a record


class Journal:
    """The records of one input under one key.

    Args:
        store: the output folder, or what stands for one.
        stem: the path of the input's results below it, without suffix.
        key: see `key_of`.
    """

    def __init__(self, store: Store, stem: str, key: str) -> None:
        # A part of it for people; it leaves room for the rest in a file system's 255 bytes.
        told = hashlib.blake2b(os.fsencode(stem), digest_size=4).hexdigest()
        name = os.fsencode(PurePath(stem).name)[:60].decode(errors="ignore")
        self._store = store
        self._all = f"{FOLDER}/{name}-{told}"
        self._own = f"{self._all}/{key}/"

    def load(self, numbers: Iterable[int], *, unsettled: bool = False) -> dict[int, Record]:
        """The sound records of pages that need not be read again, of these numbers; ``unsettled``: of the others too."""
        try:
            there = {name for name in self._store.names(self._all) if name.startswith(self._own)}
        except OSError:
            return {}
        found = ((number, self._load(number)) for number in numbers if self._name(number) in there)
        return {number: one for number, one in found if one is not None and (unsettled or _settled(one))}

    def _load(self, number: int) -> Record | None:
        name = self._name(number)
        try:
            file = self._store.read(name)
        except OSError:
            return None
        seal, body = file[:_SEAL], file[_SEAL:]
        return recognise(body) if seal == _sealed(name, body) else None

    def save(self, record: Record) -> None:
        """Keep ``record``.

        Raises:
            OutputError: the disk is full, or the like.
        """
        name = self._name(record.number)
        try:
            # A record that a power cut tears is noticed and read again: not worth waiting for the disk at every page.
            self._store.write(name, _sealed(name, record.body) + record.body, durable=False)
        except OSError as error:
            raise refused(self._store, name, error) from error

    def forget(self) -> None:
        """Remove the records under this key: what they were read from is not what it says."""
        with contextlib.suppress(OSError):
            for name in self._store.names(self._all):
                if name.startswith(self._own):
                    self._store.remove(name)

    def forget_others(self) -> None:
        """Remove records of this input's results under other keys: of a file or a wish that has changed."""
        with contextlib.suppress(OSError):
            for name in self._store.names(self._all):
                if not name.startswith(self._own):
                    self._store.remove(name)

    def _name(self, number: int) -> str:
        return f"{self._own}{number:04d}.record"


def _sealed(name: str, body: bytes) -> bytes:
    return hashlib.blake2b(b"%b\0%b" % (name.encode(), body), digest_size=_SEAL).digest()


def _settled(record: Record) -> bool:
    """Whether it would be in vain to read the page again."""
    if record.status == "doubtful":
        return all(attempt.outcome != "timed_out" for attempt in unpack(record.body).attempts)
    return record.status != "failed"


def key_of(digest: str, wish: Wish, environment: str) -> str:
    """What a page's record depends on, besides its number. The limits of its reading are no part of it.

    Args:
        digest: of the file's content.
        wish: what the user asked for.
        environment: the engines of this machine, see `ocroute.run.jobs.Described`.
    """
    facts = (__version__, digest, wish, environment)
    return hashlib.blake2b(msgspec.json.encode(facts), digest_size=8).hexdigest()
