"""ALTO 4.4: the XML of libraries and archives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import ClassVar
from xml.etree import ElementTree as ET

from ocroute.document.exporters.prepared import PlacedLine, PlacedWord, clean, placed_lines, settled
from ocroute.document.model import Document, Page, Provenance
from ocroute.document.source_frame import in_source_frame
from ocroute.values import Block, Box, Category, Font, InlineStyle

_POINTS_PER_INCH = 72
_STYLES: dict[InlineStyle, str] = {
    "bold": "bold",
    "italic": "italics",
    "subscript": "subscript",
    "superscript": "superscript",
    "underline": "underline",
}
_MARGINS = {Category.PAGE_HEADER: "TopMargin", Category.PAGE_FOOTER: "BottomMargin"}


class Alto:
    """Pages, blocks, lines and words in pixels of the image that the file names, origin top left: the source, or, for a single
    page with ``--page-images``, the upright page that was saved; kinds of block as layout tags.

    The page as it is printed: headers and footers always stay in, as its margins. Text whose place nobody knows has no
    position, which ALTO allows since version 4. ``PAGECLASS`` is the verdict's status, ``PC`` its score.
    """

    suffix: ClassVar[str] = ".alto.xml"
    media_type: ClassVar[str] = "application/alto+xml"

    def __init__(self, *, keep_headers_footers: bool = False, page_images: Mapping[int, str] | None = None) -> None:
        self.keep_headers_footers, self.page_images = keep_headers_footers, page_images or {}

    def export(self, document: Document) -> bytes:
        """UTF-8."""
        image = self._image(document)
        root = ET.Element(
            "alto",
            {
                "xmlns": "http://www.loc.gov/standards/alto/ns-v4#",
                "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
                "xsi:schemaLocation": "http://www.loc.gov/standards/alto/ns-v4# "
                "http://www.loc.gov/standards/alto/v4/alto-4-4.xsd",
                "SCHEMAVERSION": "4.4",
            },
        )
        description = ET.SubElement(root, "Description")
        styles = ET.SubElement(root, "Styles")
        tags = ET.SubElement(root, "Tags")
        for category in Category:
            ET.SubElement(tags, "LayoutTag", {"ID": _tag(category), "TYPE": "category", "LABEL": category.value})
        ET.SubElement(description, "MeasurementUnit").text = "pixel"
        ET.SubElement(ET.SubElement(description, "sourceImageInformation"), "fileName").text = clean(
            image or document.source
        )
        writer = _Writer(description, styles)
        layout = ET.SubElement(root, "Layout")
        for index, page in enumerate(document.pages, 1):
            placed = page if image else in_source_frame(page)
            writer.page(layout, placed, index)
        if not len(styles):
            root.remove(styles)
        ET.indent(root, " ")
        return ('<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n").encode()

    def _image(self, document: Document) -> str:
        """The saved image of the only page; empty where there are several, since a file names one image."""
        return self.page_images.get(document.pages[0].number, "") if len(document.pages) == 1 else ""


class _Writer:
    """Writes pages; keeps what they share: how they were made, and their fonts."""

    def __init__(self, description: ET.Element, styles: ET.Element) -> None:
        self._description = description
        self._styles = styles
        self._processings: dict[tuple[str, ...], str] = {}
        self._fonts: dict[tuple[str, ...], str] = {}

    def page(self, layout: ET.Element, page: Page, index: int) -> None:
        attributes = {
            "ID": f"page_{index}",
            "PAGECLASS": page.verdict.status,
            "PROCESSINGREFS": self._processing(page.provenance),
            "HEIGHT": _number(page.height),
            "WIDTH": _number(page.width),
            "PHYSICAL_IMG_NR": str(page.number),
            "PC": _confidence(page.verdict.score),
        }
        element = ET.SubElement(layout, "Page", attributes)
        blocks = [part for block in page.blocks for part in settled(block)]
        spaces: dict[str, list[tuple[str, Block]]] = {"TopMargin": [], "BottomMargin": [], "PrintSpace": []}
        for number, block in enumerate(blocks, 1):
            spaces[_MARGINS.get(block.category, "PrintSpace")].append((f"{index}_{number}", block))
        for name, members in spaces.items():
            if members or name == "PrintSpace":
                place = _place(_around(block.box for _, block in members), page)
                space = ET.SubElement(element, name, place)
                for identity, block in members:
                    self._block(space, block, page, identity)

    def _block(self, parent: ET.Element, block: Block, page: Page, number: str) -> None:
        lines = list(placed_lines(block))
        attributes = {"ID": f"block_{number}", "TAGREFS": _tag(block.category), **_place(block.box, page)}
        if block.category is Category.TABLE and lines:
            parent = ET.SubElement(parent, "ComposedBlock", {**attributes, "TYPE": "table"})
            attributes["ID"] = f"block_{number}_text"
        if lines:
            language = {"LANG": page.language} if page.language else {}
            element = ET.SubElement(parent, "TextBlock", {**attributes, **language})
            for at, line in enumerate(lines, 1):
                self._line(element, line, page, f"{number}_{at}")
        elif block.category is Category.PICTURE:
            ET.SubElement(parent, "Illustration", attributes)

    def _line(self, parent: ET.Element, line: PlacedLine, page: Page, number: str) -> None:
        style = self._style(line.font, page.dpi)
        attributes = {"ID": f"line_{number}", **({"STYLEREFS": style} if style else {}), **_place(line.box, page)}
        element = ET.SubElement(parent, "TextLine", attributes)
        for at, word in enumerate(line.words, 1):
            if at > 1:
                ET.SubElement(element, "SP")
            confidence = {} if word.confidence is None else {"WC": _confidence(word.confidence)}
            content = {"ID": f"string_{number}_{at}", "CONTENT": word.text}
            if kinds := _styles(word):
                content["STYLE"] = kinds
            ET.SubElement(element, "String", {**content, **_place(word.box, page), **confidence})

    def _processing(self, provenance: Provenance) -> str:
        key = (provenance.engine, provenance.model, provenance.versions.get(provenance.engine, ""))
        if key not in self._processings:
            self._processings[key] = f"processing_{len(self._processings) + 1}"
            element = ET.SubElement(self._description, "Processing", {"ID": self._processings[key]})
            ET.SubElement(element, "processingCategory").text = "contentGeneration"
            described = " ".join(part for part in key if part)
            if described:
                ET.SubElement(element, "processingStepDescription").text = clean(described)
            software = ET.SubElement(element, "processingSoftware")
            ET.SubElement(software, "softwareName").text = "ocroute"
            ET.SubElement(software, "softwareVersion").text = version("ocroute")
        return self._processings[key]

    def _style(self, font: Font | None, dpi: float | None) -> str:
        if font is None:
            return ""
        style = {}
        if font.name:
            style["FONTFAMILY"] = clean(font.name)
        if font.size and dpi:
            style["FONTSIZE"] = _number(font.size * _POINTS_PER_INCH / dpi)
        if slant := " ".join(word for word, on in (("bold", font.bold), ("italics", font.italic)) if on):
            style["FONTSTYLE"] = slant
        if not style:
            return ""
        key = tuple(f"{name}={value}" for name, value in style.items())
        if key not in self._fonts:
            self._fonts[key] = f"font_{len(self._fonts) + 1}"
            ET.SubElement(self._styles, "TextStyle", {"ID": self._fonts[key], **style})
        return self._fonts[key]


def _styles(word: PlacedWord) -> str:
    """The styles of a whole word, as ALTO names them; it has no place for those of a part."""
    whole = {span.style for span in word.spans if span.start <= 0 and span.end >= len(word.text)}
    return " ".join(name for style, name in _STYLES.items() if style in whole)


def _tag(category: Category) -> str:
    return f"category_{category.value}"


def _around(boxes: Iterable[Box | None]) -> Box | None:
    known = [box for box in boxes if box is not None]
    return Box.around(known) if known else None


def _place(box: Box | None, page: Page) -> dict[str, str]:
    if box is None:
        return {}
    cut = box.clamped(page.width, page.height)
    places = (("HPOS", cut.x0), ("VPOS", cut.y0), ("WIDTH", cut.width), ("HEIGHT", cut.height))
    return {name: _number(value) for name, value in places}


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _confidence(value: float) -> str:
    return f"{min(max(value, 0.0), 1.0):.3f}".rstrip("0").rstrip(".") or "0"
