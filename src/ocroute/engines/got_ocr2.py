"""GOT-OCR 2.0: a small model that reads a page, or a large page in tiles, as plain text or as Mathpix-like Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ocroute.engines.base import EngineInfo
from ocroute.engines.neural import (
    Answered,
    AttentionShape,
    Facts,
    Layout,
    Mode,
    NeuralEngine,
    Prepared,
    markdown_blocks,
)
from ocroute.engines.neural.attention_shapes import PROMPT
from ocroute.engines.neural.image_prompts import encode
from ocroute.engines.neural.mathpix import from_mathpix
from ocroute.values import Block

if TYPE_CHECKING:
    from PIL.Image import Image

_SYSTEM = "You should follow the instructions carefully and explain your answers in detail."
_BEFORE = f"<|im_start|>system\n{_SYSTEM}<|im_end|><|im_start|>user\n<img>"
_AFTER = "<|im_end|><|im_start|>assistant\n"
LEAST_TILES, MOST_TILES = 2, 12
ALL_PIXELS = (MOST_TILES + 1) * 1024 * 1024

# The spaces around "OCR" are part of what the model was trained on.
MODES = {
    "text": Mode(" OCR: ", form="plain"),
    "markdown": Mode(" OCR with format: ", form="mathpix"),
    "crop": Mode(" OCR upon the patch reference: ", options={"crop": True}, form="plain"),
    "crop_markdown": Mode(" OCR with format upon the patch reference: ", options={"crop": True}, form="mathpix"),
    # What stands in a frame of that colour.
    **{colour: Mode(f"[{colour}]  OCR: ", text=False, form="plain") for colour in ("red", "green", "blue")},
}


LAYOUT = Layout(
    config={
        "model_type": "got_ocr2",
        "tie_word_embeddings": True,
        "text_config": {
            "model_type": "qwen2", "hidden_size": 1024, "intermediate_size": 2816, "num_hidden_layers": 24,
            "num_attention_heads": 16, "num_key_value_heads": 16, "vocab_size": 151860, "rms_norm_eps": 1e-6,
            "max_position_embeddings": 131072, "tie_word_embeddings": True, "bos_token_id": None, "eos_token_id": None,
        },
        "vision_config": {
            "hidden_size": 768, "output_channels": 256, "num_hidden_layers": 12, "num_attention_heads": 12,
            "image_size": 1024, "patch_size": 16, "window_size": 14, "global_attn_indexes": [2, 5, 8, 11],
            "mlp_dim": 3072, "use_abs_pos": True, "use_rel_pos": True,
        },
    },
    ids={"image_token_index": "<imgpad>"},
    tokens=("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<img>", "</img>", "<imgpad>"),
    prompt=f"{_BEFORE}{{image}}</img>\n{{prompt}}{_AFTER}",
    pixels={"size": {"height": 1024, "width": 1024}},
    tiny={  # the decoder must be as wide as the four features that are merged
        "text_config": {
            "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 2,
            "num_key_value_heads": 2,
        },
        "vision_config": {
            "hidden_size": 32, "output_channels": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 64,
            "window_size": 2, "global_attn_indexes": [1], "mlp_dim": 64,
        },
    },
    tiny_pixels={"size": {"height": 64, "width": 64}},
)  # fmt: skip


class GotOcr2(NeuralEngine):
    """stepfun-ai/GOT-OCR-2.0-hf."""

    facts: ClassVar[Facts] = Facts(
        name="got_ocr2",
        hub="stepfun-ai/GOT-OCR-2.0-hf",
        gigabytes=1.1,
        architectures=("GotOcr2ForConditionalGeneration",),
        model_class="GotOcr2ForConditionalGeneration",
        image_processor="GotOcr2ImageProcessorPil",
        modes=MODES,
        scripts=("Latn", "Hans"),
        stop_tokens=("<|im_end|>",),
        max_pixels=ALL_PIXELS,
        cpu_pixels=ALL_PIXELS,  # by count 13 TFLOP, less than dots.ocr takes for A4 at 100 dpi
        min_pixels=1024 * 1024,
        # The vision tower adds relative positions to its scores: no kernel here does.
        attention={"text": AttentionShape(64, 16, 16, True, lengths=((MOST_TILES + 1) * 256 + PROMPT,))},
        layout=LAYOUT,
    )
    info: ClassVar[EngineInfo] = facts.info(
        rank=7,
        gpu_mb=3200,
        card="a GPU with 4 GB, or patience",
        strengths="English and Chinese pages, formulas and tables as Markdown, on small cards; no boxes",
    )

    def prepare(self, image: Image, mode: Mode, pixels: int) -> Prepared:
        """The page squeezed into one square, or stretched over up to twelve and shown whole besides.

        Where tiles are asked for, there are two at least if the page's shape allows: with less memory the engine is not used.
        """
        config, processor = self.loaded.model.config, self.loaded.image_processor
        side = processor.size["height"]
        most = max(LEAST_TILES, min(MOST_TILES, pixels // (side * side) - 1))
        made = processor(
            images=image, crop_to_patches=bool(mode.options.get("crop")), min_patches=1, max_patches=most,
            return_tensors="pt",
        )  # fmt: skip
        squares = made["pixel_values"].shape[0]
        # patches, then two halvings in the neck: 256 features of a square of 1024 pixels
        features = (config.vision_config.image_size // config.vision_config.patch_size // 4) ** 2 * squares
        token = self.loaded.tokenizer.convert_ids_to_tokens(config.image_token_id)
        prompt = f"{_BEFORE}{token * features}</img>\n{mode.prompt}{_AFTER}"
        ids = encode(self.loaded.tokenizer, prompt, image_token=config.image_token_id, expected=features)
        return Prepared({"input_ids": ids, "pixel_values": made["pixel_values"]}, (side, side))

    @staticmethod
    def blocks(answer: Answered) -> tuple[Block, ...]:
        """Paragraphs, or what Markdown and LaTeX tell apart."""
        return from_mathpix(answer.text) if answer.mode.form == "mathpix" else markdown_blocks.blocks(answer)
