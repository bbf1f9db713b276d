"""Which attention layers of a transformers model can take a kernel, and why the others cannot."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_args

from torch import nn
from transformers import PreTrainedModel

from ocroute.errors import UsageError
from ocroute.kernels.adaptor.plugged import Kept
from ocroute.kernels.base import DType, Problem, SubModel
from ocroute.machine import Gpu, Machine

if TYPE_CHECKING:
    from transformers import PretrainedConfig

# The table in which the layers of a model look their attention function up. A layer whose code does not name it computes
# attention by itself (e.g. with position tables added to its scores), and no function can be put in its place.
_TABLE = "ALL_ATTENTION_FUNCTIONS"


@dataclass
class Group:
    """The layers that share one configuration object, and with it one attention function."""

    path: str
    owner: PreTrainedModel
    config: PretrainedConfig
    modules: list[nn.Module] = field(default_factory=list)

    @property
    def sub_model(self) -> SubModel:
        """``text`` for causal layers. Asked only where ``obstacle`` is None."""
        return "text" if self.modules[0].is_causal else "vision"

    def obstacle(self) -> str | None:
        """Why these layers cannot take a kernel; None where they can."""
        causal = {getattr(module, "is_causal", None) for module in self.modules}
        if not causal <= {True, False}:
            return "its layers do not say whether they are causal"
        if len(causal) > 1:
            return "one configuration serves causal and bidirectional layers"
        if not self.owner._supports_sdpa:
            return f"{type(self.owner).__name__} has no attention by PyTorch that could take what a kernel declines"
        if not self.owner._supports_flash_attn:
            return (
                f"{type(self.owner).__name__} says that its masks or biases are more than packed attention can express"
            )
        return None

    def kept(self, reason: str) -> Kept:
        """These layers, left alone."""
        sub_model = None if self.obstacle() else self.sub_model
        return Kept(self.path, type(self.modules[0]).__name__, len(self.modules), reason, sub_model)

    def problem(self, length: int) -> Problem | None:
        """The problem class of these layers at sequences of so many tokens; None where they do not tell."""
        dtype: DType | None = next((name for name in get_args(DType) if f"torch.{name}" == str(self.owner.dtype)), None)
        try:
            return shape(self.config, self.sub_model, length, dtype) if dtype else None
        except (AttributeError, UsageError):
            return None

    def gpu(self, machine: Machine) -> Gpu | None:
        """On which of the machine's GPUs they are; None for the CPU."""
        device, gpus = self.owner.device, machine.gpus
        return gpus[min(device.index or 0, len(gpus) - 1)] if device.type in ("cuda", "mps") and gpus else None


def shape(config: Any, sub_model: SubModel, length: int, dtype: DType) -> Problem:
    """The problem class of a sub-model's attention.

    Args:
        config: of the sub-model, as transformers reads it; for ``text`` that of the whole model will do.
        length: of the longest sequence, tokens.

    Raises:
        AttributeError: the configuration does not tell.
    """
    if sub_model == "vision":
        width = getattr(config, "embed_dim", None) or config.hidden_size
        heads = kv_heads = getattr(config, "num_heads", None) or config.num_attention_heads
    else:
        config = config.get_text_config()
        width, heads = config.hidden_size, config.num_attention_heads
        kv_heads = getattr(config, "num_key_value_heads", None) or heads
    head_dim = getattr(config, "head_dim", None) or width // heads
    return Problem(head_dim, heads, kv_heads, sub_model == "text", dtype, (length,))


def survey(model: PreTrainedModel) -> tuple[list[Group], list[Kept]]:
    """The layers that dispatch their attention, by configuration; and those that do not."""
    groups: dict[int, Group] = {}
    closed: dict[tuple[str, type[nn.Module]], int] = {}
    for owner_path, owner, module in _owned(model):
        config = getattr(module, "config", None)
        if _dispatches(type(module)) and config is not None:
            groups.setdefault(id(config), Group(owner_path, owner, config)).modules.append(module)
        elif "Attention" in type(module).__name__ and not any(_dispatches(type(part)) for part in module.modules()):
            closed[owner_path, type(module)] = closed.get((owner_path, type(module)), 0) + 1
    reason = "it computes attention by itself, with no function that could be replaced"
    return list(groups.values()), [Kept(path, kind.__name__, n, reason) for (path, kind), n in closed.items()]


def _owned(model: PreTrainedModel) -> Iterator[tuple[str, PreTrainedModel, nn.Module]]:
    """Every module with the nearest sub-model that holds it, and that one's path."""
    owners: dict[str, tuple[str, PreTrainedModel]] = {}
    for path, module in model.named_modules():
        if isinstance(module, PreTrainedModel):
            owners[path] = (path, module)
        else:
            owners[path] = owners[path.rpartition(".")[0]]
        yield *owners[path], module


def _dispatches(kind: type[nn.Module]) -> bool:
    """Whether the class's own methods look the attention function up in the table."""
    methods: Iterator[Any] = (
        method for base in kind.__mro__ if base not in PreTrainedModel.__mro__ for method in vars(base).values()
    )
    return any(
        _TABLE in code.co_names
        for method in methods
        if (code := getattr(inspect.unwrap(method) if callable(method) else None, "__code__", None)) is not None
    )
