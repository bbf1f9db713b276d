"""GLM-OCR: a small model for text, tables and formulas. An example of how little a further model costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ocroute.engines.base import EngineInfo
from ocroute.engines.neural import Answered, AttentionShape, Facts, Mode, NeuralEngine, Prepared, markdown_blocks
from ocroute.engines.neural.image_prompts import patched_chat
from ocroute.values import Block

if TYPE_CHECKING:
    from PIL.Image import Image


class GlmOcr(NeuralEngine):
    """zai-org/GLM-OCR."""

    info: ClassVar[EngineInfo] = EngineInfo(
        kind="vlm",
        rank=5,
        gives_boxes=False,
        gives_layout=True,
        gives_confidence=False,
        needs=("pip install 'ocroute[vlm]'", "zai-org/GLM-OCR, 1.6 GB", "a GPU with 6 GB, or patience"),
        gpu_mb=2000,
        strengths="text, tables and formulas on small cards; no boxes",
    )
    facts: ClassVar[Facts] = Facts(
        name="glm_ocr",
        hub="zai-org/GLM-OCR",
        gigabytes=1.6,
        architectures=("GlmOcrForConditionalGeneration",),
        model_class="GlmOcrForConditionalGeneration",
        stop_tokens=("<|user|>", "<|endoftext|>"),
        image_processor="Glm46VImageProcessorPil",
        modes={
            "text": Mode("Text Recognition:", max_new_tokens=8192),
            "table": Mode("Table Recognition:", text=False),
            "formula": Mode("Formula Recognition:", text=False),
        },
        scripts=("Latn", "Hans"),
        attention={
            "vision": AttentionShape(64, 16, 16, False, patches=1, cap=16_384),
            "text": AttentionShape(64, 16, 8, True, patches=4, cap=16_384),
        },
    )

    def prepare(self, image: Image, mode: Mode, pixels: int) -> Prepared:
        """The checkpoint's own chat template around image and prompt."""
        frames = self.loaded.image_processor.temporal_patch_size
        return patched_chat(self.loaded, image, pixels, mode.prompt, frames=frames)

    def blocks(self, answer: Answered) -> tuple[Block, ...]:
        """What its Markdown tells apart."""
        return markdown_blocks.blocks(answer)
