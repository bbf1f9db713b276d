"""LightOnOCR: reads a whole page into Markdown without being told anything. Another example of a further model."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ocroute.engines.base import EngineInfo
from ocroute.engines.neural import AttentionShape, Facts, Layout, Mode, NeuralEngine, Prepared, Served
from ocroute.engines.neural.image_prompts import chat, decline_strips, encode

if TYPE_CHECKING:
    from PIL.Image import Image


LAYOUT = Layout(
    config={
        "model_type": "lighton_ocr",
        "tie_word_embeddings": True,
        "text_config": {
            "model_type": "qwen3", "vocab_size": 151936, "hidden_size": 1024, "intermediate_size": 3072,
            "num_hidden_layers": 28, "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128,
            "bos_token_id": None, "eos_token_id": None,
        },
        "vision_config": {
            "model_type": "pixtral", "hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24,
            "num_attention_heads": 16, "head_dim": 64, "image_size": 1540, "patch_size": 14,
        },
    },
    ids={"image_token_id": "<|image_pad|>"},
    tokens=("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|image_pad|>"),
    prompt="<|im_start|>user\n{image}<|im_end|>\n<|im_start|>assistant\n",
    chat_template=(
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{% for c in m.content %}"
        "{% if c.type == 'image' %}<|image_pad|>{% else %}{{ c.text }}{% endif %}{% endfor %}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    ),
    pixels={"patch_size": {"height": 28, "width": 28}, "size": {"longest_edge": 1540}},
    tiny={
        "text_config": {
            "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2,
            "num_key_value_heads": 2, "head_dim": 16,
        },
        "vision_config": {
            "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2, "head_dim": 16,
            "image_size": 448,
        },
    },
    tiny_pixels={"size": {"longest_edge": 448}},
)  # fmt: skip


class LightOnOcr(NeuralEngine):
    """lightonai/LightOnOCR-1B-1025 and its successors of the same class."""

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
        layout=LAYOUT,
        served=Served("lightonocr", "lighton-ocr"),
    )
    info: ClassVar[EngineInfo] = facts.info(
        rank=6,
        gpu_mb=2900,
        card="a GPU with 6 GB, or patience",
        strengths="whole pages of European languages as Markdown, on small cards; no boxes",
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
