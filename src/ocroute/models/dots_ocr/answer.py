"""The model's answer to a layout prompt as blocks on the page."""

from __future__ import annotations

import re
from collections import deque
from typing import Final

from ocroute.document.markup import from_html
from ocroute.models.dots_ocr.input_size import InputSize
from ocroute.models.dots_ocr.json_cells import Cell, cells
from ocroute.values import Block, Category, Markup

_CATEGORIES: Final = {category.value.casefold(): category for category in Category}
_MARKUPS: Final[dict[Category, Markup]] = {
    Category.PICTURE: "plain",
    Category.FORMULA: "latex",
    Category.TABLE: "html",
}
_HEADING: Final = re.compile(r"(#{1,6})[ \t]+(?=\S)")
# What begins like this is an answer in JSON, also where no cell is left of it; text may begin with a bracket too: "[1] Smith".
_JSON: Final = re.compile(r"\s*(?:```(?:json)?\s*)?(?:\[\s*(?:[\[{\]]|\Z)|\{\s*(?:[\"'}]|\Z)|(?<=`)\Z)")
_SIGNS: Final = re.compile(r"[*_`~<>&$\\\[\]]")
_NUMBERED: Final = re.compile(r"(\d+)(?=[.)]\s)")
# A bullet, a number, a letter or a small Roman number, but no word that ends in a dot: "Mr. Smith" is no list.
_MARKER: Final = re.compile(
    r"([-*+•◦▪‣–—]|\(?(?:\d{1,4}|[^\W\d_]|(?=[ivx])x{0,3}(?:ix|iv|v?i{0,3})|(?=[IVX])X{0,3}(?:IX|IV|V?I{0,3}))[.)])[ \t]+(?=\S)"
)


def parse(answer: str, input_size: InputSize, page: tuple[float, float]) -> tuple[Block, ...]:
    """The blocks of ``answer``, in its order, which is the reading order.

    Whatever is whole in a broken or cut answer is kept, and of the last cell what there is. An answer that holds no cell at all
    is one block of text without a box.

    Args:
        answer: to the prompts ``layout`` and ``layout_only``; its boxes are in pixels of ``input_size``.
        input_size: the size at which the model saw the page.
        page: width and height of the page in its own pixels, in which the blocks' boxes will be.
    """
    blocks = tuple(_block(cell, input_size, page) for cell in cells(answer))
    if blocks or not answer.strip() or _JSON.match(answer):
        return blocks
    return (Block(Category.TEXT, answer.strip(), markup="markdown"),)


def is_cut(answer: str) -> bool:
    """Whether an answer in JSON ends within a cell. A fault inside it, like LaTeX with single backslashes, is no cut."""
    last = deque(cells(answer), maxlen=1) if _JSON.match(answer) else deque[Cell]()
    return bool(last) and not last[0].complete


def _block(cell: Cell, input_size: InputSize, page: tuple[float, float]) -> Block:
    category = _CATEGORIES.get(cell.category.strip().replace("_", "-").casefold(), Category.TEXT)
    text = cell.text or ""
    level = marker = None
    markup = _MARKUPS.get(category, "markdown")
    if category in (Category.SECTION_HEADER, Category.TITLE):
        text, hashes = _cut(_HEADING, text)
        # The page's title has one sign, so its sections have two: that is level 1 here.
        level = max(1, len(hashes) - 1) if category is Category.SECTION_HEADER else None
        if _SIGNS.search(text):
            text = _NUMBERED.sub(r"\1\\", text, count=1)  # "2. *Method*" is no list
        else:
            markup = "plain"
    elif category is Category.LIST_ITEM:
        text, marker = _cut(_MARKER, text)
    return Block(
        category,
        text,
        box=input_size.to_page(cell.bbox, page) if cell.bbox else None,
        markup=markup,
        level=level,
        marker=marker or None,
        # one that is cut stays HTML, so that the cut shows
        table=from_html(text)[1] if category is Category.TABLE and text.rstrip().endswith("</table>") else None,
    )


def _cut(pattern: re.Pattern[str], text: str) -> tuple[str, str]:
    """``text`` without what ``pattern`` finds at its beginning, and the first group of that."""
    found = pattern.match(text.lstrip())
    return (text.lstrip()[found.end() :], found[1]) if found else (text, "")
