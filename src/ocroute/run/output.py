"""Writing results: whole or not at all, each under a name of its own, never outside the folder."""

from __future__ import annotations

import errno
import os
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from ocroute.document.formats import WRITERS, Origin, Remark
from ocroute.document.model import Document
from ocroute.errors import OutputError, UsageError
from ocroute.files import Draft, cannot_write, held, sweep, write_whole
from ocroute.run.target import PAGE_A_LINE, Target
from ocroute.run.written import Written
from ocroute.stores import FolderStore, Store
from ocroute.writers.saver import Saver, unpacked

FOLDER = ".ocroute"
"""The hidden folder in an output folder: what was read, and which files were written."""

_ADVICE = {
    errno.ENOSPC: "Free some space and run the same command again: it goes on where it stopped",
    errno.EDQUOT: "Your quota is used up: free some space and run the same command again",
    errno.ENOENT: "Choose another folder with -o",
    errno.ENAMETOOLONG: "Give the input a shorter name",
    0: "Choose another folder with -o",
}

_TO_FILE = {
    errno.ENOSPC: "Free some space and run the same command again",
    errno.EEXIST: "Choose another name, or add --force to replace it",
    errno.ENOENT: "Make its folder first",
    0: "Choose another file with -o",
}

_STALE = 24 * 3600.0  # seconds; a temporary file this old belongs to no run that still lives


def make_folder(folder: Path) -> None:
    """Make ``folder`` and see that it can be written, before hours are spent on what goes there.

    Raises:
        OutputError: it cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise cannot_write("cannot write to", folder, error, _ADVICE) from error


def put(path: Path, data: bytes, *, durable: bool = True) -> None:
    """`ocroute.files.write_whole`, with an error that says what to do.

    Raises:
        OutputError: the disk is full, the folder is not writable, or the like; what was at ``path`` is unchanged.
    """
    try:
        write_whole(path, data, durable=durable)
    except OSError as error:
        raise cannot_write("cannot write", path, error, _ADVICE) from error


def refused(store: Store, name: str, error: OSError) -> OutputError:
    """The error to raise where ``store`` did not take the file ``name``."""
    if isinstance(store, FolderStore):
        return cannot_write("cannot write", store.path(name), error, _ADVICE)
    reason = (error.strerror or str(error)).lower()
    return OutputError(
        f"cannot write {name} to {store}: {reason}",
        next_step="Look whether it is there and whether you may write to it, then run the same command again",
    )


def write_changed(path: Path, data: bytes) -> None:
    """`put`, but a file that says this already is left alone, its time too."""
    try:
        if path.stat().st_size == len(data) and path.read_bytes() == data:
            return
    except OSError:
        pass
    put(path, data)


class Saved(NamedTuple):
    """The files that hold a document, as paths or addresses, and what must be said of them."""

    files: tuple[Path | str, ...]
    remarks: tuple[Remark, ...] = ()


class Writer(ABC):
    """Takes documents as they are done. Use it in a ``with`` block.

    Attributes:
        records: where page records are kept, so that a stopped run goes on; None where they are not.
    """

    records: Store | None = None

    def refuses(self, stem: str) -> OutputError | None:  # noqa: ARG002 - for those that keep more than one file
        """Why the results of an input cannot be written, before it is read."""
        return None

    @abstractmethod
    def write(self, stem: str, document: Document, origin: Origin) -> Saved:
        """The files that hold ``document`` now.

        Args:
            stem: of their names, a path below the folder; see `ocroute.run.result_names`.
            document: what is written.
            origin: where its pages can be opened again.

        Raises:
            OutputError: one cannot be written, or an exporter failed.
        """

    def write_failed(self, document: Document) -> None:  # noqa: B027 - most have no place for it
        """Take note of an input that has no pages."""

    @abstractmethod
    def finish(self) -> None:
        """All inputs are done.

        Raises:
            OutputError: what was taken cannot be written.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go; what is not finished is dropped."""


def writer_for(target: Target, saver: Saver, *, force: bool, share: str = "") -> Writer | None:
    """The writer for ``target``; None for standard output.

    Args:
        target: where to.
        saver: writes the formats.
        force: whether files of others are replaced.
        share: which part of the inputs this run has, where others write their parts into the same folder.

    Raises:
        UsageError: two formats share a suffix, or pictures cannot stand beside standard output.
        OutputError: it cannot be written there.
    """
    if target.address:
        from ocroute.run.store_writer import store_writer_for

        return store_writer_for(target, saver, force=force)
    match target.kind:
        case "folder":
            return FolderWriter(target.path, saver, force=force, share=share)
        case "file":
            return FileWriter(target.path, saver, force=force)
        case _:
            if saver.folders:
                raise UsageError("pictures cannot stand beside standard output", next_step="Add: -o FILE, or -o FOLDER")
            return None


class FolderWriter(Writer):
    """Results in one folder, which this run holds alone. A file that no run has written there stays, unless ``force``.

    Args:
        folder: made where it is missing.
        saver: writes the formats.
        force: whether files of others are replaced.
        share: which part of the inputs this run has; runs with other parts may write there at the same time.

    Raises:
        UsageError: two formats share a suffix.
        OutputError: the folder cannot be written, or another run is writing there.
    """

    def __init__(self, folder: Path, saver: Saver, *, force: bool = False, share: str = "") -> None:
        seen: dict[str, str] = {}
        for name in saver.formats:
            if (other := seen.setdefault(saver.suffix(name), name)) != name:
                raise UsageError(
                    f"the formats {other} and {name} both write {saver.suffix(name)}",
                    next_step="Write one folder for each",
                )
        make_folder(folder)
        self.folder: Path = folder
        self.records: Store = FolderStore(folder)
        self._saver, self._force, self._held = saver, force, ExitStack()
        own = folder / FOLDER / share
        try:
            own.mkdir(parents=True, exist_ok=True)
            alone = self._held.enter_context(held(own))
            lists = ((folder / FOLDER).glob(pattern) for pattern in ("written", "*/written"))
            self._written = Written(own / "written", also=chain.from_iterable(lists))
        except OSError as error:
            self._held.close()
            raise cannot_write("cannot write to", folder / FOLDER, error, _ADVICE) from error
        if not alone:
            raise OutputError(
                f"another run of ocroute is writing {f'{share} ' if share else ''}into {folder}",
                next_step="Wait until it has ended, or choose another folder with -o",
            )
        sweep(folder, older=time.time() - _STALE)

    def refuses(self, stem: str) -> OutputError | None:
        """See `Writer.refuses`."""
        for name in self._all_names(stem):
            path = self.folder / name
            if os.path.lexists(path) and name not in self._written and not self._force:
                return OutputError(
                    f"{path} is there, and no run of ocroute in {self.folder} has written it",
                    next_step="Move it, choose another folder with -o, or add --force to replace it",
                )
        return None

    def write(self, stem: str, document: Document, origin: Origin) -> Saved:
        """One file a format. Files that say the same already are left alone."""
        if (refused := self.refuses(stem)) is not None:
            raise refused
        paths = {name: self.folder / (stem + self._saver.suffix(name)) for name in self._saver.formats}
        first = next(iter(paths.values()))
        try:
            first.parent.mkdir(parents=True, exist_ok=True)
            self._written.add(self._all_names(stem))
            told = self._saver.pictures(document, origin, self.folder / stem)
        except OSError as error:
            raise cannot_write("cannot write", first, error, _ADVICE) from error
        pure = [name for name in paths if name not in WRITERS]
        if pure:
            document = unpacked(document)
        bodies = [(paths[name], self._saver.exported(name, document, told, paths[name])) for name in pure]
        for path, body in bodies:
            write_changed(path, body)
        remarks = [
            remark
            for name in paths
            if name in WRITERS
            for remark in self._put_from_source(name, paths[name], document, origin, told)
        ]
        return Saved(tuple(paths.values()), tuple(remarks))

    def _put_from_source(
        self, name: str, path: Path, document: Document, origin: Origin, told: Mapping[str, Any]
    ) -> Sequence[Remark]:
        try:
            draft = Draft(path)
            try:
                remarks = self._saver.fill(draft, name, document, origin, told, path)
                draft.place()
            finally:
                draft.discard()
        except OSError as error:
            raise cannot_write("cannot write", path, error, _ADVICE) from error
        return remarks

    def _all_names(self, stem: str) -> list[str]:
        """The files of all formats and the folders of pictures, below the folder."""
        return [stem + self._saver.suffix(name) for name in self._saver.formats] + [
            stem + folder for folder in self._saver.folders
        ]

    def finish(self) -> None:
        """All is written."""

    def close(self) -> None:
        """Let others write there."""
        self._held.close()


class FileWriter(Writer):
    """Results in one file, which is there when all are done. One that is there stays, unless ``force``.

    Raises:
        OutputError: it is there, or cannot be made.
    """

    def __init__(self, path: Path, saver: Saver, *, force: bool = False) -> None:
        (self._name,) = saver.formats
        self._path, self._saver, self._force = path, saver, force
        self._stem = path.with_name(path.name[: len(path.name) - len(saver.suffix(self._name))] or path.name)
        try:
            for place in (path, *(self._stem.with_name(self._stem.name + folder) for folder in saver.folders)):
                if os.path.lexists(place) and (place.is_file() or place.is_symlink() or place != path) and not force:
                    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
            sweep(path.parent, older=time.time() - _STALE)
            self._draft = Draft(path)
        except OSError as error:
            raise cannot_write("cannot write", path, error, _TO_FILE) from error
        self._some = False

    def write(self, stem: str, document: Document, origin: Origin) -> Saved:  # noqa: ARG002 - there is one file for all
        """Take the document; the file is there after `finish`."""
        try:
            told = self._saver.pictures(document, origin, self._stem)
            remarks = self._saver.fill(self._draft, self._name, document, origin, told, self._path)
        except OSError as error:
            raise cannot_write("cannot write", self._path, error, _TO_FILE) from error
        self._some = True
        return Saved((self._path,), tuple(remarks))

    def write_failed(self, document: Document) -> None:
        """Its record, where each page is one."""
        if self._name == PAGE_A_LINE:
            self.write("", document, Origin(""))

    def finish(self) -> None:
        """Put the file at its path, if anything goes into it."""
        if self._some:
            try:
                self._draft.place(replace=self._force)
            except OSError as error:
                raise cannot_write("cannot write", self._path, error, _TO_FILE) from error

    def close(self) -> None:
        """Drop what is not finished."""
        self._draft.discard()
