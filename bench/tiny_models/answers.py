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
        pieces += [(char, first) for char in {"Title": "# ", "Section-header": "## "}.get(block.category, "")]
        pieces.extend(_flowing(block))
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


def _json(drawn: Drawn, *, with_text: bool) -> Pieces:
    pieces: Pieces = []
    last = len(drawn.blocks) - 1
    for index, block in enumerate(drawn.blocks):
        x1, y1, x2, y2 = block.box
        first, final = block.places[0], block.places[-1]
        begin, end = (float(x1), float(y1)), (float(x2 - 1), float(y2 - 1))
        pieces.append((_OPEN if index else f"[{_OPEN}", None))
        for number, (value, point) in enumerate(
            ((x1, (begin[0], first[1])), (y1, first), (x2, (end[0], first[1])), (y2, final))
        ):
            if number:
                pieces += [(",", None), (" ", None)]
            pieces += [(digit, point) for digit in str(value)]
        pieces += [(_CATEGORY, first), (block.category, first)]
        if with_text:
            pieces.append((_TEXT, first))
            pieces += _flowing(block)
        pieces.append((f"{_CLOSE}]" if index == last else _CLOSE_BARE, None))
    return pieces
