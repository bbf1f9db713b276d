"""dots.ocr: whole pages as blocks with boxes, categories and reading order, from one small vision-language model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ocroute.engines.base import EngineInfo
from ocroute.engines.neural import Answered, AttentionShape, Facts, Mode, NeuralEngine, Prepared, markdown_blocks
from ocroute.engines.neural.devices import Place
from ocroute.engines.neural.loading import Loaded, telling
from ocroute.models.dots_ocr.answer import is_cut, parse
from ocroute.models.dots_ocr.frame import Frame
from ocroute.models.dots_ocr.prompts import ENDS, PROMPTS
from ocroute.values import Block

if TYPE_CHECKING:
    from PIL.Image import Image

# The longest answers that the model's own tools allow.
MODES = {
    "layout": Mode(PROMPTS["layout"], boxes=True, max_new_tokens=24_000),
    "text": Mode(PROMPTS["text"], max_new_tokens=16_384),
    "layout_only": Mode(PROMPTS["layout_only"], text=False, boxes=True, max_new_tokens=8_192),
    # Only dots.mocr knows these. What its answers hold is not published: cells are taken where there are any, else the text.
    "web": Mode(PROMPTS["web"], text=False, boxes=True, max_new_tokens=24_000),
    "scene": Mode(PROMPTS["scene"], boxes=True, max_new_tokens=16_384),
}


class DotsOcr(NeuralEngine):
    """rednote-hilab/dots.ocr and dots.mocr, with our own model classes: transformers has none."""

    info: ClassVar[EngineInfo] = EngineInfo(
        kind="vlm",
        rank=2,
        gives_layout=True,
        gives_confidence=False,
        needs=("pip install 'ocroute[vlm]'", "rednote-hilab/dots.ocr, 6.1 GB", "a GPU with 10 GB, or patience"),
        gpu_mb=7050,
        strengths="layout, reading order, tables and formulas in many scripts",
    )
    facts: ClassVar[Facts] = Facts(
        name="dots_ocr",
        hub="rednote-hilab/dots.ocr",
        gigabytes=6.1,
        architectures=("DotsOCRForCausalLM",),
        model_class="DotsOCRForCausalLM",
        modes=MODES,
        scripts=(
            *("Latn", "Cyrl", "Grek", "Hans", "Hant", "Jpan", "Kore", "Arab", "Hebr", "Deva", "Beng", "Taml", "Telu"),
            *("Thai", "Armn", "Geor"),
        ),
        stop_tokens=ENDS,
        min_pixels=3_136,
        max_pixels=11_289_600,
        attention={
            "vision": AttentionShape(128, 12, 12, False, patches=1, cap=57_600),
            "text": AttentionShape(128, 12, 2, True, patches=4, cap=57_600),
        },
        own_pixels=True,
    )

    def load(self, folder: Path, where: Place) -> Loaded:
        """With the classes in `ocroute.models.dots_ocr`; the code that lies in the checkpoint's folder is not run."""
        from ocroute.models.dots_ocr.load import load

        with telling(self.facts, folder):
            self._dots = load(folder, device=where.device, dtype=where.dtype)
        return Loaded(self._dots.model, self._dots.tokenizer, None, self._dots.stop_ids)

    def outline(self, folder: Path, where: Place) -> Loaded:
        """The same classes without contents."""
        from ocroute.models.dots_ocr.load import outline

        with telling(self.facts, folder):
            self._dots = outline(folder, dtype=where.dtype)
        return Loaded(self._dots.model, self._dots.tokenizer, None, ())

    def see(self, model: Any, inputs: dict[str, Any]) -> None:
        """The vision tower stands beside the decoder."""
        model.vision_tower(inputs["pixel_values"], inputs["image_grid_thw"])

    def prepare(self, image: Image, mode: Mode, pixels: int) -> Prepared:
        """Patches and prompt as the model was trained on them."""
        from ocroute.models.dots_ocr.inputs import prepare

        made = prepare(self._dots, image, mode.prompt, max_pixels=pixels)
        inputs = {
            "input_ids": made.input_ids,
            "pixel_values": made.pixel_values,
            "image_grid_thw": made.image_grid_thw,
        }
        return Prepared(inputs, made.frame)

    def blocks(self, answer: Answered) -> tuple[Block, ...]:
        """The cells of its JSON, or what its Markdown tells apart."""
        return blocks(answer)

    def cut(self, answer: Answered) -> str:
        """As its JSON shows."""
        return cut(answer)


def blocks(answer: Answered) -> tuple[Block, ...]:
    """The cells of an answer's JSON where the model was asked for boxes, else what its Markdown tells apart."""
    if answer.mode.boxes:
        return parse(answer.text, Frame(*answer.frame), answer.size)
    return markdown_blocks.blocks(answer)


def cut(answer: Answered) -> str:
    """How an answer breaks off, see `Reading`."""
    return markdown_blocks.cut(answer) or ("its JSON ends within a cell" if is_cut(answer.text) else "")
