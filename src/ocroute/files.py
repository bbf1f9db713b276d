"""Files that are whole or not there, and folders that one process holds alone."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

_DRAFT = ".ocroute-{}.tmp"


def write_whole(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Put ``data`` at ``path``. A reader, and a crash, see the old file or the new one, never a part.

    What is no file, such as ``/dev/stdout``, is written to.

    Args:
        durable: whether it must outlast a power cut, which costs a wait for the disk.

    Raises:
        OSError: the disk is full, the folder is not writable, or the like; what was at ``path`` is unchanged.
    """
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    # Not `tempfile`: its files are the owner's alone, and ours have the rights that any new file would have.
    draft = path.with_name(_DRAFT.format(secrets.token_hex(8)))
    try:
        with draft.open("xb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise


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
    from filelock import FileLock, Timeout  # not above: it takes longer to import than most of what is written here

    try:
        with FileLock(folder / "lock", timeout=0):
            yield True
    except Timeout:
        yield False
