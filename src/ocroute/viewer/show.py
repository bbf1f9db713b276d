"""The format ``show``: the viewer with a document in it; for a long one, a file for each page beside a page of contents."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar
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
            shown = (_page(record, source) for record in document.pages)
            if path is None or len(document.pages) <= IN_ONE_FILE:
                file.write(html_page(viewer_data(title, list(shown), told=told)))
                return ()
            folder = path.with_name(path.name.removesuffix(".html") + ".pages")
            folder.mkdir(exist_ok=True)
            names = [f"page-{record.number:04}.html" for record in document.pages]
            for place, one in enumerate(shown):
                nav = _nav(document, names, place, path.name)
                write_whole(
                    folder / names[place], html_page(viewer_data(title, [one], told=told, nav=nav)), durable=False
                )
        contents = [
            {
                "number": record.number,
                "status": record.verdict.status,
                "href": f"{quote(folder.name)}/{name}",
                "said": " ".join([one.sentence for one in record.verdict.findings if one.refuses][:1]),
            }
            for record, name in zip(document.pages, names, strict=True)
        ]
        file.write(html_page(viewer_data(title, [], told=told, contents=contents)))
        return ()


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


def _nav(document: Document, names: Sequence[str], place: int, index: str) -> dict[str, Any]:
    """The addresses that lead on from a page in a file of its own."""
    doubtful = next(_after(document, names, place), None)
    return {
        "index": f"../{quote(index)}",
        "previous": names[place - 1] if place else None,
        "next": names[place + 1] if place + 1 < len(names) else None,
        "nextDoubtful": doubtful,
        "total": len(names),
    }


def _after(document: Document, names: Sequence[str], place: int) -> Iterator[str]:
    """The doubtful pages behind ``place``, and then those before it."""
    for at in (*range(place + 1, len(names)), *range(place)):
        if not document.pages[at].verdict.fine:
            yield names[at]
