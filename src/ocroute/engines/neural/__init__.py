"""What all neural engines share: weights, loading, the canary page, generation, memory. An engine adds its model."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ocroute.engines.neural.attention_shapes import AttentionShape
    from ocroute.engines.neural.base import NeuralEngine
    from ocroute.engines.neural.model_facts import Answered, Facts, Layout, Mode, Prepared, Served, Vllm

__all__ = ["Answered", "AttentionShape", "Facts", "Layout", "Mode", "NeuralEngine", "Prepared", "Served", "Vllm"]

_HOMES = {"AttentionShape": "attention_shapes", "NeuralEngine": "base"}
"""Where a name comes from; all others from `model_facts`. Processes that load no model need one module of this room or two."""


if not TYPE_CHECKING:  # a type checker would take any name for one of ours

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'model_facts')}"), name)
