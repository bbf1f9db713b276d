"""The format ``show``: the viewer with a document in it; for a long one, a file for each page beside a page of contents."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, NamedTuple, Self
from urllib.parse import quote

from ocroute.document.formats import Origin, Remark
from ocroute.document.model import Document, Page
from ocroute.errors import InputError
from ocroute.files import write_whole

if TYPE_CHECKING:
    from ocroute.pages.reopening import Reopened

IN_ONE_FILE = 24
"""Pages that stand in one file; those of a longer document get a file each."""

_LONG_SIDE = 1600  # pixels of a page's image
_QUALITY = 80


class Show:
    """One HTML file that opens without a network: each page beside what was read on it, boxes and text linked both ways, with
    verdicts, findings and attempts. A document of more than 24 pages becomes a page of contents, and a folder of pages beside it.
    """

    suffix: ClassVar[str] = ".show.html"
    media_type: ClassVar[str] = "text/html"

    def write(self, document: Document, origin: Origin, file: BinaryIO, path: Path | None) -> Sequence[Remark]:
        """See `ocroute.document.formats.SourceWriter`. A page whose image cannot be had is shown without one."""
        from ocroute.viewer.data import viewer_data
        from ocroute.viewer.html_page import html_page

        title, told = PurePath(document.source).name or "document", repr(document).partition(", ")[2].rstrip(")")
        with ExitStack() as open_:
            source = _reopened(origin, open_)
            remarks = (
                [Remark(f"the pages are shown without their images: {source}")]
                if isinstance(source, InputError)
                else []
            )
            shown = (_page(record, source) for record in document.pages)
            if path is None or len(document.pages) <= IN_ONE_FILE:
                file.write(html_page(viewer_data(title, list(shown), told=told)))
                return remarks
            folder = path.with_name(path.name.removesuffix(".html") + ".pages")
            folder.mkdir(exist_ok=True)
            entries = [_Entry.of(record) for record in document.pages]
            for place, one in enumerate(shown):
                nav = _nav(entries, place, path.name)
                whole = html_page(viewer_data(title, [one], told=told, nav=nav))
                write_whole(folder / entries[place].name, whole, durable=False)
        contents = [
            {
                "number": entry.number,
                "status": entry.status,
                "href": f"{quote(folder.name)}/{entry.name}",
                "said": entry.said,
            }
            for entry in entries
        ]
        file.write(html_page(viewer_data(title, [], told=told, contents=contents)))
        return remarks


class _Entry(NamedTuple):
    """A page among the contents: ``name`` is that of its file, ``said`` what speaks against its text."""

    name: str
    number: int
    status: str
    fine: bool
    said: str

    @classmethod
    def of(cls, record: Page) -> Self:
        said = " ".join([one.sentence for one in record.verdict.findings if one.refuses][:1])
        verdict = record.verdict
        return cls(f"page-{record.number:04}.html", record.number, verdict.status, verdict.fine, said)


def _reopened(origin: Origin, open_: ExitStack) -> Reopened | InputError:
    from ocroute.pages.reopening import Reopened

    try:
        return open_.enter_context(Reopened(origin))
    except InputError as error:
        return error


def _page(record: Page, source: Reopened | InputError) -> dict[str, Any]:
    from ocroute.viewer.data import page_data

    if isinstance(source, InputError):
        return page_data(record, None, missing=str(source))
    try:
        page = source.page(record)
        try:
            return page_data(record, _address(page.raster()))
        finally:
            page.release()
    except InputError as error:
        return page_data(record, None, missing=str(error))


def _address(raster: Any) -> str:
    """The image as a ``data:`` address."""
    from PIL import Image

    image = Image.fromarray(raster)
    image.thumbnail((_LONG_SIDE, _LONG_SIDE), reducing_gap=2.0)
    held = io.BytesIO()
    image.save(held, "WEBP", quality=_QUALITY, method=2)
    return f"data:image/webp;base64,{base64.b64encode(held.getvalue()).decode()}"


def _nav(entries: Sequence[_Entry], place: int, index: str) -> dict[str, Any]:
    """The addresses that lead on from a page in a file of its own; to the next doubtful one behind it, or the first of all."""
    others = (*entries[place + 1 :], *entries[:place])
    return {
        "index": f"../{quote(index)}",
        "previous": entries[place - 1].name if place else None,
        "next": entries[place + 1].name if place + 1 < len(entries) else None,
        "nextDoubtful": next((entry.name for entry in others if not entry.fine), None),
        "total": len(entries),
    }
