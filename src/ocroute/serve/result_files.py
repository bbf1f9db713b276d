"""Results as answers: with their exact type, to be saved and not to be shown, and nothing in them that runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.responses import FileResponse

from ocroute.document.formats import format_class
from ocroute.errors import UsageError
from ocroute.options import FormatOptions, declared

_IN_PLACE = ("application/json", "application/x-ndjson", "text/plain", "text/markdown", "text/csv")
"""Types in which no browser finds anything to run; and only such are shown in it."""


def result_suffix(wanted: str) -> tuple[tuple[str, ...], str]:
    """The formats that are asked for, and the suffix of the file that has them.

    Raises:
        UsageError: there is no such format.
    """
    names = tuple(dict.fromkeys(part.strip() for part in wanted.split(",") if part.strip()))
    formats = tuple(name for name in names if name != "zip") or ("md", "json", "html", "txt")
    suffixes = [format_class(name).suffix for name in formats]
    return formats, suffixes[0] if names and names == formats and len(names) == 1 else ".zip"


def format_options(given: Mapping[str, str], names: tuple[str, ...]) -> dict[str, Any]:
    """Options of writing as they stand in an address.

    Raises:
        UsageError: one is not known, or makes no sense.
    """
    known = declared(FormatOptions)
    found: dict[str, Any] = {}
    for name, text in given.items():
        if name not in known:
            raise UsageError(f"there is no option {name!r}", next_step=f"Choose from: {', '.join(known)}")
        one = known[name]
        value: Any = {"true": True, "false": False}.get(text) if one.plain is bool else text
        if one.plain is int:
            value = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None
        if value is None or one.wanted(value):
            raise UsageError(f"{name}={text!r} is not {one.wanted(value)}", next_step=f"Leave {name} out")
        found[name] = value
    archive_only = [name for name in ("figures", "page_images") if found.get(name) not in (None, False, "none")]
    if archive_only and len(names) == 1:
        raise UsageError(f"{archive_only[0]} makes files beside the text", next_step="Ask for format=zip, or md,zip")
    return found


def as_file(path: Path, name: str, formats: tuple[str, ...]) -> FileResponse:
    """A result, to be saved under a name."""
    kind = "application/zip" if path.suffix == ".zip" else format_class(formats[0]).media_type
    shown = "inline" if kind.partition(";")[0] in _IN_PLACE else "attachment"
    plain = re.sub(r"[^ !#-$&-~]|[\\;]", "_", name)  # for those that know nothing else, e.g. curl
    headers = {
        "Content-Disposition": f"{shown}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    }
    charset = "; charset=utf-8" if kind.startswith("text/") else ""
    return FileResponse(path, media_type=kind + charset, headers=headers)


def image_file(path: Path) -> FileResponse:
    """The image of a page; a browser may keep it for itself."""
    return FileResponse(path, media_type="image/webp", headers={"Cache-Control": "private, max-age=3600"})
