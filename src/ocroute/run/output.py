"""Writing results: whole or not at all, each under a name of its own, never outside the folder."""

from __future__ import annotations

import errno
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from ocroute.document.model import EXPORTERS, Document, Exporter
from ocroute.errors import OcrouteError, OutputError, UsageError
from ocroute.files import cannot_write, sweep, write_whole

_ADVICE = {
    errno.ENOSPC: "Free some space and run the same command again: it goes on where it stopped",
    errno.EDQUOT: "Your quota is used up: free some space and run the same command again",
    errno.ENOENT: "Choose another folder with -o",
    errno.ENAMETOOLONG: "Give the input a shorter name",
    0: "Choose another folder with -o",
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


def write_changed(path: Path, data: bytes) -> None:
    """`put`, but a file that says this already is left alone, its time too."""
    try:
        if path.stat().st_size == len(data) and path.read_bytes() == data:
            return
    except OSError:
        pass
    put(path, data)


class Writer:
    """Results in one folder.

    Args:
        folder: made where it is missing.
        formats: names of exporters.
        keep_headers_footers: whether page headers and footers go into running text.

    Raises:
        UsageError: there is no such format, or two formats share a suffix.
        OutputError: the folder cannot be written.
    """

    def __init__(self, folder: Path, formats: Sequence[str], *, keep_headers_footers: bool) -> None:
        self._exporters: dict[str, Exporter] = {}
        for name in dict.fromkeys(formats):
            exporter: Exporter = EXPORTERS.load(name)(keep_headers_footers=keep_headers_footers)
            if other := next((n for n, e in self._exporters.items() if e.suffix == exporter.suffix), None):
                raise UsageError(
                    f"the formats {other} and {name} both write {exporter.suffix}",
                    next_step="Write one folder for each",
                )
            self._exporters[name] = exporter
        if not self._exporters:
            raise UsageError("no format was named", next_step=f"Choose from: {', '.join(EXPORTERS)}")
        make_folder(folder)
        sweep(folder, older=time.time() - _STALE)
        self.folder = folder

    def write(self, stem: str, document: Document) -> tuple[Path, ...]:
        """One file a format, named ``stem`` and the format's suffix. Files that say the same already are left alone.

        Raises:
            OutputError: a file cannot be written, or an exporter failed.
        """
        written = []
        for name, exporter in self._exporters.items():
            path = self.folder / (stem + exporter.suffix)
            try:
                data = exporter.export(document)
            except OcrouteError:
                raise
            except Exception as error:  # an exporter may come from anyone
                raise OutputError(f"{path} was not written: {name} raised {type(error).__name__}: {error}") from error
            write_changed(path, data)
            written.append(path)
        return tuple(written)


def stems(paths: Iterable[str]) -> list[str]:
    """A file name without suffix for each of ``paths``, no two alike, also where upper and lower case are one.

    ``scan.pdf`` gives ``scan``. Where that is not unique the suffix stays: ``x.png`` and ``x.pdf`` give ``x.png`` and
    ``x.pdf``. Where that is not either, the folders above come before it: ``a/x.png`` and ``b/x.png`` give ``a-x.png`` and
    ``b-x.png``. The names depend on the set of paths only.
    """
    every = [Path(path) for path in paths]
    names = [path.stem if path.stem.strip(".") else path.name for path in every]
    depth = 0
    while clashes := {name for name, count in Counter(map(str.casefold, names)).items() if count > 1}:
        longest = max((len(path.absolute().parts) for path in every), default=0)
        if depth > longest:  # the same path twice
            return [f"{name}-{index + 1}" if name.casefold() in clashes else name for index, name in enumerate(names)]
        names = [
            _longer(path, depth) if name.casefold() in clashes else name
            for path, name in zip(every, names, strict=True)
        ]
        depth += 1
    return names


def _longer(path: Path, depth: int) -> str:
    parts = [part for part in path.absolute().parts if part not in (os.sep, "..")]
    return "-".join(parts[-depth - 1 :])
