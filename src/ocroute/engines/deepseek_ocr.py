"""DeepSeek-OCR, the first: reads whole pages into Markdown with a box for every region."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING, Any, ClassVar

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
    Vllm,
    deepseek_family,
    tiles,
    weights,
)
from ocroute.engines.neural.attention_shapes import PROMPT
from ocroute.errors import EngineUnavailable
from ocroute.models.settings import settings
from ocroute.values import Block

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Image

    from ocroute.engines.neural.canary.diagnosis import Sight
    from ocroute.engines.neural.devices import Place
    from ocroute.engines.neural.loading import Loaded

WHOLE, TILE, MOST_TILES = 1024, 640, 6
ALL_PIXELS = WHOLE * WHOLE + MOST_TILES * TILE * TILE


@dataclass(frozen=True, slots=True)
class Views:
    """How a checkpoint wants pages to be shown to it.

    Attributes:
        whole: side of the whole page's square, pixels.
        tile: side of a tile, pixels.
        most: tiles of one page; 0 where the model sees whole pages only.
        patch: side of the encoder's patches, pixels.
    """

    whole: int
    tile: int
    most: int
    patch: int

    @classmethod
    def of(cls, config: Any, folder: Path) -> Views:
        """Of the checkpoint in ``folder``, whose model has ``config``.

        The published one has no settings of an image processor: its square is the encoder's own, its tiles five eighths of it.

        Raises:
            EngineUnavailable: the settings cannot be read.
        """
        sam = config.vision_config.sam_config
        name = ""
        try:
            name, keys = settings(lambda wanted: folder / wanted)
            whole = int((keys.get("size") or {}).get("height") or sam.image_size)
            tile = int(keys.get("tile_size", whole * TILE // WHOLE))
            most = min(MOST_TILES, int(keys.get("max_patches", MOST_TILES)))
        except (ValueError, TypeError, AttributeError) as error:
            said = f"{name} cannot be read: {error}" if name else error
            raise EngineUnavailable(
                f"in {folder} {said}",
                next_step=weights.again(DeepseekOcr.facts, folder),
            ) from error
        return cls(whole, tile, most if keys.get("crop_to_patches", True) else 0, sam.patch_size)

    def within(self, pixels: int) -> tuple[int, int]:
        """The side of the whole view and the most tiles for a page that may have so many pixels in all."""
        smaller = self.whole * TILE // WHOLE, self.whole // 2
        side = next((side for side in (self.whole, *smaller) if pixels >= side * side), smaller[-1])
        return side, min(self.most, (pixels - self.whole**2) // self.tile**2)

    def tokens(self, side: int, grid: tuple[int, int] | None) -> int:
        """Image tokens of a whole view and its tiles: one a feature, one at each end of a row, one at the end of all."""
        wide = self._features(side)
        count = wide * (wide + 1) + 1
        if grid:
            columns, rows = grid
            part = self._features(self.tile)
            count += rows * part * (columns * part + 1)
        return count

    def _features(self, side: int) -> int:
        """Along one side: two halvings follow the encoder's patches."""
        return ceil(side // self.patch / 4)


LAYOUT = Layout(
    config={
        "model_type": "deepseek_vl_v2",
        "auto_map": {"AutoModel": "modeling_deepseekocr.DeepseekOCRForCausalLM"},
        "tile_tag": "2D", "global_view_pos": "head", "torch_dtype": "bfloat16",
        "language_config": deepseek_family.DECODER | {
            "model_type": "deepseek_v2", "first_k_dense_replace": 1, "use_mla": False, "topk_method": "greedy",
            "architectures": ["DeepseekOCRForCausalLM"], "torch_dtype": "bfloat16",
        },
        "vision_config": {},
    },
    ids={"image_token_id": "<image>"},
    tokens=deepseek_family.TOKENS,
    first_tokens=deepseek_family.FIRST_TOKENS,
    prompt=deepseek_family.PROMPT,
    vocabulary="language_config",
    tiny={
        "language_config": deepseek_family.TINY_DECODER,
        "vision_config": {
            "sam_config": deepseek_family.TINY_SAM | {"downsample_channels": [12, 16]},
            "encoder_config": {
                "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
            },
        },
    },
    generation=False,
)  # fmt: skip


class DeepseekOcr(NeuralEngine):
    """deepseek-ai/DeepSeek-OCR through transformers' class for its twin, which has the same modules."""

    facts: ClassVar[Facts] = Facts(
        name="deepseek_ocr",
        hub="deepseek-ai/DeepSeek-OCR",
        gigabytes=6.7,
        architectures=("DeepseekOCRForCausalLM",),
        model_class="UnlimitedOcrForConditionalGeneration",
        modes=deepseek_family.modes(),
        scripts=deepseek_family.SCRIPTS,
        stop_tokens=("<｜end▁of▁sentence｜>",),
        keep_special=True,
        min_pixels=512 * 512,
        max_pixels=ALL_PIXELS,
        cpu_pixels=ALL_PIXELS,  # by count 5 TFLOP, a third of what dots.ocr takes for A4 at 100 dpi
        attention={"text": AttentionShape(128, 10, 10, True, lengths=(273 + 30 * 31 + PROMPT,))},
        layout=LAYOUT,
        served=Served(
            "deepseekocr",
            deepseek_family.NAME,
            vllm=Vllm(
                "0.12",
                tokens=8_192,
                arguments=(
                    "--logits-processors",
                    "vllm.model_executor.models.deepseek_ocr:NGramPerReqLogitsProcessor",
                ),
            ),
        ),
    )
    info: ClassVar[EngineInfo] = facts.info(
        rank=4,
        gpu_mb=7300,
        card="a GPU with 10 GB",
        strengths="whole pages as Markdown with boxes, in few tokens",
    )

    @staticmethod
    def adjust(config: dict[str, Any]) -> dict[str, Any]:
        """The published config.json for the twin's class: full attention, where the twin's own slides over a window."""
        text = dict(config.get("language_config") or config.get("text_config") or {})
        text["layer_types"] = ["full_attention"] * int(text.get("num_hidden_layers", 12))
        for name in ("model_type", "auto_map", "architectures", "torch_dtype"):
            text.pop(name, None)
        kept: dict[str, Any] = {name: config[name] for name in ("vision_config", "image_token_id") if name in config}
        if "sam_config" not in kept.get("vision_config", {}):
            kept.pop("vision_config", None)  # the published one names the towers; their sizes are the class's defaults
        return {**kept, "text_config": text}

    def load(self, folder: Path, where: Place) -> Loaded:
        """With `Views` in the place of an image processor."""
        return _with_views(super().load(folder, where), folder)

    def on_meta_device(self, folder: Path, where: Place) -> Loaded:
        """As `load`, without contents."""
        return _with_views(super().on_meta_device(folder, where), folder)

    def prepare(self, image: Image, mode: Mode, pixels: int) -> Prepared:
        """The page whole, and in two to six tiles where it is larger than one and the checkpoint wants tiles."""
        import torch

        views: Views = self.loaded.image_processor
        side, most = views.within(pixels)
        tiled = most >= 2 and max(image.size) > views.tile
        columns, rows = tiles.grid(image.size, views.tile, 2, most) if tiled else (1, 1)
        inputs: dict[str, Any] = {
            "pixel_values": torch.from_numpy(tiles.whole(image, side, squeeze=most < 2 and side <= tiles.PLAIN_UP_TO)),
            "num_local_patches": [columns * rows if tiled else 0],
            "patches_grid": [[columns, rows]],
        }
        if tiled:
            inputs["pixel_values_local"] = torch.from_numpy(tiles.tiles(image, (columns, rows), views.tile))
        count = views.tokens(side, (columns, rows) if tiled else None)
        inputs["input_ids"] = deepseek_family.encoded(self.loaded, mode, count)
        return Prepared(inputs, (side, side))

    def _sight(self, image: Image, task: Task) -> Sight:
        """Of the canary page as large as pages are that are shown in tiles too: otherwise that way would go untried."""
        return super()._sight(tiles.beyond(image, self.loaded.image_processor.tile), task)

    @staticmethod
    def blocks(answer: Answered) -> tuple[Block, ...]:
        """Regions with boxes, or Markdown."""
        return deepseek_family.blocks(answer)


def _with_views(loaded: Loaded, folder: Path) -> Loaded:
    return replace(loaded, image_processor=Views.of(loaded.model.config, folder))
