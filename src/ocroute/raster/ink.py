"""What is printed on a page, found without reading it: the ink, and the lines of it that look like text.

Independent of any engine and cheap (about 30 ms a page): thresholds, connected components and the shape of their rows. It
knows no letters, so it can be wrong about a logo, but it cannot make the mistakes of an engine.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

import cv2
import numpy as np

from ocroute.pages.page import InputPage
from ocroute.raster.bands import bands
from ocroute.raster.behind import shows_through
from ocroute.raster.grey import grey_of, ground_of, reduced
from ocroute.raster.letter_height import small_letters
from ocroute.raster.rules import thin_strokes
from ocroute.raster.text_rows import Floats, InkLine, Mask, means, rows_of, sizes
from ocroute.values import Box

LONG_SIDE: Final = 1250  # pixels to which a page is reduced: 6-point type on A4 still has letters 6 pixels high
LOW: Final = 5.0  # reduced pixels of small letters below which they are looked at larger, whatever the page's size
SEEN: Final = 6.5  # reduced pixels that they are high then
MOST: Final = 50_000_000  # reduced pixels of a page
SPECK: Final = 4  # reduced pixels; what is smaller is dust, or a full stop, which no count needs
BLANK: Final = 0.003  # inked share of a blank page, in specks; one line of small type on A4 inks about as much
BLANK_GLYPHS: Final = 2  # dust may fall in a row, but seldom three specks of one size
EDGE: Final = 0.05  # of a page's sides that an edge is wide
LEAST_CONTRAST: Final = (14.0, 30.0)  # grey levels between ink and its own background, on a dim picture and on any
FAINT: Final = 0.4  # of a dim picture's strongest ink that all its ink is at least
STRONGEST: Final = 99.5  # percentile of the differences that is its strongest ink
GRAINY: Final = 3.0  # noise in greys from which a picture is smoothed

_TALLEST: Final = 0.15  # of a page's height, or of what is usual beside its width: letters are not higher
_THIN: Final = 7  # reduced pixels that a rule is less high than


@dataclass(frozen=True, slots=True)
class Ink:
    """The ink of one page.

    Attributes:
        scale: raster pixels to one pixel of the masks.
        mask: 1 where there is ink of any kind, specks left out; (h, w) uint8, reduced.
        text: 1 where the ink belongs to a text-like line.
        lines: the text-like lines, from top to bottom.
        fraction: the share of the page that is inked, 0 to 1.
    """

    scale: float
    mask: Mask
    text: Mask
    lines: tuple[InkLine, ...]
    fraction: float

    @property
    def glyphs(self) -> int:
        """Glyph-like shapes in text-like lines."""
        return sum(line.glyphs for line in self.lines)

    @property
    def blank(self) -> bool:
        """Whether nothing is printed on the page."""
        return self.fraction <= BLANK and self.glyphs <= BLANK_GLYPHS

    @property
    def blank_inside(self) -> bool:
        """Whether nothing is printed but at the edges, where a scan shows the lid or the table."""
        down, across = (round(EDGE * side) for side in self.mask.shape)
        inside = self.mask[down : self.mask.shape[0] - down, across : self.mask.shape[1] - across]
        return self.glyphs <= BLANK_GLYPHS and float(inside.mean()) <= BLANK

    def inked(self, boxes: Iterable[Box], mask: Mask | None = None) -> Floats:
        """The share of each box that is inked, or for which ``mask`` is 1: 0 to 1; boxes in raster pixels."""
        return means(self.mask if mask is None else mask, self.scale, _sides(boxes))

    def cover(self, boxes: Iterable[Box], *, margin: float = 0.0) -> Mask:
        """A mask of the masks' shape that is 1 inside any of ``boxes``, each grown by ``margin`` times its height."""
        covered = np.zeros_like(self.mask)
        for box in boxes:
            grow = margin * box.height
            x0, y0 = int((box.x0 - grow) / self.scale), int((box.y0 - grow) / self.scale)
            x1, y1 = int(np.ceil((box.x1 + grow) / self.scale)), int(np.ceil((box.y1 + grow) / self.scale))
            covered[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)] = 1
        return covered

    def share(self, mask: Mask, boxes: Iterable[Box]) -> Floats:
        """The share of the text ink in each box for which ``mask`` is 1; 1 where a box holds no text ink."""
        every = _sides(boxes)
        ink = means(self.text, self.scale, every)
        both = means(self.text & mask, self.scale, every)
        return np.divide(both, ink, out=np.ones_like(ink), where=ink > 0)


def ink_of(page: InputPage) -> Ink:
    """The ink of ``page``, measured once."""
    return page.once("raster.ink", lambda: measure(grey_of(page)))


def measure(grey: Mask) -> Ink:
    """Find the ink of an (H, W) grey page, band by band where it is large."""
    factor = _reduction(grey)
    small = grey if factor == 1 else reduced(grey, factor)
    scale = float(factor)
    mask, text = np.zeros_like(small), np.zeros_like(small)
    tallest = _TALLEST * float(np.clip(small.shape[0], small.shape[1] / 2, 2 * small.shape[1]))
    lines: list[InkLine] = []
    for rows, columns in bands(small):
        found = _band(small[rows, columns], scale, (columns.start, rows.start), tallest)
        mask[rows, columns], text[rows, columns] = found.mask, found.text
        lines += found.lines
    lines.sort(key=lambda line: (line.box.y0, line.box.x0))
    return Ink(scale, mask, text, tuple(lines), float(mask.mean()))


def _reduction(grey: Mask) -> int:
    """By what a page is reduced: its long side decides on usual pages, its letters where that would leave them too low."""
    sides: tuple[int, int] = grey.shape
    long, short = max(sides), min(sides)
    usual = max(1, round(long / LONG_SIDE))
    if usual == 1 or (usual == 2 and long <= 2 * short):
        return usual
    letters = small_letters(grey)
    if letters is None or letters >= LOW * usual:
        return usual
    least = math.ceil(math.sqrt(long * short / MOST))
    return min(usual, max(1, least, round(letters / SEEN)))


class _Found(NamedTuple):
    mask: Mask
    text: Mask
    lines: list[InkLine]


def _band(small: Mask, scale: float, corner: tuple[int, int], tallest: float) -> _Found:
    """The ink of a (h, w) part of the reduced page whose top left ``corner`` is at (x, y); no letter is above ``tallest``."""
    dark, difference, uneven = _binarise(small)
    letters = dark & ~straight_rules(dark) & 1
    _, labels, stats, _ = cv2.connectedComponentsWithStats(letters, connectivity=8, ltype=cv2.CV_32S)
    solid = stats[:, cv2.CC_STAT_AREA] >= SPECK
    solid[0] = False
    mask = np.take(solid.astype(np.uint8), labels) | (dark & ~letters & 1)
    text = np.zeros_like(mask)
    lines: list[InkLine] = []
    for wanted in sizes(stats, solid, tallest):
        found, pixels = rows_of(labels, stats, wanted, uneven, scale, corner)
        lines += found
        text |= pixels
    boxes = (_sides(line.box for line in lines) / scale) - (*corner, *corner)
    behind = shows_through(small, difference, text, boxes)
    if behind.any():
        for x0, y0, x1, y1 in boxes[behind].astype(int).tolist():
            text[y0:y1, x0:x1] = 0
        lines = [line for line, gone in zip(lines, behind.tolist(), strict=True) if not gone]
    return _Found(mask, text, lines)


def _binarise(grey: Mask) -> tuple[Mask, Mask, Mask]:
    """Where a pixel differs from the ground around it, be that light or dark: 1; by how many greys; how uneven the ground is."""
    ground = ground_of(grey)
    difference = cv2.absdiff(grey, ground)
    noise = _noise(difference)
    if noise >= GRAINY:  # faint letters stand out of the grain once it is smoothed
        difference = cv2.absdiff(np.asarray(cv2.GaussianBlur(grey, (3, 3), 0), np.uint8), ground)
        noise = _noise(difference)
    strongest = float(np.percentile(difference[::2, ::2], STRONGEST))
    limit = float(np.clip(5 * noise, np.clip(FAINT * strongest, *LEAST_CONTRAST), 80))
    ink = (difference > limit).astype(np.uint8)
    uneven = cv2.subtract(difference, np.full_like(difference, min(12, round(noise))))
    uneven[cv2.dilate(ink, np.ones((3, 3), np.uint8)) > 0] = 0  # the soft edges of letters are not the ground
    return ink, difference, uneven


def _noise(difference: Mask) -> float:
    """The standard deviation of what is neither ink nor an edge, in greys."""
    quiet = difference[::4, ::4]
    quiet = quiet[quiet < 64]
    return 1.4826 * float(np.median(quiet)) if quiet.size else 0.0


def straight_rules(mask: Mask) -> Mask:
    """The thin straight strokes of tables and underlines."""
    return thin_strokes(mask, _rule_length(mask), _THIN) | upright_rules(mask)


def upright_rules(mask: Mask) -> Mask:
    """Those of them that run from top to bottom."""
    return thin_strokes(np.ascontiguousarray(mask.T), _rule_length(mask), _THIN).T


def _rule_length(mask: Mask) -> int:
    longest: int = max(mask.shape)
    return max(24, min(longest, 3 * LONG_SIDE // 2) // 24)


def _sides(boxes: Iterable[Box]) -> Floats:
    """(N, 4) x0, y0, x1, y1."""
    return np.array([(box.x0, box.y0, box.x1, box.y1) for box in boxes], dtype=np.float64).reshape(-1, 4)
