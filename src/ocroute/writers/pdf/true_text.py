"""Pages whose own text looks right and stands for other characters: what their glyphs mean is put right from the reading."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import cos, radians, sin
from typing import Any

import numpy as np

from ocroute.document.affine import Matrix, inverse
from ocroute.values import Block, Line
from ocroute.writers.pdf import to_unicode
from ocroute.writers.pdf.glyph_meanings import ReadWord, comes_out, composed, meanings, true_fonts
from ocroute.writers.pdf.placing import is_right_to_left
from ocroute.writers.pdf.shown_glyphs import Glyph, Shown, code_width, set_map, shown_glyphs

_ROOM = 0.1  # of a word's height, that a glyph's middle may stand outside its box


class TrueText:
    """The pages of one file whose own text is false.

    Fonts are shared by pages, and a glyph is drawn alike on all: what a page teaches of a font holds wherever it is used, and a
    glyph that is rare on one page may be sure by another. So all pages are looked at before one font is changed.

    Args:
        package: pikepdf.
        pdf: an open `pikepdf.Pdf`; its fonts change.

    Attributes:
        mended: by page number, the words that must come back from it.
    """

    def __init__(self, package: Any, pdf: Any) -> None:
        self._package, self._pdf = package, pdf
        self._shown: dict[int, list[Shown]] = {}
        self._words: dict[int, list[ReadWord]] = {}
        self._before: dict[tuple[int, int], Any] = {}
        self.mended: dict[int, str] = {}

    def look(self, number: int, blocks: Sequence[Block], to_user: Matrix) -> None:
        """Keep what page ``number`` shows and what was read there. ``to_user``: from pixels of the upright page to its space."""
        shown = shown_glyphs(self._pdf, self._pdf.pages[number - 1], self._package)
        if shown:
            self._shown[number] = shown
            self._words[number] = list(_read_words(blocks, shown, inverse(to_user)))

    def mend(self) -> None:
        """Give the fonts of pages of which every glyph is certain maps that say what it is; all other pages stay."""
        every = [word for words in self._words.values() for word in words]
        certain = meanings(every)
        true = true_fonts(every, certain)
        for number, shown in self._shown.items():
            false = {one.glyph for one in shown if one.glyph[0] not in true}
            inked = {one.glyph for one in shown if one.inked}
            if false & inked and (false & inked) <= certain.keys() and comes_out(self._words[number], certain, true):
                said = (composed(word, certain, true) for word in self._words[number])
                self.mended[number] = "\n".join(word for word in said if "\0" not in word)
                blanks = dict.fromkeys(false - inked, " ")
                self._write(blanks | {glyph: certain[glyph] for glyph in false & inked})

    def _write(self, texts: Mapping[Glyph, str]) -> None:
        for objgen in {font for font, _ in texts}:
            font = self._pdf.get_object(objgen)
            own = font.get("/ToUnicode")
            self._before.setdefault(objgen, own)
            known = to_unicode.texts_of(own, self._package) if isinstance(own, self._package.Stream) else {}
            known |= {code: text for (other, code), text in texts.items() if other == objgen}
            font.ToUnicode = self._pdf.make_stream(to_unicode.written(known, code_width(font) or 1))

    def undo(self) -> None:
        """Give all fonts the maps that they had."""
        for objgen, own in self._before.items():
            set_map(self._pdf.get_object(objgen), own)
        self.mended.clear()


def _read_words(blocks: Iterable[Block], shown: Sequence[Shown], to_pixels: Matrix) -> Iterator[ReadWord]:
    """The words of ``blocks``, each with the glyphs whose middles are in its box; scripts whose letters join are left out."""
    inked = [one for one in shown if one.inked]
    a, b, c, d, e, f = to_pixels
    points = np.array([one.place for one in inked]).reshape(-1, 2)
    x, y = points @ (a, c) + e, points @ (b, d) + f
    for line in (line for block in blocks for line in block.lines):
        along = x * cos(radians(line.angle)) - y * sin(radians(line.angle))
        for text, box in _words_of(line):
            if is_right_to_left(text) or any(map(unicodedata.combining, text)):
                continue
            room = _ROOM * box.height
            inside = (x >= box.x0) & (x < box.x1) & (y >= box.y0 - room) & (y < box.y1 + room)
            (places,) = np.nonzero(inside)
            yield ReadWord(text, tuple(inked[at] for at in places[np.argsort(along[places])]))


def _words_of(line: Line) -> Iterator[tuple[str, Any]]:
    if line.words:
        yield from ((unicodedata.normalize("NFC", word.text), word.box) for word in line.words)
    elif line.box is not None:
        yield "".join(unicodedata.normalize("NFC", line.text).split()), line.box
