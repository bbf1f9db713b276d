"""Columns with a picture across them: whether each is read on below it, or all above it come first, their sentences tell.

Both are usual. Word processors let a column jump over what stands in its way; where the page is made of bands, the columns
above the picture are read before those below it. White space looks the same; but a band ends with a sentence, mostly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Final

from ocroute.layout.gutter_ends import CAPTION_ROWS, CAPTION_SIZE, WHITE
from ocroute.layout.line_measures import Piece, Scale, weighted_quantile
from ocroute.layout.wording import begins, ended
from ocroute.values import Box

MOST_COLUMNS: Final = 5
ALIGNED: Final = 1.5
"""Ems by which the left edges of what is one column may differ."""

RUNS_ON, BREAKS, NAME = 2, -2, -1
"""What it tells if a sentence goes on in the next part, is broken there, or goes on with what may be a name."""

Region = list[Piece]


@dataclass(frozen=True, slots=True)
class _Interrupted:
    """Columns in two parts each, the captions between these, and how many regions they were."""

    above: list[Region]
    below: list[Region]
    captions: list[Region]
    regions: int

    def in_bands(self) -> list[Region]:
        """All above the picture first."""
        return [*self.above, *self.below]

    def down(self) -> list[Region]:
        """Each column to its end."""
        return list(chain.from_iterable(zip(self.above, self.below, strict=True)))

    def all_run_past(self) -> bool:
        """Whether a sentence goes on below the picture in every column: a band ends with a sentence, mostly."""
        return all(_seam(one, other) == RUNS_ON for one, other in zip(self.above, self.below, strict=True))

    def with_captions(self, parts: list[Region]) -> list[Region]:
        """The parts, and the captions where no sentence runs on."""
        seams = [_seam(one, other) for one, other in pairwise(parts)]
        at = next((at for at, told in enumerate(seams, start=1) if told <= 0), len(parts))
        return [*parts[:at], *self.captions, *parts[at:]]


def past_pictures(regions: Sequence[Region], scale: Scale) -> list[Region]:
    """The parts of columns in the order in which sentences run on from one to the next.

    Args:
        regions: what is read in one piece each, in an order that white space allows; it is kept where sentences tell nothing.
    """
    found = list[Region]()
    at = 0
    while at < len(regions):
        columns = next(_interrupted(regions[at:], scale), None)
        if columns is None:
            found.append(regions[at])
            at += 1
            continue
        bands, down = columns.in_bands(), columns.down()
        told = _told(down) - _told(bands)
        if told or columns.all_run_past():
            found += columns.with_captions(bands if told < 0 else down)
        else:
            found += regions[at : at + columns.regions]
        at += columns.regions
    return found


def _interrupted(regions: Sequence[Region], scale: Scale) -> Iterator[_Interrupted]:
    """The columns with a picture across them that regions begin with, the most first."""
    parts, captions = list[Region](), list[Region]()
    ends = dict[int, tuple[int, int]]()  # by the number of parts: regions and captions up to there
    for taken, region in enumerate(regions[: 2 * MOST_COLUMNS + 1], start=1):
        if parts and _is_caption(region, parts[0]):
            captions.append(region)
            continue
        texts, notes = _parts(region, scale)
        parts += texts
        captions += notes
        ends[len(parts)] = taken, len(captions)
    for count, (taken, noted) in sorted(ends.items(), reverse=True):
        if count % 2 or not 4 <= count <= 2 * MOST_COLUMNS:
            continue
        by_height = sorted(parts[:count], key=lambda part: Box.around(piece.box for piece in part).y0)
        above, below = (
            sorted(side, key=lambda part: min(piece.box.x0 for piece in part))
            for side in (by_height[: count // 2], by_height[count // 2 :])
        )
        if _aligned(above, below, scale):
            yield _Interrupted(above, below, captions[:noted], taken)


def _parts(region: Region, scale: Scale) -> tuple[list[Region], list[Region]]:
    """A region cut at the white that a picture leaves in it, and the captions that stand there."""
    small = {id(piece) for piece in region if _small(piece, region)}
    small = small if len(small) <= CAPTION_ROWS < len(region) else set()
    rows = sorted((piece for piece in region if id(piece) not in small), key=lambda piece: piece.box.y0)
    parts = [rows[:1]]
    end = rows[0].box.y1
    for piece in rows[1:]:
        if piece.box.y0 - end > WHITE * scale.pitch:
            parts.append([])
        parts[-1].append(piece)
        end = max(end, piece.box.y1)
    captions = [piece for piece in region if id(piece) in small]
    return parts, [captions] if captions else []


def _is_caption(region: Region, text: Region) -> bool:
    return len(region) <= CAPTION_ROWS and all(_small(piece, text) for piece in region)


def _small(piece: Piece, text: Region) -> bool:
    usual = weighted_quantile([(one.size, len(one.text)) for one in text], 0.5)
    return piece.table is None and piece.size <= CAPTION_SIZE * usual


def _aligned(above: Sequence[Region], below: Sequence[Region], scale: Scale) -> bool:
    """Whether these are columns side by side, and go on below a picture at the same places."""
    boxes, lower = ([Box.around(piece.box for piece in region) for region in side] for side in (above, below))
    apart = all(left.x1 <= right.x0 for side in (boxes, lower) for left, right in pairwise(side))
    aligned = all(abs(one.x0 - other.x0) < ALIGNED * scale.size for one, other in zip(boxes, lower, strict=True))
    white = min(box.y0 for box in lower) - max(box.y1 for box in boxes)
    return apart and aligned and white > WHITE * scale.pitch


def _told(parts: Sequence[Region]) -> int:
    return sum(_seam(one, other) for one, other in pairwise(parts))


def _last(part: Region) -> Piece:
    return max(part, key=lambda piece: (piece.base, piece.box.x0))


def _seam(one: Region, other: Region) -> int:
    """What the end of a part and the start of the next tell of that order."""
    last = _last(one)
    first = min(other, key=lambda piece: (piece.base, piece.box.x0))
    if last.table is not None or first.table is not None:
        return 0
    if ended(last.text):
        return 0 if begins(first.text) else BREAKS
    return NAME if begins(first.text) else RUNS_ON
