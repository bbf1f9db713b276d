"""Answers as the models write them: pieces of text, each with the point on the page that it is read from."""

from __future__ import annotations

from collections.abc import Iterator

from bench.tiny_models.pages import Block, Drawn

Pieces = list[tuple[str, tuple[float, float] | None]]

CATEGORIES = ("Page-header", "Page-footer", "Title", "Section-header", "Text", "List-item")
FURNITURE = ("Page-header", "Page-footer")
_OPEN, _CATEGORY, _TEXT, _CLOSE, _CLOSE_BARE = '{"bbox": [', '], "category": "', '", "text": "', '"}', '"}, '
FRAME = (f"[{_OPEN}", _OPEN, _CATEGORY, _TEXT, _CLOSE_BARE, f"{_CLOSE}]")
"""The parts of the JSON between the values; each is one token."""

LABELS = ("header", "footer", "title", "sub_title", "text", "list")
"""What the DeepSeek models call ``CATEGORIES``."""

_SPACE = 999  # the largest of their coordinates, at the right and lower edge
_MARKS = {"Title": "# ", "Section-header": "## "}


def as_lines(drawn: Drawn) -> Pieces:
    """The text line by line."""
    pieces: Pieces = []
    for block in drawn.blocks:
        if pieces:
            pieces.append(("\n", pieces[-1][1]))
        pieces.extend(zip(block.chars, block.places, strict=True))
    return pieces


def as_blocks(drawn: Drawn) -> Pieces:
    """The text block by block, the lines of a block joined by spaces, without what stands at the page's head and foot."""
    pieces: Pieces = []
    body = [block for block in drawn.blocks if block.category not in FURNITURE]
    for block in body or drawn.blocks:
        if pieces:
            pieces.append(("\n", pieces[-1][1]))
        pieces.extend(_flowing(block))
    return pieces


def as_markdown(drawn: Drawn) -> Pieces:
    """The text block by block as Markdown, headings marked, an empty line between blocks."""
    pieces: Pieces = []
    for block in drawn.blocks:
        first = block.places[0]
        if pieces:
            pieces += [("\n", pieces[-1][1]), ("\n", pieces[-1][1])]
        pieces += [(char, first) for char in _MARKS.get(block.category, "")]
        pieces.extend(_flowing(block))
    return pieces


def as_regions(drawn: Drawn) -> Pieces:
    """The same Markdown, each block after a tag with its label and its box."""
    height, width = drawn.image.shape
    pieces: Pieces = []
    for block in drawn.blocks:
        first = block.places[0]
        label = LABELS[CATEGORIES.index(block.category)]
        if pieces:
            pieces += [("\n", pieces[-1][1]), ("\n", pieces[-1][1])]
        pieces.append(("<|ref|>", first))
        pieces += [(part, first) for part in ([label] if "_" in label else label)]
        pieces += [("<|/ref|>", first), ("<|det|>", None), ("[[", None)]
        x1, y1, x2, y2 = (round(end / side * _SPACE) for end, side in zip(block.box, (width, height) * 2, strict=True))
        pieces += _numbers(block, (x1, y1, x2, y2))
        pieces += [("]]", None), ("<|/det|>", None), ("\n", first)]
        pieces += [(char, first) for char in _MARKS.get(block.category, "")]
        pieces += _flowing(block)
    return pieces


def as_layout(drawn: Drawn) -> Pieces:
    """The layout as JSON, with text."""
    return _json(drawn, with_text=True)


def as_boxes(drawn: Drawn) -> Pieces:
    """The layout as JSON, without text."""
    return _json(drawn, with_text=False)


def _flowing(block: Block) -> Iterator[tuple[str, tuple[float, float]]]:
    for char, place in zip(block.chars, block.places, strict=True):
        yield (" " if char == "\n" else char), place


def _numbers(block: Block, values: tuple[int, int, int, int]) -> Pieces:
    """The sides of a block's box as they are written, each read from where that side is seen."""
    x1, _, x2, _ = block.box
    first, final = block.places[0], block.places[-1]
    points = (float(x1), first[1]), first, (float(x2 - 1), first[1]), final
    pieces: Pieces = []
    for value, point in zip(values, points, strict=True):
        if pieces:
            pieces += [(",", None), (" ", None)]
        pieces += [(digit, point) for digit in str(value)]
    return pieces


def _json(drawn: Drawn, *, with_text: bool) -> Pieces:
    pieces: Pieces = []
    last = len(drawn.blocks) - 1
    for index, block in enumerate(drawn.blocks):
        first = block.places[0]
        pieces.append((_OPEN if index else f"[{_OPEN}", None))
        pieces += _numbers(block, block.box)
        pieces += [(_CATEGORY, first), (block.category, first)]
        if with_text:
            pieces.append((_TEXT, first))
            pieces += _flowing(block)
        pieces.append((f"{_CLOSE}]" if index == last else _CLOSE_BARE, None))
    return pieces
