"""Gives the lines of a page that was read from its picture the fonts they are set in, as far as ink tells: size and weight.

With them the same rules find headings, notes and paragraphs on scans and on pages that have a text layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Final

import msgspec

from ocroute.layout.line_measures import INK_NOISE, LONG_LINE, weighted_quantile
from ocroute.pages.page import InputPage
from ocroute.raster.grey import grey_of
from ocroute.raster.line_letters import Grey, Letters, measure
from ocroute.values import Font, Line

SMALL_INK: Final = 20
"""Pixels of height below which letters are enlarged before they are measured: half a pixel is 4 % of 9-point type at 150 dpi."""

BOLD: Final = (0.018, 0.03)
"""Ems by which bold strokes are at least thicker than the page's usual, on a clean page and on an uneven one: in common faces
it is 0.037 to 0.06 before the blur of a scan."""

BOLD_CAPITALS: Final = 0.017
"""Ems by which the stems of capitals are thicker than those of small letters of the same weight."""

UNEVEN_INK: Final = 4.0
"""Times the usual difference of strokes from line to line (2.7 standard deviations) that may be chance."""

LEAST_BOLD: Final = 0.13
"""Strokes that differ by a smaller share, on a page that is blurred badly, differ by chance."""

SMALLEST_BOLD: Final = 14
"""Pixels to the em below which a stem is a pixel or two wide, whatever its weight."""

_TALL = 0.73  # ascending letters' height in ems: 0.71 in Liberation Serif, 0.77 in DejaVu
_LOW = 0.7  # x-height to that height, where a page does not show both
_SAMPLE = 5  # lines that tell how small a page's letters are


def with_fonts(page: InputPage, lines: Sequence[Line]) -> list[Line]:
    """The same lines, with measured fonts where the source tells none. A line whose ink is not clear is left as it is.

    Sizes that differ by no more than can be measured are made equal. Bold is what is clearly heavier than most of the page; it is
    measured too where a PDF's font has no name that could tell it, as those whose letters are drawn one by one (Type 3).
    """
    if any(line.font for line in lines):
        return _with_weights(page, lines)
    seen = _measured(page, lines)
    sizes = _evened({at: (size, lines[at]) for at, size in _sizes(seen).items()})
    bold = _bold(seen, sizes, lines)
    return [
        msgspec.structs.replace(line, font=Font(size=sizes[at], bold=at in bold)) if at in sizes else line
        for at, line in enumerate(lines)
    ]


def _with_weights(page: InputPage, lines: Sequence[Line]) -> list[Line]:
    nameless = {at for at, line in enumerate(lines) if _is_nameless(line)}
    if not nameless:
        return list(lines)
    seen = {at: letters for at, letters in _measured(page, lines).items() if (font := lines[at].font) and font.size}
    bold = _bold(seen, {at: font.size for at in seen if (font := lines[at].font)}, lines)
    return [
        msgspec.structs.replace(line, font=msgspec.structs.replace(line.font, bold=True))
        if line.font and at in bold & nameless
        else line
        for at, line in enumerate(lines)
    ]


def _is_nameless(line: Line) -> bool:
    """Whether its source knows its font, but not by name."""
    return (
        line.font is not None and not (line.font.name or line.font.bold or line.font.hidden) and line.confidence is None
    )


def _measured(page: InputPage, lines: Sequence[Line]) -> dict[int, Letters]:
    """What the ink of the lines tells, by their places."""
    if not lines:
        return {}
    grey = grey_of(page)
    enlarged = _enlargement(grey, lines)
    return {
        at: letters
        for at, line in enumerate(lines)
        if line.angle == 0 and (letters := measure(grey, line, enlarged=enlarged)) is not None
    }


def _enlargement(grey: Grey, lines: Sequence[Line]) -> float:
    """The factor by which to enlarge this page's lines before they are measured; one for all, so that they compare."""
    longest = sorted(lines, key=lambda line: -len(line.text))[:_SAMPLE]
    heights = [letters.tall or letters.em for letters in (measure(grey, line) for line in longest) if letters]
    return 2.0 if heights and median(heights) < SMALL_INK else 1.0


def _sizes(seen: dict[int, Letters]) -> dict[int, float]:
    """The size of each line's type, page pixels to the em."""
    both = [letters.low / letters.tall for letters in seen.values() if letters.low and letters.tall]
    ratio = median(both) if len(both) > 2 else _LOW

    def tall(letters: Letters) -> float:
        by_low = letters.low / ratio
        if not letters.tall or not letters.low:
            return letters.tall or by_low
        # A single tall letter may be one that hangs a little less than others stand out.
        return letters.tall if letters.talls > 2 else (letters.tall + by_low) / 2

    return {at: letters.em or tall(letters) / _TALL for at, letters in seen.items()}


def _evened(measured: dict[int, tuple[float, Line]]) -> dict[int, float]:
    """Each line's size as the mean of all lines that have the same as far as can be measured."""
    sizes: list[float] = []
    weights: list[int] = []
    chosen: dict[int, int] = {}
    for at, (size, line) in sorted(measured.items(), key=lambda item: (-len(item[1][1].text), item[0])):
        noise = INK_NOISE * (1.0 if len(line.text) > LONG_LINE else 1.5)
        near = min(range(len(sizes)), key=lambda index: abs(sizes[index] - size), default=-1)
        if near < 0 or abs(sizes[near] - size) > max(noise * size, 1.0 / _TALL):
            near = len(sizes)
            sizes.append(size)
            weights.append(0)
        chosen[at] = near
        weights[near] += len(line.text)
        sizes[near] += (size - sizes[near]) * len(line.text) / weights[near]
    return {at: round(sizes[index], 1) for at, index in chosen.items()}


def _bold(seen: dict[int, Letters], sizes: dict[int, float], lines: Sequence[Line]) -> set[int]:
    """The lines whose strokes are thick for their size, beside other lines of the same kind of script."""
    bold: set[int] = set()
    for ideographs in (False, True):
        weights = {at: letters.stroke / sizes[at] for at, letters in seen.items() if bool(letters.em) is ideographs}
        usual = weighted_quantile(((weight, len(lines[at].text)) for at, weight in weights.items()), 0.5)
        spread = weighted_quantile(((abs(weight - usual), len(lines[at].text)) for at, weight in weights.items()), 0.5)
        least, most = BOLD
        extra = min(max(least, UNEVEN_INK * spread, LEAST_BOLD * usual), most)
        for at, weight in weights.items():
            capitals = BOLD_CAPITALS if lines[at].text.isupper() else 0.0
            if sizes[at] >= SMALLEST_BOLD and weight > usual + extra + capitals:
                bold.add(at)
    return bold
