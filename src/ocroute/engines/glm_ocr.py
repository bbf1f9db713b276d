"""GLM-OCR: a small model for text, tables and formulas. An example of how little a further model costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ocroute.engines.base import EngineInfo
from ocroute.engines.neural import AttentionShape, Facts, Layout, Mode, NeuralEngine, Prepared, Served
from ocroute.engines.neural.image_prompts import patched_chat

if TYPE_CHECKING:
    from PIL.Image import Image


LAYOUT = Layout(
    config={
        "model_type": "glm_ocr",
        "tie_word_embeddings": False,
        "text_config": {
            "hidden_size": 1536, "intermediate_size": 4608, "num_hidden_layers": 16, "num_attention_heads": 16,
            "num_key_value_heads": 8, "head_dim": 128, "vocab_size": 59392,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [16, 24, 24]},
        },
        "vision_config": {
            "depth": 24, "hidden_size": 1024, "num_heads": 16, "intermediate_size": 4096, "out_hidden_size": 1536,
        },
    },
    ids={
        "image_token_id": "<|image|>", "video_token_id": "<|video|>", "image_start_token_id": "<|begin_of_image|>",
        "image_end_token_id": "<|end_of_image|>", "video_start_token_id": "<|begin_of_video|>",
        "video_end_token_id": "<|end_of_video|>",
    },
    tokens=(
        "<|endoftext|>", "[gMASK]", "<sop>", "<|user|>", "<|assistant|>", "<|begin_of_image|>", "<|end_of_image|>",
        "<|begin_of_video|>", "<|end_of_video|>", "<|image|>", "<|video|>",
    ),
    prompt="[gMASK]<sop><|user|>\n<|begin_of_image|>{image}<|end_of_image|>{prompt}<|assistant|>\n",
    chat_template=(
        "[gMASK]<sop>{% for m in messages %}<|user|>\n{% for c in m.content %}"
        "{% if c.type == 'image' %}<|begin_of_image|><|image|><|end_of_image|>{% else %}{{ c.text }}{% endif %}"
        "{% endfor %}{% endfor %}{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
    ),
    tiny={
        "text_config": {
            "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2,
            "num_key_value_heads": 2, "head_dim": 16,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [2, 3, 3]},
        },
        "vision_config": {"depth": 2, "hidden_size": 32, "num_heads": 2, "intermediate_size": 48, "out_hidden_size": 32},
    },
)  # fmt: skip


class GlmOcr(NeuralEngine):
    """zai-org/GLM-OCR."""

    facts: ClassVar[Facts] = Facts(
        name="glm_ocr",
        hub="zai-org/GLM-OCR",
        gigabytes=2.2,
        architectures=("GlmOcrForConditionalGeneration",),
        model_class="GlmOcrForConditionalGeneration",
        stop_tokens=("<|user|>", "<|endoftext|>"),
        image_processor="Glm46VImageProcessorPil",
        modes={
            "text": Mode("Text Recognition:", max_new_tokens=8192),
            "table": Mode("Table Recognition:", text=False),
            "formula": Mode("Formula Recognition:", text=False),
        },
        scripts=("Latn", "Hans"),
        attention={
            "vision": AttentionShape(64, 16, 16, False, patches=1, cap=16_384),
            "text": AttentionShape(128, 16, 8, True, patches=4, cap=16_384),
        },
        layout=LAYOUT,
        served=Served("glmocr", "glm-ocr"),
    )
    info: ClassVar[EngineInfo] = facts.info(
        rank=5,
        gpu_mb=2925,
        card="a GPU with 6 GB, or patience",
        strengths="text, tables and formulas on small cards; no boxes",
    )

    def prepare(self, image: Image, mode: Mode, pixels: int) -> Prepared:
        """The checkpoint's own chat template around image and prompt."""
        frames = self.loaded.image_processor.temporal_patch_size
        return patched_chat(self.loaded, image, pixels, mode.prompt, frames=frames)
