"""Reads exported files back with real parsers, into the words that they say."""

from __future__ import annotations

from lxml import etree, html
from markdown_it import MarkdownIt

XHTML = "{http://www.w3.org/1999/xhtml}"
ALTO = "{http://www.loc.gov/standards/alto/ns-v4#}"
GFM = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
NUMBERED = {"ol"}


def html_words(source: str) -> list[str]:
    """The words of a page of HTML; an item of a numbered list starts with its number, as a browser shows it."""
    root = html.document_fromstring(f"<html><body>{source}</body></html>", parser=html.HTMLParser(remove_comments=True))
    for numbered in root.iter("ol"):
        number = int(numbered.get("start", "1"))
        for item in numbered.findall("li"):
            number = int(item.get("value", number))
            item.text = f"{number}. {item.text or ''}"
            number += 1
    return " ".join(root.itertext()).split()


def markdown_words(source: str) -> list[str]:
    """The words of Markdown as a CommonMark parser with GitHub's tables understands it."""
    return html_words(GFM.render(source))


def hocr(data: bytes) -> etree._Element:
    """The root of an hOCR file, parsed strictly as XML."""
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))


def of_class(root: etree._Element, name: str) -> list[etree._Element]:
    """All elements of one hOCR class."""
    return [element for element in root.iter(etree.Element) if element.get("class") == name]
