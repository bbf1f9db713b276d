"""The content stream of a text layer."""

from __future__ import annotations

from collections.abc import Iterable
from math import hypot

from ocroute.document.affine import Matrix, compose
from ocroute.writers.pdf.glyphless import WIDTH, GlyphlessFont
from ocroute.writers.pdf.placing import Strip


def content(strips: Iterable[Strip], to_user: Matrix, font: GlyphlessFont, name: str) -> bytes:
    """What draws ``strips`` invisibly; empty where there are none.

    Every line has one matrix; a word is stretched to its width (``Tz``), the blank behind it to where the next one begins, so
    that no place but the line's has to be written down.

    Args:
        strips: in the order in which they are read.
        to_user: from pixels of the upright page to the user space of the PDF page.
        font: whose codes are used.
        name: of the font in the page's resources, with its slash.
    """
    lines = [line for strip in strips if (line := _line(strip, to_user, font))]
    return b"q BT 3 Tr %b 1 Tf\n%b\nET Q\n" % (name.encode(), b"\n".join(lines)) if lines else b""


def _line(strip: Strip, to_user: Matrix, font: GlyphlessFont) -> bytes:
    start = strip.pieces[0].start
    a, b, c, d, e, f = compose((1, 0, 0, 1, start, 0), compose(strip.matrix, to_user))
    if not hypot(a, b):
        return b""
    parts = [" ".join(_number(value, 3) for value in (a, b, c, d)) + f" {_number(e, 2)} {_number(f, 2)} Tm"]
    at, stretched = start, None
    for piece in strip.pieces:
        natural = WIDTH * len(piece.text)
        percent = max(
            1, round(100 * (piece.end - at) / natural)
        )  # rounding does not add up: it is made good by the next
        at += natural * percent / 100
        if percent != stretched:
            parts.append(f"{percent} Tz")
            stretched = percent
        parts.append(f"<{font.encoded(piece.text).hex()}>Tj")
    return "\n".join(parts).encode()


def _number(value: float, places: int) -> str:
    text = f"{value:.{places}f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
