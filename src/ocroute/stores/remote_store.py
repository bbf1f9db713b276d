"""A place behind an address as a store, through fsspec."""

from __future__ import annotations

import contextlib
import errno
import inspect
import os
import random
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ocroute.errors import NextStep, PackageMissing, UsageError
from ocroute.stores.addresses import scheme_of, shown, user_belongs, without_secrets
from ocroute.stores.store import Store

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_T = TypeVar("_T")

_PASSING = (errno.EBUSY, errno.EAGAIN, errno.ETIMEDOUT, errno.ECONNRESET, errno.ECONNABORTED, errno.EIO)
_SAID = re.compile(
    r"\b(429|500|502|503|504)\b|slow ?down|too many requests|try again|unavailable|timed? ?out", re.IGNORECASE
)
_WITH_FOLDERS = ("sftp", "ssh", "smb", "hdfs", "webhdfs", "arrow_hdfs", "dbfs", "local")
"""Where a folder must be made; elsewhere it is but a part of a name."""
_WAITS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds between tries while a store says that it is busy; a random part is added, so that many do not come back at once."""


class RemoteStore(Store):
    """Files behind an address, through fsspec. A store that is busy is asked again for half a minute.

    Args:
        address: of a folder.

    Raises:
        PackageMissing, UsageError: nothing here can talk to it.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._files, self._root = _opened(address)

    def __str__(self) -> str:
        return shown(self._address)

    @property
    def exclusive(self) -> bool:
        """See `Store`. fsspec's own way for stores that know no better is to look first and to write then."""
        from fsspec import AbstractFileSystem
        from fsspec.asyn import AsyncFileSystem

        kind = type(self._files)
        put = kind._pipe_file if issubclass(kind, AsyncFileSystem) else kind.pipe_file
        own = put not in (AbstractFileSystem.pipe_file, AsyncFileSystem._pipe_file)
        return own and "mode" in inspect.signature(put).parameters

    def read(self, name: str) -> bytes:
        """See `Store`."""
        return self._patient(lambda: bytes(self._files.cat_file(self._path(name))))

    def write(self, name: str, data: bytes, *, durable: bool = True) -> None:  # noqa: ARG002 - what is put is kept
        """See `Store`."""
        self._patient(lambda: self._put(name, data, "overwrite"))

    def create(self, name: str, data: bytes) -> bool:
        """See `Store`. An answer may get lost although the file was made: the data tells whose it is."""
        tries = 0

        def once() -> bool:
            nonlocal tries
            tries += 1
            try:
                self._put(name, data, "create")
            except FileExistsError:
                return tries > 1 and self._files.cat_file(self._path(name)) == data
            return True

        return self._patient(once)

    def exists(self, name: str) -> bool:
        """See `Store`."""
        self._files.invalidate_cache()

        def look() -> bool:
            try:  # not fsspec's own question, which takes every trouble for a no
                return bool(self._files.info(self._path(name))["type"] == "file")
            except (FileNotFoundError, NotADirectoryError):
                return False

        return self._patient(look)

    def names(self, below: str = "") -> list[str]:
        """See `Store`."""
        self._files.invalidate_cache()
        root = self._path(below) if below else self._root

        def find() -> list[str]:
            try:
                return list(self._files.find(root))
            except FileNotFoundError:
                return []

        start, inside = len(self._root.rstrip("/")) + 1, f"{root.rstrip('/')}/"
        # Some stores list the folder itself, when its first file comes while they look.
        return sorted(found[start:] for found in self._patient(find) if found.startswith(inside))

    def remove(self, name: str) -> None:
        """See `Store`."""

        def once() -> None:
            with contextlib.suppress(FileNotFoundError):
                self._files.rm_file(self._path(name))

        self._patient(once)

    def download(self, name: str, path: Path) -> None:
        """Copy a file to ``path`` of this machine; its name may be empty: then it is the address itself.

        Raises:
            OSError: there is none, or it cannot be read, or written here.
        """
        self._patient(lambda: self._files.get_file(self._path(name) if name else self._root, os.fspath(path)))

    def matching(self) -> Iterator[str]:
        """The files that the address names, as addresses: those that a pattern matches, those in a folder, or the one file.

        Raises:
            FileNotFoundError: there are none.
            OSError: it cannot be looked up.
        """
        self._files.invalidate_cache()

        def look() -> list[str]:
            if self._files.isfile(self._root):  # first: names may hold the signs of patterns
                return [self._root]
            if any(sign in self._root for sign in "*?["):
                return [found for found in self._files.glob(self._root) if not self._files.isdir(found)]
            return list(self._files.find(self._root))

        found = self._patient(look)
        if not found:
            raise FileNotFoundError(errno.ENOENT, "there is no such file or folder", str(self))
        before = self._address.rfind(self._root)  # what fsspec leaves out of its paths: scheme, host, user
        if before < 0:
            return (str(self._files.unstrip_protocol(one)) for one in found)
        return (self._address[:before] + one for one in found)

    def _put(self, name: str, data: bytes, mode: str) -> None:
        path = self._path(name)
        if scheme_of(self._address) in _WITH_FOLDERS:
            self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
        self._files.pipe_file(path, data, mode=mode)

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"

    def _patient(self, ask: Callable[[], _T]) -> _T:
        for wait in (*_WAITS, None):
            try:
                return ask()
            except (FileNotFoundError, FileExistsError, PermissionError, NotImplementedError) as error:
                raise self._told(error) from None
            except Exception as error:  # every store has its own
                if wait is None or not _passes(error):
                    raise self._told(error) from None
                time.sleep(wait * random.uniform(0.75, 1.25))
        raise AssertionError

    def _told(self, error: Exception) -> OSError:
        """The error as one of the system's, without what must not be told; not chained, since its text may hold it."""
        kind = type(error) if isinstance(error, FileNotFoundError | FileExistsError | PermissionError) else OSError
        known = {FileNotFoundError: errno.ENOENT, FileExistsError: errno.EEXIST, PermissionError: errno.EACCES}
        own = error.errno if isinstance(error, OSError) else None
        number = known.get(kind) or (errno.EAGAIN if own != errno.EIO and _passes(error) else own or errno.EIO)
        return kind(number, without_secrets(str(error), self._address), str(self))


def _opened(address: str) -> tuple[AbstractFileSystem, str]:
    install = NextStep(command="pip install 'ocroute[cloud]'")
    try:
        import fsspec
    except ImportError:
        raise PackageMissing(f"{shown(address)} needs fsspec, which is not installed", next_step=install) from None
    address = f"{scheme_of(address)}{address[address.index('://') :]}"  # fsspec knows schemes in small letters
    if instead := user_belongs(address):
        raise UsageError(
            f"{shown(address)} was given with a user or password, which such addresses do not have",
            next_step=f"Leave all up to the @ out, and give them {instead}",
        )
    options: dict[str, Any] = {"use_listings_cache": False, "skip_instance_cache": True}
    try:
        files, root = fsspec.core.url_to_fs(address, **options)
    except ImportError as error:
        # fsspec names what each scheme needs, in one of two ways.
        named = re.search(r"[Ii]nstall ['\"]?(?P<it>[\w.-]+)|requires? [\"'](?P<or>[\w.-]+)", str(error))
        package = named and (named["it"] or named["or"])
        needed = NextStep(command=f"pip install {package}") if package and package != "s3fs" else install
        raise PackageMissing(f"{shown(address)} needs a package that is not installed", next_step=needed) from None
    except ValueError as error:
        raise UsageError(
            f"{shown(address)} cannot be opened: {without_secrets(str(error), address)}",
            next_step="Write it as a path, or as an address that fsspec knows, such as s3://bucket/folder",
        ) from None
    return files, str(root)


def _passes(error: Exception) -> bool:
    """Whether it may go well a little later."""
    if isinstance(error, TimeoutError | ConnectionError):
        return True
    if isinstance(error, OSError) and error.errno in _PASSING:
        return True
    return bool(_SAID.search(str(error)))
