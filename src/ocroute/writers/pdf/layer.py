"""The content stream of a text layer."""

from __future__ import annotations

from collections.abc import Iterable
from math import copysign, hypot

from ocroute.document.affine import Matrix, compose
from ocroute.writers.pdf.askew import OFF, height_of, levelled, off_from, point_at
from ocroute.writers.pdf.glyphless import WIDTH, GlyphlessFont
from ocroute.writers.pdf.placing import Strip


def content(strips: Iterable[Strip], to_user: Matrix, to_shown: Matrix, font: GlyphlessFont, name: str) -> bytes:
    """What draws ``strips`` invisibly; empty where there are none.

    Every line has one matrix; a word is stretched to its width (``Tz``), the blank behind it to where the next one begins, so
    that no place but the line's has to be written down, and on lines that are a little askew the height of each word.

    Args:
        strips: in the order in which they are read.
        to_user: from pixels of the upright page to the user space of the PDF page.
        to_shown: from them to pixels of the page as viewers show it.
        font: whose codes are used.
        name: of the font in the page's resources, with its slash.
    """
    every = list(strips)
    begins = [_begin(strip, to_user) for strip in every]
    lines = [
        line
        for strip, next_begins in zip(every, [*begins[1:], None], strict=True)
        if (line := _line(strip, to_user, to_shown, font, next_begins))
    ]
    return b"q BT 3 Tr %b 1 Tf\n%b\nET Q\n" % (name.encode(), b"\n".join(lines)) if lines else b""


def _begin(strip: Strip, to_user: Matrix) -> tuple[float, float]:
    """Where on the page the first word stands."""
    return point_at(compose(strip.matrix, to_user), (strip.pieces[0].start + strip.pieces[0].end) / 2)


def _line(
    strip: Strip, to_user: Matrix, to_shown: Matrix, font: GlyphlessFont, next_begins: tuple[float, float] | None
) -> bytes:
    start = strip.pieces[0].start
    matrix = compose((1, 0, 0, 1, start, 0), compose(strip.matrix, to_user))
    if not hypot(*matrix[:2]):
        return b""
    shown = compose(strip.matrix, to_shown)
    level = levelled(matrix) if abs(shown[0]) > abs(shown[1]) else None
    upside_down = shown[0] < -abs(shown[1])
    parts = [_placed(level or matrix)]
    heights = [
        round(height_of(level, point_at(matrix, (piece.start + piece.end) / 2 - start)), 3) if level else 0.0
        for piece in strip.pieces
    ]
    at, begun, stretched, height = start, start, None, 0.0
    for place, piece in enumerate(strip.pieces):
        if piece.word and heights[place] != height:
            parts.append(f"{_number(at - begun, 3)} {_number(heights[place] - height, 3)} Td")
            height, begun = heights[place], at
        natural = WIDTH * len(piece.text)
        # Rounding does not add up: it is made good by the next piece.
        percent = max(1, round(100 * (piece.end - at) / natural))
        at += natural * percent / 100
        if percent != stretched:
            parts.append(f"{percent} Tz")
            stretched = percent
        off = 0.0
        if upside_down and not piece.word:
            off = -copysign(OFF, heights[min(place + 1, len(heights) - 1)] - height)
        parts.append(_string(font, piece.text, off))
    if level:  # a blank that is not level, and tells PDFium that the next line begins
        others = [height] if upside_down else []
        if next_begins is not None:
            others.append(height_of(level, next_begins))
        end = compose((1, 0, 0, 1, at - start, 0), matrix)
        off = off_from(height_of(level, end[4:]), others)
        parts += [_placed(end), "10 Tz", _string(font, " ", off)]
    return "\n".join(parts).encode()


def _string(font: GlyphlessFont, text: str, off: float) -> str:
    """What shows ``text``, moved by ``off`` of the line's height."""
    shown = f"<{font.encoded(text).hex()}>Tj"
    return f"{_number(off, 2)} Ts {shown} 0 Ts" if off else shown


def _placed(matrix: Matrix) -> str:
    *turn, x, y = matrix
    return " ".join([*(_number(value, 3) for value in turn), _number(x, 2), _number(y, 2), "Tm"])


def _number(value: float, places: int) -> str:
    text = f"{value:.{places}f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
