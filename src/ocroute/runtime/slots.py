"""The keys and values of many sequences: one slot a sequence, all of them allocated beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(slots=True)
class Slots:
    """A cache of fixed shape.

    Attributes:
        layers: keys and values of each layer, ``(slots, kv_heads, capacity, head_dim)``. What no sequence has written is finite.
        cos, sin: of every rotary position up to the capacity, ``(capacity, head_dim / 2)``.
    """

    layers: list[tuple[Tensor, Tensor]]
    cos: Tensor
    sin: Tensor

    @property
    def count(self) -> int:
        """How many sequences fit."""
        return self.layers[0][0].shape[0]

    @property
    def capacity(self) -> int:
        """Tokens that fit into a slot."""
        return self.layers[0][0].shape[2]

    def put(self, slot: int, layers: Sequence[tuple[Tensor, Tensor]]) -> None:
        """Begin a slot with a prompt's keys and values, ``(kv_heads, length, head_dim)`` each."""
        for own, given in zip(self.layers, layers, strict=True):
            for kept, new in zip(own, given, strict=True):
                kept[slot, :, : new.shape[1]] = new

    def clear(self, slot: int) -> None:
        """Forget a slot's contents, numbers that are not finite among them: masked attention multiplies them by zero."""
        for layer in self.layers:
            for states in layer:
                states[slot] = 0

    def grown(self, capacity: int, cos: Tensor, sin: Tensor) -> Slots:
        """The same contents with more room, moved layer by layer: what is in use twice at a time is one layer's."""
        layers = []
        while self.layers:
            old = self.layers.pop(0)
            layers.append(tuple(_longer(states, capacity) for states in old))
            del old
        return Slots(layers, cos, sin)  # type: ignore[arg-type]


def _longer(states: Tensor, capacity: int) -> Tensor:
    slots, heads, before, width = states.shape
    out = torch.zeros(slots, heads, capacity, width, dtype=states.dtype, device=states.device)
    out[:, :, :before] = states
    return out
