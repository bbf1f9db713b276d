"""Pages that a tiny dots.ocr was never trained on, in words and typefaces kept from it, and how well it reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from bench.tiny_models.specs import SPECS
from bench.tiny_models.stream import SCRIPTS, Batcher
from PIL import Image

from ocroute.compare.measures import character_errors
from ocroute.models.dots_ocr.answer import parse
from ocroute.models.dots_ocr.input_size import InputSize

SIZES = {"line": (56, 448), "page": (336, 448)}  # height, width


@dataclass(frozen=True)
class Sheet:
    """One page.

    Attributes:
        image: RGB.
        answer: the whole answer that is right: the layout as JSON.
    """

    kind: str
    script: str
    image: Image.Image
    answer: str

    @property
    def text(self) -> str:
        """What stands on it."""
        return plain(self.answer, self.image.size)


def sheets(each: int, seed: int = 2024) -> list[Sheet]:
    """``each`` pages of every kind and script, always the same; for 0 one line of print of every script."""
    batcher, rng = Batcher(SPECS["dots_ocr"]()), Random(seed)
    made = []
    for kind, size in SIZES.items() if each else [("line", SIZES["line"])]:
        for script in SCRIPTS:
            batch = batcher.make(kind, size, "layout", each or 1, rng, script, evaluation=True)
            images = [Image.fromarray(image.numpy()).convert("RGB") for image in batch.images]
            made += [Sheet(kind, script, *pair) for pair in zip(images, batch.texts, strict=True)]
    return made


def plain(answer: str, size: tuple[int, int]) -> str:
    """The text of an answer's blocks, as an engine finds them."""
    return "\n".join(block.text for block in parse(answer, InputSize(*size), size))


def error_rate(pages: Sequence[Sheet], answers: Sequence[str]) -> float:
    """Edits a true character, over all pages; an answer is cut at twice the truth's length, which is wrong enough."""
    return round(sum(edits_by_page(pages, answers)) / sum(len(page.text) for page in pages), 5)


def edits_by_page(pages: Sequence[Sheet], answers: Sequence[str]) -> list[int]:
    """From each page's text to its answer's, which is cut as for `error_rate`."""
    return [
        character_errors(page.text, plain(answer, page.image.size)[: 2 * len(page.text) + 20], "nfc").edits
        for page, answer in zip(pages, answers, strict=True)
    ]
