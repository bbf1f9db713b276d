"""LightOnOCR: reads a whole page into Markdown without being told anything. Another example of a further model."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ocroute.engines.base import EngineInfo
from ocroute.engines.neural import Answered, AttentionShape, Facts, Mode, NeuralEngine, Prepared, markdown_blocks
from ocroute.engines.neural.image_prompts import chat, decline_strips, encode
from ocroute.values import Block

if TYPE_CHECKING:
    from PIL.Image import Image


class LightOnOcr(NeuralEngine):
    """lightonai/LightOnOCR-1B-1025 and its successors of the same class."""

    info: ClassVar[EngineInfo] = EngineInfo(
        kind="vlm",
        rank=6,
        gives_boxes=False,
        gives_layout=True,
        gives_confidence=False,
        needs=("pip install 'ocroute[vlm]'", "lightonai/LightOnOCR-1B-1025, 2 GB", "a GPU with 6 GB, or patience"),
        gpu_mb=2900,
        strengths="whole pages of European languages as Markdown, on small cards; no boxes",
    )
    facts: ClassVar[Facts] = Facts(
        name="lighton_ocr",
        hub="lightonai/LightOnOCR-1B-1025",
        gigabytes=2.0,
        architectures=("LightOnOcrForConditionalGeneration", "LightOnOCRForConditionalGeneration"),
        model_class="LightOnOcrForConditionalGeneration",
        stop_tokens=("<|im_end|>",),
        image_processor="PixtralImageProcessorPil",
        modes={"markdown": Mode("", max_new_tokens=6144)},
        max_pixels=1540 * 1540,
        attention={"text": AttentionShape(128, 16, 8, True, patches=4, cap=12_100)},
    )

    def prepare(self, image: Image, mode: Mode, pixels: int) -> Prepared:  # noqa: ARG002 - it has one mode, without words
        """The page fitted into the square that the checkpoint names, and the chat template around it."""
        decline_strips(image)
        loaded, config = self.loaded, self.loaded.model.config
        edge = min(loaded.image_processor.size["longest_edge"], int(pixels**0.5))
        made = loaded.image_processor(images=image, size={"longest_edge": edge}, return_tensors="pt")
        high, wide = (int(side) for side in made["image_sizes"][0])
        merged = config.vision_config.patch_size * config.spatial_merge_size
        count = (high // merged) * (wide // merged)
        token = loaded.tokenizer.convert_ids_to_tokens(config.image_token_id)
        prompt = chat(loaded.tokenizer, [{"type": "image"}]).replace(token, token * count, 1)
        ids = encode(loaded.tokenizer, prompt, image_token=config.image_token_id, expected=count)
        inputs = {"input_ids": ids, "pixel_values": made["pixel_values"], "image_sizes": made["image_sizes"]}
        return Prepared(inputs, (wide, high))

    def blocks(self, answer: Answered) -> tuple[Block, ...]:
        """What its Markdown tells apart."""
        return markdown_blocks.blocks(answer)
