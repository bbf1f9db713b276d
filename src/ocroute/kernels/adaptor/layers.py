"""Which attention layers of a transformers model can take a kernel, and why the others cannot."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from torch import nn
from transformers import PreTrainedModel

from ocroute.kernels.adaptor.handle import Left, Role

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
    def role(self) -> Role:
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

    def left(self, reason: str) -> Left:
        """These layers, left alone."""
        return Left(self.path, type(self.modules[0]).__name__, len(self.modules), reason)


def survey(model: PreTrainedModel) -> tuple[list[Group], list[Left]]:
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
    return list(groups.values()), [Left(path, kind.__name__, n, reason) for (path, kind), n in closed.items()]


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
