"""PaddleOCR-VL: a layout model finds the parts of a page and their order, a small language model reads them, many at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from ocroute.document.markup import html_table
from ocroute.engines.base import EngineInfo
from ocroute.engines.neural import AttentionShape, Facts, Layout, Mode, Prepared, markdown_blocks, otsl
from ocroute.engines.neural.image_prompts import patched_chat
from ocroute.engines.neural.model_facts import Answered
from ocroute.engines.neural.two_stage import TwoStage
from ocroute.values import Block, Box, Category

if TYPE_CHECKING:
    from PIL.Image import Image

LEAST, MOST = 112_896, 1_003_520  # pixels of a region as the model sees it

MODES = {
    "layout": Mode("OCR:", boxes=True, form="plain"),  # the prompts of regions are those of the modes below
    "text": Mode("OCR:", form="plain"),
    "table": Mode("Table Recognition:", text=False),
    "formula": Mode("Formula Recognition:", text=False),
    "chart": Mode("Chart Recognition:", text=False, form="plain"),
}

LAYOUT = Layout(
    config={
        "model_type": "paddleocr_vl",
        "tie_word_embeddings": False,
        "text_config": {
            "model_type": "paddleocr_vl_text", "vocab_size": 103424, "hidden_size": 1024, "intermediate_size": 3072,
            "num_hidden_layers": 18, "num_attention_heads": 16, "num_key_value_heads": 2, "head_dim": 128,
            "rms_norm_eps": 1e-5, "use_bias": False, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
            "rope_parameters": {"rope_type": "default", "rope_theta": 5e5, "mrope_section": [16, 24, 24]},
        },
        "vision_config": {
            "model_type": "paddleocr_vl_vision", "hidden_size": 1152, "intermediate_size": 4304, "num_hidden_layers": 27,
            "num_attention_heads": 16, "image_size": 384, "patch_size": 14, "spatial_merge_size": 2,
        },
    },
    ids={
        "image_token_id": "<|IMAGE_PLACEHOLDER|>", "video_token_id": "<|video_pad|>",
        "vision_start_token_id": "<|IMAGE_START|>", "vision_end_token_id": "<|IMAGE_END|>",
    },
    tokens=(
        "<|begin_of_sentence|>", "<|IMAGE_PLACEHOLDER|>", "<|video_pad|>", "<|IMAGE_START|>", "<|IMAGE_END|>", *otsl.TOKENS,
    ),
    first_tokens=("<unk>", "<s>", "</s>"),
    prompt="<|begin_of_sentence|>User: <|IMAGE_START|>{image}<|IMAGE_END|>{prompt}\nAssistant: ",
    chat_template=(
        "<|begin_of_sentence|>{% for m in messages %}User: {% for c in m.content %}"
        "{% if c.type == 'image' %}<|IMAGE_START|><|IMAGE_PLACEHOLDER|><|IMAGE_END|>{% else %}{{ c.text }}{% endif %}"
        "{% endfor %}{{ '\\n' }}{% endfor %}{% if add_generation_prompt %}Assistant: {% endif %}"
    ),
    pixels={
        "min_pixels": LEAST, "max_pixels": MOST, "patch_size": 14, "temporal_patch_size": 1, "merge_size": 2,
        "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5],
    },
    tiny={
        "text_config": {
            "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2,
            "num_key_value_heads": 2, "head_dim": 16,
            "rope_parameters": {"rope_type": "default", "rope_theta": 5e5, "mrope_section": [2, 3, 3]},
        },
        "vision_config": {
            "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 56,
        },
    },
    tiny_pixels={"min_pixels": 4 * 28 * 28},
)  # fmt: skip

# What PP-DocLayout's classes are, and in which mode each is read; those without one hold a picture.
CLASSES: dict[str, tuple[Category, str]] = {
    "abstract": (Category.TEXT, "text"),
    "algorithm": (Category.CODE, "text"),
    "aside_text": (Category.TEXT, "text"),
    "chart": (Category.PICTURE, ""),
    "content": (Category.TEXT, "text"),
    "display_formula": (Category.FORMULA, "formula"),
    "doc_title": (Category.TITLE, "text"),
    "figure_title": (Category.CAPTION, "text"),
    "footer": (Category.PAGE_FOOTER, "text"),
    "footer_image": (Category.PICTURE, ""),
    "footnote": (Category.FOOTNOTE, "text"),
    "formula_number": (Category.TEXT, "text"),
    "header": (Category.PAGE_HEADER, "text"),
    "header_image": (Category.PICTURE, ""),
    "image": (Category.PICTURE, ""),
    "inline_formula": (Category.FORMULA, "formula"),
    "number": (Category.PAGE_FOOTER, "text"),
    "paragraph_title": (Category.SECTION_HEADER, "text"),
    "reference": (Category.TEXT, "text"),
    "reference_content": (Category.TEXT, "text"),
    "seal": (Category.PICTURE, ""),
    "table": (Category.TABLE, "table"),
    "text": (Category.TEXT, "text"),
    "vertical_text": (Category.TEXT, "text"),
    "vision_footnote": (Category.CAPTION, "text"),
}

_OTHER = (Category.TEXT, "text")  # of a class that is not known here: it is read, so nothing is lost

_BACKBONE = {
    "model_type": "hgnet_v2", "embedding_size": 16, "hidden_sizes": [16, 32, 48, 64], "depths": [1, 1, 1, 1],
    "stem_channels": [3, 8, 16], "stage_in_channels": [16, 16, 32, 48], "stage_mid_channels": [8, 8, 16, 16],
    "stage_out_channels": [16, 32, 48, 64], "stage_num_blocks": [1, 1, 1, 1], "stage_numb_of_layers": [1, 1, 1, 1],
    "stage_downsample": [False, True, True, True], "stage_light_block": [False, False, True, True],
    "stage_kernel_size": [3, 3, 5, 5], "return_idx": [0, 1, 2, 3],
    "out_features": ["stage1", "stage2", "stage3", "stage4"],
}  # fmt: skip

REGIONS = Layout(
    config={"model_type": "pp_doclayout_v3", "id2label": {str(number): label for number, label in enumerate(CLASSES)}},
    ids={},
    tokens=(),
    prompt="",
    pixels={"size": {"height": 800, "width": 800}, "image_mean": [0, 0, 0], "image_std": [1, 1, 1]},
    tiny={
        "backbone_config": _BACKBONE, "encoder_in_channels": [32, 48, 64], "encoder_hidden_dim": 16, "d_model": 16,
        "encoder_ffn_dim": 32, "encoder_attention_heads": 2, "decoder_in_channels": [16, 16, 16], "decoder_ffn_dim": 32,
        "decoder_layers": 1, "decoder_attention_heads": 2, "num_queries": 20, "num_denoising": 0,
        "mask_feature_channels": [8, 8], "x4_feat_dim": 16, "num_prototypes": 4, "global_pointer_head_size": 8,
    },
    tiny_pixels={"size": {"height": 128, "width": 128}},
)  # fmt: skip

# Tokens of the tokenizer that are kept for the sake of tables, and are no part of what is read.
_SPECIAL = re.compile(r"<\|[^<>|\n]{1,40}\|>|</?s>|<unk>|<mask:\d+>")
_INLINE = re.compile(r"\\\((.+?)\\\)", re.DOTALL)
_FORMULA = re.compile(r"(?<![\\$\w])\$[^$\n]*[\\^_{=][^$\n]*\$(?!\w)")


class PaddleOcrVl(TwoStage):
    """PaddlePaddle/PaddleOCR-VL and PaddleOCR-VL-1.5 behind PP-DocLayoutV3 or V2, Apache-2.0."""

    facts: ClassVar[Facts] = Facts(
        name="paddleocr_vl",
        hub="PaddlePaddle/PaddleOCR-VL-1.5",
        gigabytes=1.9,
        architectures=("PaddleOCRVLForConditionalGeneration",),
        model_class="PaddleOCRVLForConditionalGeneration",
        image_processor="PaddleOCRVLImageProcessorPil",
        modes=MODES,
        scripts=("Latn", "Cyrl", "Grek", "Hans", "Hant", "Jpan", "Kore", "Arab", "Deva", "Taml", "Telu", "Thai"),
        stop_tokens=("</s>",),
        keep_special=True,
        min_pixels=28 * 28 * 4,
        max_pixels=MOST,
        cpu_pixels=MOST,
        attention={
            "vision": AttentionShape(72, 16, 16, False, patches=1, cap=MOST // 196),
            "text": AttentionShape(128, 16, 2, True, patches=4, cap=MOST // 196),
        },
        layout=LAYOUT,
    )
    first_stage: ClassVar[Facts] = Facts(
        name="pp_doclayout",
        hub="PaddlePaddle/PP-DocLayoutV3_safetensors",
        gigabytes=0.13,
        architectures=("PPDocLayoutV3ForObjectDetection", "PPDocLayoutV2ForObjectDetection"),
        model_class="PPDocLayoutV3ForObjectDetection",
        modes={},
        own_pixels=True,
        layout=REGIONS,
        first_stage_of=facts,
    )
    info: ClassVar[EngineInfo] = facts.info(
        rank=4,
        gpu_mb=2700,
        card="a GPU with 6 GB, or patience",
        strengths="layout, reading order, tables and formulas in many scripts on small cards; regions are read many at once",
    )

    def prepare(self, image: Image, mode: Mode, pixels: int) -> Prepared:
        """The checkpoint's own chat template around image and prompt."""
        return patched_chat(self.loaded, image, pixels, mode.prompt)

    @staticmethod
    def mode_for(label: str) -> str:
        """Charts and seals are pictures, as in the authors' own tool."""
        return CLASSES.get(label, _OTHER)[1]

    @staticmethod
    def whole_mode() -> str:
        """All the text, without places."""
        return "text"

    @staticmethod
    def region_blocks(label: str, text: str, box: Box, page: tuple[int, int]) -> tuple[Block, ...]:
        """One block a region; a picture has no text, and what came back empty is left out."""
        category = CLASSES.get(label, _OTHER)[0]
        if category is Category.PICTURE:
            return (Block(category, "", box),)
        text = _SPECIAL.sub("", text).strip()
        if not text:
            return ()
        if label == "number" and box.center[1] < page[1] / 2:
            category = Category.PAGE_HEADER
        return (_block(category, text, box),)

    @staticmethod
    def blocks(answer: Answered) -> tuple[Block, ...]:
        """Of an image that was read as one: a table or a formula where such was asked for, else paragraphs."""
        text = _SPECIAL.sub("", answer.text).strip()
        if not text:
            return ()
        if answer.mode is MODES["table"]:
            return (_block(Category.TABLE, text, None),)
        if answer.mode is MODES["formula"]:
            return (_block(Category.FORMULA, text, None),)
        return markdown_blocks.from_plain(text)


def _block(category: Category, text: str, box: Box | None) -> Block:
    """A region's text, in the form that it has by its category."""
    if category is Category.TABLE:
        if (table := otsl.table(text)) is not None:
            return Block(category, html_table(table), box, markup="html", table=table)
        if "<table" in text:
            return markdown_blocks.table(text, box)
        return Block(Category.TEXT, text, box)
    if category is Category.FORMULA:
        return Block(category, text, box, markup="latex")
    level = 1 if category is Category.SECTION_HEADER else None
    if category in (Category.TITLE, Category.SECTION_HEADER):
        text = " ".join(text.split())
    text = _INLINE.sub(lambda found: f"${found[1].strip()}$", text)
    return Block(category, text, box, markup="markdown" if _FORMULA.search(text) else "plain", level=level)
