"""From what the user typed (files, folders, globs) to the files to read."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from ocroute.errors import InputError, InputNotFound, UnsupportedInput
from ocroute.pages.sniff import HEAD_BYTES, kind_of

_PDF = (".pdf",)
_IMAGES = (".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".tif", ".tiff", ".webp", ".bmp", ".dib", ".gif")
_RARER = (".jp2", ".j2k", ".avif", ".pbm", ".pgm", ".ppm", ".pnm")
SUFFIXES = frozenset(_PDF + _IMAGES + _RARER)
"""Endings that make a file in a folder a page. A file of another name is one when its content is."""


class Inputs(NamedTuple):
    """What there is to read, and what there is not.

    Attributes:
        files: paths in the order given, folders and globs sorted as people sort (page2 before page10), each file once.
        errors: one for each argument that names nothing readable. The other arguments are read all the same.
    """

    files: tuple[str, ...]
    errors: tuple[InputError, ...]


def expand(arguments: Iterable[str | os.PathLike[str]]) -> Inputs:
    """The files behind ``arguments``. Never raises: what is wrong with one argument must not cost the others."""
    files: dict[str, str] = {}
    errors: list[InputError] = []
    for argument in arguments:
        try:
            for file in _expand_one(os.fspath(argument)):
                files.setdefault(os.path.realpath(file), file)
        except InputError as error:
            errors.append(error)
    return Inputs(tuple(files.values()), tuple(errors))


def _expand_one(argument: str) -> list[str]:
    try:
        path = Path(argument)
        if path.is_dir():
            return _in_folder(path)
        if path.exists() or path.is_symlink():
            return [argument]
    except (OSError, ValueError) as error:
        raise InputError(f"{argument!r} cannot be read: {error}", next_step="Check the path") from error
    if re.match(r"[a-z][a-z0-9+.-]+://", argument, re.IGNORECASE):
        raise UnsupportedInput(
            f"{argument} is an address, not a file", next_step=f"Download it first: curl -LO {argument}"
        )
    if not glob.has_magic(argument):
        raise InputNotFound(f"{argument} does not exist", next_step="Check the path")
    matches = glob.glob(argument, recursive=True)  # noqa: PTH207  # Path.glob takes no absolute patterns
    found = sorted((match for match in matches if Path(match).is_file()), key=natural_key)
    if not found:
        raise InputNotFound(f"no file matches {argument}", next_step="Check the pattern")
    return found


def _in_folder(folder: Path) -> list[str]:
    found = sorted((os.fspath(file) for file in _walk(folder) if _readable(file)), key=natural_key)
    if not found:
        raise InputNotFound(f"{folder} holds no image or PDF", next_step="Give a folder with PDF or image files")
    return found


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = (name for name in folders if not name.startswith("."))
        yield from (Path(root, name) for name in names if not name.startswith("."))


def _readable(file: Path) -> bool:
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
