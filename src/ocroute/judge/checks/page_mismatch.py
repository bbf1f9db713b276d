"""A model's words that are not the page's: fluent, in the right place, and made up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import ClassVar, Final

from ocroute.document.model import Finding
from ocroute.engines.base import EngineInfo, Reading, Task
from ocroute.errors import EngineError, EngineUnavailable
from ocroute.judge import reference_recogniser
from ocroute.judge.fuzzy_search import FEWEST, SAME, SearchedText, figures, solid, weight
from ocroute.judge.line_crops import ReadCrop, crops_of_lines, read_crops, spread
from ocroute.judge.reading_pieces import pieces, plain, quote
from ocroute.judge.scripts import census
from ocroute.pages.page import InputPage
from ocroute.raster.ink import ink_of
from ocroute.values import Box, Category

KINDS: Final = ("vlm", "remote")  # line recognisers write what they see; language models may write what they expect
FIRST: Final = 6  # stretches that must all be in the text before it is believed without more ado
SECOND: Final = 18  # stretches read where one of them is not
LEAST: Final = 2  # stretches, or numbers, that must be missing
LETTERS: Final = 16  # that must be missing in all: two short words may stand in a picture
FIGURES: Final = 3  # numbers; where more are in the text and fewer in sight, narrow columns are looked at
WRONG_FIGURES: Final = 0.5  # share of the numbers
SUSPECT: Final = 0.15  # share of what the first look found from which a second one is worth its second of time
LOOSE: Final = 0.35  # the limit without boxes: models leave out running heads and the words in pictures
TALL: Final = 2.0  # height over width of a region from which its text may run downwards
RECOGNISED: Final = frozenset({"Latn", "Hani", "Jpan"})


class PageMismatch:
    """Speaks when stretches of print, read again from the page, do not stand anywhere in a language model's text."""

    summary: ClassVar[str] = "what is printed on the page is not in the text"
    limit: ClassVar[float] = 0.3  # share of the letters that were looked for

    def check(self, page: InputPage, reading: Reading, *, engine: EngineInfo, task: Task) -> Finding | None:
        """The share of the print, or of the numbers, that was read again and is not in the text."""
        if engine.kind not in KINDS:
            return None
        text = SearchedText(plain(reading))
        letters = census(text.text)
        if weight(text.text) < FEWEST:  # nothing that could be wrong; what is missing is for others to say
            return None
        if not reference_recogniser.available():
            return reference_recogniser.nobody_looked("page_mismatch", "The words were")
        lines = _of_text([line.box for line in ink_of(page).lines], reading)
        found = self._looked(page, text, lines, task.limits.threads)
        words = _words(found)
        if _share(text, words) >= SUSPECT or self._of_figures(text, found):
            # The ink joins what stands side by side, and text that runs downwards to nonsense. The detector knows better.
            lines = _of_text(_regions(page, task.limits.threads), reading)
            again = self._looked(page, text, lines, task.limits.threads, at_once=True)
            return self._of_words(text, again, reading) or self._of_figures(text, [*found, *again])
        if len(words) < LEAST and letters and letters.most_common(1)[0][0] not in RECOGNISED:
            what = "The words were not compared with the page: the reference recogniser cannot read their script."
            return Finding("page_mismatch", 0.0, self.limit, what, refuses=False, weight=0.1)
        return None

    def _looked(
        self, page: InputPage, text: SearchedText, lines: Sequence[Box], threads: int, *, at_once: bool = False
    ) -> list[ReadCrop]:
        """As much of the print as it takes to tell."""
        chosen = spread(crops_of_lines(page, lines), SECOND)
        first = SECOND if at_once else FIRST
        found = read_crops(page, chosen[:first], threads)
        if _missing(text, found):
            found += read_crops(page, chosen[first:], threads)
        if len(text.figures) > FIGURES and len(_figures(found)) < FIGURES:
            columns = spread(crops_of_lines(page, lines, narrow=True), SECOND)
            found += read_crops(page, columns[:FIRST], threads)
            if _absent(text, found):
                found += read_crops(page, columns[FIRST:], threads)
        return found

    def _of_words(self, text: SearchedText, found: Sequence[ReadCrop], reading: Reading) -> Finding | None:
        every = _words(found)
        missing, share = _missing(text, every), _share(text, every)
        placed = all(piece.box is not None for piece in pieces(reading))
        limit = self.limit if placed else LOOSE
        if len(missing) < LEAST or sum(weight(one.text) for one in missing) < LETTERS or share < limit:
            return None
        sample = max(missing, key=lambda one: weight(one.text))
        what = (
            f"Of {len(every)} stretches of print that were read again, {len(missing)} are not in the text, "
            f"e.g. {quote(sample.text)}"
        )
        return self._finding(share, limit, what)

    def _of_figures(self, text: SearchedText, found: Sequence[ReadCrop]) -> Finding | None:
        every = _figures(found)
        missing = _absent(text, found)
        if len(missing) < LEAST or len(missing) < WRONG_FIGURES * len(every):
            return None
        share = len(missing) / len(every)
        what = f"Of {len(every)} numbers that were read again, {len(missing)} are not in the text, e.g. {missing[0]}"
        return self._finding(share, WRONG_FIGURES, what)

    def _finding(self, share: float, limit: float, what: str) -> Finding:
        weight = round(min(1.0, share), 4)
        return Finding("page_mismatch", round(share, 4), limit, f"{what}.", weight=weight)


def _words(found: Sequence[ReadCrop]) -> list[ReadCrop]:
    return [one for one in found if weight(one.text) >= FEWEST]


def _missing(text: SearchedText, found: Sequence[ReadCrop]) -> list[ReadCrop]:
    """The stretches that are not in the text; of like ones, as a form's labels, those that it has not often enough."""
    missing: list[ReadCrop] = []
    places: dict[str, list[Box]] = defaultdict(list)
    for one in _words(found):
        same = places[solid(one.text)]
        if any(one.box.intersection(box) > 0 for box in same):  # read twice, with its line and with its column
            continue
        same.append(one.box)
        if text.likeness(one.text) < SAME or 0 < text.times(one.text) < len(same):
            missing.append(one)
    return missing


def _share(text: SearchedText, words: Sequence[ReadCrop]) -> float:
    """Of the letters that were seen, how many are in stretches that are missing."""
    lost = sum(weight(one.text) for one in _missing(text, words))
    return lost / max(1, sum(weight(one.text) for one in words))


def _absent(text: SearchedText, found: Sequence[ReadCrop]) -> list[str]:
    return [figure for figure in _figures(found) if not text.has_figure(figure)]


def _figures(found: Sequence[ReadCrop]) -> list[str]:
    """The numbers that were seen, each once."""
    return list(dict.fromkeys(figure for one in found for figure in figures(one.text)))


def _of_text(lines: Sequence[Box], reading: Reading) -> list[Box]:
    """Those of the printed lines that the reading's text should hold.

    Not those in pictures and formulas; where all text has boxes, only those in them, for others see ``coverage``.
    """
    apart = [
        block.box
        for block in reading.blocks
        if block.box is not None and block.category in (Category.PICTURE, Category.FORMULA)
    ]
    every = [piece.box for piece in pieces(reading) if piece.category is not Category.FORMULA]
    placed = [box for box in every if box is not None]
    kept = [line for line in lines if not _inside(line, apart)]
    return [line for line in kept if _inside(line, placed)] if len(placed) == len(every) else kept


def _inside(line: Box, boxes: Sequence[Box]) -> bool:
    return any(line.intersection(box) >= 0.7 * line.area for box in boxes)


def _regions(page: InputPage, threads: int) -> list[Box]:
    """The lines that the detector sees; none where most text runs downwards."""
    try:
        every = reference_recogniser.text_boxes(page, threads)
    except (EngineUnavailable, EngineError):
        return []
    tall = sum(box.area for box in every if box.height > TALL * box.width)
    return [] if 2 * tall > sum(box.area for box in every) else list(every)
