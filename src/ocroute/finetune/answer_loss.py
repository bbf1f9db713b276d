"""The loss of one page: over the tokens of the answer alone, a piece at a time."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, linear
from torch.utils.checkpoint import checkpoint

PIECE = 1_024
"""Tokens whose scores over the whole vocabulary are in memory at one time: 0.6 GB of dots.ocr's."""


class Lesson(NamedTuple):
    """A page with its answer, as the model's ``forward`` takes them.

    Attributes:
        inputs: ``input_ids`` int64 ``(1, prompt + answer)``, ``pixel_values`` and ``image_grid_thw`` of the page.
        answer: how many of the tokens are the answer's, the one that ends it included.
    """

    inputs: dict[str, Tensor]
    answer: int


def embedded(model: Any, lesson: Lesson) -> Tensor:
    """``(1, length, width)``: the tokens' embeddings with those of the page in their places. Nothing here is trained."""
    with torch.no_grad():
        embeddings: Tensor = model.embed([lesson.inputs])[0]
    return embeddings


def answer_loss(model: Any, embeddings: Tensor, answer: Tensor) -> Tensor:
    """The sum over the answer's tokens of the negative logarithms of their probabilities, in float32.

    Args:
        embeddings: of prompt and answer, see `embedded`.
        answer: int64 ``(length,)``: the last tokens of those.
    """
    everything = torch.ones(embeddings.shape[:2], dtype=torch.long, device=embeddings.device)
    states = model.model(inputs_embeds=embeddings, attention_mask=everything, use_cache=False).last_hidden_state[0]
    told = states[-len(answer) - 1 : -1]  # each is read from the state before it
    head = model.get_output_embeddings().weight
    pieces = zip(torch.split(told, PIECE), torch.split(answer, PIECE), strict=True)
    return torch.stack([checkpoint(_piece, *piece, head, use_reentrant=False) for piece in pieces]).sum()


def _piece(states: Tensor, answer: Tensor, head: Tensor) -> Tensor:
    return cross_entropy(linear(states, head).float(), answer, reduction="sum")
