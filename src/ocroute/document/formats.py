"""The formats that a document can be written in: those made from the document alone, and those that need its source beside it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, NamedTuple, Protocol

import msgspec

from ocroute.errors import ExitCode, UsageError
from ocroute.registry import Registry

if TYPE_CHECKING:
    from ocroute.document.model import Document


class Exporter(Protocol):
    """A format made from the document alone. It only reads the document.

    Its ``__init__`` names those of the options of writing (`ocroute.options.FormatOptions`) that it heeds; ``figures``, each a
    `Figure` by page number and ``block.image``, and ``page_images``, addresses by page number, are given like options.

    Attributes:
        suffix: of the files it writes, e.g. ``".md"``.
        media_type: e.g. ``"text/markdown"``.
    """

    suffix: ClassVar[str]
    media_type: ClassVar[str]

    def __init__(self, *, keep_headers_footers: bool = False) -> None: ...

    def export(self, document: Document) -> bytes:
        """The whole document, UTF-8 where it is text. Equal documents give equal bytes."""
        ...


class Origin(msgspec.Struct, frozen=True):
    """Where the pages of a document can be opened again.

    Attributes:
        path: of the file.
        password: of an encrypted PDF.
        name: what the file is called in errors; its path when left out.
    """

    path: str
    password: str | None = None
    name: str = ""


class Figure(NamedTuple):
    """A picture that was saved: its address beside the file that links to it, and its path."""

    href: str
    path: Path


class Remark(NamedTuple):
    """Something that a user must know of a file that was written; with the exit code that it asks for."""

    sentence: str
    code: ExitCode = ExitCode.OK


class SourceWriter(Protocol):
    """A format that needs the source of the document, e.g. its pages' images. Its ``__init__`` is as that of an `Exporter`."""

    suffix: ClassVar[str]
    media_type: ClassVar[str]

    def __init__(self) -> None: ...

    def write(self, document: Document, origin: Origin, file: BinaryIO, path: Path | None) -> Sequence[Remark]:
        """Write the document.

        Args:
            document: every time that one of its pages is taken, it is unpacked: take one after another, once, and keep none.
            origin: of the document.
            file: to write to, empty; it can seek.
            path: where it will stand when it is whole; companions may stand beside it. None for standard output.

        Returns:
            What is not as somebody who asked for the file would expect.

        Raises:
            OcrouteError: it cannot be made.
            OSError: it cannot be written.
        """
        ...


EXPORTERS = Registry("ocroute.exporters", required=("suffix", "media_type", "export"))
WRITERS = Registry("ocroute.writers", required=("suffix", "media_type", "write"))


def format_names() -> Iterator[str]:
    """The names of all formats, in alphabetical order."""
    yield from sorted((*EXPORTERS, *WRITERS))


def format_class(name: str) -> type[Any]:
    """The class of the format registered as ``name``.

    Raises:
        UsageError: there is none.
        PluginError: it cannot be loaded.
    """
    if name not in EXPORTERS and name not in WRITERS:
        raise UsageError(f"there is no format named {name!r}", next_step=f"Choose from: {', '.join(format_names())}")
    return (WRITERS if name in WRITERS else EXPORTERS).load(name)


def heeds(name: str, option: str) -> bool:
    """Whether the format ``name`` heeds an option of writing."""
    return option in inspect.signature(format_class(name)).parameters


def made(name: str, options: Mapping[str, Any]) -> Any:
    """The format ``name`` with those of ``options`` that it heeds."""
    return format_class(name)(**{key: value for key, value in options.items() if heeds(name, key)})
