"""One document into one file, from its record and, where a format needs it, its source."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ocroute.document.formats import WRITERS, Origin, Remark
from ocroute.document.model import Document
from ocroute.document.storage import format_of
from ocroute.errors import InputNotFound, OutputError
from ocroute.files import Draft, cannot_write
from ocroute.pages.opening import download
from ocroute.pages.reopening import verified
from ocroute.stores import RemoteStore, local_path, scheme_of, shown
from ocroute.writers.saver import Saver


def save(
    document: Document, path: str | os.PathLike[str], origin: Origin, options: Mapping[str, Any]
) -> Sequence[Remark]:
    """Write ``document`` to ``path`` in the format of its suffix: all of the file or nothing.

    Args:
        document: its record.
        path: of the file, or an address such as ``s3://bucket/scan.pdf``; one that is there is replaced.
        origin: where the source is, here or at an address.
        options: what the format heeds, see `ocroute.options.FormatOptions`.

    Raises:
        UsageError: no format has this suffix, or it does not heed an option.
        InputError: the source is needed, and is gone, or another file.
        OutputError: the file cannot be written; what was there is unchanged.
    """
    name = format_of(path)
    saver = Saver((name,), options)
    scheme = scheme_of(os.fspath(path))
    with tempfile.TemporaryDirectory(prefix="ocroute-") as scratch:
        if name in WRITERS or saver.folders:
            origin = _verified(document, origin, Path(scratch, "source"), needed=name != "show" or bool(saver.folders))
        if scheme and scheme != "file":
            folder, _, file = os.fspath(path).rpartition("/")
            store = RemoteStore(folder)
            made = Path(scratch, "made", file)
            made.parent.mkdir()
            remarks = _save(document, made, origin, saver)
            _put(store, made)
        else:
            remarks = _save(document, Path(local_path(os.fspath(path)) if scheme else path), origin, saver)
    return remarks


def _save(document: Document, target: Path, origin: Origin, saver: Saver) -> Sequence[Remark]:
    (name,) = saver.formats
    try:
        draft = Draft(target)
        try:
            stem = target.with_name(target.name[: len(target.name) - len(saver.suffix(name))] or target.name)
            told = saver.pictures(document, origin, stem)
            remarks = saver.fill(draft, name, document, origin, told, target)
            draft.place()
        finally:
            draft.discard()
    except (OSError, ValueError) as error:  # ValueError: a path with a null byte
        raise cannot_write("cannot write", target, error, {}) from error
    return remarks


def _verified(document: Document, origin: Origin, kept: Path, *, needed: bool) -> Origin:
    """The source as a file of this machine. Where it is not ``needed``, one that is gone from where it was read is no error."""
    try:
        here = _here(origin, kept)
        verified(document, here)
    except InputNotFound:
        if needed or origin.path != document.source:
            raise
        return origin
    return here


def _here(origin: Origin, kept: Path) -> Origin:
    """``origin`` as a file of this machine; what lies elsewhere is copied to ``kept``."""
    scheme = scheme_of(origin.path)
    if not scheme:
        return origin
    if scheme == "file":
        return msgspec.structs.replace(origin, path=local_path(origin.path))
    download(origin.path, kept)
    return Origin(os.fspath(kept), origin.password, origin.name or shown(origin.path))


def _put(store: RemoteStore, made: Path) -> None:
    """Put ``made`` and the pictures beside it into ``store``, itself last: what it links to is there then."""
    folder = made.parent
    for path in sorted((path for path in folder.rglob("*") if path.is_file()), key=lambda path: path == made):
        name = path.relative_to(folder).as_posix()
        try:
            store.write(name, path.read_bytes())
        except OSError as error:
            raise OutputError(
                f"cannot write {name} to {store}: {(error.strerror or str(error)).lower()}",
                next_step="Look whether it is there and whether you may write to it, then run the same command again",
            ) from error
