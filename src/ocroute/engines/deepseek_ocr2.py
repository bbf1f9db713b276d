"""DeepSeek-OCR 2: as the first, with a vision encoder that orders what it sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ocroute.engines.base import EngineInfo, Task
from ocroute.engines.neural import (
    Answered,
    AttentionShape,
    Facts,
    Layout,
    Mode,
    NeuralEngine,
    Prepared,
    Served,
    deepseek_family,
    tiles,
)
from ocroute.engines.neural.attention_shapes import PROMPT
from ocroute.values import Block

if TYPE_CHECKING:
    from PIL.Image import Image

    from ocroute.engines.neural.canary.diagnosis import Sight

WHOLE, TILE, MOST_TILES = 1024, 768, 6
ALL_PIXELS = WHOLE * WHOLE + MOST_TILES * TILE * TILE
STRIDE = 16 * 4  # pixels of a side that become one feature: patches of 16, then two halvings


LAYOUT = Layout(
    config={
        "model_type": "deepseek_ocr2",
        "text_config": deepseek_family.DECODER | {"mlp_layer_types": ["dense"] + ["sparse"] * 11},
        "vision_config": {
            "encoder_config": {
                "hidden_size": 896, "intermediate_size": 4864, "num_hidden_layers": 24, "num_attention_heads": 14,
                "num_key_value_heads": 2,
            },
            "sam_config": {"downsample_channels": [512, 896]},
        },
    },
    ids={"image_token_id": "<image>"},
    tokens=deepseek_family.TOKENS,
    first_tokens=deepseek_family.FIRST_TOKENS,
    prompt=deepseek_family.PROMPT,
    tiny={  # its two sets of queries belong to tiles of 768 and a whole view of 1024 pixels
        "text_config": deepseek_family.TINY_DECODER | {"mlp_layer_types": ["dense", "sparse"]},
        "vision_config": {
            "encoder_config": {
                "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
                "num_key_value_heads": 2,
            },
            "sam_config": deepseek_family.TINY_SAM | {"downsample_channels": [12, 16]},
        },
    },
)  # fmt: skip


class DeepseekOcr2(NeuralEngine):
    """deepseek-community/DeepSeek-OCR-2, the copy in transformers' own format.

    The first publication, deepseek-ai/DeepSeek-OCR-2, describes itself for code of its own, and is refused.
    """

    facts: ClassVar[Facts] = Facts(
        name="deepseek_ocr2",
        hub="deepseek-community/DeepSeek-OCR-2",
        gigabytes=6.8,
        architectures=("DeepseekOcr2ForConditionalGeneration",),
        model_class="DeepseekOcr2ForConditionalGeneration",
        image_processor="DeepseekOcr2ImageProcessorPil",
        modes=deepseek_family.modes(),
        scripts=deepseek_family.SCRIPTS,
        stop_tokens=("<｜end▁of▁sentence｜>",),
        keep_special=True,
        min_pixels=TILE * TILE,
        max_pixels=ALL_PIXELS,
        cpu_pixels=ALL_PIXELS,  # by count 5 TFLOP, a third of what dots.ocr takes for A4 at 100 dpi
        attention={"text": AttentionShape(128, 10, 10, True, lengths=(256 + MOST_TILES * 144 + 1 + PROMPT,))},
        layout=LAYOUT,
        served=Served("deepseekocr2", deepseek_family.NAME),
    )
    info: ClassVar[EngineInfo] = facts.info(
        rank=3,
        gpu_mb=7400,
        card="a GPU with 10 GB",
        strengths="whole pages as Markdown with boxes and reading order",
    )

    def prepare(self, image: Image, mode: Mode, pixels: int) -> Prepared:
        """The page whole, and in two to six tiles where it is larger than one; whole only where pixels are dear."""
        most = min(MOST_TILES, (pixels - WHOLE * WHOLE) // (TILE * TILE))
        crop = most >= 2
        made = self.loaded.image_processor(
            images=image, crop_to_patches=crop, min_patches=2, max_patches=max(2, most), tile_size=TILE,
            return_tensors="pt",
        )  # fmt: skip
        count = int(made["num_local_patches"][0])
        side = made["pixel_values"].shape[-1]
        features = (side // STRIDE) ** 2 + count * (TILE // STRIDE) ** 2 + 1
        inputs = {
            "input_ids": deepseek_family.encoded(self.loaded, mode, features),
            "pixel_values": made["pixel_values"],
            "num_local_patches": [count],
        }
        if count:
            inputs["pixel_values_local"] = made["pixel_values_local"]
        return Prepared(inputs, (side, side))

    def _sight(self, image: Image, task: Task) -> Sight:
        """Of the canary page as large as pages are that are shown in tiles too: otherwise that way would go untried."""
        return super()._sight(tiles.beyond(image, TILE), task)

    @staticmethod
    def blocks(answer: Answered) -> tuple[Block, ...]:
        """Regions with boxes, or Markdown."""
        return deepseek_family.blocks(answer)
