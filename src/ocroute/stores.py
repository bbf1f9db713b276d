"""Places that hold files under names: a folder of this machine, or a bucket and the like behind an address such as
``s3://bucket/folder``, through fsspec. What several machines share stands on two promises of every store: a file is seen whole or
not at all, and of those that create one name only one succeeds.
"""

from __future__ import annotations

import contextlib
import errno
import inspect
import os
import random
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote
from urllib.request import url2pathname

from ocroute.errors import NextStep, PackageMissing, UsageError
from ocroute.files import Draft, write_whole

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_T = TypeVar("_T")

_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)  # one letter is a drive of Windows
_PARTS = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]+)://"
    r"(?:(?P<user>[^/]*|[^/:]+:(?!\d*(?:/|$)).*)@)?"  # a password with a slash in it is a mistake, and still one
    r"(?P<path>.*?)"
    r"(?P<query>\?[\w.~%-]+=.*)?",  # elsewhere ``?`` and ``#`` are signs of a name
    re.IGNORECASE | re.DOTALL,
)
_CHAIN = re.compile(r"[a-z][a-z0-9+.-]+(?:://.*)?::([a-z][a-z0-9+.-]+://.*)", re.IGNORECASE | re.DOTALL)
_WITH_CONTAINER = ("abfs", "abfss", "wasb", "wasbs")
"""Where what stands before ``@`` is no user."""
_SECRET = re.compile(r"([?&][\w-]*(?:signature|token|key|credential|secret|sig)[\w-]*=)[^&\s]+", re.IGNORECASE)
_PASSING = (errno.EBUSY, errno.EAGAIN, errno.ETIMEDOUT, errno.ECONNRESET, errno.ECONNABORTED, errno.EIO)
_SAID = re.compile(
    r"\b(429|500|502|503|504)\b|slow ?down|too many requests|try again|unavailable|timed? ?out", re.IGNORECASE
)
_WITH_FOLDERS = ("sftp", "ssh", "smb", "hdfs", "webhdfs", "arrow_hdfs", "dbfs", "local")
"""Where a folder must be made; elsewhere it is but a part of a name."""
_WAITS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds between tries while a store says that it is busy; a random part is added, so that many do not come back at once."""


def scheme_of(name: str) -> str:
    """The scheme of an address, in small letters; empty for a path."""
    found = _ADDRESS.match(name)
    return found[1].lower() if found else ""


def shown(address: str) -> str:
    """The address as it may be told, logged and stored: without user, password, and a query such as ``?signature=...``."""
    parts = _PARTS.fullmatch(address)
    return f"{parts['scheme']}://{_container(parts)}{parts['path']}" if parts else address


def _container(parts: re.Match[str]) -> str:
    user = parts["user"] or ""
    return f"{user}@" if user and ":" not in user and parts["scheme"].lower() in _WITH_CONTAINER else ""


def chained(name: str) -> str:
    """The last address of several in one, as it may be told: that of ``zip://*::s3://bucket/x``. Else empty."""
    found = _CHAIN.fullmatch(name)
    return shown(found[1]) if found else ""


def local_path(address: str) -> str:
    """The path that a ``file://`` address names."""
    path = "/" + address.partition("://")[2].partition("/")[2]
    return url2pathname(unquote(path) if os.name != "nt" else path)


class Store(ABC):
    """Files under names, with ``/`` between the parts of a name. Errors are `OSError`, and name no credentials."""

    @abstractmethod
    def read(self, name: str) -> bytes:
        """What is in a file.

        Raises:
            FileNotFoundError: there is none.
            OSError: it cannot be read.
        """

    @abstractmethod
    def write(self, name: str, data: bytes, *, durable: bool = True) -> None:
        """Put a file there, in place of one that is there.

        Args:
            name: of the file.
            data: all of it.
            durable: whether it must outlast a power cut.

        Raises:
            OSError: it cannot be written; one that was there is unchanged.
        """

    @abstractmethod
    def create(self, name: str, data: bytes) -> bool:
        """Put a file there if there is none; whether it was this call that did.

        Raises:
            OSError: it cannot be written.
        """

    @property
    def exclusive(self) -> bool:
        """Whether `create` keeps its promise here, so that of several machines one succeeds."""
        return True

    @abstractmethod
    def exists(self, name: str) -> bool:
        """Whether there is such a file."""

    @abstractmethod
    def names(self, below: str = "") -> list[str]:
        """All names that begin with the folder ``below``, in order; none where there is no such folder."""

    @abstractmethod
    def remove(self, name: str) -> None:
        """Remove a file; one that is not there is no error."""


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
        return kind(number, _without_secrets(str(error), self._address), str(self))


def store_at(where: str | os.PathLike[str]) -> Store:
    """The store at a path or address.

    Raises:
        PackageMissing, UsageError: nothing here can talk to it.
    """
    name = os.fspath(where)
    if inner := chained(name):
        raise UsageError(f"{inner} stands behind another address", next_step="Name it alone")
    match scheme_of(name):
        case "":
            return FolderStore(Path(name).absolute())
        case "file":
            return FolderStore(Path(local_path(name)))
        case _:
            return RemoteStore(name)


def _opened(address: str) -> tuple[AbstractFileSystem, str]:
    install = NextStep(command="pip install 'ocroute[cloud]'")
    try:
        import fsspec
    except ImportError:
        raise PackageMissing(f"{shown(address)} needs fsspec, which is not installed", next_step=install) from None
    address = f"{scheme_of(address)}{address[address.index('://') :]}"  # fsspec knows schemes in small letters
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
            f"{shown(address)} cannot be opened: {_without_secrets(str(error), address)}",
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


def _without_secrets(text: str, address: str) -> str:
    """What a library says, on one line, less the user, the password and the query of the address."""
    parts = _PARTS.fullmatch(address)
    secrets: set[str] = set()
    if parts and parts["user"] and not _container(parts):
        password = parts["user"].partition(":")[2]
        secrets = {f"{parts['user']}@", password, unquote(password)}
    if parts and parts["query"]:
        secrets |= {parts["query"], parts["query"][1:]}
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "***")
    return " ".join(_SECRET.sub(r"\1***", text).split())
