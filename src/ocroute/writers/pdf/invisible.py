"""Taking the invisible text out of a page's content."""

from __future__ import annotations

import zlib
from typing import Any

_SHOWS = {"Tj", "TJ", "'", '"'}
_INVISIBLE = 3


def without_invisible_text(pdf: Any, page: Any, package: Any) -> None:
    """Leave out of ``page`` what text rendering mode 3 draws; all else stays, drawn the same.

    Args:
        pdf: an open `pikepdf.Pdf`.
        page: of it, a `pikepdf.Page`.
        package: pikepdf.
    """
    page.contents_coalesce()
    kept = _kept(page.obj, package)
    page.obj.Contents = compressed(pdf, kept, package)
    _forms(page.resources, package, set())


def compressed(pdf: Any, content: bytes, package: Any) -> Any:
    """A new stream in ``pdf``; compressed now, since new streams stay in memory until the file is saved."""
    return pdf.make_stream(zlib.compress(content), Filter=package.Name.FlateDecode)


def _forms(resources: Any, package: Any, seen: set[tuple[int, int]]) -> None:
    """The same in the form XObjects of ``resources``, and in theirs."""
    for form in dict(resources.get("/XObject", {}).items()).values():
        if form.objgen in seen or form.get("/Subtype") != "/Form":
            continue
        seen.add(form.objgen)
        form.write(zlib.compress(_kept(form, package)), filter=package.Name.FlateDecode)
        if "/Resources" in form:
            _forms(form.Resources, package, seen)


def _kept(stream: Any, package: Any) -> bytes:
    mode, saved, kept = 0, [], []
    for instruction in package.parse_content_stream(stream):
        operator = str(instruction.operator)
        if operator == "q":
            saved.append(mode)
        elif operator == "Q" and saved:
            mode = saved.pop()
        elif operator == "Tr":
            mode = int(instruction.operands[0])
        elif operator in _SHOWS and mode == _INVISIBLE:
            if operator in ("'", '"'):  # these go to the next line first
                kept.append(package.ContentStreamInstruction([], package.Operator("T*")))
            continue
        kept.append(instruction)
    data: bytes = package.unparse_content_stream(kept)
    return data
