"""Files that are whole or not there, folders that one process holds alone, and temporary ones."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
import tempfile
import warnings
import weakref
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, TypeVar

from ocroute.errors import OutputError

T = TypeVar("T")

_DRAFT = ".ocroute-{}.tmp"

_ADVICE = {
    errno.ENOSPC: "Free some space and try again",
    errno.EDQUOT: "Your quota is used up: free some space and try again",
    errno.EFBIG: "Files here may not grow that large: see ulimit -f",
    errno.EACCES: "Choose a folder that you may write to",
    errno.EPERM: "Choose a folder that you may write to",
    errno.EROFS: "Choose a folder on a disk that can be written",
    errno.ENOENT: "Make the folder first",
    errno.ENOTDIR: "Choose a folder, not a file",
    errno.EEXIST: "Choose a folder, not a file",
    errno.EISDIR: "Choose the name of a file, not of a folder",
    errno.ENAMETOOLONG: "Choose a shorter name",
}


def stamp_of(path: str | os.PathLike[str]) -> tuple[int, ...]:
    """What changes when a file is written or replaced: device, inode, size, times. Empty where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - the name of a file need not be text
    except (OSError, ValueError):
        return ()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def sha256_of(path: str | os.PathLike[str]) -> str:
    """The SHA-256 of a file, in hexadecimal.

    Raises:
        OSError: it cannot be read.
    """
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Draft:
    """A file that grows beside ``path`` and takes its place when it is whole. A reader, and a crash, see the old file or the new
    one, never a part. What is no file, such as ``/dev/stdout``, is written to.

    Raises:
        OSError: the folder is not writable, or the like.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # Not `tempfile`: its files are the owner's alone, and ours have the rights that any new file would have.
        direct = path.exists() and not path.is_file()
        self._draft = None if direct else path.with_name(_DRAFT.format(secrets.token_hex(8)))
        self._file = path.open("wb") if self._draft is None else self._draft.open("x+b")
        self._size = 0

    def add(self, data: bytes) -> None:
        """Write ``data`` behind what is there: all of it or nothing.

        Raises:
            OSError: the disk is full, or the like.
        """
        self.fill(lambda file: file.write(data))

    def fill(self, write: Callable[[BinaryIO], T]) -> T:
        """Let ``write`` write behind what is there, and give what it gives: all of it stays, or nothing.

        Raises:
            OSError: the disk is full, or the like; and whatever ``write`` raises.
        """
        try:
            given = write(self._file)
            self._file.flush()
        except BaseException:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file.fileno(), self._size)
                os.lseek(self._file.fileno(), self._size, os.SEEK_SET)
            raise
        self._size = self._file.tell() if self._draft is not None else self._size
        return given

    def place(self, *, durable: bool = True, replace: bool = True) -> None:
        """Put it at its path.

        Args:
            durable: whether it must outlast a power cut, which costs a wait for the disk.
            replace: whether a file that is there goes.

        Raises:
            FileExistsError: there is one, and it must stay.
            OSError: the disk is full, or the like; what was at ``path`` is unchanged.
        """
        if self._draft is None:
            self._file.close()
            return
        if durable:
            os.fsync(self._file.fileno())
        self._file.close()
        if not replace:
            self._link()
        else:
            self._draft.replace(self.path)
        self._draft = None

    def _link(self) -> None:
        assert self._draft is not None
        try:
            os.link(self._draft, self.path)  # unlike a renaming it never replaces
        except FileExistsError:
            raise
        except OSError:  # a disk without links
            self.path.open("xb").close()  # so that of two only one goes on
            self._draft.replace(self.path)
        else:
            self._draft.unlink()

    def discard(self) -> None:
        """Leave nothing of it."""
        with contextlib.suppress(OSError):
            self._file.close()
        if self._draft is not None:
            with contextlib.suppress(OSError):
                self._draft.unlink()


def write_whole(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Put ``data`` at ``path`` as a whole, see `Draft`.

    Args:
        durable: whether it must outlast a power cut, which costs a wait for the disk.

    Raises:
        OSError: the disk is full, the folder is not writable, or the like; what was at ``path`` is unchanged.
    """
    draft = Draft(path)
    try:
        draft.add(data)
        draft.place(durable=durable)
    except BaseException:
        draft.discard()
        raise


def cannot_write(what: str, path: Path, error: Exception, advice: Mapping[int, str]) -> OutputError:
    """The error to raise where the system refused with ``error``.

    Args:
        what: begins the message, e.g. ``cannot write``.
        advice: next steps by ``errno`` that fit here better than the general ones; 0 is for all errors not known.
    """
    number = (error.errno if isinstance(error, OSError) else None) or 0
    reason = ((error.strerror if isinstance(error, OSError) else None) or str(error)).lower()
    step = advice.get(number) or _ADVICE.get(number) or advice.get(0, "Choose another place")
    name = os.fspath(path).encode(errors="surrogatepass").decode(errors="replace")
    return OutputError(f"{what} {name}: {reason}", next_step=step)


class Scratch:
    """A temporary folder, made when it is first asked for; removed by ``remove``, with this object, or when the process ends.

    A process that was forked off leaves its parent's alone.
    """

    def __init__(self) -> None:
        self._made: tuple[Path, weakref.finalize[[str, int], Scratch]] | None = None

    def folder(self) -> Path:
        """The folder.

        Raises:
            OSError: it cannot be made.
        """
        if self._made is None:
            folder = tempfile.mkdtemp(prefix="ocroute-")
            self._made = Path(folder), weakref.finalize(self, _remove, folder, os.getpid())
        return self._made[0]

    def place(self, name: str) -> Path:
        """Where a file of this name can be made.

        Raises:
            OutputError: there is no folder for it, and none can be made.
        """
        try:
            return self.folder() / name
        except OSError as error:
            raise OutputError(
                f"no temporary folder can be made: {(error.strerror or str(error)).lower()}",
                next_step="Free some space there, or set TMPDIR to a folder that you may write to",
            ) from error

    def remove(self) -> None:
        """Remove it and all that is in it. It may be asked for again after that."""
        if self._made is not None:
            self._made[1]()
            self._made = None


def _remove(folder: str, process: int) -> None:
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(folder: Path, *, older: float) -> None:
    """Remove drafts that killed processes left in ``folder`` before the time ``older`` (seconds since the epoch)."""
    for leftover in folder.glob(_DRAFT.format("*")):
        with contextlib.suppress(OSError):
            if leftover.stat().st_mtime < older:
                leftover.unlink()


@contextlib.contextmanager
def held(folder: Path) -> Iterator[bool]:
    """Hold ``folder`` against other processes that ask for it here; whether it could be had.

    The system lets go of it when this process ends, however it does.
    """
    with warnings.catch_warnings():  # where the system has no locks, it says so on being imported
        warnings.simplefilter("ignore", UserWarning)
        from filelock import FileLock, Timeout  # not above: it takes longer to import than most of what is written here
    try:
        with FileLock(folder / "lock", timeout=0, thread_local=False):  # an iterator may be closed by another thread
            yield True
    except Timeout:
        yield False
    except NotImplementedError:  # a file system that knows no locks, such as some network drives
        yield True
