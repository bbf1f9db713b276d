"""The tiny Qwen2-VL."""

from __future__ import annotations

from typing import Any

from bench.tiny_models.answers import as_lines, as_markdown
from bench.tiny_models.specs.base import WIDTH, Spec, Task, decoder, qwen_preprocessor

_CHAT = (
    "{% for m in messages %}{% if loop.first and m.role != 'system' %}"
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% endif %}"
    "<|im_start|>{{ m.role }}\n{% if m.content is string %}{{ m.content }}{% else %}{% for part in m.content %}"
    "{% if part.type == 'image' %}<|vision_start|><|image_pad|><|vision_end|>{% elif 'text' in part %}{{ part.text }}{% endif %}"
    "{% endfor %}{% endif %}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def qwen2_vl() -> Spec:
    """Asked as the library's engine asks."""
    head = (
        "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
        "<|im_start|>user\n<|vision_start|><|image_pad|><|vision_end|>"
    )
    asked = {
        "text": "Read all the text in the image.",
        "extract": "Extract all text from this image.",
        "markdown": "Convert the page to Markdown. Write tables as HTML. Add nothing that is not on the page.",
    }

    def config(ids: dict[str, int], size: int) -> dict[str, Any]:
        text = decoder(size)
        del text["attention_bias"]
        return {
            "architectures": ["Qwen2VLForConditionalGeneration"],
            "model_type": "qwen2_vl",
            **text,
            "rope_scaling": {"type": "mrope", "mrope_section": [8, 12, 12]},
            "tie_word_embeddings": True,
            "bos_token_id": ids["<|endoftext|>"],
            "eos_token_id": ids["<|im_end|>"],
            "vision_start_token_id": ids["<|vision_start|>"],
            "vision_end_token_id": ids["<|vision_end|>"],
            "vision_token_id": ids["<|vision_pad|>"],
            "image_token_id": ids["<|image_pad|>"],
            "video_token_id": ids["<|video_pad|>"],
            "vision_config": {
                "depth": 5, "embed_dim": 192, "mlp_ratio": 2, "num_heads": 3, "in_chans": 3, "hidden_size": WIDTH,
                "patch_size": 14, "spatial_merge_size": 2, "spatial_patch_size": 14, "temporal_patch_size": 2,
            },
        }  # fmt: skip

    return Spec(
        name="qwen2_vl",
        specials=(
            "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>",
            "<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>",
            "<|image_pad|>", "<|video_pad|>",
        ),
        phrases=("system\n", "user\n", "assistant\n", "You are a helpful assistant.", *asked.values()),
        placeholder="<|image_pad|>",
        end="<|im_end|>",
        cell=28,
        tasks={
            name: Task(
                f"{head}{prompt}<|im_end|>\n<|im_start|>assistant\n",
                as_markdown if name == "markdown" else as_lines,
                {"text": 0.5, "extract": 0.2, "markdown": 0.3}[name],
            )
            for name, prompt in asked.items()
        },
        config=config,
        preprocessor=qwen_preprocessor(12845056, 2, "Qwen2VLProcessor"),
        generation=lambda ids: {
            "bos_token_id": ids["<|endoftext|>"],
            "pad_token_id": ids["<|endoftext|>"],
            "eos_token_id": [ids["<|im_end|>"], ids["<|endoftext|>"]],
            "do_sample": False,
        },
        tokenizer_class="Qwen2Tokenizer",
        chat_template=_CHAT,
        eos="<|im_end|>",
    )  # fmt: skip
