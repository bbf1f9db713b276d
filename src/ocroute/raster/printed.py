"""The words of a page's own text that are printed, and those that are not: what is hidden on bare paper, cut off at the edge of a
form field, laid under a picture or white on white.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from ocroute.pages.page import InputPage
from ocroute.raster.ink import ink_of
from ocroute.values import Box, Line, Word

EVEN: Final = 6  # levels of 255 by which a bare place differs in itself at most; the faintest print differs by more
FULL: Final = 0.9  # share of ink in a place that a dark ground fills
TRUSTED: Final = 0.5  # share of a text that may be unprinted; where more is, drawing the page has failed


class Printed(NamedTuple):
    """A text layer.

    Attributes:
        lines: what is printed of it, or all of it where the page cannot be trusted.
        silent: the words in it that are not printed and not hidden by their own mode, as they follow each other.
    """

    lines: tuple[Line, ...]
    silent: tuple[str, ...] = ()


def printed(page: InputPage) -> Printed:
    """Of the page's own text; looked at once a page. A layer that is hidden as a whole is that of a scan, and stays."""
    return page.once("raster.printed", lambda: _printed(page, page.text_layer() or ()))


def _printed(page: InputPage, lines: tuple[Line, ...]) -> Printed:
    if not lines or all(_hidden(line) for line in lines):
        return Printed(lines)
    words = [word for line in lines for word in line.words]
    bare = {id(word) for word in _bare(page, words)}
    if not bare:
        return Printed(lines)
    gone = [word.text for line in lines if not _hidden(line) for word in line.words if id(word) in bare]
    letters = sum(len(word.text) for line in lines if not _hidden(line) for word in line.words)
    if sum(map(len, gone)) > TRUSTED * letters:
        bare -= {id(word) for line in lines if not _hidden(line) for word in line.words}
        gone = []
    kept = (_without(line, bare) for line in lines)
    return Printed(tuple(line for line in kept if line is not None), tuple(gone))


def _hidden(line: Line) -> bool:
    return bool(line.font and line.font.hidden)


def _bare(page: InputPage, words: Sequence[Word]) -> list[Word]:
    """Those with letters or figures in whose place nothing at all is drawn."""
    told = [word for word in words if any(map(str.isalnum, word.text)) and min(word.box.width, word.box.height) >= 2]
    shares = ink_of(page).inked(word.box for word in told)
    return [
        word
        for word, share in zip(told, shares.tolist(), strict=True)
        if not 0.0 < share < FULL and _is_even(page, word.box)
    ]


def _is_even(page: InputPage, box: Box) -> bool:
    cut = box.clamped(*page.size)
    part = page.raster()[int(cut.y0) : int(cut.y1) + 1, int(cut.x0) : int(cut.x1) + 1].reshape(-1, 3)
    return not len(part) or bool((part.max(axis=0).astype(int) - part.min(axis=0) <= EVEN).all())


def _without(line: Line, bare: set[int]) -> Line | None:
    left = tuple(word for word in line.words if id(word) not in bare)
    if len(left) == len(line.words):
        return line
    if not any(sign.isalnum() for word in left for sign in word.text):
        return None
    text = " ".join(word.text for word in left)
    return replace(line, text=text, box=Box.around(word.box for word in left), words=left)
