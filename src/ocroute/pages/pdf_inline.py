"""How parts of a line are set, against the rest of its page: spans of its words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ocroute.pages.pdf_chars import SPACE, Glyphs
from ocroute.pages.pdf_raised import raised, set_off
from ocroute.pages.pdf_runs import Run
from ocroute.pages.pdf_text import clean
from ocroute.values import InlineStyle, Span

USUAL: Final = 0.5
"""Part of a page's letters from which a style of type is what the page is set in, and tells nothing of a word."""

_BITS: dict[InlineStyle, int] = {
    "link": 1,
    "strike": 2,
    "underline": 4,
    "bold": 8,
    "italic": 16,
    "code": 32,
    "superscript": 64,
    "subscript": 128,
}
_TYPE = _BITS["bold"] | _BITS["italic"] | _BITS["code"]
_EVEN_WIDTH = 0.03
_IDEOGRAPHS = 0x2E80

Text = tuple[str, tuple[Span, ...]]


class PageStyles(NamedTuple):
    """What the styles of a page's text objects say of the characters in them.

    Attributes:
        bits: (S,) styles as bits, those left out that most of the page is set in.
        links: (S,) number of the address that a character of the style leads to, 0 for none.
        addresses: by that number.
        shown: (S,) whether it is printed; of hidden text nothing is said.
    """

    bits: NDArray[np.int64]
    links: NDArray[np.int64]
    addresses: list[str]
    shown: NDArray[np.bool_]

    @classmethod
    def of(cls, glyphs: Glyphs) -> PageStyles:
        """The styles of a page."""
        addresses = [""]
        numbers = {"": 0}
        bits, links = [], []
        for style in glyphs.styles:
            marks = style.marks - {"underline"} if style.href else style.marks  # links are underlined
            bold, italic, mono = style.bold or style.face.bold, style.face.italic, style.face.mono
            told = bold * _BITS["bold"] + italic * _BITS["italic"] + mono * _BITS["code"]
            bits.append(0 if style.hidden else told + sum(_BITS[name] for name in marks))
            if style.href not in numbers:
                numbers[style.href] = len(addresses)
                addresses.append(style.href)
            links.append(numbers[style.href])
        found = np.array(bits, np.int64)
        if found.any():
            found &= ~_usual(glyphs, found)
            if (found & _BITS["code"]).any():
                _unless_even(glyphs, found)
        shown = np.array([not style.hidden for style in glyphs.styles], np.bool_)
        return cls(found, np.array(links, np.int64), addresses, shown)

    def of_run(self, run: Run) -> tuple[Run, NDArray[np.int64] | None]:
        """A line without spaces, raised digits set off in it, and a number for each character that tells its styles; None
        where no character has any.
        """
        keys = self.bits[run.style] | self.links[run.style] << 8
        signs = raised(run) if self.shown[run.style[0]] else None
        if signs is not None:
            keys |= np.where(signs > 0, _BITS["superscript"], 0) | np.where(signs < 0, _BITS["subscript"], 0)
            run = run._replace(code=set_off(run.code, signs))
        return run, keys if keys.any() else None

    def text(self, codes: Sequence[int], keys: Sequence[int]) -> Text:
        """A word with its spans, of its characters and their keys."""
        if min(keys) == max(keys):
            text = clean(codes)
            return text, tuple(self._spans(keys[0], 0, len(text)))
        keys = _whole_underlines(keys)
        cuts = [0, *(at for at in range(1, len(keys)) if keys[at] != keys[at - 1]), len(keys)]
        text = ""
        spans: list[Span] = []
        for start, end in pairwise(cuts):
            part = clean(codes[start:end], ends=end == len(codes))
            spans += self._spans(keys[start], len(text), len(text) + len(part))
            text += part
        return text, _joined(spans)

    def _spans(self, key: int, start: int, end: int) -> list[Span]:
        if end <= start:
            return []
        address = self.addresses[key >> 8]
        return [
            Span(start, end, style, address if style == "link" else "") for style, bit in _BITS.items() if key & bit
        ]


def _usual(glyphs: Glyphs, bits: NDArray[np.int64]) -> int:
    """The styles of type that most printed letters of the page have."""
    shown = np.array([not style.hidden for style in glyphs.styles], np.bool_)
    letters = bits[glyphs.style[(glyphs.code != SPACE) & shown[glyphs.style]]]
    return sum(bit for bit in (_BITS["bold"], _BITS["italic"], _BITS["code"]) if np.mean((letters & bit) > 0) > USUAL)


def _unless_even(glyphs: Glyphs, bits: NDArray[np.int64]) -> None:
    """Take back that a type is monospaced where its letters are not equally wide, or are ideographs."""
    code = _BITS["code"]
    size = np.array([style.size for style in glyphs.styles])
    level = np.array([style.level for style in glyphs.styles])
    names = np.array([style.face.name for style in glyphs.styles])
    printed = glyphs.code != SPACE
    for name in set(names[(bits & code) > 0].tolist()):
        # Of all fonts of this name: one that holds nothing but a ligature may call itself what it likes.
        mine = printed & (names == name)[glyphs.style] & level[glyphs.style]
        at = glyphs.style[mine]
        widths = (glyphs.box[mine, 2] - glyphs.x[mine]) / np.maximum(size[at], 1e-3)
        if len(widths) and (
            np.quantile(widths, 0.9) - np.quantile(widths, 0.1) > _EVEN_WIDTH
            or np.median(glyphs.code[mine]) >= _IDEOGRAPHS
        ):
            bits[(names == name)] &= ~code


def _whole_underlines(keys: Sequence[int]) -> list[int]:
    """A stroke under most letters of a word is under all of it: some programs leave the descenders out."""
    bit = _BITS["underline"]
    under = sum(1 for key in keys if key & bit)
    return [key | bit if under > 0.5 * len(keys) else key & ~bit for key in keys] if under else list(keys)


def _joined(spans: list[Span]) -> tuple[Span, ...]:
    """Spans of one style that touch as one."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.style, span.start)):
        last = found[-1] if found else None
        if last and (last.style, last.href, last.end) == (span.style, span.href, span.start):
            found[-1] = Span(last.start, span.end, span.style, span.href)
        else:
            found.append(span)
    return tuple(sorted(found, key=lambda span: (span.start, -span.end)))
