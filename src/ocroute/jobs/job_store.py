"""What the service keeps of its jobs on disk, so that neither its own end nor a worker's costs a page.

    secret                  see `ocroute.jobs.job_ids`
    uploads/                what is still coming; emptied at every start
    jobs/ID/job.json        who asked for what, and how far it is
    jobs/ID/source          what is to be read
    jobs/ID/.ocroute/...    its page records, see `ocroute.run.journal`
    jobs/ID/results/        the formats that were asked for

Files have the names that stand here and no other: nothing that a client says becomes a part of a path.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

import msgspec

from ocroute.document.model import Status
from ocroute.files import write_whole
from ocroute.jobs.job_ids import Ids
from ocroute.route.wish import Wish
from ocroute.run.jobs import Input
from ocroute.run.journal import Journal, key_of
from ocroute.stores import FolderStore

State = Literal["queued", "reading", "done", "failed", "canceled"]
ENDED: frozenset[State] = frozenset(("done", "failed", "canceled"))

_log = logging.getLogger(__name__)


class JobRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """A job as it is kept.

    Attributes:
        id: of the job, see `Ids`.
        owner: whose it is; empty where nobody needs a key.
        name: what the client calls the file: a label, and nothing more.
        created, ended: seconds since the epoch; ``ended`` is 0 until then.
        wish: engine and languages.
        pages: which pages, as the client wrote them.
        password: of an encrypted PDF.
        passing: whether it goes as soon as it was answered, because nobody can ask for it again.
        state: ``done`` has a record for every page, whatever the judge says of it; ``failed`` has none, and says why.
        reason: why it failed, or was canceled.
        numbers: of its pages, once they are counted.
        digest: of its content.
        statuses: of its pages, once it is done.
    """

    id: str
    owner: str
    name: str
    created: float
    wish: Wish = Wish()
    pages: str | None = None
    password: str | None = None
    passing: bool = False
    state: State = "queued"
    reason: str = ""
    ended: float = 0.0
    numbers: tuple[int, ...] = ()
    digest: str = ""
    statuses: tuple[Status, ...] = ()


class JobStore:
    """The jobs in a folder, which is its owner's alone.

    Args:
        folder: is made if it is missing.

    Attributes:
        scratch: a folder for temporary files; emptied at every start too.

    Raises:
        OSError: it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._jobs, self._uploads, self.scratch = folder / "jobs", folder / "uploads", folder / "tmp"
        shutil.rmtree(self.scratch, ignore_errors=True)
        for each in (folder, self._jobs, self._uploads, self.scratch):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.ids = Ids(folder)
        for left in self._uploads.iterdir():  # from clients that a server before this one had
            with suppress(OSError):
                left.unlink()

    def upload(self) -> Path:
        """Where something can be put that is about to come."""
        return self._uploads / secrets.token_hex(16)

    def path(self, job: str) -> Path:
        """The folder of a job."""
        return self._jobs / job

    def source(self, job: str) -> Path:
        """What the job reads."""
        return self.path(job) / "source"

    def input(self, record: JobRecord) -> Input:
        """What workers are told. It is called by the job's id: no name that a client gave reaches them, or a log."""
        return Input(os.fsencode(self.source(record.id).absolute()), record.password, record.id)

    def told(self, record: JobRecord, text: str) -> str:
        """A sentence about a job as its client may see it: with the name that he gave in the place of ours, and no path."""
        for path in {str(self.path(record.id)), str(self.path(record.id).absolute())}:
            text = text.replace(path, "the server's folder")
        return text.replace(record.id, record.name)

    def journal(self, record: JobRecord) -> Journal:
        """Its page records."""
        return journal_in(self.path(record.id), record)

    def add(self, record: JobRecord, upload: Path) -> None:
        """A job begins with what has come.

        Raises:
            OSError: the disk is full, or the like; nothing is left then.
        """
        folder = self.path(record.id)
        try:
            folder.mkdir(mode=0o700)
            upload.replace(folder / "source")
            self.save(record)
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def save(self, record: JobRecord) -> None:
        """Keep what has changed.

        Raises:
            OSError: the disk is full, or the like.
        """
        write_whole(self.path(record.id) / "job.json", msgspec.json.encode(record))

    def clear(self, job: str) -> None:
        """Keep nothing but that the job was there: it was canceled."""
        for each in self.path(job).iterdir():
            if each.is_dir():
                shutil.rmtree(each, ignore_errors=True)
            elif each.name != "job.json":
                with suppress(OSError):  # a worker of Windows may still hold it: `remove` comes later
                    each.unlink()

    def remove(self, job: str) -> None:
        """Keep nothing of a job."""
        with suppress(OSError):
            (self.path(job) / "job.json").unlink(missing_ok=True)  # first: half a job is not found by the next server
        shutil.rmtree(self.path(job), ignore_errors=True)

    def load(self) -> Iterator[JobRecord]:
        """All jobs that are kept, the oldest first. What is not whole is no job: nobody was told that it was taken."""
        found = []
        for folder in self._jobs.iterdir():
            try:
                record = msgspec.json.decode((folder / "job.json").read_bytes(), type=JobRecord)
                if record.id != folder.name or not self.ids.knows(record.id, "job", record.owner):
                    raise ValueError("it was made elsewhere")
                found.append(record)
            except (OSError, ValueError) as error:  # msgspec's errors are ValueErrors
                _log.warning("a job that is not whole is removed: %s", error)
                self.remove(folder.name)
        yield from sorted(found, key=lambda record: record.created)

    def free_mb(self) -> int:
        """MiB that are free on its disk."""
        return shutil.disk_usage(self.folder).free >> 20


def journal_in(folder: Path, record: JobRecord) -> Journal:
    """The page records of the job in a folder."""
    return Journal(FolderStore(folder), "pages", key_of(record.digest, record.wish, ""))
