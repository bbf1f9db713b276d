"""Writes a document in every format that was asked for."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from ocroute.document.model import EXPORTERS, Document, Exporter
from ocroute.errors import OcrouteError, OutputError, UsageError
from ocroute.run.output import make_folder, sweep, write_changed

_STALE = 24 * 3600.0  # seconds; a temporary file this old belongs to no run that still lives


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
