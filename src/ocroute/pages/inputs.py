"""From what the user typed (files, folders, globs, ``-`` for standard input) to the files to read."""

from __future__ import annotations

import glob
import os
import re
import shlex
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ocroute.errors import InputError, InputNotFound, OcrouteError, UnsupportedInput
from ocroute.pages.sniff import HEAD_BYTES, kind_of
from ocroute.stores import RemoteStore, chained, local_path, scheme_of, shown

_PDF = (".pdf",)
_IMAGES = (".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".tif", ".tiff", ".webp", ".bmp", ".dib", ".gif")
_RARER = (".jp2", ".j2k", ".avif", ".pbm", ".pgm", ".ppm", ".pnm")
SUFFIXES = frozenset(_PDF + _IMAGES + _RARER)
"""Endings that make a file in a folder a page. A file of another name is one when its content is."""


STDIN = "<stdin>"
"""What standard input is called."""

_STDIN = ("-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0")
_STDIN_KEY = "\0stdin"


class InputFile(NamedTuple):
    """One file to read.

    Attributes:
        path: as the user names it; `STDIN` for standard input; an address where it lies elsewhere.
        below: its path below the folder or glob that was named; its own name where it was named itself. What it depends on is
            how the file was named, and on no other file.
        stream: whether it can be read once and from this process only: standard input, a pipe, a device.
    """

    path: str
    below: str
    stream: bool = False

    @property
    def stdin(self) -> bool:
        """Whether it is standard input."""
        return self.stream and self.path == STDIN

    @property
    def address(self) -> bool:
        """Whether it lies elsewhere, see `ocroute.stores`."""
        return bool(scheme_of(self.path))

    @property
    def told(self) -> str:
        """Its name as it may be told and stored."""
        return shown(self.path)


class Inputs(NamedTuple):
    """What there is to read, and what there is not.

    Attributes:
        files: in the order given, folders and globs sorted as people sort (page2 before page10), each file once.
        errors: one for each argument that names nothing readable. The other arguments are read all the same.
        named: those arguments.
    """

    files: tuple[InputFile, ...]
    errors: tuple[InputError, ...]
    named: tuple[str, ...] = ()


def expand(arguments: Iterable[str | os.PathLike[str]]) -> Inputs:
    """The files behind ``arguments``. Never raises: what is wrong with one argument must not cost the others."""
    files: dict[str, InputFile] = {}
    errors: list[tuple[InputError, str]] = []
    for argument in arguments:
        try:
            for file in _expand_one(os.fspath(argument)):
                files.setdefault(_key(file), file)
        except InputError as error:
            errors.append((error, shown(os.fsdecode(argument))))
    return Inputs(tuple(files.values()), tuple(error for error, _ in errors), tuple(named for _, named in errors))


def _key(file: InputFile) -> str:
    """What is the same for the same file."""
    if file.stdin:
        return _STDIN_KEY
    return file.path if file.address else os.path.realpath(file.path)


def _expand_one(argument: str) -> list[InputFile]:
    if argument in _STDIN:
        return [InputFile(STDIN, "stdin", stream=True)]
    if (
        not argument
    ):  # pathlib takes it for the current folder, and a variable that is not set would read all that is in it
        raise InputNotFound("an empty path names nothing", next_step="Name a file, or . for the current folder")
    try:
        path = Path(argument)
        if path.is_dir():
            return _in_folder(path)
        if path.exists() or path.is_symlink():
            return [InputFile(argument, path.name, stream=_is_stream(path))]
    except (OSError, ValueError) as error:
        raise InputError(f"{argument!r} cannot be read: {error}", next_step="Check the path") from error
    if inner := chained(argument):
        raise UnsupportedInput(f"{inner} stands behind another address", next_step="Name it alone")
    if scheme := scheme_of(argument):
        return _expand_one(local_path(argument)) if scheme == "file" else _elsewhere(argument, scheme)
    if not glob.has_magic(argument):
        raise InputNotFound(f"{argument} does not exist", next_step="Check the path")
    matches = glob.glob(argument, recursive=True)  # noqa: PTH207  # Path.glob takes no absolute patterns
    found = sorted((match for match in matches if Path(match).is_file()), key=natural_key)
    if not found:
        raise InputNotFound(f"no file matches {argument}", next_step="Check the pattern")
    top = _fixed(argument)
    return [InputFile(match, _below(match, top)) for match in found]


def _below(file: str, folder: str) -> str:
    path = Path(os.path.relpath(file, folder or os.curdir))
    return path.name if path.parts[0] == os.pardir else os.fspath(path)


def _elsewhere(address: str, scheme: str) -> list[InputFile]:
    """The files behind an address: one, those of a folder whose names are a page's, or those that match."""
    if scheme in ("http", "https", "ftp"):
        named = shlex.quote(address) if shown(address) == address else "URL"
        raise UnsupportedInput(
            f"{shown(address)} is a web address, not a file",
            next_step=f"Download it first, or pipe it: curl -L {named} | ocroute read -",
        )
    try:
        found = sorted(RemoteStore(address).matching(), key=natural_key)
    except FileNotFoundError as error:
        raise InputNotFound(
            f"{shown(address)} does not exist: {error.strerror}", next_step="Check the address"
        ) from error
    except OSError as error:
        raise InputError(
            f"{shown(address)} cannot be read: {error.strerror}", next_step="Check the address, and your rights there"
        ) from error
    except OcrouteError as error:
        raise UnsupportedInput(error.message, next_step=error.next_step) from error
    plain = address.rstrip("/")
    if found == [plain]:
        return [InputFile(plain, plain.rpartition("/")[2])]
    pattern = glob.has_magic(address)
    parts = plain.split("/")
    top = "/".join(parts[: next((place for place, part in enumerate(parts) if glob.has_magic(part)), len(parts))]) + "/"
    pages = [each for each in found if pattern or PurePosixPath(each).suffix.lower() in SUFFIXES]
    if not pages:
        raise InputNotFound(
            f"{shown(address)} holds no image or PDF", next_step="Give a folder with PDF or image files"
        )
    return [InputFile(each, each.removeprefix(top)) for each in pages]


def _fixed(pattern: str) -> str:
    """The folder that a pattern starts from: its parts before the first with a wildcard."""
    parts = Path(pattern).parts
    first = next(place for place, part in enumerate(parts) if glob.has_magic(part))
    return os.fspath(Path(*parts[:first]))


def _is_stream(path: Path) -> bool:
    """Whether it is neither a file nor a broken link, which is an error when it is opened."""
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False


def _in_folder(folder: Path) -> list[InputFile]:
    found = sorted((os.fspath(file) for file in _walk(folder) if _readable(file)), key=natural_key)
    if not found:
        raise InputNotFound(f"{folder} holds no image or PDF", next_step="Give a folder with PDF or image files")
    return [InputFile(file, os.path.relpath(file, folder)) for file in found]


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = (name for name in folders if not name.startswith("."))
        yield from (Path(root, name) for name in names if not name.startswith("."))


def _readable(file: Path) -> bool:
    if _is_stream(file):  # a pipe that lies in a folder would be waited for without end
        return False
    # A damaged or empty page.png counts: it must end as an error, not vanish.
    if file.suffix.lower() in SUFFIXES:
        return True
    try:
        with file.open("rb") as opened:
            return kind_of(opened.read(HEAD_BYTES)) is not None
    except OSError:
        return False


def natural_key(path: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts ``page2`` before ``page10``, and the files of a folder before those of its subfolders' later names."""
    return tuple(
        (0, int(part), part) if part.isdecimal() else (1, 0, part.casefold())
        for part in re.split(r"(\d+)", path)
        if part
    )
