"""From a traced line to a `Line` with words in their places."""

from __future__ import annotations

from ocroute.document.model import Line, Word
from ocroute.engines.ppocr.crops import Crop
from ocroute.engines.ppocr.recognise import Traced


def line(crop: Crop, traced: Traced) -> Line:
    """The line in page pixels; its words are split at the spaces that the recogniser wrote."""
    height, width = crop.pixels.shape[:2]
    words: list[Word] = []
    start = 0
    for end in [*(i for i, letter in enumerate(traced.text) if letter.isspace()), len(traced.text)]:
        if end > start:
            x0 = 0.0 if start == 0 else float(traced.centers[start - 1 : start + 1].mean())
            x1 = float(width) if end == len(traced.text) else float(traced.centers[end - 1 : end + 1].mean())
            box = crop.box(min(x0, x1), max(x0, x1), 0, height)
            words.append(Word(traced.text[start:end], box, float(traced.probabilities[start:end].mean())))
        start = end + 1
    return Line(" ".join(word.text for word in words), crop.box(0, width, 0, height), traced.confidence, tuple(words))
