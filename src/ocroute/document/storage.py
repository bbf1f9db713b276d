"""Which format a file is in, and documents back from files."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

import msgspec

from ocroute.document.exporters.json import decode
from ocroute.document.formats import EXPORTERS, WRITERS, format_class
from ocroute.document.model import Document
from ocroute.errors import CorruptInput, InputError, InputNotFound, NextStep, PluginError, UnsupportedInput, UsageError
from ocroute.stores import RemoteStore, local_path, scheme_of, shown

PathLike = str | os.PathLike[str]

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # editors on Windows add it
_UPDATE = NextStep(command="pip install --upgrade ocroute")


def suffixes() -> dict[str, str]:
    """The name of the format by the suffix of its files, e.g. ``".alto.xml"``: ours before those of plug-ins."""
    found: dict[str, str] = {}
    rows = {**EXPORTERS, **WRITERS}
    for name in sorted(rows, key=lambda name: (not rows[name].builtin, name)):
        with contextlib.suppress(PluginError):  # it says so where its own format is asked for
            found.setdefault(format_class(name).suffix, name)
    return found


def format_of(path: PathLike) -> str:
    """The name of the format that a file called ``path`` is in, by its longest known suffix; upper and lower case are one.

    Raises:
        UsageError: no format has its suffix.
    """
    known = suffixes()
    name = Path(shown(os.fspath(path))).name
    fitting = [suffix for suffix in known if suffix and name.lower().endswith(suffix.lower())]
    if not fitting:
        raise UsageError(
            f"{name!r} does not say by its suffix in which format to write",
            next_step=f"Choose from: {', '.join(known)}",
        )
    return known[max(fitting, key=len)]


def load(path: PathLike) -> Document:
    """The document that was written as JSON at ``path``, which may be an address such as ``s3://bucket/scan.json``.

    Raises:
        InputNotFound: there is no such file.
        UnsupportedInput: it is no JSON, not a document of ocroute, or of another version of the form.
        CorruptInput: it is not whole.
        InputError: it cannot be read.
    """
    name, data = shown(os.fspath(path)), _content(path).removeprefix(_BYTE_ORDER_MARK)
    if not data.strip():
        raise CorruptInput(f"{name} is empty", next_step="Write it again: ocroute read --format json")
    if data.lstrip()[:1] not in b"{[":
        raise UnsupportedInput(
            f"{name} is not JSON", next_step="Read images and PDFs with ocroute.read; load what was saved as .json"
        )
    try:
        try:
            return decode(data)
        except msgspec.ValidationError as error:
            raise _foreign(name, data, error) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CorruptInput(
            f"{name} is not whole JSON: {error}", next_step="Copy it again, or write it again"
        ) from error


def _content(path: PathLike) -> bytes:
    if (scheme := scheme_of(os.fspath(path))) == "file":
        path = local_path(os.fspath(path))
    elif scheme:
        return _from_elsewhere(os.fspath(path))
    try:
        if Path(path).is_dir():  # Windows would call it a question of rights
            raise UnsupportedInput(f"{path} is a folder", next_step="Name the JSON file in it")
        return Path(path).read_bytes()
    except FileNotFoundError as error:
        raise InputNotFound(f"{path} does not exist", next_step="Check the path") from error
    except PermissionError as error:
        raise InputError(f"{path} may not be read by this user", next_step=f"Allow it: chmod +r {path}") from error
    except (OSError, ValueError) as error:  # ValueError: a path with a null byte
        raise InputError(f"{str(path)!r} cannot be read: {error}", next_step="Check the path and the disk") from error


def _from_elsewhere(address: str) -> bytes:
    folder, _, name = address.rpartition("/")
    try:
        return RemoteStore(folder).read(name)
    except FileNotFoundError as error:
        raise InputNotFound(f"{shown(address)} does not exist", next_step="Check the address") from error
    except OSError as error:
        raise InputError(
            f"{shown(address)} cannot be read: {error.strerror}", next_step="Look whether it may be read from here"
        ) from error


def _foreign(name: str, data: bytes, error: msgspec.ValidationError) -> InputError:
    """What to say of JSON that is not a document as this version knows it.

    Raises:
        msgspec.DecodeError, RecursionError: it is not whole after all.
    """
    head: Any = msgspec.json.decode(data)
    if not isinstance(head, dict) or head.get("format") != "ocroute-document":
        step = "Give a file that document.save or ocroute read --format json has written"
        return UnsupportedInput(f"{name} is JSON, but not a document of ocroute", next_step=step)
    version = head.get("version")
    if isinstance(version, int) and version > 1:
        return UnsupportedInput(f"{name} is written in version {version} of the form; known is 1", next_step=_UPDATE)
    return CorruptInput(
        f"{name} is not a valid document: {error}", next_step="Write it again: ocroute read --format json"
    )
