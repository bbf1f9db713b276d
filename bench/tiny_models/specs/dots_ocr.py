"""The tiny dots.ocr."""

from __future__ import annotations

from typing import Any

from bench.tiny_models.answers import CATEGORIES, FRAME, as_blocks, as_boxes, as_layout
from bench.tiny_models.specs.base import WIDTH, Spec, Task, decoder, qwen_preprocessor


def dots_ocr() -> Spec:
    """Its prompts are the library's own, from the published model."""
    from ocroute.models.dots_ocr.prompts import PROMPTS, chat

    def config(ids: dict[str, int], size: int) -> dict[str, Any]:
        return {
            "architectures": ["DotsOCRForCausalLM"],
            "model_type": "dots_ocr",
            **decoder(size),
            "tie_word_embeddings": False,
            "image_token_id": ids["<|imgpad|>"],
            "video_token_id": ids["<|video_pad|>"],
            "vision_config": {
                "embed_dim": 192, "hidden_size": WIDTH, "intermediate_size": 256, "num_hidden_layers": 5,
                "num_attention_heads": 3, "num_channels": 3, "patch_size": 14, "temporal_patch_size": 1,
                "spatial_merge_size": 2, "rms_norm_eps": 1e-5, "use_bias": False, "post_norm": True, "is_causal": False,
                "initializer_range": 0.02,
            },
        }  # fmt: skip

    sentences = [
        line for task in ("layout", "layout_only", "text") for line in PROMPTS[task].splitlines() if line.strip()
    ]
    return Spec(
        name="dots_ocr",
        specials=(
            "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|video_pad|>", "<|imgpad|>", "<|img|>", "<|endofimg|>",
            "<|systemprompt|>", "<|endofsystemprompt|>", "<|user|>", "<|endofuser|>", "<|assistant|>", "<|endofassistant|>",
            "[PAD]",
        ),
        phrases=(*dict.fromkeys(line.strip() for line in sentences), *FRAME, *CATEGORIES),
        placeholder="<|imgpad|>",
        end="<|endofassistant|>",
        cell=28,
        tasks={
            "layout": Task(chat(PROMPTS["layout"], 1), as_layout, 0.6),
            "layout_only": Task(chat(PROMPTS["layout_only"], 1), as_boxes, 0.08),
            "text": Task(chat(PROMPTS["text"], 1), as_blocks, 0.32),
        },
        config=config,
        preprocessor=qwen_preprocessor(11289600, 1, "DotsVLProcessor"),
        generation=lambda ids: {"eos_token_id": [ids["<|endoftext|>"], ids["<|endofassistant|>"]]},
        tokenizer_class="Qwen2Tokenizer",
        pad="[PAD]",
    )  # fmt: skip
