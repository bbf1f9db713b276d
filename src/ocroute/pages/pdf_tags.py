"""What the tags of a PDF's structure call headings and items of lists, and in which language the file says that it is."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from ctypes import POINTER, addressof, c_ushort, cast, create_string_buffer
from itertools import islice
from typing import Any, Final, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from ocroute.pages.page import Heading

MOST: Final = 5_000  # elements of a page's structure that are looked at
DEEPEST: Final = 60  # elements inside each other; broken files nest them without end
_LEVELS: Final = {"H": 1, "Title": 1, **{f"H{level}": level for level in range(1, 7)}}
_ITEM, _LIST = "LI", "L"
_BCP_47: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}")


class Tags(NamedTuple):
    """What the structure of a page says.

    Attributes:
        headings: in its order.
        items: of lists, in its order, each with all that it says but lists in it.
        language: the BCP 47 tag that most of its elements name; empty where none names any.
    """

    headings: tuple[Heading, ...] = ()
    items: tuple[str, ...] = ()
    language: str = ""


class _Element(NamedTuple):
    kind: str
    content: tuple[int, ...]


def tags_of(page: pypdfium2.PdfPage) -> Tags:
    """Of a page as it stands in the file."""
    tree = pdfium.FPDF_StructTree_GetForPage(page)
    if not tree:
        return Tags()
    languages: Counter[str] = Counter()
    try:
        marked = list(islice(_elements(tree, languages), MOST))
    finally:
        pdfium.FPDF_StructTree_Close(tree)
    said = _marked_text(page, {number for element in marked for number in element.content}) if marked else {}
    told = [
        (kind, text)
        for kind, numbers in marked
        if (text := " ".join("".join(said.get(number, "") for number in numbers).split()))
    ]
    return Tags(
        tuple(Heading(text, _LEVELS[kind]) for kind, text in told if kind != _ITEM),
        tuple(text for kind, text in told if kind == _ITEM),
        max(languages, key=languages.__getitem__, default=""),
    )


def told_text(page: pypdfium2.PdfPage) -> str:
    """All that the structure of a page as it stands in the file says, in its order; empty where it has none."""
    tree = pdfium.FPDF_StructTree_GetForPage(page)
    if not tree:
        return ""
    try:
        roots = range(min(pdfium.FPDF_StructTree_CountChildren(tree), MOST))
        elements = (pdfium.FPDF_StructTree_GetChildAtIndex(tree, at) for at in roots)
        numbers = [number for element in elements if element for number in _content(element, 0, lists=True)]
    finally:
        pdfium.FPDF_StructTree_Close(tree)
    said = _marked_text(page, set(numbers)) if numbers else {}
    return " ".join(said.get(number, "") for number in dict.fromkeys(numbers))


def language_of(pdf: pypdfium2.PdfDocument) -> str:
    """The BCP 47 tag of the language that the whole file is said to be in; empty where none is."""
    return _language(pdfium.FPDFCatalog_GetLanguage, pdf)


def _elements(tree: Any, languages: Counter[str]) -> Iterator[_Element]:
    """Each heading and each item; ``languages`` counts what elements on the way name."""
    roots = pdfium.FPDF_StructTree_CountChildren(tree)
    waiting = [(pdfium.FPDF_StructTree_GetChildAtIndex(tree, at), 0) for at in reversed(range(min(roots, MOST)))]
    looked_at = 0
    while waiting and looked_at < MOST:
        element, depth = waiting.pop()
        looked_at += 1
        if not element or depth > DEEPEST:
            continue
        if language := _language(pdfium.FPDF_StructElement_GetLang, element):
            languages[language] += 1
        kind = _type_of(element)
        if kind in _LEVELS or kind == _ITEM:
            yield _Element(kind, tuple(_content(element, depth)))
            if kind != _ITEM:
                continue
        children = range(min(pdfium.FPDF_StructElement_CountChildren(element), MOST))
        waiting += [(pdfium.FPDF_StructElement_GetChildAtIndex(element, at), depth + 1) for at in reversed(children)]


def _content(element: Any, depth: int, *, lists: bool = False) -> Iterator[int]:
    """The numbers of the marked content of an element and those in it, ``lists`` among them or not, in their order."""
    waiting = [(element, -1, depth)]
    for _ in range(MOST):
        if not waiting:
            return
        owner, number, depth = waiting.pop()
        if number >= 0:
            yield number
            continue
        for at in reversed(range(min(pdfium.FPDF_StructElement_CountChildren(owner), MOST))):
            number = pdfium.FPDF_StructElement_GetChildMarkedContentID(owner, at)
            child = pdfium.FPDF_StructElement_GetChildAtIndex(owner, at)
            if number >= 0 or (child and depth < DEEPEST and (lists or _type_of(child) != _LIST)):
                waiting.append((child, number, depth + 1))


def _type_of(element: Any) -> str:
    return _string(pdfium.FPDF_StructElement_GetType, element)


def _language(read: Any, of: Any) -> str:
    told = _string(read, of).replace("_", "-").strip()
    return told if _BCP_47.fullmatch(told) else ""


def _string(read: Any, of: Any) -> str:
    """A short string as pdfium gives them out, cut to what names and languages need."""
    buffer = create_string_buffer(128)
    length = read(of, cast(buffer, POINTER(c_ushort)), len(buffer))
    return buffer.raw[: length - 2].decode("utf-16-le", "replace") if 2 <= length <= len(buffer) else ""


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
