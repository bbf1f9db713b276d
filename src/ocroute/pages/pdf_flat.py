"""PDF pages with their form fields and annotations drawn into them, so that what is read is what a viewer shows.

pdfium draws them into the page itself ("flattens" it). It takes the page's links away with them, so the file is opened a second
time for this, when the first page asks for it; the file on the disk is never changed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from ctypes import POINTER, byref, c_ushort, cast, create_string_buffer
from enum import Enum
from typing import Any, Literal, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from ocroute.pages.pdf_typed import Typed, is_settable, set_typed

_LOG = logging.getLogger("ocroute.pages")

MAX_ANNOTATIONS = 5_000
"""Pages with more are drawn and read without them: they would take minutes."""

_LINKS = (pdfium.FPDF_ANNOT_LINK, pdfium.FPDF_ANNOT_POPUP)
"""Kinds that draw nothing on the page."""

_ICONS = (pdfium.FPDF_ANNOT_TEXT, pdfium.FPDF_ANNOT_FILEATTACHMENT, pdfium.FPDF_ANNOT_SOUND)
"""Kinds that viewers show as a picture of their own, to be clicked on."""

_PASSWORD, _COMB = 1 << 13, 1 << 24
UNSEEN = pdfium.FPDF_ANNOT_FLAG_HIDDEN | pdfium.FPDF_ANNOT_FLAG_NOVIEW
"""Flags of what no viewer shows on a screen."""


class FieldKind(Enum):
    """Fields that say more than the characters drawn in them."""

    TICK = "a tick box"
    RADIO = "one of several buttons of which one can be on"
    COMB = "a text with a cell for each letter"


class Field(NamedTuple):
    """A form field.

    Attributes:
        rect: left, bottom, right, top in points of the page's user space.
        on: of a tick box or radio button, whether it is ticked.
    """

    kind: FieldKind
    rect: tuple[float, float, float, float]
    on: bool = False


class FlatPage(NamedTuple):
    """A page to draw and to read text from, and those of its fields that say more than their characters."""

    page: pypdfium2.PdfPage
    fields: tuple[Field, ...] = ()


class FlatPages:
    """The second opening of a PDF.

    Args:
        load: opens the file.
    """

    def __init__(self, load: Callable[[], pypdfium2.PdfDocument]) -> None:
        self._load = load
        self._pdf: pypdfium2.PdfDocument | None = None
        self._fields: dict[int, tuple[Field, ...]] = {}

    def of(self, page: pypdfium2.PdfPage, index: int) -> FlatPage | None:
        """The page at ``index``, counted from 0, flattened; None where ``page``, the same one as it stands in the file, has
        nothing to be drawn into it, or has more of it than can be drawn.
        """
        if not _has_more_than_links(page):
            return None
        if self._pdf is None:
            self._pdf = _with_forms(self._load())
        if index not in self._fields:
            self._fields[index] = _flatten(self._pdf, index, page)
        flat = self._pdf[index]
        if any(abs(a - b) > 0.01 for a, b in zip(flat.get_size(), page.get_size(), strict=True)):
            flat.close()
            _LOG.warning("page %d is read without its annotations: drawing them changes its size", index + 1)
            return None
        return FlatPage(flat, self._fields[index])

    def close(self) -> None:
        """Close the file and all its pages."""
        if self._pdf is not None:
            self._pdf.close()
        self._pdf = None


def _has_more_than_links(page: pypdfium2.PdfPage) -> bool:
    count = pdfium.FPDFPage_GetAnnotCount(page)
    if count > MAX_ANNOTATIONS:
        _LOG.warning("a page with %d annotations is read without them", count)
        return False
    return any(pdfium.FPDFAnnot_GetSubtype(annotation) not in _LINKS for annotation in each_annotation(page))


def each_annotation(page: pypdfium2.PdfPage) -> Iterator[Any]:
    """pdfium's handle of each annotation in turn, closed when the next is asked for; broken ones are left out."""
    for index in range(pdfium.FPDFPage_GetAnnotCount(page)):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        if annotation:
            try:
                yield annotation
            finally:
                pdfium.FPDFPage_CloseAnnot(annotation)


def string_of(annotation: Any, key: bytes) -> str:
    """A text entry of an annotation's dictionary; empty where there is none."""
    length = pdfium.FPDFAnnot_GetStringValue(annotation, key, None, 0)
    buffer = create_string_buffer(max(2, length))
    pdfium.FPDFAnnot_GetStringValue(annotation, key, cast(buffer, POINTER(c_ushort)), length)
    return buffer.raw[: max(0, length - 2)].decode("utf-16-le", "replace")


def rect_of(annotation: Any) -> tuple[float, float, float, float]:
    """Left, bottom, right, top of an annotation in points of the page's user space."""
    rect = pdfium.FS_RECTF()
    pdfium.FPDFAnnot_GetRect(annotation, byref(rect))
    (left, right), (bottom, top) = sorted((rect.left, rect.right)), sorted((rect.bottom, rect.top))
    return left, bottom, right, top


def _with_forms(pdf: pypdfium2.PdfDocument) -> pypdfium2.PdfDocument:
    """``pdf``, whose pages will get drawings of their fields where the file has none. No script of the file is run."""
    config = pdfium.FPDF_FORMFILLINFO(version=2)
    handle = pdfium.FPDFDOC_InitFormFillEnvironment(pdf, config)
    if handle:  # also where there is no form: comments need it to be drawn
        pdf.formenv = pypdfium2.PdfFormEnv(handle, config)
    return pdf


def _flatten(pdf: pypdfium2.PdfDocument, index: int, original: pypdfium2.PdfPage) -> tuple[Field, ...]:
    # Looked at where no forms are at work: they make drawings of typed text, but in one line however long it is.
    typed = [_undrawn(annotation) for annotation in each_annotation(original)]
    bbox = original.get_bbox()
    page = pdf[index]
    try:
        fields = []
        for number, annotation in enumerate(each_annotation(page)):
            fields.append(
                _prepared(pdf.formenv, annotation, hidden=typed[number] is not None if number < len(typed) else False)
            )
        # pdfium does not look for boxes that the page inherits, and would make it US letter.
        pdfium.FPDFPage_SetMediaBox(page, *bbox)
        pdfium.FPDFPage_SetCropBox(page, *bbox)
        if pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY) == pdfium.FLATTEN_FAIL:
            _LOG.warning("page %d is read without its annotations: pdfium cannot draw them", index + 1)
    finally:
        page.close()
    if texts := [text for text in typed if text is not None and is_settable(text.text)]:
        page = pdf[index]
        try:
            set_typed(pdf, page, texts)
        finally:
            page.close()
    return tuple(field for field in fields if field is not None)


def _undrawn(annotation: Any) -> Typed | None:
    """The text of an annotation that shows one and has no drawing."""
    if pdfium.FPDFAnnot_GetSubtype(annotation) != pdfium.FPDF_ANNOT_FREETEXT or pdfium.FPDFAnnot_HasKey(
        annotation, b"AP"
    ):
        return None
    if pdfium.FPDFAnnot_GetFlags(annotation) & UNSEEN:
        return None
    return Typed(string_of(annotation, b"Contents"), rect_of(annotation), string_of(annotation, b"DA"))


def _prepared(form: Any, annotation: Any, *, hidden: bool) -> Field | None:
    """The field that an annotation is, if it is one of those told of. What no viewer shows is hidden from pdfium too, as is
    what is ``hidden``.
    """
    flags = pdfium.FPDFAnnot_GetFlags(annotation)
    kind = _kind(form, annotation)
    hidden = bool(hidden or flags & UNSEEN or kind == "secret" or pdfium.FPDFAnnot_GetSubtype(annotation) in _ICONS)
    # "Invisible" is said of kinds that a viewer does not know; pdfium, when it flattens, takes it of all.
    pdfium.FPDFAnnot_SetFlags(annotation, pdfium.FPDF_ANNOT_FLAG_HIDDEN if hidden else pdfium.FPDF_ANNOT_FLAG_PRINT)
    if hidden or not isinstance(kind, FieldKind):
        return None
    on = kind is not FieldKind.COMB and bool(pdfium.FPDFAnnot_IsChecked(form, annotation))
    return Field(kind, rect_of(annotation), on)


def _kind(form: Any, annotation: Any) -> FieldKind | Literal["secret", ""]:
    match pdfium.FPDFAnnot_GetFormFieldType(form, annotation) if form else pdfium.FPDF_FORMFIELD_UNKNOWN:
        case pdfium.FPDF_FORMFIELD_CHECKBOX:
            return FieldKind.TICK
        case pdfium.FPDF_FORMFIELD_RADIOBUTTON:
            return FieldKind.RADIO
        case pdfium.FPDF_FORMFIELD_TEXTFIELD:
            flags = pdfium.FPDFAnnot_GetFormFieldFlags(form, annotation)
            return "secret" if flags & _PASSWORD else FieldKind.COMB if flags & _COMB else ""
        case _:
            return ""
