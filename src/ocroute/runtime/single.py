"""One answer after the other, written by the batch decoder: what an engine uses that reads page by page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from ocroute.runtime.batch import Batch, Ended
from ocroute.runtime.cached_attention import attention_for
from ocroute.runtime.decoder import decoder_of
from ocroute.runtime.no_repeat import NoRepeat
from ocroute.runtime.prefill import prefill

_ANSWER = 2048  # tokens of an answer that there is room for at first
_KEPT = 0.05  # of a GPU's memory may stay taken between two answers, in which the vision encoder needs most


class Single:
    """Writes with ``model``, of transformers' form and on its device, whose weights are laid anew in memory.

    Raises:
        Refused: its layers are not known to `decoder_of`.
    """

    def __init__(self, model: Any, stop_ids: Sequence[int]) -> None:
        self._model, self._stop_ids = model, tuple(stop_ids)
        self._decoder = decoder = decoder_of(model)
        self._device = decoder.embedding.device
        heads = decoder.heads, decoder.kv_heads, decoder.head_dim
        self._attend = attention_for(self._device, decoder.embedding.dtype, heads)
        self._batch: Batch | None = None
        self._rule: NoRepeat | None = None

    @property
    def attention(self) -> str:
        """The name of the attention of single tokens."""
        return self._attend.__name__

    def write(
        self,
        inputs: Mapping[str, Any],
        *,
        limit: int,
        deadline: float | None = None,
        is_loop: Callable[[Sequence[int]], bool] | None = None,
        rule: NoRepeat | None = None,
    ) -> Ended:
        """The answer to one prompt.

        Args:
            inputs: of the model's ``forward``, on its device.
            limit, deadline, is_loop: see `Batch.enter`.
            rule: forbids runs of tokens to come again.
        """
        try:
            prompt = prefill(self._model, inputs)
            batch = self._batch_for(prompt.length + min(limit, _ANSWER), rule)
            batch.enter(None, prompt, limit=limit, deadline=deadline, is_loop=is_loop)
            del prompt
            while not (ended := batch.advance()):
                pass
        except BaseException:
            self._batch = None  # in what state it is, is not known
            raise
        if not self._small(batch):
            self._batch = None
        return ended[0]

    def batch(self, *, slots: int, capacity: int, rule: NoRepeat | None = None) -> Batch:
        """An empty batch for so many answers at once, see `Batch`."""
        return Batch(
            self._decoder,
            self._attend,
            slots=slots,
            capacity=capacity,
            stop_ids=self._stop_ids,
            choose=rule.choose if rule else None,
            remember=rule.window if rule else 0,
        )

    def bytes_for(self, tokens: int) -> int:
        """Of the keys and values of so many tokens of one answer."""
        decoder = self._decoder
        values = 2 * len(decoder.layers) * decoder.kv_heads * decoder.head_dim
        return values * tokens * decoder.embedding.element_size()

    def let_go(self) -> None:
        """Let the memory go that is kept for the next answer."""
        self._batch = None

    def _batch_for(self, capacity: int, rule: NoRepeat | None) -> Batch:
        if self._batch is None or self._rule != rule:
            self._batch, self._rule = None, rule
            self._batch = self.batch(slots=1, capacity=capacity, rule=rule)
        return self._batch

    def _small(self, batch: Batch) -> bool:
        if self._device.type != "cuda":
            return False  # there is nothing captured that would have to be captured again
        size = sum(states.nbytes for layer in batch.slots.layers for states in layer)
        return bool(size <= _KEPT * torch.cuda.get_device_properties(self._device).total_memory)
