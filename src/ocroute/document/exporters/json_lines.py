"""Page records as JSON, one a line: for programs that take pages as they come, of one input or of many."""

from __future__ import annotations

from typing import ClassVar

from ocroute.document.exporters.json import encoded
from ocroute.document.model import Document


class JsonLines:
    """One page a line, with its source and number: each as in the ``pages`` of ``json``. Files can be put one behind another."""

    suffix: ClassVar[str] = ".jsonl"
    media_type: ClassVar[str] = "application/jsonl"

    def __init__(self, *, keep_headers_footers: bool = False) -> None:
        self.keep_headers_footers = keep_headers_footers

    def export(self, document: Document) -> bytes:
        """As many lines of UTF-8 as there are pages."""
        return b"".join(map(encoded, document.pages))
