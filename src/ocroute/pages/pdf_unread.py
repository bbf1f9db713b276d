"""What a PDF holds besides its pages, which is named and not read: attached files, and forms in XFA."""

from __future__ import annotations

from ctypes import POINTER, c_ushort, cast, create_string_buffer
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from ocroute.pages.page import Unread

_NAMED = 20
"""Attached files that are named; of more, how many they are."""


def unread_of(pdf: pypdfium2.PdfDocument) -> tuple[Unread, ...]:
    """All of it, each in a sentence."""
    found = []
    count = pdfium.FPDFDoc_GetAttachmentCount(pdf)
    if count > 0:
        names = [_name(pdfium.FPDFDoc_GetAttachment(pdf, index)) for index in range(min(count, _NAMED))]
        more = f" and {count - len(names)} more" if count > len(names) else ""
        files = "1 attached file" if count == 1 else f"{count} attached files"
        found.append(Unread(f"{files} of the PDF not read: {', '.join(names)}{more}."))
    form = pdfium.FPDF_GetFormType(pdf)
    if form == pdfium.FORMTYPE_XFA_FULL:
        found.append(
            Unread("The PDF is a form in XFA, which is not read: its pages only stand in for it.", instead=True)
        )
    elif form == pdfium.FORMTYPE_XFA_FOREGROUND:
        found.append(Unread("The PDF has its form in XFA too, which is not read: the page shows what is drawn of it."))
    return tuple(found)


def _name(attachment: Any) -> str:
    length = pdfium.FPDFAttachment_GetName(attachment, None, 0) if attachment else 0
    buffer = create_string_buffer(max(2, length))
    if attachment:
        pdfium.FPDFAttachment_GetName(attachment, cast(buffer, POINTER(c_ushort)), length)
    name = buffer.raw[: max(0, length - 2)].decode("utf-16-le", "replace")
    return " ".join("".join(char for char in name if char.isprintable()).split())[:120] or "without a name"
