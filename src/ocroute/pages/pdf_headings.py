"""What a PDF itself calls a heading: the tags of its structure, and its outline."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from ctypes import addressof, create_string_buffer
from itertools import islice
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as pdfium

from ocroute.pages.page import Heading

MOST: Final = 5_000  # entries of an outline, or elements of a page's structure, that are looked at
DEEPEST: Final = 60  # elements inside each other; broken files nest them without end
_LEVELS: Final = {"H": 1, "Title": 1, **{f"H{level}": level for level in range(1, 7)}}


def outline_of(pdf: pypdfium2.PdfDocument) -> Mapping[int, tuple[Heading, ...]]:
    """The entries of its outline by the pages that they lead to, counted from 0."""
    found: dict[int, list[Heading]] = defaultdict(list)
    for entry in islice(pdf.get_toc(max_depth=6), MOST):
        place = entry.get_dest()
        index = place.get_index() if place else None
        if index is not None and (title := " ".join(entry.get_title().split())):
            found[index].append(Heading(title, entry.level + 1))
    return {index: tuple(headings) for index, headings in found.items()}


def tagged_headings(page: pypdfium2.PdfPage) -> tuple[Heading, ...]:
    """The headings among the tags of a page's structure, in their order."""
    tree = pdfium.FPDF_StructTree_GetForPage(page)
    if not tree:
        return ()
    try:
        marked = list(islice(_headings(tree), MOST))
    finally:
        pdfium.FPDF_StructTree_Close(tree)
    if not marked:
        return ()
    said = _marked_text(page, {number for _, numbers in marked for number in numbers})
    told = ((" ".join("".join(said.get(number, "") for number in numbers).split()), level) for level, numbers in marked)
    return tuple(Heading(text, level) for text, level in told if text)


def _headings(tree: Any) -> Iterator[tuple[int, list[int]]]:
    """Level and numbers of the marked content of each heading."""
    roots = pdfium.FPDF_StructTree_CountChildren(tree)
    waiting = [(pdfium.FPDF_StructTree_GetChildAtIndex(tree, at), 0) for at in reversed(range(min(roots, MOST)))]
    looked_at = 0
    while waiting and looked_at < MOST:
        element, depth = waiting.pop()
        looked_at += 1
        if not element or depth > DEEPEST:
            continue
        level = _LEVELS.get(_type_of(element))
        if level:
            yield level, list(islice(_content(element, depth), MOST))
            continue
        children = range(min(pdfium.FPDF_StructElement_CountChildren(element), MOST))
        waiting += [(pdfium.FPDF_StructElement_GetChildAtIndex(element, at), depth + 1) for at in reversed(children)]


def _content(element: Any, depth: int) -> Iterator[int]:
    """The numbers of the marked content of an element and those in it."""
    for at in range(min(pdfium.FPDF_StructElement_CountChildren(element), MOST)):
        number = pdfium.FPDF_StructElement_GetChildMarkedContentID(element, at)
        child = pdfium.FPDF_StructElement_GetChildAtIndex(element, at)
        if number >= 0:
            yield number
        elif child and depth < DEEPEST:
            yield from _content(child, depth + 1)


def _type_of(element: Any) -> str:
    buffer = create_string_buffer(64)
    length = pdfium.FPDF_StructElement_GetType(element, buffer, len(buffer))
    return buffer.raw[: max(0, min(length, len(buffer)) - 2)].decode("utf-16-le", "replace")


def _marked_text(page: pypdfium2.PdfPage, wanted: set[int]) -> dict[int, str]:
    """What the page's content says that is marked with the numbers ``wanted``."""
    text = page.get_textpage()
    said: dict[int, str] = defaultdict(str)
    numbers: dict[int, int] = {}
    try:
        for index in range(min(pdfium.FPDFText_CountChars(text.raw), 200_000)):
            owner = pdfium.FPDFText_GetTextObject(text.raw, index)
            if owner:
                address = addressof(owner.contents)
                if address not in numbers:
                    numbers[address] = pdfium.FPDFPageObj_GetMarkedContentID(owner)
                if numbers[address] in wanted:
                    said[numbers[address]] += chr(min(pdfium.FPDFText_GetUnicode(text.raw, index), 0xFFFF))
    finally:
        text.close()
    return said
