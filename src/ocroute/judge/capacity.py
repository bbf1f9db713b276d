"""How much text the printed lines can hold, for readings that do not say where their text stands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ocroute.raster.ink import InkLine

LATIN: Final = 1.75  # characters (without spaces) to a line's width over its height, for letters
HAN: Final = 0.95  # the same for ideographs, kana and hangul


def capacity(lines: Iterable[InkLine], text: str) -> float:
    """About how many characters, spaces left out, ``lines`` hold in the script of ``text``."""
    letters = [sign for sign in text if sign.isalpha()]
    wide = sum("\u2e80" <= sign <= "\ud7ff" for sign in letters) / max(1, len(letters))
    per_square = LATIN + (HAN - LATIN) * wide
    return per_square * sum(line.box.width / max(1.0, line.box.height) for line in lines)
