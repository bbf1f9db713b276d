"""Outputs of other programs, page by page: plain text, Markdown, hOCR, ALTO, docling's JSON; and ocroute's own JSON.

Nothing in them is believed: entities of XML are refused, links are not followed, numbers that are none are left aside.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from ocroute.compare.markdown_pages import of_markdown
from ocroute.compare.measures import Cell
from ocroute.compare.read_pages import Part, ReadPage, of_lines, of_record, of_text
from ocroute.document.storage import load
from ocroute.errors import CorruptInput, InputError, OcrouteError, UnsupportedInput
from ocroute.values import Box

Pages = dict[int, ReadPage]
"""By number, from 1."""

LARGEST = 256 << 20
"""Bytes of a file that is read as a whole."""

_PAGE_MARK = re.compile(
    r"^(?:<!-- page (?P<page>\d+)\b[^\n]*-->|\{(?P<counted>\d+)\}-{48}|<!-- ?page[- ]?break ?-->|\f)[ \t]*$|\f",
    re.MULTILINE | re.IGNORECASE,
)
"""What stands between pages in Markdown: ocroute's comment, marker's number from 0, docling's comment, a form feed."""


def read_file(path: Path) -> Pages:
    """The pages of one file, by its suffix and content.

    Raises:
        InputError: it cannot be read, is no such file, or is damaged.
    """
    name = path.name.lower()
    reader = next((reader for suffix, reader in _READERS.items() if name.endswith(suffix)), None)
    if reader is None:
        raise UnsupportedInput(
            f"{path} is none of the formats that are compared", next_step=f"Give files of: {', '.join(_READERS)}"
        )
    try:
        if path.stat().st_size > LARGEST:
            raise UnsupportedInput(f"{path} has more than {LARGEST >> 20} MiB", next_step="Split it by pages")
        return reader(path)
    except OcrouteError:
        raise
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {(error.strerror or str(error)).lower()}", next_step="Check the path"
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, ET.ParseError) as error:
        raise CorruptInput(
            f"{path} is damaged: {type(error).__name__}: {str(error)[:200]}", next_step="Write it again"
        ) from error


def _text(path: Path) -> Pages:
    return {
        number: of_text(page)
        for number, page in enumerate(_decoded(path).split("\f"), 1)
        if page.strip() or number == 1
    }


def _markdown(path: Path) -> Pages:
    source = _decoded(path)
    number, start, pages = 1, 0, dict[int, str]()
    for mark in _PAGE_MARK.finditer(source):
        if before := source[start : mark.start()].strip():
            pages[number] = before
        told = mark["page"] or (mark["counted"] and str(int(mark["counted"]) + 1))
        number, start = int(told) if told else number + 1, mark.end()
    pages[number] = source[start:]
    return {number: of_markdown(page) for number, page in pages.items()}


def _decoded(path: Path) -> str:
    data = path.read_bytes()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CorruptInput(f"{path} is no text in UTF-8", next_step="Save it as UTF-8") from error


def _json(path: Path) -> Pages:
    head = json.loads(_decoded(path))
    if isinstance(head, dict) and head.get("schema_name") == "DoclingDocument":
        return _docling(head)
    return {page.number: of_record(page) for page in load(path).pages}


# ---- docling ------------------------------------------------------------------------------------------------------------


def _docling(document: Mapping[str, Any]) -> Pages:
    """The body of a DoclingDocument, by the first place of each item; furniture apart."""
    parts: dict[int, tuple[list[Part], list[Part]]] = {}
    tables: dict[int, list[tuple[Cell, ...]]] = {}
    for number in document.get("pages") or {}:
        parts[int(number)] = [], []
    sides = (("body", 0), ("furniture", 1))
    for layer, side in sides:
        for item in _docling_items(document, document.get(layer) or {}, set()):
            place = (item.get("prov") or [{}])[0]
            number = int(place.get("page_no", 1))
            aside = 1 if side or item.get("content_layer") == "furniture" else 0
            into = parts.setdefault(number, ([], []))[aside]
            if cells := (item.get("data") or {}).get("table_cells"):
                table = tuple(_docling_cell(cell) for cell in cells)
                tables.setdefault(number, []).append(table)
                into += [Part(" ".join(one[4] for one in sorted(row))) for row in _by_row(table)]
            elif text := str(item.get("text") or ""):
                marker = str(item.get("marker") or "")
                into.append(Part(f"{marker} {text}" if any(map(str.isalnum, marker)) else text))
    return {
        number: of_lines(body, tables.get(number, ()), furniture) for number, (body, furniture) in sorted(parts.items())
    }


def _docling_items(document: Mapping[str, Any], node: Mapping[str, Any], seen: set[str]) -> Iterator[Mapping[str, Any]]:
    """In reading order; each once, though the tree may be none."""
    for child in node.get("children") or ():
        reference = str(child["$ref"])
        if reference in seen:
            continue
        seen.add(reference)
        _, kind, index = reference.split("/")
        item = document[kind][int(index)]
        yield item
        yield from _docling_items(document, item, seen)


def _docling_cell(cell: Mapping[str, Any]) -> Cell:
    row, column = int(cell["start_row_offset_idx"]), int(cell["start_col_offset_idx"])
    rows, columns = int(cell["end_row_offset_idx"]) - row, int(cell["end_col_offset_idx"]) - column
    return row, column, min(max(rows, 1), 1000), min(max(columns, 1), 1000), str(cell["text"])


def _by_row(table: tuple[Cell, ...]) -> Iterator[list[Cell]]:
    for row in sorted({cell[0] for cell in table}):
        yield [cell for cell in table if cell[0] == row]


# ---- ALTO ---------------------------------------------------------------------------------------------------------------


def _alto(path: Path) -> Pages:
    """Lines of the print space; margins are furniture. Of any version; positions in pixels or whatever the file says."""
    root = _xml(path)
    if not root.tag.endswith("alto"):
        raise UnsupportedInput(f"{path} is XML, but no ALTO", next_step="Give ALTO, hOCR, Markdown, text or JSON")
    found: Pages = {}
    for number, page in enumerate((one for one in root.iter() if _local(one) == "Page"), 1):
        sides: tuple[list[Part], list[Part]] = ([], [])
        for space in page:
            aside = _local(space) in ("TopMargin", "BottomMargin", "LeftMargin", "RightMargin")
            sides[aside].extend(_alto_line(line) for line in space.iter() if _local(line) == "TextLine")
        found[number] = of_lines(sides[0], furniture=sides[1])
    return found


def _alto_line(line: ET.Element) -> Part:
    said = []
    for one in line:
        if _local(one) == "String":
            said.append(one.get("CONTENT", ""))
        elif _local(one) == "HYP" and said:
            said[-1] += one.get("CONTENT", "-")
    try:
        x, y, width, height = (float(line.get(name, "")) for name in ("HPOS", "VPOS", "WIDTH", "HEIGHT"))
        return Part(" ".join(said), Box(x, y, x + width, y + height))
    except ValueError:
        return Part(" ".join(said))


def _xml(path: Path) -> ET.Element:
    data = path.read_bytes()
    if b"<!ENTITY" in data:
        raise UnsupportedInput(f"{path} defines entities, which are not resolved", next_step="Write it without them")
    return ET.fromstring(data)


def _local(element: ET.Element) -> str:
    return str(element.tag).rpartition("}")[2]


# ---- hOCR ---------------------------------------------------------------------------------------------------------------


class _Hocr(HTMLParser):
    """Collects lines by page: Tesseract and others write no well-formed XML."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: list[list[tuple[str, str]]] = []
        self._line: list[str] | None = None
        self._title = ""
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        kinds = (told.get("class") or "").split()
        if "ocr_page" in kinds:
            self.pages.append([])
        if self._line is not None:
            self._depth += tag not in ("br", "img", "hr", "meta")
        elif {"ocr_line", "ocr_caption", "ocr_textfloat", "ocr_header"} & set(kinds):
            self._line, self._title, self._depth = [], told.get("title") or "", 1

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - which one it is says its depth
        if self._line is None:
            return
        self._depth -= 1
        if self._depth <= 0:
            self.pages = self.pages or [[]]
            self.pages[-1].append((" ".join("".join(self._line).split()), self._title))
            self._line = None

    def handle_data(self, data: str) -> None:
        if self._line is not None:
            self._line.append(data)


def _hocr(path: Path) -> Pages:
    parser = _Hocr()
    parser.feed(_decoded(path))
    parser.close()
    if not parser.pages:
        raise UnsupportedInput(f"{path} is HTML, but no hOCR: it has no ocr_page", next_step="Give hOCR, or Markdown")
    return {
        number: of_lines(Part(text, _hocr_box(title)) for text, title in lines)
        for number, lines in enumerate(parser.pages, 1)
    }


def _hocr_box(title: str) -> Box | None:
    match = re.search(r"\bbbox (-?\d+(?:\.\d+)?) (-?\d+(?:\.\d+)?) (-?\d+(?:\.\d+)?) (-?\d+(?:\.\d+)?)", title)
    try:
        return Box(*map(float, match.groups())) if match else None
    except ValueError:
        return None


_READERS: Mapping[str, Callable[[Path], Pages]] = {
    ".json": _json,
    ".md": _markdown,
    ".markdown": _markdown,
    ".txt": _text,
    ".hocr": _hocr,
    ".hocr.html": _hocr,
    ".html": _hocr,
    ".htm": _hocr,
    ".xml": _alto,
    ".alto": _alto,
}
SUFFIXES = tuple(_READERS)
"""Of the files that can be compared."""
