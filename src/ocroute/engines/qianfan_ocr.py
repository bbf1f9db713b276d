"""Qianfan-OCR: a 4B model that reads a page, whole and in tiles, into Markdown with HTML tables and LaTeX formulas."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ocroute.engines.base import EngineInfo
from ocroute.engines.neural import AttentionShape, Facts, Layout, Mode, NeuralEngine, Prepared, Served
from ocroute.engines.neural.attention_shapes import PROMPT
from ocroute.engines.neural.image_prompts import chat_around, encode, image_token

if TYPE_CHECKING:
    from PIL.Image import Image

TILE, MOST_TILES = 448, 12
PLACEHOLDER = "<image>"  # in the chat template

# Vision encoder and decoder are as large as InternViT-300M and Qwen3-4B, and add up to the 4.74 billion parameters of the card.
LAYOUT = Layout(
    config={
        "model_type": "qianfan_ocr",
        "tie_word_embeddings": False,
        "text_config": {
            "model_type": "qwen3", "vocab_size": 153678, "hidden_size": 2560, "intermediate_size": 9728,
            "num_hidden_layers": 36, "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128,
            "rms_norm_eps": 1e-6, "bos_token_id": None, "eos_token_id": None,
        },
        "vision_config": {
            "hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "num_attention_heads": 16,
            "image_size": [TILE, TILE], "patch_size": [14, 14],
        },
    },
    ids={"image_token_id": "<IMG_CONTEXT>"},
    tokens=("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<img>", "</img>", "<IMG_CONTEXT>"),
    prompt="<|im_start|>user\n<img>{image}</img>\n{prompt}<|im_end|>\n<|im_start|>assistant\n",
    chat_template=(
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{% for c in m.content %}"
        "{% if c.type == 'image' %}<image>\n{% else %}{{ c.text }}{% endif %}{% endfor %}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    ),
    pixels={"size": {"height": TILE, "width": TILE}, "crop_to_patches": True, "max_patches": MOST_TILES},
    tiny={
        "text_config": {
            "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2,
            "num_key_value_heads": 2, "head_dim": 16,
        },
        "vision_config": {
            "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2,
            "image_size": [56, 56],
        },
    },
    tiny_pixels={"size": {"height": 56, "width": 56}},
)  # fmt: skip


class QianfanOcr(NeuralEngine):
    """baidu/Qianfan-OCR, Apache-2.0. Copies of its first publication, which needs code of its own, are refused."""

    facts: ClassVar[Facts] = Facts(
        name="qianfan_ocr",
        hub="baidu/Qianfan-OCR",
        gigabytes=9.5,
        architectures=("QianfanOCRForConditionalGeneration",),
        model_class="QianfanOCRForConditionalGeneration",
        image_processor="GotOcr2ImageProcessorPil",
        modes={
            "markdown": Mode("Parse this document to Markdown.", max_new_tokens=8192),
            "text": Mode("OCR the text in the image.", max_new_tokens=8192, form="plain"),
        },
        scripts=("Latn", "Hans", "Hant", "Cyrl", "Jpan", "Kore", "Arab"),
        stop_tokens=("<|im_end|>",),
        min_pixels=2 * TILE * TILE,
        max_pixels=(MOST_TILES + 1) * TILE * TILE,
        cpu_pixels=(MOST_TILES + 1) * TILE * TILE,  # 3,328 image tokens: as many as dots.ocr has of A4 at 165 dpi
        # The vision encoder sees tiles of 1,025 patches, which take PyTorch no time worth saving.
        attention={"text": AttentionShape(128, 32, 8, True, lengths=((MOST_TILES + 1) * 256 + PROMPT,))},
        layout=LAYOUT,
        served=Served("qianfanocr", "qianfan-ocr"),
    )
    info: ClassVar[EngineInfo] = facts.info(
        rank=9,
        gpu_mb=11_000,
        card="a GPU with 16 GB",
        strengths="whole pages of many languages as Markdown with tables and formulas; no boxes",
    )

    def prepare(self, image: Image, mode: Mode, pixels: int) -> Prepared:
        """The page stretched over up to twelve tiles of its shape, and squeezed into one square besides."""
        processor, config = self.loaded.image_processor, self.loaded.model.config
        side = processor.size["height"]
        most = min(processor.max_patches, max(1, pixels // (side * side) - 1))
        tiles = processor(
            images=image, crop_to_patches=True, min_patches=1, max_patches=most, return_tensors="pt"
        )["pixel_values"]  # fmt: skip
        merged = int(config.vision_config.patch_size[0] / config.downsample_ratio)
        count = len(tiles) * (side // merged) ** 2
        before, after = chat_around(self.loaded, mode.prompt, PLACEHOLDER)
        prompt = f"{before}<img>{image_token(self.loaded) * count}</img>{after}"
        ids = encode(self.loaded.tokenizer, prompt, image_token=config.image_token_id, expected=count)
        return Prepared({"input_ids": ids, "pixel_values": tiles}, (side, side))
