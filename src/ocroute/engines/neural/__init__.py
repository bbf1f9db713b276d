"""What all neural engines share: weights, loading, the canary page, generation, memory. An engine adds its recipe."""

from ocroute.engines.neural.attention_shapes import AttentionShape
from ocroute.engines.neural.base import NeuralEngine
from ocroute.engines.neural.model_facts import Answered, Facts, Mode, Prepared

__all__ = ["Answered", "AttentionShape", "Facts", "Mode", "NeuralEngine", "Prepared"]
