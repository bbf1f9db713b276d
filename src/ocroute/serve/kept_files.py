"""Files that a client sends before it asks for them to be read, for `ocroute.serve.file_routes`.

files/ID/file.json      whose it is, and what it is called
files/ID/content
"""

from __future__ import annotations

import hmac
import shutil
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from ocroute.files import write_whole
from ocroute.jobs.job_ids import Ids

KIND = "file"


class KeptFile(msgspec.Struct, frozen=True):
    """A file: ``name`` is what its client calls it; ``until`` seconds since the epoch it is kept."""

    id: str
    owner: str
    name: str
    size: int
    created: int
    until: float


class KeptFiles:
    """The files in a folder.

    Args:
        folder: is made if it is missing.
        ids: gives them names.
        seconds: that they are kept, unless they are to be kept for less.
        most: of one owner.
    """

    def __init__(self, folder: Path, ids: Ids, *, seconds: float, most: int) -> None:
        self._folder, self._ids, self._seconds, self._most = folder, ids, seconds, most
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._files: dict[str, KeptFile] = {}
        for each in folder.iterdir():
            try:
                found = msgspec.json.decode((each / "file.json").read_bytes(), type=KeptFile)
                self._files[found.id] = found
            except (OSError, msgspec.MsgspecError):
                shutil.rmtree(each, ignore_errors=True)

    def add(self, upload: Path, *, owner: str, name: str) -> KeptFile:
        """Keep what has come; the oldest of the owner's goes where there are too many."""
        self.expire()
        own = self.of(owner)
        for each in own[: max(0, len(own) + 1 - self._most)]:
            self.remove(each)
        now = time.time()
        new = self._ids.new(KIND, owner)
        made = KeptFile(new, owner, name, upload.stat().st_size, int(now), now + self._seconds)
        (self._folder / new).mkdir(mode=0o700)
        upload.replace(self.path(made))
        write_whole(self._folder / new / "file.json", msgspec.json.encode(made))
        self._files[new] = made
        return made

    def find(self, name: str, owner: str) -> KeptFile | None:
        """A file of this owner."""
        self.expire()
        return self._files.get(name) if self._ids.knows(name, KIND, owner) else None

    def of(self, owner: str) -> list[KeptFile]:
        """All files of an owner, the oldest first."""
        self.expire()
        return sorted((each for each in self._files.values() if each.owner == owner), key=lambda each: each.created)

    def path(self, file: KeptFile) -> Path:
        """Where it lies."""
        return self._folder / file.id / "content"

    def remove(self, file: KeptFile) -> None:
        """Keep nothing of it."""
        self._files.pop(file.id, None)
        with suppress(OSError):
            (self._folder / file.id / "file.json").unlink(missing_ok=True)
        shutil.rmtree(self._folder / file.id, ignore_errors=True)

    def expire(self) -> None:
        """Remove what has been kept long enough."""
        now = time.time()
        for each in [each for each in self._files.values() if each.until < now]:
            self.remove(each)

    def signed(self, file: KeptFile, hours: int) -> str:
        """The end of an address that gives the file to whoever has it, for so many hours."""
        until = str(int(time.time()) + hours * 3600)
        return f"/v1/files/{file.id}/content?expires={until}&signature={self._signature(file.id, until)}"

    def by_signature(self, name: str, until: str, signature: str) -> KeptFile | None:
        """The file of such an address; None where it is not one of ours, or not any more."""
        right = hmac.compare_digest(signature.encode(), self._signature(name, until).encode())
        if not right or not until.isdigit() or int(until) < time.time():
            return None
        self.expire()
        return self._files.get(name)

    def _signature(self, name: str, until: str) -> str:
        return self._ids.signed("content", name, until)
