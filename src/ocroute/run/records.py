"""Page records as bytes: gzip over JSON, small enough to hold by the thousand, checked by gzip's own checksum."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping, Sequence

import msgspec

from ocroute.document.model import Attempt, Page, Status, Verdict
from ocroute.layout.across_pages import headers_footers_across
from ocroute.layout.margins import PageOutline
from ocroute.run.jobs import Read, Record
from ocroute.values import Category

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Page).decode


class _Head(msgspec.Struct):
    number: int
    verdict: _Status


class _Status(msgspec.Struct):
    status: Status


_decode_head = msgspec.json.Decoder(_Head).decode
_decode_outline = msgspec.json.Decoder(PageOutline).decode


def pack(page: Page) -> Record:
    """``page`` as a record.

    Raises:
        ValueError: the page holds what a page record cannot, e.g. a number where text belongs.
    """
    try:
        text = _encode(page)
        _decode(text)
    except (TypeError, ValueError, OverflowError) as error:  # msgspec's errors are ValueErrors and TypeErrors
        raise ValueError(f"not a page record: {error}") from error
    # Level 1: a third of the time of level 6 for a tenth more bytes. Without a time, equal pages give equal bytes.
    tokens = page.provenance.settings.get("tokens")
    body = gzip.compress(text, 1, mtime=0)
    written = tokens if isinstance(tokens, int) else 0
    return Record(page.number, page.verdict.status, body, written, page.provenance.engine)


def unpack(body: bytes) -> Page:
    """The page in a record's body."""
    return _decode(gzip.decompress(body))


def unpacked_as(body: bytes, label: str, name: str) -> Page:
    """The page in a record's body, called ``name`` wherever it was called ``label``, which stands for nothing else in it."""
    escaped = _encode(name)[1:-1]
    return _decode(gzip.decompress(body).replace(label.encode(), escaped))


def recognise(body: bytes) -> Record | None:
    """``body`` as a record, or None where it is not one: torn, changed, or of another version."""
    try:
        head = _decode_head(gzip.decompress(body))
    except (OSError, EOFError, zlib.error, msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return Record(head.number, head.verdict.status, body)


def laid_out_across(records: Sequence[Record]) -> tuple[Record, ...]:
    """The records of one input with headers and footers settled over all its pages: the last step of its layout.

    One page at a time is unpacked, and of its lines only their boxes; only pages in which a block changes are packed anew.
    """
    changes = headers_footers_across(_decode_outline(gzip.decompress(record.body)) for record in records)
    return tuple(
        pack(_recategorised(unpack(record.body), changes[index])) if index in changes else record
        for index, record in enumerate(records)
    )


def laid_out_alone(page: Page) -> Page:
    """``page`` with headers and footers settled by itself, where the other pages of its input are not known."""
    outline = msgspec.convert(page, PageOutline, from_attributes=True)
    changes = headers_footers_across([outline])
    return _recategorised(page, changes[0]) if changes else page


def _recategorised(page: Page, categories: Mapping[int, Category]) -> Page:
    blocks = list(page.blocks)
    for index, category in categories.items():
        text = f"{blocks[index].marker or ''} {blocks[index].text}".strip()
        blocks[index] = msgspec.structs.replace(blocks[index], category=category, text=text, level=None, marker=None)
    return msgspec.structs.replace(page, blocks=tuple(blocks))


def give_up(job: Read, reason: str) -> Record:
    """The record of a page that cannot be read: the best text of earlier attempts where there is one, else failed."""
    spent: tuple[Attempt, ...] = job.spent
    if job.checkpoint:
        page = msgspec.structs.replace(unpack(job.checkpoint), attempts=spent)
        if page.blocks:
            return pack(page)
    else:
        page = Page(job.input.label, job.number, 0, 0, Verdict("failed", 0.0), attempts=spent)
    return pack(msgspec.structs.replace(page, verdict=Verdict("failed", 0.0), error=reason))
