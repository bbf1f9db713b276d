"""The door to an input: look at its first bytes and open it with the adapter for its kind."""

from __future__ import annotations

import os
from pathlib import Path

from ocroute.errors import CorruptInput, InputError, InputNotFound, UnsupportedInput, UsageError
from ocroute.pages.sniff import HEAD_BYTES, Kind, describe, kind_of
from ocroute.pages.source import MAX_PIXELS, Source
from ocroute.stores import RemoteStore, shown


def open_input(
    path: str | os.PathLike[str],
    *,
    name: str = "",
    password: str | None = None,
    pages: str | None = None,
    max_pixels: int = MAX_PIXELS,
    dpi: float | None = None,
) -> Source:
    """Open an image or a PDF, whatever its name says it is.

    Args:
        path: the file.
        name: what it is called in errors and records; its path when left out.
        password: of an encrypted PDF.
        pages: which pages, e.g. ``"1-3,7,10-"``; all when None.
        max_pixels: the largest raster to make of a page; larger pages are reduced to it.
        dpi: resolution at which PDF pages are rendered; None lets it follow the page. Images have their own.

    Raises:
        InputNotFound: there is no such file.
        UnsupportedInput: it is a folder, empty, or no image or PDF.
        CorruptInput: it is damaged from the start.
        PasswordNeeded: it is encrypted and ``password`` does not open it.
        PageTooLarge: an image needs more memory than there is.
        UsageError: ``pages`` is no page range or names no page of the document. What it names besides is logged.
    """
    file = os.fspath(path)
    name = name or file
    if max_pixels < 1 or (dpi is not None and not 1 <= dpi <= 2400):
        raise UsageError(f"cannot render at {dpi} dpi and {max_pixels} pixels", next_step="Choose 72 to 600 dpi")
    if sniff(file, name) == "pdf":
        from ocroute.pages.pdf import PdfSource

        return PdfSource(name, password=password, pages=pages, max_pixels=max_pixels, dpi=dpi, file=file)
    from ocroute.pages.images import ImageSource

    return ImageSource(name, pages=pages, max_pixels=max_pixels, file=file)


def sniff(path: str, name: str = "") -> Kind:
    """Whether the file is a PDF or an image; errors call it ``name``.

    Raises:
        InputError: it is neither, or cannot be read; the error says which.
    """
    name = name or path
    head = _head(path, name)
    if not head:
        raise CorruptInput(f"{name} is empty (0 bytes)", next_step="Copy or download it again")
    kind = kind_of(head)
    if kind is None:
        what, next_step = describe(head)
        raise UnsupportedInput(f"{name} is not an image or PDF but {what}", next_step=next_step)
    return kind


def _head(path: str, name: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            return file.read(HEAD_BYTES)
    except FileNotFoundError as error:
        raise InputNotFound(f"{name} does not exist", next_step="Check the path") from error
    except IsADirectoryError as error:
        raise UnsupportedInput(f"{name} is a folder", next_step=f"Read its pages: ocroute read {name}") from error
    except PermissionError as error:
        raise InputError(f"{name} may not be read by this user", next_step=f"Allow it: chmod +r {name}") from error
    except (OSError, ValueError) as error:  # ValueError: a path with a null byte
        raise InputError(f"{name!r} cannot be read: {error}", next_step="Check the path and the disk") from error


def download(address: str, kept: Path) -> None:
    """Copy the file behind ``address`` to ``kept``, a path of this machine.

    Raises:
        InputNotFound: there is none.
        InputError: it cannot be brought here.
        PackageMissing: nothing here can talk to where it lies.
    """
    told = shown(address)
    try:
        RemoteStore(address).download("", kept)
    except FileNotFoundError as error:
        raise InputNotFound(f"{told} does not exist", next_step="Check the address") from error
    except OSError as error:
        raise InputError(
            f"{told} cannot be brought here: {error.strerror}",
            next_step="Look whether it may be read, and whether there is room here, then run the same command again",
        ) from error
