"""The document itself, as JSON with a published schema."""

from __future__ import annotations

import re
from inspect import cleandoc
from typing import Any, ClassVar, Literal

import msgspec

from ocroute.document.model import Document, Page

_SURROGATE = re.compile("[\ud800-\udfff]")
_ENCODER = msgspec.json.Encoder(order="deterministic")


class JsonDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in a JSON file: a document, and the version of its form.

    ``version`` changes when a reader of the old form would misread the new one; new optional fields do not change it.
    ``sha256`` is that of the source's content: who opens the source again can tell whether it is the file that was read.
    """

    format: Literal["ocroute-document"]
    version: Literal[1]
    source: str
    pages: tuple[Page, ...]
    sha256: str = ""


class Json:
    """Everything that is known: blocks, boxes, lines, words, verdicts, attempts, provenance. Furniture always stays in."""

    suffix: ClassVar[str] = ".json"
    media_type: ClassVar[str] = "application/json"

    def __init__(self, *, keep_headers_footers: bool = False) -> None:
        self.keep_headers_footers = keep_headers_footers

    def export(self, document: Document) -> bytes:
        """One line of UTF-8; see docs/schema/document-1.json. Lone surrogates, which UTF-8 has not, become U+FFFD."""
        wrapped = JsonDocument(
            format="ocroute-document",
            version=1,
            source=document.source,
            pages=tuple(document.pages),
            sha256=document.sha256,
        )
        return encoded(wrapped)


def encoded(value: object) -> bytes:
    """``value`` on one line of UTF-8. Lone surrogates, which UTF-8 has not, become U+FFFD."""
    try:
        return _ENCODER.encode(value) + b"\n"
    except UnicodeEncodeError:
        return _ENCODER.encode(_without_surrogates(msgspec.to_builtins(value))) + b"\n"


def decode(data: bytes | str) -> Document:
    """The document that was exported as ``data``.

    Raises:
        msgspec.ValidationError: it has another form or version.
        msgspec.DecodeError: it is no JSON.
    """
    wrapped = msgspec.json.decode(data, type=JsonDocument)
    return Document(wrapped.source, wrapped.pages, wrapped.sha256)


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of what ``Json`` writes."""
    made = msgspec.json.schema(JsonDocument)
    for definition in made["$defs"].values():
        if "description" in definition:  # which Python indents up to 3.12, and no longer since
            definition["description"] = cleandoc(definition["description"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "ocroute document, version 1",
        **made,
    }


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_surrogates(item) for item in value]
    return value
