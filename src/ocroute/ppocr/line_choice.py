"""Which recogniser reads a line where several are here: the page's own by a few lines, then each line's by its score.

Of an alphabet that it has not, a recogniser leaves most letters out, or writes some that look alike and is unsure; one that has
the alphabet is sure of all. So the beginnings of a few lines are read with the first recogniser, and with the others those that
it is unsure of or of which it wrote too few letters for their length. Where letters that the first has not turn up, who wrote
most of such lines reads the page. Its own unsure lines are tried with the others: those of little confidence in the line or in
its letters (figures are the same in all alphabets), and those with ink where nothing was written; last come single words, see
`foreign_words`. A page in the first recogniser's own scripts costs next to nothing more.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ocroute.pages.page import Raster
from ocroute.ppocr import column_ink, foreign_words
from ocroute.ppocr.line_models import LineModel
from ocroute.ppocr.recogniser import recognise
from ocroute.ppocr.traced import Traced

SAMPLE = 8  # lines by which the page's recogniser is chosen
BEGINNING = 5.0  # line heights of each that are read for it, where the page has more lines: some ten letters
SURE = 0.93  # mean confidence of a line, and of its letters, from which no other recogniser is asked
BETTER = 0.02  # by how much another must be surer
FEWER = 0.5  # share of the letters that it must write at least: a few sure marks of many letters are no reading
THIN = 0.8  # letters for each line height of a line's length, below which letters may be missing; print has 1 to 3
FULLER = 1.5  # times as many letters by which another reading of a thin line is the better one
HOLE = 1.1  # line heights of ink from one written sign to the next, from which letters between them may be missing
BELIEVED = 0.85  # confidence that another reading needs which fills a thin line or a hole


class PageLines:
    """The lines of one page.

    Args:
        models: the recognisers that may read it, the first choice first; at least one.
        threads: the most threads to use.
    """

    def __init__(self, models: Sequence[LineModel], threads: int) -> None:
        self._models, self._threads = list(models), threads
        self._chosen = len(self._models) == 1
        self.used: set[str] = set()

    def read(self, crops: Sequence[Raster]) -> list[Traced]:
        """One traced line a crop, in order. The first call with crops chooses the page's recogniser."""
        if not crops:
            return []
        if self._chosen:
            return self._rest(crops, {})
        places = sample([crop.shape[1] / crop.shape[0] for crop in crops])
        parts = {at: crops[at] if len(crops) == len(places) else beginning(crops[at]) for at in places}
        found = self._sampled(parts)
        votes = [model for model, traced in found.values() if self._is_foreign(traced)]
        first = max(range(len(self._models)), key=votes.count)
        whole = (at for at, part in parts.items() if part.shape == crops[at].shape)
        own = {at: found[at][1] for at in whole if found[at][0] == first}
        self._models.insert(0, self._models.pop(first))
        self._chosen = True
        return self._rest(crops, own)

    def _sampled(self, parts: dict[int, Raster]) -> dict[int, tuple[int, Traced]]:
        """Which of the models reads each part of a line best, and what it reads."""
        first = self._by(0, list(parts.values()))
        found = {at: (0, traced) for at, traced in zip(parts, first, strict=True)}
        unsure = [at for at in parts if is_unsure(found[at][1], parts[at])]
        for model in range(1, len(self._models)):
            others = self._by(model, [parts[at] for at in unsure])
            for at, traced in zip(unsure, others, strict=True):
                if is_better(traced, found[at][1], parts[at]):
                    found[at] = (model, traced)
        return found

    def _is_foreign(self, traced: Traced) -> bool:
        """Whether most of its letters are none of the first recogniser's: numbers it reads surely on pages of any script."""
        letters = [letter for letter in traced.text if letter.isalpha()]
        return sum(letter not in self._models[0].alphabet for letter in letters) > len(letters) / 2

    def _rest(self, crops: Sequence[Raster], known: dict[int, Traced]) -> list[Traced]:
        left = [at for at in range(len(crops)) if at not in known]
        known |= dict(zip(left, self._by(0, [crops[at] for at in left]), strict=True))
        for model in range(1, len(self._models)):
            unsure = [at for at, traced in known.items() if is_unsure(traced, crops[at])]
            for at, traced in zip(unsure, self._by(model, [crops[at] for at in unsure]), strict=True):
                known[at] = traced if is_better(traced, known[at], crops[at]) else known[at]
        self._take_foreign_words(crops, known)
        return [known[at] for at in range(len(crops))]

    def _take_foreign_words(self, crops: Sequence[Raster], known: dict[int, Traced]) -> None:
        """Ask the others for words of an alphabet that the page's recogniser lacks, where one may be among its surest lines."""
        if foreign_words.is_at_home(self._models[0].alphabet):
            return
        asked = [at for at, traced in known.items() if foreign_words.has_disguised(traced.text)]
        for model in range(1, len(self._models)):
            if foreign_words.is_at_home(self._models[model].alphabet):
                for at, other in zip(asked, self._by(model, [crops[at] for at in asked]), strict=True):
                    known[at] = foreign_words.with_foreign_words(known[at], other)

    def _by(self, model: int, crops: Sequence[Raster]) -> list[Traced]:
        if not crops:
            return []
        self.used.add(self._models[model].name)
        return recognise(crops, self._threads, self._models[model].path)


def is_unsure(traced: Traced, crop: Raster) -> bool:
    """Whether another recogniser may read this line better."""
    return _sureness(traced) < SURE or _is_thin(traced, crop) or hole(traced, crop) >= HOLE


def is_better(new: Traced, old: Traced, crop: Raster) -> bool:
    """Whether ``new`` is the better reading of a line: surer and of not far fewer letters, or sure of letters not in ``old``."""
    more = _letters(new) / max(1, _letters(old))
    if _is_thin(old, crop) and more >= FULLER:
        return bool(new.confidence >= BELIEVED)
    missing, was_missing = (hole(traced, crop) >= HOLE for traced in (new, old))
    if missing != was_missing and (missing or (more > 1 and new.confidence >= BELIEVED)):
        return was_missing
    return bool(_letters(new) > 0 and more >= FEWER and _sureness(new) > _sureness(old) + BETTER)


def hole(traced: Traced, crop: Raster) -> float:
    """The most ink from one sign that was written to the next, or to an end of the line, in line heights."""
    seen = column_ink.measure(crop)
    if seen is None or not len(seen.runs):
        return 0.0
    centers = traced.centers[[not sign.isspace() for sign in traced.text]]
    columns = np.concatenate([np.arange(*run) for run in seen.runs])
    return float(np.bincount(np.searchsorted(centers, columns)).max() / len(crop))


def _sureness(traced: Traced) -> float:
    """The confidence in the line, or in its letters where that is less: figures are the same in all alphabets."""
    letters = [sign.isalpha() for sign in traced.text]
    return min(traced.confidence, float(traced.probabilities[letters].mean())) if any(letters) else traced.confidence


def _is_thin(traced: Traced, crop: Raster) -> bool:
    height, width = crop.shape[:2]
    return bool(_letters(traced) < THIN * width / height)


def _letters(traced: Traced) -> int:
    return sum(not letter.isspace() for letter in traced.text)


def sample(aspects: Sequence[float]) -> list[int]:
    """Places of `SAMPLE` lines over the page, of its longer half, by their widths over heights."""
    longer = sorted(range(len(aspects)), key=lambda at: -aspects[at])[: max(SAMPLE, len(aspects) // 2)]
    places = sorted(longer)
    step = max(1.0, len(places) / SAMPLE)
    return [places[int(at * step)] for at in range(min(SAMPLE, len(places)))]


def beginning(crop: Raster) -> Raster:
    """The first letters of a line."""
    return crop[:, : round(BEGINNING * crop.shape[0])]
