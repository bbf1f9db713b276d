"""One module a format. An exporter only reads the document."""

from __future__ import annotations

from typing import ClassVar, Protocol

from ocroute.document.model import Document
from ocroute.registry import Registry


class Exporter(Protocol):
    """A format that a document can be written in.

    Attributes:
        suffix: of the files it writes, e.g. ``".md"``.
        media_type: e.g. ``"text/markdown"``.
    """

    suffix: ClassVar[str]
    media_type: ClassVar[str]

    def __init__(self, *, keep_furniture: bool = False) -> None: ...

    def export(self, document: Document) -> bytes:
        """The whole document, UTF-8 where it is text. Equal documents give equal bytes."""
        ...


EXPORTERS = Registry("ocroute.exporters", required=("suffix", "media_type", "export"))


def export(document: Document, name: str, *, keep_furniture: bool = False) -> bytes:
    """``document`` in the format registered as ``name``.

    Raises:
        UsageError: there is no such format.
    """
    exporter: Exporter = EXPORTERS.load(name)(keep_furniture=keep_furniture)
    return exporter.export(document)
