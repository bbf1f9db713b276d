"""A folder of this machine as a store."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from ocroute.files import Draft, write_whole
from ocroute.stores.store import Store

_T = TypeVar("_T")


class FolderStore(Store):
    """Files in a folder, which other machines may see too. It is made by the first file.

    Args:
        folder: of this machine.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __str__(self) -> str:
        return os.fspath(self._folder)

    def path(self, name: str) -> Path:
        """Where the file lies."""
        return self._folder / name

    def read(self, name: str) -> bytes:
        """See `Store`."""
        return (self._folder / name).read_bytes()

    def write(self, name: str, data: bytes, *, durable: bool = True) -> None:
        """See `Store`."""
        self._in_its_folder(name, lambda path: write_whole(path, data, durable=durable))

    def create(self, name: str, data: bytes) -> bool:
        """See `Store`."""
        return self._in_its_folder(name, lambda path: _create(path, data))

    def _in_its_folder(self, name: str, put: Callable[[Path], _T]) -> _T:
        """Make the file's folder and put the file there; another process may remove the folder in between, as it is empty."""
        path = self._folder / name
        for _ in range(10):
            path.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):
                return put(path)
        return put(path)

    def exists(self, name: str) -> bool:
        """See `Store`."""
        try:
            return (self._folder / name).is_file()
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                return False
            raise

    def names(self, below: str = "") -> list[str]:
        """See `Store`."""
        found = [
            Path(root, file).relative_to(self._folder).as_posix()
            for root, _, files in os.walk(self._folder / below)
            for file in files
            if not (file.startswith(".ocroute-") and file.endswith(".tmp"))
        ]
        return sorted(found)

    def remove(self, name: str) -> None:
        """See `Store`."""
        path = self._folder / name
        path.unlink(missing_ok=True)
        with contextlib.suppress(
            OSError
        ):  # a folder that is empty now is no name, and would be walked through for ever
            path.parent.rmdir()


def _create(path: Path, data: bytes) -> bool:
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    if path.exists():
        return False
    draft = Draft(path)
    try:
        draft.add(data)
        draft.place(replace=False)
    except FileExistsError:
        return False
    finally:
        draft.discard()
    return True
