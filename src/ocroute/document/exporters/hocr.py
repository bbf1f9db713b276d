"""hOCR 1.2: XHTML in which every word has its place."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import ClassVar
from xml.etree import ElementTree as ET

from ocroute.document.exporters.prepared import (
    PlacedLine,
    PlacedWord,
    clean,
    notice,
    one_language,
    placed_lines,
    settled,
)
from ocroute.document.inline import NESTING, level_digits, pieces_of
from ocroute.document.markup import TAGS
from ocroute.document.model import Document, Page
from ocroute.document.source_frame import in_source_frame
from ocroute.values import Block, Box

_RAISED = ("superscript", "subscript")
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">\n'
)


class Hocr:
    """Pages, areas, paragraphs, lines and words; whole pixels of the image that the page names, origin top left: the source,
    or, with ``--page-images``, the upright page that was saved.

    The page as it is printed: headers and footers always stay in. Text whose place nobody knows has no ``bbox``.
    """

    suffix: ClassVar[str] = ".hocr"
    media_type: ClassVar[str] = "application/xhtml+xml"

    def __init__(self, *, keep_headers_footers: bool = False, page_images: Mapping[int, str] | None = None) -> None:
        self.keep_headers_footers, self.page_images = keep_headers_footers, page_images or {}

    def export(self, document: Document) -> bytes:
        """UTF-8."""
        html = ET.Element("html", {"xmlns": "http://www.w3.org/1999/xhtml", **_lang(one_language(document))})
        head = ET.SubElement(html, "head")
        ET.SubElement(head, "title").text = clean(document.source)
        for name, content in (
            ("ocr-system", f"ocroute {version('ocroute')}"),
            ("ocr-capabilities", "ocr_page ocr_carea ocr_par ocr_line ocrx_word ocrp_wconf"),
            ("ocr-number-of-pages", str(len(document.pages))),
        ):
            ET.SubElement(head, "meta", {"name": name, "content": content})
        body = ET.SubElement(html, "body")
        styled: dict[str, PlacedWord] = {}
        for index, page in enumerate(document.pages):
            image = self.page_images.get(page.number)
            _page(body, page if image else in_source_frame(page), image or page.source, index, styled)
        ET.indent(html, " ")
        if styled:  # after the indentation, which would part words with blanks
            for element in html.iter("span"):
                if word := styled.get(element.get("id", "")):
                    _fill(element, word)
        return (_HEAD + ET.tostring(html, encoding="unicode", short_empty_elements=False) + "\n").encode()


def _page(body: ET.Element, page: Page, image: str, index: int, styled: dict[str, PlacedWord]) -> None:
    properties = [
        f'image "{_quoted(image)}"',
        _bbox(Box(0, 0, page.width, page.height), page),
        f"ppageno {index}",
    ]
    if page.dpi:
        properties.append(f"scan_res {round(page.dpi)} {round(page.dpi)}")
    element = _element(body, "div", "ocr_page", f"page_{index + 1}", properties)
    element.attrib.update(_lang(page.language))
    if said := notice(page):
        element.append(ET.Comment(f" {said.replace('--', '- ').rstrip('-')} "))
    blocks = [settled_block for block in page.blocks for settled_block in settled(block)]
    for number, block in enumerate(blocks, 1):
        _block(element, block, page, f"{index + 1}_{number}", styled)


def _block(parent: ET.Element, block: Block, page: Page, number: str, styled: dict[str, PlacedWord]) -> None:
    lines = list(placed_lines(block))
    if not lines:
        return
    place = _bbox(block.box, page)
    area = _element(parent, "div", "ocr_carea", f"block_{number}", [place])
    paragraph = _element(area, "p", "ocr_par", f"par_{number}", [place])
    if block.direction == "rtl":
        paragraph.set("dir", "rtl")
    for at, line in enumerate(lines, 1):
        _line(paragraph, line, page, f"{number}_{at}", styled)


def _line(parent: ET.Element, line: PlacedLine, page: Page, number: str, styled: dict[str, PlacedWord]) -> None:
    element = _element(parent, "span", "ocr_line", f"line_{number}", [_bbox(line.box, page), _turn(line)])
    for at, word in enumerate(line.words, 1):
        identity = f"word_{number}_{at}"
        if word.spans:
            styled[identity] = word
        confidence = "" if word.confidence is None else f"x_wconf {round(100 * min(max(word.confidence, 0.0), 1.0))}"
        _element(element, "span", "ocrx_word", identity, [_bbox(word.box, page), confidence]).text = word.text


def _lang(language: str) -> dict[str, str]:
    return {"lang": language, "xml:lang": language} if language else {}


def _turn(line: PlacedLine) -> str:
    """By how many degrees the line is turned, counter-clockwise; empty for one that lies level."""
    return f"textangle {line.angle}" if line.angle else ""


def _fill(element: ET.Element, word: PlacedWord) -> None:
    """A word's text in the elements of its styles. Digits that are raised in the text stay so: programs read it without them."""
    element.text = ""
    for piece in pieces_of(word.text, word.spans):
        inner = element
        for style in NESTING:
            if style not in piece.styles or (style in _RAISED and level_digits(piece.text) != piece.text):
                continue
            inner = ET.SubElement(inner, *(("a", {"href": piece.href}) if style == "link" else (TAGS[style],)))
        if inner is not element:
            inner.text = piece.text
        elif len(element):
            element[-1].tail = (element[-1].tail or "") + piece.text
        else:
            element.text += piece.text


def _element(parent: ET.Element, tag: str, kind: str, identity: str, properties: list[str]) -> ET.Element:
    attributes = {"class": kind, "id": identity}
    if title := "; ".join(one for one in properties if one):
        attributes["title"] = title
    return ET.SubElement(parent, tag, attributes)


def _bbox(box: Box | None, page: Page) -> str:
    if box is None:
        return ""
    cut = box.clamped(page.width, page.height)
    return f"bbox {round(cut.x0)} {round(cut.y0)} {round(cut.x1)} {round(cut.y1)}"


def _quoted(path: str) -> str:
    """A file name as hOCR wants it between quotes."""
    return clean(path).replace("\\", "/").replace('"', "'").replace("\n", " ")
