"""Writing results: whole or not at all, each under a name of its own, never outside the folder."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from ocroute.errors import OutputError

_NEXT_STEPS = {
    errno.ENOSPC: "Free some space and run the same command again: it goes on where it stopped",
    errno.EDQUOT: "Your quota is used up: free some space and run the same command again",
    errno.EFBIG: "Files here may not grow that large: see ulimit -f",
    errno.EACCES: "Choose a folder that you may write to",
    errno.EPERM: "Choose a folder that you may write to",
    errno.EROFS: "Choose a folder on a disk that can be written",
    errno.ENOTDIR: "Choose a folder, not a file",
    errno.EEXIST: "Choose a folder, not a file",
    errno.ENAMETOOLONG: "Give the input a shorter name",
}


def make_folder(folder: Path) -> None:
    """Make ``folder`` and see that it can be written, before hours are spent on what goes there.

    Raises:
        OutputError: it cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise _cannot("cannot write to", folder, error) from error


def write_whole(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Put ``data`` at ``path``. A reader, and a crash, see the old file or the new one, never a part.

    Args:
        durable: whether it must outlast a power cut, which costs a wait for the disk.

    Raises:
        OutputError: the disk is full, the folder is not writable, or the like; what was at ``path`` is unchanged.
    """
    # Not `tempfile`: its files are the owner's alone, and results have the rights that any new file would have.
    draft = path.with_name(f".ocroute-{secrets.token_hex(8)}.tmp")
    try:
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
    except OSError as error:
        raise _cannot("cannot write", path, error) from error


def write_changed(path: Path, data: bytes) -> None:
    """`write_whole`, but a file that says this already is left alone, its time too."""
    try:
        if path.stat().st_size == len(data) and path.read_bytes() == data:
            return
    except OSError:
        pass
    write_whole(path, data)


def sweep(folder: Path, *, older: float) -> None:
    """Remove temporary files that killed runs left in ``folder`` before the time ``older`` (seconds since the epoch)."""
    for leftover in folder.glob(".ocroute-*.tmp"):
        with contextlib.suppress(OSError):
            if leftover.stat().st_mtime < older:
                leftover.unlink()


def stems(paths: Iterable[str]) -> list[str]:
    """A file name without suffix for each of ``paths``, no two alike, also where upper and lower case are one.

    ``scan.pdf`` gives ``scan``. Where that is not unique the suffix stays: ``x.png`` and ``x.pdf`` give ``x.png`` and
    ``x.pdf``. Where that is not either, the folders above come before it: ``a/x.png`` and ``b/x.png`` give ``a-x.png`` and
    ``b-x.png``. The names depend on the set of paths only.
    """
    every = [Path(path) for path in paths]
    names = [path.stem if path.stem.strip(".") else path.name for path in every]
    depth = 0
    while clashes := {name for name, count in Counter(map(str.casefold, names)).items() if count > 1}:
        longest = max((len(path.absolute().parts) for path in every), default=0)
        if depth > longest:  # the same path twice
            return [f"{name}-{index + 1}" if name.casefold() in clashes else name for index, name in enumerate(names)]
        names = [
            _longer(path, depth) if name.casefold() in clashes else name
            for path, name in zip(every, names, strict=True)
        ]
        depth += 1
    return names


def _longer(path: Path, depth: int) -> str:
    parts = [part for part in path.absolute().parts if part not in (os.sep, "..")]
    return "-".join(parts[-depth - 1 :])


def _cannot(what: str, path: Path, error: OSError) -> OutputError:
    reason = (error.strerror or str(error)).lower()
    step = _NEXT_STEPS.get(error.errno or 0, "Choose another folder with -o")
    return OutputError(f"{what} {os.fsencode(path).decode(errors='replace')}: {reason}", next_step=step)
