"""Where results go: standard output, a file, or a folder; told from what the user typed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import Literal

from ocroute.document.formats import format_class
from ocroute.document.storage import format_of, suffixes
from ocroute.errors import OutputError, UsageError
from ocroute.pages.inputs import SUFFIXES
from ocroute.stores import chained, local_path, scheme_of, shown

PAGE_A_LINE = "jsonl"
"""The format in which a page is a line, one that failed too."""

STREAMED = (PAGE_A_LINE, "chunks")
"""The formats whose documents can follow one another in one file."""

_FILES = SUFFIXES | {
    ".csv",
    ".doc",
    ".epub",
    ".htm",
    ".markdown",
    ".odt",
    ".rst",
    ".rtf",
    ".tex",
    ".xlsx",
    ".xml",
}
"""Endings that nobody gives a folder."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where results go.

    Attributes:
        kind: of place.
        path: of the file or folder, on this machine.
        address: of the file or folder, where it is elsewhere; empty where it is not.
        formats: names of exporters; one, but for a folder.
    """

    kind: Literal["stdout", "file", "folder"]
    path: Path
    formats: tuple[str, ...]
    address: str = ""

    @property
    def place(self) -> str:
        """Where results are, as it may be told."""
        return shown(self.address) or str(self.path)

    def check(self, inputs: int) -> None:
        """Whether so many inputs can go there.

        Raises:
            UsageError: they would be one behind another, and not to be told apart.
        """
        if inputs > 1 and self.kind != "folder" and self.formats[0] not in STREAMED:
            where = "standard output" if self.kind == "stdout" else f"one file {self.place}"
            raise UsageError(
                f"{inputs} inputs for {where}",
                next_step=f"Add: -o FOLDER, a file for each; or --format {PAGE_A_LINE}, a page a line",
            )


def target_of(out: str | os.PathLike[str] | None, formats: Sequence[str] = ()) -> Target:
    """What ``out`` means.

    ``-`` and None are standard output. A name that ends in a slash, or is a folder's, is a folder; one with the suffix of a
    format, or of something that is there and is no file, such as ``/dev/stdout``, is a file; any other is a folder.

    Raises:
        UsageError: there is no such format, or they contradict ``out``.
        OutputError: a file is asked for where a folder is.
    """
    for name in formats:
        format_class(name)
    if out is None or out == "-":
        return Target("stdout", Path("-"), _one(formats or ("md",), "standard output"))
    name = os.fspath(out)
    if not name:
        raise UsageError("-o names nothing", next_step="Name a file or a folder, or leave -o out")
    if inner := chained(name):
        raise UsageError(f"{inner} stands behind another address", next_step="Name it alone")
    if scheme_of(name) == "file":
        name = local_path(name)
    elif scheme_of(name):
        return _elsewhere(name, formats)
    path, slash = Path(name), name.endswith(("/", os.sep))
    format_ = None if slash else _format(path)
    if format_ and path.is_dir():
        raise OutputError(
            f"{name} is a folder, and has the name of a file", next_step=f"Name a file, or write the folder as {name}/"
        )
    if path.is_dir() or slash:
        return Target("folder", path, tuple(formats or ("md",)))
    if format_:
        return Target("file", path, _fitting(format_, formats, name))
    if path.exists() and not path.is_file():
        return Target("file", path, _one(formats or ("md",), name))
    if path.suffix.lower() in _FILES:
        raise UsageError(
            f"no format is written into {path.suffix} files",
            next_step=f"Choose from: {', '.join(suffixes())}; for a folder of this name write {name}/",
        )
    return Target("folder", path, tuple(formats or ("md",)))


def _elsewhere(address: str, formats: Sequence[str]) -> Target:
    """An address with the suffix of a format is a file's, any other a folder's."""
    format_ = None if address.endswith("/") else _format(PurePosixPath(shown(address)))
    if format_ is None:
        return Target("folder", Path(), tuple(formats or ("md",)), address)
    return Target("file", Path(), _fitting(format_, formats, shown(address)), address)


def _fitting(format_: str, formats: Sequence[str], name: str) -> tuple[str, ...]:
    """The one format of a file whose suffix says ``format_``."""
    chosen = _one(formats or (format_,), f"the file {name}")
    if chosen[0] != format_:
        raise UsageError(
            f"{name} says {format_}, and --format says {chosen[0]}",
            next_step="Leave --format out, or rename the file",
        )
    return chosen


def names_file(out: str) -> bool:
    """Whether ``out`` says by its suffix that it is a file, and in which format."""
    return out not in ("", "-") and not out.endswith(("/", os.sep)) and _format(Path(out)) is not None


def _format(path: PurePath) -> str | None:
    try:
        return format_of(path)
    except UsageError:
        return None


def _one(formats: Sequence[str], place: str) -> tuple[str, ...]:
    if len(formats) != 1:
        raise UsageError(
            f"--format {','.join(formats)} names {len(formats)} formats for {place}", next_step="Add: -o FOLDER"
        )
    return tuple(formats)
