"""Qwen2-VL 2B: a general vision-language model that reads pages of many scripts when asked to."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ocroute.engines.base import EngineInfo
from ocroute.engines.neural import Answered, AttentionShape, Facts, Mode, NeuralEngine, Prepared, markdown_blocks
from ocroute.engines.neural.image_prompts import patched
from ocroute.values import Block

if TYPE_CHECKING:
    from PIL.Image import Image

# The model has no prompt of its own for pages. It answers in the words' order without saying where they stand.
MODES = {
    "text": Mode("Read all the text in the image.", max_new_tokens=8192, form="plain"),
    "markdown": Mode("Convert the page to Markdown. Write tables as HTML. Add nothing that is not on the page."),
}


class Qwen2Vl(NeuralEngine):
    """Qwen2-VL-2B-Instruct and larger ones of its class."""

    info: ClassVar[EngineInfo] = EngineInfo(
        kind="vlm",
        rank=8,
        gives_boxes=False,
        gives_layout=True,
        gives_confidence=False,
        needs=("pip install 'ocroute[vlm]'", "Qwen/Qwen2-VL-2B-Instruct, 4.4 GB", "a GPU with 8 GB, or patience"),
        gpu_mb=4850,
        strengths="photographs, signs and odd pages in many scripts; no boxes",
    )
    facts: ClassVar[Facts] = Facts(
        name="qwen2_vl",
        hub="Qwen/Qwen2-VL-2B-Instruct",
        gigabytes=4.4,
        architectures=("Qwen2VLForConditionalGeneration",),
        model_class="Qwen2VLForConditionalGeneration",
        image_processor="Qwen2VLImageProcessorPil",
        modes=MODES,
        scripts=("Latn", "Cyrl", "Hans", "Hant", "Jpan", "Kore", "Arab"),
        stop_tokens=("<|im_end|>", "<|endoftext|>"),
        attention={
            "vision": AttentionShape(80, 16, 16, False, patches=1, cap=65_536),
            "text": AttentionShape(128, 12, 2, True, patches=4, cap=65_536),
        },
    )

    def prepare(self, image: Image, mode: Mode, pixels: int) -> Prepared:
        """ChatML with the system prompt that the model was trained with."""
        return patched(self.loaded, image, pixels, before=_BEFORE, after=f"<|vision_end|>{mode.prompt}{_AFTER}")

    def blocks(self, answer: Answered) -> tuple[Block, ...]:
        """Paragraphs, or what Markdown tells apart."""
        return markdown_blocks.blocks(answer)


_BEFORE = "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n<|vision_start|>"
_AFTER = "<|im_end|>\n<|im_start|>assistant\n"
