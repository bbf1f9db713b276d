"""Writing results to an address, or into a folder that several machines share: they are made here, and put there whole."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence

from ocroute.document.formats import Origin
from ocroute.document.model import Document
from ocroute.errors import OutputError
from ocroute.files import Scratch
from ocroute.run.output import FOLDER, FileWriter, FolderWriter, Saved, Writer, refused
from ocroute.run.target import Target
from ocroute.stores import RemoteStore, Store, shown
from ocroute.writers.saver import Saver


def store_writer_for(target: Target, saver: Saver, *, force: bool) -> Writer:
    """The writer for a target elsewhere.

    Raises:
        PackageMissing, UsageError: nothing here can talk to it.
        OutputError: the file is there.
    """
    if target.kind == "folder":
        return StoreWriter(RemoteStore(target.address), saver, force=force)
    return RemoteFileWriter(target.address, saver, force=force)


class StoreWriter(Writer):
    """Results as files of a store. A file that no run has written there stays, unless ``force``.

    Args:
        store: where to.
        saver: writes the formats; their files are put there in its order, those of pictures first.
        force: whether files of others are replaced.

    Raises:
        UsageError: two formats share a suffix.
        OutputError: there is no room here for what is on its way.
    """

    def __init__(self, store: Store, saver: Saver, *, force: bool = False) -> None:
        self.records: Store = store
        self._store, self._saver, self._force = store, saver, force
        self._scratch = Scratch()
        self._here = FolderWriter(self._scratch.place("results"), saver, force=True)

    def refuses(self, stem: str) -> OutputError | None:
        """See `Writer.refuses`."""
        if self._force:
            return None
        try:
            there = next((name for name in self._names(stem) if self._store.exists(name)), None)
            if there is None or self._store.exists(_note(stem)):
                return None
        except OSError as error:
            return refused(self._store, stem, error)
        return OutputError(
            f"{there} is there, and no run of ocroute has written it to {self._store}",
            next_step="Move it, choose another place with -o, or add --force to replace it",
        )

    def write(self, stem: str, document: Document, origin: Origin) -> Saved:
        """One file a format, and the pictures beside them."""
        saved = self._here.write(stem, document, origin)
        try:
            self._put(
                _note(stem), _as_name(stem).encode(errors="surrogateescape")
            )  # before the files: from now on they are ours
            for name in self._made(stem):
                self._put(name, (self._here.folder / name).read_bytes())
        finally:
            self._forget(stem)
        return Saved(tuple(f"{self._store}/{name}" for name in self._names(stem)), saved.remarks)

    def _put(self, name: str, body: bytes) -> None:
        try:
            self._store.write(name, body)
        except OSError as error:
            raise refused(self._store, name, error) from error

    def _made(self, stem: str) -> Sequence[str]:
        """The files that were made here for one document: pictures, then the formats."""
        folders = (self._here.folder / (stem + folder) for folder in self._saver.folders)
        pictures = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
        return [path.relative_to(self._here.folder).as_posix() for path in pictures] + self._names(stem)

    def _forget(self, stem: str) -> None:
        """Remove what was made here for one document."""
        for folder in self._saver.folders:
            shutil.rmtree(self._here.folder / (stem + folder), ignore_errors=True)
        for name in self._names(stem):
            (self._here.folder / name).unlink(missing_ok=True)

    def _names(self, stem: str) -> list[str]:
        """The file of each format."""
        return [_as_name(stem) + self._saver.suffix(name) for name in self._saver.formats]

    def finish(self) -> None:
        """All is written."""

    def close(self) -> None:
        """Drop what is here of it."""
        self._here.close()
        self._scratch.remove()


class RemoteFileWriter(FileWriter):
    """Results in one file at an address, which is there when all are done.

    Raises:
        OutputError: it is there and must stay, or cannot be made.
    """

    def __init__(self, address: str, saver: Saver, *, force: bool = False) -> None:
        self._address = address
        folder, _, self._file = address.rpartition("/")
        self._store = RemoteStore(folder)
        self._scratch = Scratch()
        try:
            there = not force and self._store.exists(self._file)
        except OSError as error:
            raise refused(self._store, self._file, error) from error
        if there:
            raise OutputError(
                f"{shown(address)} is there", next_step="Choose another name, or add --force to replace it"
            )
        super().__init__(self._scratch.place(self._file), saver, force=True)

    def write(self, stem: str, document: Document, origin: Origin) -> Saved:
        """Take the document; the file is there after `finish`."""
        return Saved((shown(self._address),), super().write(stem, document, origin).remarks)

    def finish(self) -> None:
        """Put the file at its address, and the pictures beside it, if anything goes into it."""
        super().finish()
        if not self._some:
            return
        folder = self._scratch.folder()
        for path in sorted(
            (path for path in folder.rglob("*") if path.is_file()), key=lambda path: path.name == self._file
        ):
            name = path.relative_to(folder).as_posix()
            try:
                self._store.write(name, path.read_bytes())
            except OSError as error:
                raise refused(self._store, name, error) from error

    def close(self) -> None:
        """Drop what is here of it."""
        super().close()
        self._scratch.remove()


def _as_name(stem: str) -> str:
    return stem.replace(os.sep, "/")


def _note(stem: str) -> str:
    """The file that says that the results of this stem are ours."""
    return f"{FOLDER}/written/{hashlib.blake2b(os.fsencode(_as_name(stem)), digest_size=12).hexdigest()}"
