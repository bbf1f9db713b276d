"""Reading from Python: one call."""

from __future__ import annotations

import os
from typing import Unpack

from ocroute.document.model import Document
from ocroute.errors import UsageError
from ocroute.options import ReadOptions, documented, filled
from ocroute.route.wish import wish_of
from ocroute.run import read_documents


@documented(ReadOptions)
def read(path: str | os.PathLike[str], **options: Unpack[ReadOptions]) -> Document:
    """Read one file.

    Args:
        path: an image or a PDF.
        {options}

    Returns:
        A document with one record for each page, in order. Look at ``document.ok`` before you trust it, and at each page's
        ``verdict``: a page whose text was refused by the judge is ``doubtful``, not missing.

    Raises:
        InputError: the file cannot be opened.
        EngineUnavailable: no engine, or not the one asked for, can run here.
        UsageError: an argument makes no sense.
    """
    values = filled(ReadOptions, options)
    running = {name: values[name] for name in ("pages", "password", "jobs", "timeout")}
    results = list(read_documents([path], wish_of(values), **running))
    if len(results) != 1:
        raise UsageError(
            f"{os.fspath(path)!r} names {len(results)} files",
            next_step="Read one at a time, or use the command: ocroute read",
        )
    if results[0].error is not None:
        raise results[0].error
    return results[0].document()
