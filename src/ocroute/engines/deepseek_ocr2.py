"""DeepSeek-OCR 2: as the first, with a vision encoder that orders what it sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ocroute.engines.base import EngineInfo, Task
from ocroute.engines.neural import Answered, AttentionShape, Facts, Mode, NeuralEngine, Prepared, deepseek_family, tiles
from ocroute.engines.neural.attention_shapes import PROMPT
from ocroute.values import Block

if TYPE_CHECKING:
    from PIL.Image import Image

    from ocroute.engines.neural.canary.diagnosis import Sight

WHOLE, TILE, MOST_TILES = 1024, 768, 6
ALL_PIXELS = WHOLE * WHOLE + MOST_TILES * TILE * TILE
STRIDE = 16 * 4  # pixels of a side that become one feature: patches of 16, then two halvings


class DeepseekOcr2(NeuralEngine):
    """deepseek-community/DeepSeek-OCR-2, the copy in transformers' own format.

    The first publication, deepseek-ai/DeepSeek-OCR-2, describes itself for code of its own, and is refused.
    """

    info: ClassVar[EngineInfo] = EngineInfo(
        kind="vlm",
        rank=3,
        gives_layout=True,
        gives_confidence=False,
        needs=("pip install 'ocroute[vlm]'", "deepseek-community/DeepSeek-OCR-2, 6.8 GB", "a GPU with 10 GB"),
        gpu_mb=7400,
        strengths="whole pages as Markdown with boxes and reading order",
    )
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
        processor_pixels=ALL_PIXELS,  # by count 5 TFLOP, a third of what dots.ocr takes for A4 at 100 dpi
        attention={"text": AttentionShape(128, 10, 10, True, lengths=(256 + MOST_TILES * 144 + 1 + PROMPT,))},
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

    def blocks(self, answer: Answered) -> tuple[Block, ...]:
        """Regions with boxes, or Markdown."""
        return deepseek_family.blocks(answer)
