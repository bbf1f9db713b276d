"""How a model behind a server wants to be asked, told by its name, and how its answers become blocks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ocroute.engines import dots_ocr, qwen2_vl
from ocroute.engines.glm_ocr import GlmOcr
from ocroute.engines.lighton_ocr import LightOnOcr
from ocroute.engines.neural import Answered, Mode, deepseek_family, markdown_blocks
from ocroute.models.dots_ocr.frame import fit
from ocroute.models.dots_ocr.prompts import END_OF_IMAGE, IMAGE, IMAGE_PAD
from ocroute.values import Block

MOST_PIXELS = 12_845_056
"""What the largest models look at; a larger page is made smaller before it is sent."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One family of models.

    Attributes:
        family: its name, for the page record.
        modes: by name; the first is used when none is asked for.
        blocks: from an answer to the page's blocks.
        cut: how an answer breaks off, see `Reading`.
        frame: from a page's (width, height) to those of the image that is sent.
        marks: servers by name, to what they want in front of the prompt.
        keep_special: whether special tokens are part of its answers.
    """

    family: str
    modes: Mapping[str, Mode]
    blocks: Callable[[Answered], tuple[Block, ...]]
    frame: Callable[[int, int], tuple[int, int]]
    marks: Mapping[str, str]
    keep_special: bool = False
    cut: Callable[[Answered], str] = markdown_blocks.cut


def _whole(width: int, height: int) -> tuple[int, int]:
    """The page as it is, or as large as it may be."""
    scale = min(1.0, (MOST_PIXELS / (width * height)) ** 0.5)
    return max(1, int(width * scale)), max(1, int(height * scale))


def _dots_frame(width: int, height: int) -> tuple[int, int]:
    """The size to which the server would bring the page itself: its boxes are in the pixels of that."""
    facts = dots_ocr.DotsOcr.facts
    return fit(width, height, factor=28, min_pixels=facts.min_pixels, max_pixels=facts.max_pixels)


_GENERIC = {
    "markdown": Mode(
        "Convert this page to Markdown, word for word and in reading order. Write tables as HTML and formulas as LaTeX. "
        "Answer with the text of the page alone.",
        max_new_tokens=8192,
    ),
    "text": Mode(
        "Write down all the text on this page, word for word and in reading order. Answer with that text alone.",
        max_new_tokens=8192,
        form="plain",
    ),
}

# vLLM puts a line end between image and text, which dots.ocr was not trained on, unless the text brings the image's place itself.
DOTS = Recipe(
    "dots.ocr",
    dots_ocr.MODES,
    dots_ocr.blocks,
    _dots_frame,
    {"vllm": IMAGE + IMAGE_PAD + END_OF_IMAGE},
    cut=dots_ocr.cut,
)
DEEPSEEK = Recipe("deepseek-ocr", deepseek_family.modes(), deepseek_family.blocks, _whole, {}, keep_special=True)
QWEN = Recipe("qwen-vl", qwen2_vl.MODES, markdown_blocks.blocks, _whole, {})
GLM = Recipe("glm-ocr", GlmOcr.facts.modes, markdown_blocks.blocks, _whole, {})
LIGHTON = Recipe("lighton-ocr", LightOnOcr.facts.modes, markdown_blocks.blocks, _whole, {})
OTHER = Recipe("other", _GENERIC, markdown_blocks.blocks, _whole, {})

_FAMILIES = (
    (re.compile(r"dotsm?ocr"), DOTS),
    (re.compile(r"deepseekocr"), DEEPSEEK),
    (re.compile(r"glmocr"), GLM),
    (re.compile(r"lightonocr"), LIGHTON),
    (re.compile(r"qwen[\d]*vl"), QWEN),
)


def recipe_for(names: Iterable[str]) -> Recipe:
    """The recipe of a model that goes by ``names``: the one asked for, and what the server calls it, the telling one first."""
    for name in names:
        bare = re.sub(r"[^a-z0-9]", "", name.casefold())
        for pattern, recipe in _FAMILIES:
            if pattern.search(bare):
                return recipe
    return OTHER
