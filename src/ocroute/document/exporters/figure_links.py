"""Which picture belongs to a block, and what to call it where it cannot be seen."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ocroute.document.exporters.prepared import clean
from ocroute.document.formats import Figure
from ocroute.document.model import Page
from ocroute.values import Block, Box, Category

_NEAR = 0.5  # of a picture's height, but not more than a tenth of the page: a caption is that near


def figure_of(figures: Mapping[tuple[int, Box], Figure], page: Page, block: Block) -> Figure | None:
    """The saved picture that stands for ``block``: it is one, is a formula that nobody could read, or has no text of its own."""
    shown = block.category in (Category.PICTURE, Category.FORMULA)
    if block.image is None or (not shown and (block.text.strip() or block.table)):
        return None
    return figures.get((page.number, block.image))


def beside(block: Block) -> Block:
    """``block`` as it is written beside its picture: what was made of a formula that nobody could read only names the picture."""
    return msgspec.structs.replace(block, text="", spans=()) if block.category is Category.FORMULA else block


def caption_of(page: Page, block: Block) -> Block | None:
    """The caption nearest to a picture, below it or above; None where there is none near."""
    picture = block.image or block.box
    if picture is None:
        return None
    near = min(_NEAR * picture.height, page.height / 10)
    fitting = [
        (gap, other)
        for other in page.blocks
        if other.category is Category.CAPTION
        and other.box
        and (gap := _gap(picture, other.box)) is not None
        and gap <= near
    ]
    return min(fitting, key=lambda pair: pair[0])[1] if fitting else None


def alternative(page: Page, block: Block) -> str:
    """What a picture shows, in words on one line: its own text, or its caption; empty where nobody says it."""
    caption = None if block.text.strip() else caption_of(page, block)
    return " ".join(clean((caption or block).text).split())


def _gap(picture: Box, caption: Box) -> float | None:
    """Pixels from one to the other, up or down; None where they are not in one column."""
    if min(picture.x1, caption.x1) <= max(picture.x0, caption.x0):
        return None
    return max(caption.y0 - picture.y1, picture.y0 - caption.y1, 0.0)
