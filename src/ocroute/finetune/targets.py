"""What dots.ocr should have answered to a page: the same JSON and Markdown that its own parser reads, boxes in its own pixels."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from ocroute.document.exporters.markdown_text import heading_text, paragraph_lines
from ocroute.document.exporters.prepared import plain_text, settled, styled_lines
from ocroute.document.inline import Piece
from ocroute.document.markup import html_table
from ocroute.engines.dots_ocr import LEAST, MODES, MOST
from ocroute.errors import OcrouteError
from ocroute.models.dots_ocr.answer import is_cut, parse
from ocroute.models.dots_ocr.input_size import InputSize, fit
from ocroute.models.dots_ocr.prompts import CATEGORIES
from ocroute.values import Block, Category

Task = Literal["layout", "text"]
"""What the model is asked: for blocks with boxes, or for the text alone."""

ENGINE = "dots_ocr"
FACTOR = 28
"""Pixels of an image's side that make one image token."""

_CELL = {"bbox", "category", "text"}


class NoTarget(OcrouteError):
    """Nothing can be made of this page for that task; the message says why, as the rest of a sentence."""


def input_size(width: int, height: int) -> InputSize:
    """The size at which the model sees a page of ``width`` x ``height`` pixels.

    Raises:
        Declined: the page is too long for its width.
    """
    return fit(width, height, factor=FACTOR, min_pixels=LEAST, max_pixels=MOST)


def prompt(task: Task) -> str:
    """To the letter as the model knows it."""
    return MODES[task].prompt


def layout_target(blocks: Sequence[Block], page: tuple[float, float], size: InputSize) -> str:
    """The answer to the prompt ``layout``.

    Args:
        blocks: in reading order, each with a box in the pixels of ``page`` = (width, height).

    Raises:
        NoTarget: a block has no place, or the parser would read something else than what it says.
    """
    cells = [cell for given in blocks for block in settled(given) for cell in _cells(block, given, page, size)]
    if not cells:
        raise NoTarget("has no block")
    target = json.dumps(cells, ensure_ascii=False)
    read = [plain for block in parse(target, size, page) for plain in _words(block)]
    wanted = words(blocks)
    if read != wanted:
        place = next((at for at, pair in enumerate(zip(read, wanted, strict=False)) if pair[0] != pair[1]), 0)
        raise NoTarget(f"would be read back as other words, near {' '.join(wanted[max(0, place - 2) : place + 3])!r}")
    return target


def said(task: Task, answer: str, size: InputSize) -> str:
    """The words of an answer, or of a target, as they are compared: how they are marked up, and where they stand, left out."""
    if task == "text":
        return answer
    return " ".join(words(parse(answer, size, size)))


def words(blocks: Sequence[Block]) -> list[str]:
    """What blocks say, in words, however they are marked up."""
    return [word for given in blocks for block in settled(given) for word in _words(block)]


def faults(task: Task, target: str, size: InputSize) -> Iterator[str]:
    """What is wrong with a target, each as the rest of a sentence about it."""
    if not target.strip():
        yield "is empty"
        return
    if task == "text":
        return
    try:
        cells = json.loads(target)
    except (ValueError, RecursionError) as error:
        yield f"is no JSON: {str(error)[:100]}"
        return
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        yield "is no list of cells"
        return
    for number, cell in enumerate(cells, 1):
        yield from (f"has a cell, number {number}, {fault}" for fault in _cell_faults(cell, size))
    if is_cut(target) or len(parse(target, size, size)) != len(cells):
        yield "is read by the model's own parser as another number of cells"


def _cells(block: Block, given: Block, page: tuple[float, float], size: InputSize) -> Iterator[dict[str, Any]]:
    if block.category is Category.PICTURE:
        text = None
    elif not (text := _text(block)):
        return
    box = block.box or given.box
    if box is None:
        raise NoTarget("has a block without a box")
    category = block.category.value if block.category.value in _KNOWN else Category.TEXT.value
    cell: dict[str, Any] = {"bbox": list(_inside(size, size.from_page(box, page))), "category": category}
    yield cell | ({} if text is None else {"text": text})


_KNOWN = frozenset(category.value for category in Category if category.value in CATEGORIES)
"""The categories that the prompt names."""


def _inside(size: InputSize, corners: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    x0, y0 = min(max(corners[0], 0), size.width - 1), min(max(corners[1], 0), size.height - 1)
    return x0, y0, min(max(corners[2], x0 + 1), size.width), min(max(corners[3], y0 + 1), size.height)


def _text(block: Block) -> str:
    """In the form that the prompt asks of its category."""
    if block.table is not None:
        return html_table(block.table).replace("\n", "")
    if block.markup == "latex":
        return f"$${block.text}$$" if block.text else ""
    if block.markup == "markdown":
        return block.text.strip()
    lines = styled_lines(block)
    if block.category in (Category.TITLE, Category.SECTION_HEADER):
        one_line = [piece for line in lines for piece in (Piece(" "), *line)][1:]
        signs = 1 if block.category is Category.TITLE else (block.level or 1) + 1
        return f"{'#' * min(signs, 6)} {heading_text(one_line)}" if one_line else ""
    text = "\n".join(paragraph_lines(lines))
    if block.category is Category.LIST_ITEM:
        return f"{block.marker or '-'} {text}".strip()
    return text


def _words(block: Block) -> list[str]:
    """What a block says, in words, however it is marked up."""
    if block.category is Category.PICTURE:
        return []
    if block.table is not None:
        return " ".join(cell.text for cell in block.table.cells).split()
    text = block.text.strip().removeprefix("$$").removesuffix("$$") if block.markup == "latex" else plain_text(block)
    marker = block.marker if block.marker and any(map(str.isalnum, block.marker)) else ""
    return f"{marker} {text}".split()


def _cell_faults(cell: dict[str, Any], size: InputSize) -> Iterator[str]:
    if not set(cell) <= _CELL or not {"bbox", "category"} <= set(cell):
        yield f"with the keys {', '.join(map(repr, cell))}"
        return
    if cell["category"] not in _KNOWN:
        yield f"of no known category: {cell['category']!r:.40}"
    if (cell["category"] == "Picture") == ("text" in cell):
        yield "that is a picture with a text" if "text" in cell else "without a text"
    elif "text" in cell and not (isinstance(cell["text"], str) and cell["text"].strip()):
        yield "with an empty text"
    box = cell["bbox"]
    if not (isinstance(box, list) and len(box) == 4 and all(type(one) is int for one in box)):
        yield "whose box is not four whole numbers"
    elif not (0 <= box[0] < box[2] <= size.width and 0 <= box[1] < box[3] <= size.height):
        yield f"whose box {box} does not lie in the image of {size.width} x {size.height}"
