"""dots.ocr: whole pages as blocks with boxes, categories and reading order, from one small vision-language model."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ocroute.engines.base import EngineInfo
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
    markdown_blocks,
)
from ocroute.engines.neural.devices import Place
from ocroute.engines.neural.loading import Loaded, telling
from ocroute.models.dots_ocr.answer import is_cut, parse
from ocroute.models.dots_ocr.input_size import InputSize, fit
from ocroute.models.dots_ocr.prompts import END_OF_IMAGE, ENDS, IMAGE, IMAGE_PAD, PROMPTS, SPECIAL, chat
from ocroute.values import Block

if TYPE_CHECKING:
    from PIL.Image import Image

# The longest answers that the model's own tools allow.
MODES = {
    "layout": Mode(PROMPTS["layout"], boxes=True, max_new_tokens=24_000),
    "text": Mode(PROMPTS["text"], max_new_tokens=16_384),
    "layout_only": Mode(PROMPTS["layout_only"], text=False, boxes=True, max_new_tokens=8_192),
    # Only dots.mocr knows these. What its answers hold is not published: cells are taken where there are any, else the text.
    "web": Mode(PROMPTS["web"], text=False, boxes=True, max_new_tokens=24_000),
    "scene": Mode(PROMPTS["scene"], boxes=True, max_new_tokens=16_384),
}


LEAST, MOST = 3_136, 11_289_600  # pixels

LAYOUT = Layout(
    config={
        "model_type": "dots_ocr", "attention_bias": True, "hidden_act": "silu", "rms_norm_eps": 1e-6, "use_cache": True,
        "max_position_embeddings": 131072, "hidden_size": 1536, "intermediate_size": 8960, "num_hidden_layers": 28,
        "num_attention_heads": 12, "num_key_value_heads": 2, "vocab_size": 151936, "rope_theta": 1000000,
        "tie_word_embeddings": False,
        "vision_config": {
            "embed_dim": 1536, "hidden_size": 1536, "intermediate_size": 4224, "num_hidden_layers": 42,
            "num_attention_heads": 12, "num_channels": 3, "patch_size": 14, "spatial_merge_size": 2,
            "temporal_patch_size": 1, "use_bias": False, "post_norm": True, "is_causal": False,
        },
    },
    ids={"image_token_id": IMAGE_PAD, "video_token_id": "<|video_pad|>"},
    tokens=("<|endoftext|>", "<|video_pad|>", *SPECIAL),
    prompt=chat("{prompt}", 1).replace(IMAGE_PAD, "{image}"),
    vocabulary="",
    pixels={
        "min_pixels": LEAST, "max_pixels": MOST, "patch_size": 14, "temporal_patch_size": 1, "merge_size": 2,
        "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711],
    },
    tiny={
        "hidden_size": 24, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
        "vision_config": {
            "embed_dim": 32, "hidden_size": 24, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2,
        },
    },
)  # fmt: skip


class DotsOcr(NeuralEngine):
    """rednote-hilab/dots.ocr and dots.mocr, with our own model classes: transformers has none."""

    facts: ClassVar[Facts] = Facts(
        name="dots_ocr",
        hub="rednote-hilab/dots.ocr",
        gigabytes=6.1,
        architectures=("DotsOCRForCausalLM",),
        model_class="DotsOCRForCausalLM",
        modes=MODES,
        scripts=(
            *("Latn", "Cyrl", "Grek", "Hans", "Hant", "Jpan", "Kore", "Arab", "Hebr", "Deva", "Beng", "Taml", "Telu"),
            *("Thai", "Armn", "Geor"),
        ),
        stop_tokens=ENDS,
        min_pixels=LEAST,
        max_pixels=MOST,
        attention={
            "vision": AttentionShape(128, 12, 12, False, patches=1, cap=57_600),
            "text": AttentionShape(128, 12, 2, True, patches=4, cap=57_600),
        },
        own_pixels=True,
        on_host=("image_grid_thw",),
        layout=LAYOUT,
        # vLLM puts a line end between image and text, which the model was not trained on, unless the text brings the image's
        # place itself. The image is sent at the size to which the server would bring it: boxes are in the pixels of that.
        served=Served(
            "dotsm?ocr",
            "dots.ocr",
            before={"vllm": IMAGE + IMAGE_PAD + END_OF_IMAGE},
            fit=partial(fit, factor=28, min_pixels=LEAST, max_pixels=MOST),
            # The page at most 14,400 tokens, the answer 24,000.
            vllm=Vllm(
                "0.11",
                tokens=40_960,
                configuration="dots_ocr=vllm.transformers_utils.configs.dotsocr:DotsOCRConfig",
            ),
        ),
    )
    info: ClassVar[EngineInfo] = facts.info(
        rank=2,
        gpu_mb=7050,
        card="a GPU with 10 GB, or patience",
        strengths="layout, reading order, tables and formulas in many scripts",
    )

    @classmethod
    def model_class(cls) -> Any:
        """Of `ocroute.models.dots_ocr`."""
        from ocroute.models.dots_ocr.modeling import DotsOCRForCausalLM

        return DotsOCRForCausalLM

    def load(self, folder: Path, where: Place) -> Loaded:
        """With the classes in `ocroute.models.dots_ocr`; the code that lies in the checkpoint's folder is not run."""
        from ocroute.models.dots_ocr.load import load

        with telling(self.facts, folder):
            self._dots = load(folder, device=where.device, dtype=where.dtype)
        return Loaded(self._dots.model, self._dots.tokenizer, None, self._dots.stop_ids)

    def on_meta_device(self, folder: Path, where: Place) -> Loaded:
        """The same classes without contents."""
        from ocroute.models.dots_ocr.load import on_meta_device

        with telling(self.facts, folder):
            self._dots = on_meta_device(folder, dtype=where.dtype)
        return Loaded(self._dots.model, self._dots.tokenizer, None, ())

    def see(self, model: Any, inputs: dict[str, Any]) -> None:
        """The vision tower stands beside the decoder."""
        model.vision_tower(inputs["pixel_values"], inputs["image_grid_thw"])

    def prepare(self, image: Image, mode: Mode, pixels: int) -> Prepared:
        """Patches and prompt as the model was trained on them."""
        from ocroute.models.dots_ocr.model_inputs import prepare

        made = prepare(self._dots, image, mode.prompt, max_pixels=pixels, device="cpu")
        inputs = {
            "input_ids": made.input_ids,
            "pixel_values": made.pixel_values,
            "image_grid_thw": made.image_grid_thw,
        }
        return Prepared(inputs, made.input_size)

    @staticmethod
    def blocks(answer: Answered) -> tuple[Block, ...]:
        """The cells of its JSON where the model was asked for boxes, else what its Markdown tells apart."""
        if answer.mode.boxes:
            return parse(answer.text, InputSize(*answer.input_size), answer.size)
        return markdown_blocks.blocks(answer)

    @staticmethod
    def cut(answer: Answered) -> str:
        """As its JSON shows."""
        return markdown_blocks.cut(answer) or ("its JSON ends within a cell" if is_cut(answer.text) else "")
