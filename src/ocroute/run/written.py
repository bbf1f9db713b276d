"""The list of the files that runs have written into a folder: what is on it may be replaced by the next run, nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec


class Written:
    """Names below a folder, kept in a file, one a line as JSON. A line that a crash has torn counts for nothing.

    Args:
        file: where they are kept; made where it is missing, so that its block is taken before the disk is full.
        also: lists of other runs that wrote into the same folder.

    Raises:
        OSError: it cannot be read or made.
    """

    def __init__(self, file: Path, also: Iterable[Path] = ()) -> None:
        self._file = file
        self._names: set[str] = set()
        if not file.exists():
            file.write_bytes(b"\n")
        for line in b"".join(each.read_bytes() for each in {file, *also}).splitlines():
            try:
                self._names.add(msgspec.json.decode(line, type=str))
            except (msgspec.MsgspecError, UnicodeDecodeError):
                continue

    def __contains__(self, name: str) -> bool:
        return _key(name) in self._names

    def add(self, names: Iterable[str]) -> None:
        """Note names, before their files are written: they outlast a power cut as the files do.

        Raises:
            OSError: the disk is full, or the like.
        """
        new = [key for key in map(_key, names) if key not in self._names]
        if not new:
            return
        with self._file.open("ab") as file:
            file.write(b"".join(b"\n" + msgspec.json.encode(key) for key in new) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self._names.update(new)


def _key(name: str) -> str:
    """The name as text that can be stored, the same on every system."""
    return os.fsencode(name.replace(os.sep, "/")).decode(errors="backslashreplace")
