"""The order in which the source itself puts its text, as a PDF does by its tags: evidence where white space leaves a doubt.

Tags are often wrong, so they decide nothing alone. An order that they share with the layout is believed against the white space,
and where the layout went against the white space and the tags did not, theirs is taken.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from ocroute.engines.base import Reading
from ocroute.judge.out_of_order import LIMIT, moved
from ocroute.pages.page import InputPage
from ocroute.values import Block

TELLING: Final = 8  # letters and figures of a block that is found in the source's text
TOLD: Final = 0.9  # of a page's letters in blocks that are found, from which the source tells the order
SAME: Final = 0.97  # of the letters of those in one order, from which both are the same


def agrees(page: InputPage, blocks: Sequence[Block]) -> bool:
    """Whether the source has the text of ``blocks`` in their order."""
    places = _places(page, blocks)
    found = [at for at, place in enumerate(places) if place is not None]
    letters = [len(_plain(blocks[at])) for at in found]
    return bool(found) and _rising([places[at] or 0 for at in found], letters) >= SAME * sum(letters)


def settled(page: InputPage, reading: Reading) -> Reading:
    """``reading``, its blocks in the source's order where they go against the page's white space and the source's do not."""
    if not page.told_text() or not _goes_against_the_white(reading):
        return reading
    places = _places(page, reading.blocks)
    if not any(place is not None for place in places):
        return reading
    body = [at for at, block in enumerate(reading.blocks) if not block.category.is_furniture]
    keys: dict[int, tuple[int, int]] = {}
    last = -1
    for at in body:  # what is too short to be found stays behind what it stood behind
        last = last if places[at] is None else places[at] or 0
        keys[at] = last, at
    order = iter(sorted(body, key=keys.__getitem__))
    blocks = tuple(block if block.category.is_furniture else reading.blocks[next(order)] for block in reading.blocks)
    told = replace(reading, blocks=blocks)
    return reading if _goes_against_the_white(told) else told


def _goes_against_the_white(reading: Reading) -> bool:
    found = moved(reading)
    return found is not None and found.share >= LIMIT


def _places(page: InputPage, blocks: Sequence[Block]) -> list[int | None]:
    """Where the source's text has each block; None of one that it has not, or twice; all None where it tells too little."""
    texts = [_plain(block) for block in blocks]
    told = _letters(page.told_text()) if texts else ""
    places = [told.find(text) if len(text) >= TELLING and told.count(text) == 1 else None for text in texts]
    found = sum(len(text) for text, place in zip(texts, places, strict=True) if place is not None)
    return places if found and found >= TOLD * sum(map(len, texts)) else [None] * len(texts)


def _plain(block: Block) -> str:
    return _letters(" ".join(line.text for line in block.lines) or block.text)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def _rising(places: Sequence[int], weights: Sequence[int]) -> int:
    """The most weight that stands in rising places."""
    best: list[int] = []
    for at, place in enumerate(places):
        before = (best[other] for other in range(at) if places[other] <= place)
        best.append(weights[at] + max(before, default=0))
    return max(best, default=0)
