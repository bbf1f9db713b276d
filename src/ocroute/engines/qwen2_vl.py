"""Qwen2-VL 2B: a general vision-language model that reads pages of many scripts when asked to."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ocroute.engines.base import EngineInfo
from ocroute.engines.neural import AttentionShape, Facts, Layout, Mode, NeuralEngine, Prepared, Served, Vllm
from ocroute.engines.neural.image_prompts import patched

if TYPE_CHECKING:
    from PIL.Image import Image

# The model has no prompt of its own for pages. It answers in the words' order without saying where they stand.
MODES = {
    "text": Mode("Read all the text in the image.", max_new_tokens=8192, form="plain"),
    "markdown": Mode("Convert the page to Markdown. Write tables as HTML. Add nothing that is not on the page."),
}


_BEFORE = "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n<|vision_start|>"
_AFTER = "<|im_end|>\n<|im_start|>assistant\n"

LAYOUT = Layout(
    config={
        "model_type": "qwen2_vl",
        "tie_word_embeddings": True,
        "text_config": {
            "hidden_size": 1536, "intermediate_size": 8960, "num_hidden_layers": 28, "num_attention_heads": 12,
            "num_key_value_heads": 2, "vocab_size": 151936, "rms_norm_eps": 1e-6, "max_position_embeddings": 131072,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [16, 24, 24]},
        },
        "vision_config": {"depth": 32, "embed_dim": 1280, "num_heads": 16, "mlp_ratio": 4, "hidden_size": 1536},
    },
    ids={
        "image_token_id": "<|image_pad|>", "video_token_id": "<|video_pad|>", "vision_start_token_id": "<|vision_start|>",
        "vision_end_token_id": "<|vision_end|>",
    },
    tokens=(
        "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>",
        "<|video_pad|>",
    ),
    prompt=f"{_BEFORE}{{image}}<|vision_end|>{{prompt}}{_AFTER}",
    pixels={"min_pixels": 3136, "max_pixels": 12845056},
    tiny={
        "text_config": {
            "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4,
            "num_key_value_heads": 2, "max_position_embeddings": 4096,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [2, 3, 3]},
        },
        "vision_config": {"depth": 2, "embed_dim": 64, "hidden_size": 64, "num_heads": 4, "mlp_ratio": 2},
    },
)  # fmt: skip


class Qwen2Vl(NeuralEngine):
    """Qwen2-VL-2B-Instruct and larger ones of its class."""

    facts: ClassVar[Facts] = Facts(
        name="qwen2_vl",
        hub="Qwen/Qwen2-VL-2B-Instruct",
        gigabytes=4.4,
        architectures=("Qwen2VLForConditionalGeneration",),
        model_class="Qwen2VLForConditionalGeneration",
        image_processor="Qwen2VLImageProcessorPil",
        modes=MODES,
        scripts=("Latn", "Cyrl", "Hans", "Hant", "Jpan", "Kore", "Arab"),
        stop_tokens=("<|im_end|>", "<|endoftext|>"),
        attention={
            "vision": AttentionShape(80, 16, 16, False, patches=1, cap=65_536),
            "text": AttentionShape(128, 12, 2, True, patches=4, cap=65_536),
        },
        layout=LAYOUT,
        served=Served(r"qwen\d*vl", "qwen-vl", vllm=Vllm("0.11", tokens=32_768)),
    )
    info: ClassVar[EngineInfo] = facts.info(
        rank=8,
        gpu_mb=4850,
        card="a GPU with 8 GB, or patience",
        strengths="photographs, signs and odd pages in many scripts; no boxes",
    )

    def prepare(self, image: Image, mode: Mode, pixels: int) -> Prepared:
        """ChatML with the system prompt that the model was trained with."""
        return patched(self.loaded, image, pixels, before=_BEFORE, after=f"<|vision_end|>{mode.prompt}{_AFTER}")
