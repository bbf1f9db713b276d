"""One document into one file, from its record and, where a format needs it, its source."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ocroute.document.formats import WRITERS, Origin, Remark
from ocroute.document.model import Document
from ocroute.document.storage import format_of
from ocroute.files import Draft, cannot_write
from ocroute.pages.reopening import verified
from ocroute.writers.saver import Saver

_log = logging.getLogger(__name__)


def save(
    document: Document, path: str | os.PathLike[str], origin: Origin, options: Mapping[str, Any]
) -> Sequence[Remark]:
    """Write ``document`` to ``path`` in the format of its suffix: all of the file or nothing. Remarks are logged too.

    Args:
        document: its record.
        path: of the file; one that is there is replaced.
        origin: where the source is.
        options: what the format heeds, see `ocroute.options.FormatOptions`.

    Raises:
        UsageError: no format has this suffix, or it does not heed an option.
        InputError: the source is needed, and is gone, or another file.
        OutputError: the file cannot be written; what was there is unchanged.
    """
    name = format_of(path)
    saver = Saver((name,), options)
    if name in WRITERS or saver.folders:
        verified(document, origin)
    target = Path(path)
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
    for remark in remarks:
        _log.warning("%s", remark.sentence)
    return remarks
