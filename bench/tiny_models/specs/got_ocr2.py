"""The tiny GOT-OCR 2.0."""

from __future__ import annotations

from typing import Any

from bench.tiny_models.answers import as_lines, as_markdown
from bench.tiny_models.specs.base import MEAN, STD, Spec, Task, decoder


def got_ocr2() -> Spec:
    """Sees every page squeezed into one square."""
    system = "You should follow the instructions carefully and explain your answers in detail."
    asked = {"plain": " OCR: ", "formatted": " OCR with format: "}

    def config(ids: dict[str, int], size: int) -> dict[str, Any]:
        text = decoder(size)
        del text["attention_bias"]
        return {
            "architectures": ["GotOcr2ForConditionalGeneration"],
            "model_type": "got_ocr2",
            "image_token_index": ids["<imgpad>"],
            "image_seq_length": 64,
            "tie_word_embeddings": True,
            "text_config": {"model_type": "qwen2", **text, "tie_word_embeddings": True},
            "vision_config": {
                "hidden_size": 192, "output_channels": 96, "num_hidden_layers": 5, "num_attention_heads": 3,
                "num_channels": 3, "image_size": 256, "patch_size": 8, "window_size": 8, "global_attn_indexes": [2],
                "mlp_dim": 384, "use_abs_pos": True, "use_rel_pos": True, "qkv_bias": True, "initializer_range": 1e-10,
            },
        }  # fmt: skip

    return Spec(
        name="got_ocr2",
        specials=(
            "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<ref>", "</ref>", "<box>", "</box>", "<img>", "</img>", "<imgpad>",
        ),
        phrases=("system\n", "user\n", "assistant\n", system, *asked.values()),
        placeholder="<imgpad>",
        end="<|im_end|>",
        cell=32,
        tasks={
            name: Task(
                f"<|im_start|>system\n{system}<|im_end|><|im_start|>user\n<img><imgpad></img>\n{query}<|im_end|>"
                "<|im_start|>assistant\n",
                as_markdown if name == "formatted" else as_lines,
                0.3 if name == "formatted" else 0.7,
            )
            for name, query in asked.items()
        },
        config=config,
        preprocessor={
            "image_processor_type": "GotOcr2ImageProcessor", "processor_class": "GotOcr2Processor", "do_convert_rgb": True,
            "do_resize": True, "size": {"height": 256, "width": 256}, "resample": 3, "do_rescale": True,
            "rescale_factor": 1 / 255, "do_normalize": True, "image_mean": MEAN, "image_std": STD, "crop_to_patches": False,
            "min_patches": 1, "max_patches": 12,
        },
        generation=lambda ids: {"eos_token_id": ids["<|im_end|>"], "pad_token_id": ids["<|endoftext|>"], "do_sample": False},
        tokenizer_class="PreTrainedTokenizerFast",
        square=256,
    )  # fmt: skip
