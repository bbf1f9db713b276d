"""What a tiny model is: its published file layout with small numbers, its prompts, and how it writes an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.tiny_models import tokens
from bench.tiny_models.answers import Pieces
from bench.tiny_models.pages import Drawn
from tokenizers import Tokenizer

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
    answer: Callable[[Drawn], Pieces]
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
        bos, eos, pad: the same; ``bos`` empty where there is none.
        published: beginnings of tensors' names in the model's class, and what the published files have instead; the first
            that fits counts.
        newlines: whether the decoder is given one more embedding after each row of the image's, and one after all.
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
    bos: str = ""
    eos: str = "<|endoftext|>"
    pad: str = "<|endoftext|>"
    published: tuple[tuple[str, str], ...] = ()
    newlines: bool = False

    def tokenizer(self) -> Tokenizer:
        """Made anew; always the same."""
        return tokens.build(list(self.specials), list(self.phrases))

    def grid(self, height: int, width: int) -> tuple[int, int]:
        """Rows and columns of the squares of an image of so many pixels."""
        return height // self.cell, width // self.cell

    def embeddings(self, grid: tuple[int, int]) -> int:
        """How many embeddings the decoder is given for an image of ``grid``."""
        rows, columns = grid
        return rows * (columns + 1) + 1 if self.newlines else rows * columns


def decoder(size: int) -> dict[str, Any]:
    """Keys of a decoder of Qwen2's kind with a vocabulary of ``size``."""
    return {
        "hidden_size": WIDTH, "intermediate_size": 336, "num_hidden_layers": 5, "num_attention_heads": 3,
        "num_key_value_heads": 1, "vocab_size": size, "attention_bias": True, "hidden_act": "silu", "rms_norm_eps": 1e-6,
        "rope_theta": 10000.0, "max_position_embeddings": 4096, "max_window_layers": 5, "use_sliding_window": False,
        "sliding_window": 4096, "attention_dropout": 0.0, "initializer_range": 0.02, "use_cache": True,
        "torch_dtype": "bfloat16",
    }  # fmt: skip


def qwen_preprocessor(max_pixels: int, frames: int, processor: str) -> dict[str, Any]:
    """preprocessor_config.json of the models that take any image size."""
    return {
        "min_pixels": 3136, "max_pixels": max_pixels, "patch_size": 14, "temporal_patch_size": frames, "merge_size": 2,
        "image_mean": MEAN, "image_std": STD, "do_convert_rgb": True, "do_resize": True, "do_rescale": True,
        "do_normalize": True, "rescale_factor": 1 / 255, "resample": 3, "image_processor_type": "Qwen2VLImageProcessor",
        "processor_class": processor,
    }  # fmt: skip
