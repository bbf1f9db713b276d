"""What each tiny model is: its published file layout with small numbers, its prompts, and how it writes an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.tiny_models import tokens
from bench.tiny_models.answers import CATEGORIES, FRAME, as_blocks, as_boxes, as_layout, as_lines, as_markdown
from bench.tiny_models.pages import Drawn
from tokenizers import Tokenizer

Answer = Callable[[Drawn], list[tuple[str, tuple[float, float] | None]]]

WIDTH = 192  # of the decoders; three query heads of 64 share one key/value head
MEAN = [0.48145466, 0.4578275, 0.40821073]
STD = [0.26862954, 0.26130258, 0.27577711]


@dataclass(frozen=True)
class Task:
    """One thing that a model is asked.

    Attributes:
        template: the whole prompt, with one placeholder where the image stands.
        answer: what it writes: pieces, each with the point on the page that it is read from.
        share: of the training samples.
    """

    template: str
    answer: Answer
    share: float


@dataclass(frozen=True)
class Spec:
    """One model.

    Attributes:
        specials: its special tokens, in the order of their ids.
        phrases: parts of its prompts and answers that are one token each.
        placeholder: the token that stands for one image embedding.
        end: the token that ends an answer.
        cell: pixels along one side of the square that becomes one embedding.
        config: config.json, given the id of a token and the size of the vocabulary.
        preprocessor: preprocessor_config.json.
        tokenizer_class: as tokenizer_config.json names it.
        square: the only image side it takes; 0 when it takes any size.
        chat_template: as tokenizer_config.json gives it; empty where prompts are built by hand.
    """

    name: str
    specials: tuple[str, ...]
    phrases: tuple[str, ...]
    placeholder: str
    end: str
    cell: int
    tasks: dict[str, Task]
    config: Callable[[dict[str, int], int], dict[str, Any]]
    preprocessor: dict[str, Any]
    generation: Callable[[dict[str, int]], dict[str, Any]]
    tokenizer_class: str
    square: int = 0
    chat_template: str = ""

    def tokenizer(self) -> Tokenizer:
        """Made anew; always the same."""
        return tokens.build(list(self.specials), list(self.phrases))


def _dots() -> Spec:
    from ocroute.models.dots_ocr.prompts import PROMPTS, chat

    def config(ids: dict[str, int], size: int) -> dict[str, Any]:
        return {
            "architectures": ["DotsOCRForCausalLM"],
            "model_type": "dots_ocr",
            **_decoder(size),
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
        preprocessor=_qwen_preprocessor(11289600, 1, "DotsVLProcessor"),
        generation=lambda ids: {"eos_token_id": [ids["<|endoftext|>"], ids["<|endofassistant|>"]]},
        tokenizer_class="Qwen2Tokenizer",
    )  # fmt: skip


_CHAT = (
    "{% for m in messages %}{% if loop.first and m.role != 'system' %}"
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% endif %}"
    "<|im_start|>{{ m.role }}\n{% if m.content is string %}{{ m.content }}{% else %}{% for part in m.content %}"
    "{% if part.type == 'image' %}<|vision_start|><|image_pad|><|vision_end|>{% elif 'text' in part %}{{ part.text }}{% endif %}"
    "{% endfor %}{% endif %}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def _qwen2_vl() -> Spec:
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
        decoder = _decoder(size)
        del decoder["attention_bias"]
        return {
            "architectures": ["Qwen2VLForConditionalGeneration"],
            "model_type": "qwen2_vl",
            **decoder,
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
        preprocessor=_qwen_preprocessor(12845056, 2, "Qwen2VLProcessor"),
        generation=lambda ids: {
            "bos_token_id": ids["<|endoftext|>"],
            "pad_token_id": ids["<|endoftext|>"],
            "eos_token_id": [ids["<|im_end|>"], ids["<|endoftext|>"]],
            "do_sample": False,
        },
        tokenizer_class="Qwen2Tokenizer",
        chat_template=_CHAT,
    )  # fmt: skip


def _got() -> Spec:
    system = "You should follow the instructions carefully and explain your answers in detail."
    asked = {"plain": " OCR: ", "formatted": " OCR with format: "}

    def config(ids: dict[str, int], size: int) -> dict[str, Any]:
        decoder = _decoder(size)
        del decoder["attention_bias"]
        return {
            "architectures": ["GotOcr2ForConditionalGeneration"],
            "model_type": "got_ocr2",
            "image_token_index": ids["<imgpad>"],
            "image_seq_length": 64,
            "tie_word_embeddings": True,
            "text_config": {"model_type": "qwen2", **decoder, "tie_word_embeddings": True},
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


def _decoder(size: int) -> dict[str, Any]:
    return {
        "hidden_size": WIDTH, "intermediate_size": 336, "num_hidden_layers": 5, "num_attention_heads": 3,
        "num_key_value_heads": 1, "vocab_size": size, "attention_bias": True, "hidden_act": "silu", "rms_norm_eps": 1e-6,
        "rope_theta": 10000.0, "max_position_embeddings": 4096, "max_window_layers": 5, "use_sliding_window": False,
        "sliding_window": 4096, "attention_dropout": 0.0, "initializer_range": 0.02, "use_cache": True,
        "torch_dtype": "bfloat16",
    }  # fmt: skip


def _qwen_preprocessor(max_pixels: int, frames: int, processor: str) -> dict[str, Any]:
    return {
        "min_pixels": 3136, "max_pixels": max_pixels, "patch_size": 14, "temporal_patch_size": frames, "merge_size": 2,
        "image_mean": MEAN, "image_std": STD, "do_convert_rgb": True, "do_resize": True, "do_rescale": True,
        "do_normalize": True, "rescale_factor": 1 / 255, "resample": 3, "image_processor_type": "Qwen2VLImageProcessor",
        "processor_class": processor,
    }  # fmt: skip


SPECS: dict[str, Callable[[], Spec]] = {"dots_ocr": _dots, "qwen2_vl": _qwen2_vl, "got_ocr2": _got}
