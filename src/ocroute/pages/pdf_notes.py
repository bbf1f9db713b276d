"""Comments in a PDF: notes, and what is written to a highlighted place; viewers show them beside the page, not on it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium

from ocroute.pages.pdf_flat import MAX_ANNOTATIONS, UNSEEN, each_annotation, rect_of, string_of
from ocroute.pages.pdf_frame import Frame
from ocroute.pages.pdf_typed import is_settable
from ocroute.values import Box, Note

MAX_LETTERS = 100_000
"""Of all notes of a page together; longer ones are cut there."""

_COMMENTED = frozenset(
    (
        pdfium.FPDF_ANNOT_TEXT,
        pdfium.FPDF_ANNOT_HIGHLIGHT,
        pdfium.FPDF_ANNOT_UNDERLINE,
        pdfium.FPDF_ANNOT_SQUIGGLY,
        pdfium.FPDF_ANNOT_STRIKEOUT,
        pdfium.FPDF_ANNOT_CARET,
        pdfium.FPDF_ANNOT_INK,
        pdfium.FPDF_ANNOT_LINE,
        pdfium.FPDF_ANNOT_SQUARE,
        pdfium.FPDF_ANNOT_CIRCLE,
        pdfium.FPDF_ANNOT_POLYGON,
        pdfium.FPDF_ANNOT_POLYLINE,
        pdfium.FPDF_ANNOT_STAMP,
    )
)
"""Kinds whose text is no part of their drawing."""


def notes_of(page: pypdfium2.PdfPage, frame: Frame) -> tuple[Note, ...]:
    """The comments on ``page``, not flattened, from top to bottom; boxes in pixels of ``frame``."""
    if pdfium.FPDFPage_GetAnnotCount(page) > MAX_ANNOTATIONS:
        return ()
    notes, left = [], MAX_LETTERS
    for annotation in each_annotation(page):
        if not _is_comment(annotation):
            continue
        text = "\n".join(string_of(annotation, b"Contents").split("\r")).strip()[:left]
        if text:
            left -= len(text)
            notes.append(Note(text, _box(annotation, frame), string_of(annotation, b"T").strip()))
    return tuple(sorted(notes, key=lambda note: (note.box.y0, note.box.x0) if note.box else (0.0, 0.0)))


def _is_comment(annotation: Any) -> bool:
    kind = pdfium.FPDFAnnot_GetSubtype(annotation)
    if pdfium.FPDFAnnot_GetFlags(annotation) & UNSEEN:
        return False
    if kind == pdfium.FPDF_ANNOT_FREETEXT:  # one that cannot be set on the page either must not be lost
        return not pdfium.FPDFAnnot_HasKey(annotation, b"AP") and not is_settable(string_of(annotation, b"Contents"))
    return kind in _COMMENTED


def _box(annotation: Any, frame: Frame) -> Box | None:
    corners = np.array(rect_of(annotation), np.float64)
    if not np.isfinite(corners).all():
        return None
    x, y = (np.sort(edge) for edge in frame.map(corners[::2], corners[1::2]))
    return Box(*(round(float(edge), 2) for edge in (x[0], y[0], x[1], y[1]))).clamped(*frame.size)
