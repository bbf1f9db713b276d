"""DeepSeek-OCR, the first: reads whole pages into Markdown with a box for every region."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any, ClassVar

from ocroute.document.model import Block
from ocroute.engines.base import EngineInfo
from ocroute.engines.neural import Answered, Facts, Mode, NeuralEngine, Prepared, deepseek, tiles

if TYPE_CHECKING:
    from PIL.Image import Image

WHOLE, TILE, MOST_TILES = 1024, 640, 6


class DeepseekOcr(NeuralEngine):
    """deepseek-ai/DeepSeek-OCR through transformers' class for its twin, which has the same modules."""

    info: ClassVar[EngineInfo] = EngineInfo(
        kind="vlm",
        rank=4,
        gives_layout=True,
        gives_confidence=False,
        needs=("pip install 'ocroute[vlm]'", "deepseek-ai/DeepSeek-OCR, 6.7 GB", "a GPU with 10 GB"),
        gpu_mb=8200,
        strengths="whole pages as Markdown with boxes, in few tokens",
    )
    facts: ClassVar[Facts] = Facts(
        name="deepseek_ocr",
        hub="deepseek-ai/DeepSeek-OCR",
        gigabytes=6.7,
        architectures=("DeepseekOCRForCausalLM",),
        model_class="UnlimitedOcrForConditionalGeneration",
        modes=deepseek.modes(),
        scripts=deepseek.SCRIPTS,
        stop_tokens=("<｜end▁of▁sentence｜>",),
        keep_special=True,
        min_pixels=512 * 512,
        max_pixels=WHOLE * WHOLE + MOST_TILES * TILE * TILE,
        kernels=("text",),
    )

    def adjust(self, config: dict[str, Any]) -> dict[str, Any]:
        """The published config.json for the twin's class: full attention, where the twin's own slides over a window."""
        text = dict(config.get("language_config") or config.get("text_config") or {})
        text["layer_types"] = ["full_attention"] * int(text.get("num_hidden_layers", 12))
        for name in ("model_type", "auto_map", "architectures", "torch_dtype"):
            text.pop(name, None)
        kept: dict[str, Any] = {name: config[name] for name in ("vision_config", "image_token_id") if name in config}
        if "sam_config" not in kept.get("vision_config", {}):
            kept.pop("vision_config", None)  # the published one names the towers; their sizes are the class's defaults
        return {**kept, "text_config": text}

    def prepare(self, image: Image, mode: Mode, pixels: int) -> Prepared:
        """The page whole, and in two to six tiles where it is larger than one."""
        import torch

        most = min(MOST_TILES, (pixels - WHOLE * WHOLE) // (TILE * TILE))
        side = WHOLE if pixels >= WHOLE * WHOLE else 640 if pixels >= 640 * 640 else 512
        tiled = most >= 2 and max(image.size) > TILE
        columns, rows = tiles.grid(image.size, TILE, 2, most) if tiled else (1, 1)
        inputs: dict[str, Any] = {
            "pixel_values": torch.from_numpy(tiles.whole(image, side, squeeze=most < 2 and side <= tiles.PLAIN_UP_TO)),
            "num_local_patches": [columns * rows if tiled else 0],
            "patches_grid": [[columns, rows]],
        }
        if tiled:
            inputs["pixel_values_local"] = torch.from_numpy(tiles.tiles(image, (columns, rows), TILE))
        inputs["input_ids"] = deepseek.encoded(self.loaded, mode, tokens(side, (columns, rows) if tiled else None))
        return Prepared(inputs, (side, side))

    def blocks(self, answer: Answered) -> tuple[Block, ...]:
        """Regions with boxes, or Markdown."""
        return deepseek.blocks(answer)


def tokens(side: int, grid: tuple[int, int] | None) -> int:
    """Image tokens of a whole view and its tiles: one a feature, one at each end of a row, one at the end of all."""
    wide = ceil(side // 16 / 4)
    count = wide * (wide + 1) + 1
    if grid:
        columns, rows = grid
        part = ceil(TILE // 16 / 4)
        count += rows * part * (columns * part + 1)
    return count
