"""The page records of one input, kept beside the results, so that no page is ever read twice for the same answer.

They stay when the results are written: a second run of the same command then finds all its work done, another format can be
written without reading again, and there is one mechanism rather than one for halves and one for wholes. It costs about 20 kB
a page in a hidden folder that can be removed at any time.

A record counts only under the same key: content of the file, wish, version, and the engines of this machine. A torn or changed
record fails its checksum and is read again. So is a page that has no text: it may have failed for a passing reason; and a
doubtful one on which an engine ran out of time: it may get more.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec

from ocroute import __version__
from ocroute.route.plan import Wish
from ocroute.run.jobs import Record
from ocroute.run.output import FOLDER, put
from ocroute.run.records import recognise, unpack

_KEY = re.compile(r"-[0-9a-f]{16}")


class Journal:
    """The records of one input under one key.

    Args:
        root: the output folder.
        stem: the path of the input's results below it, without suffix.
        key: see `key_of`.
    """

    def __init__(self, root: Path, stem: str, key: str) -> None:
        # A part of it for people; it leaves room for the rest in a file system's 255 bytes.
        told = hashlib.blake2b(os.fsencode(stem), digest_size=4).hexdigest()
        self._stem = f"{os.fsencode(Path(stem).name)[:60].decode(errors='ignore')}-{told}"
        self._folder = root / FOLDER / f"{self._stem}-{key}"

    def load(self, number: int) -> Record | None:
        """The record of page ``number``, if there is a sound one of a page that need not be read again."""
        try:
            body = self._file(number).read_bytes()
        except OSError:
            return None
        record = recognise(body)
        return record if record and record.number == number and _settled(record) else None

    def save(self, record: Record) -> None:
        """Keep ``record``.

        Raises:
            OutputError: the disk is full, or the like.
        """
        with contextlib.suppress(OSError):  # put says what is wrong
            self._folder.mkdir(parents=True, exist_ok=True)
        # A record that a power cut tears is noticed and read again: not worth waiting for the disk at every page.
        put(self._file(record.number), record.body, durable=False)

    def forget_others(self) -> None:
        """Remove records of this input's results under other keys: of a file or a wish that has changed."""
        for other in self._others():
            shutil.rmtree(other, ignore_errors=True)

    def _others(self) -> Iterator[Path]:
        for other in self._folder.parent.glob("*"):
            suffix = other.name.removeprefix(self._stem)
            if other != self._folder and other.name.startswith(self._stem) and _KEY.fullmatch(suffix):
                yield other

    def _file(self, number: int) -> Path:
        return self._folder / f"{number:04d}.json.gz"


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
