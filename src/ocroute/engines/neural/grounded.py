"""Answers of the DeepSeek family: text between tags that say what it is and where it stands.

``<|ref|>title<|/ref|><|det|>[[330, 198, 558, 230]]<|/det|>`` and the text of that region up to the next tag. Numbers run from 0
to 999 over the width and height of the original image. They are read as literals; nothing of the answer is evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ocroute.engines.neural import plain
from ocroute.values import Block, Box, Category

SPACE = 999
"""The largest coordinate."""

_REGION = re.compile(r"<\|ref\|>(?P<label>.*?)<\|/ref\|>\s*<\|det\|>(?P<boxes>.*?)(?:<\|/det\|>|\Z)", re.DOTALL)
_BOX = re.compile(r"\[\s*(\d{1,4})\s*,\s*(\d{1,4})\s*,\s*(\d{1,4})\s*,\s*(\d{1,4})\s*\]")
_UNFINISHED = re.compile(r"(?:<\|ref\|>(?:(?!<\|det\|>).)*|<(?:\|[^<>]{0,14})?)\Z", re.DOTALL)
_TAGS = re.compile(r"<\|/?(?:ref|det|grounding)\|>|<｜[^｜<>]{1,40}｜>")
_SIGNS = {r"\coloneqq": ":=", r"\eqqcolon": "=:"}

CATEGORIES = {
    "title": Category.TITLE,
    "sub_title": Category.SECTION_HEADER,
    "subtitle": Category.SECTION_HEADER,
    "section_header": Category.SECTION_HEADER,
    "text": Category.TEXT,
    "list": Category.LIST_ITEM,
    "table": Category.TABLE,
    "table_caption": Category.CAPTION,
    "table_footnote": Category.FOOTNOTE,
    "image": Category.PICTURE,
    "figure": Category.PICTURE,
    "image_caption": Category.CAPTION,
    "image_footnote": Category.FOOTNOTE,
    "figure_caption": Category.CAPTION,
    "caption": Category.CAPTION,
    "equation": Category.FORMULA,
    "formula": Category.FORMULA,
    "equation_block": Category.FORMULA,
    "header": Category.PAGE_HEADER,
    "page_header": Category.PAGE_HEADER,
    "footer": Category.PAGE_FOOTER,
    "page_footer": Category.PAGE_FOOTER,
    "page_number": Category.PAGE_FOOTER,
    "footnote": Category.FOOTNOTE,
    "page_footnote": Category.FOOTNOTE,
    "reference": Category.TEXT,
    "code": Category.TEXT,
}


def from_regions(answer: str, size: tuple[int, int], *, labels_are_text: bool = False) -> tuple[Block, ...]:
    """The blocks of a tagged answer, in its order.

    Args:
        answer: the model's text, special tokens included. One that is cut keeps every region whose box is whole.
        size: (width, height) of the page in pixels.
        labels_are_text: whether the model was asked for lines: then the label is the text that stands in the box.
    """
    answer = _repaired(answer)
    blocks: list[Block] = []
    regions = list(_REGION.finditer(answer))
    lead = answer[: regions[0].start()] if regions else answer
    blocks += plain.from_markdown(_TAGS.sub("", lead))
    for index, region in enumerate(regions):
        end = regions[index + 1].start() if index + 1 < len(regions) else len(answer)
        text = _TAGS.sub("", answer[region.end() : end]).strip()
        boxes = list(_boxes(region["boxes"], size))
        if labels_are_text:
            blocks += [Block(Category.TEXT, region["label"].strip(), box) for box in boxes]
            blocks += plain.from_markdown(text)
        else:
            box = Box.around(boxes) if boxes else None
            blocks += _region(region["label"].strip().lower(), text, box)
    return tuple(blocks)


def _region(label: str, text: str, box: Box | None) -> Iterator[Block]:
    category = CATEGORIES.get(label, Category.TEXT)
    if not text:
        if category is Category.PICTURE:
            yield Block(category, "", box)
        return
    if category in (Category.TITLE, Category.SECTION_HEADER):
        head = plain.heading(text, box)
        level = None if category is Category.TITLE else max(1, head.level or 1)
        yield Block(category, head.text, box, markup="markdown", level=level)
    elif category is Category.FORMULA:
        yield Block(category, text, box, markup="latex")
    elif category is Category.TABLE or category is Category.TEXT:
        yield from plain.from_markdown(text, box)
    else:
        yield Block(category, text, box, markup="markdown")


def _boxes(source: str, size: tuple[int, int]) -> Iterator[Box]:
    """Every whole box in ``source``, in page pixels, corners sorted, cut to the page."""
    width, height = size
    for found in _BOX.finditer(source):
        x0, y0, x1, y1 = (int(number) for number in found.groups())
        (x0, x1), (y0, y1) = sorted((x0, x1)), sorted((y0, y1))
        box = Box(x0 / SPACE * width, y0 / SPACE * height, x1 / SPACE * width, y1 / SPACE * height)
        yield box.clamped(width, height)


def _repaired(answer: str) -> str:
    for command, sign in _SIGNS.items():
        answer = answer.replace(command, sign)
    return _UNFINISHED.sub("", answer)
