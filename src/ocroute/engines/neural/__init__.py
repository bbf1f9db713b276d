"""What all neural engines share: weights, loading, the canary page, generation, memory. An engine adds its model."""

from ocroute.engines.neural.attention_shapes import AttentionShape
from ocroute.engines.neural.base import NeuralEngine
from ocroute.engines.neural.model_facts import Answered, Facts, Layout, Mode, Prepared, Served, Vllm

__all__ = ["Answered", "AttentionShape", "Facts", "Layout", "Mode", "NeuralEngine", "Prepared", "Served", "Vllm"]
