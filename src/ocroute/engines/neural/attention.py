"""Which attention kernels a model runs on: the fastest that are proven on this card for the model's own shapes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ocroute.engines.neural.attention_shapes import problems_by_sub_model, shapes_of
from ocroute.engines.neural.model_facts import Facts
from ocroute.kernels.base import SubModel
from ocroute.kernels.choice import Choice, choose
from ocroute.kernels.requirements import Platform

if TYPE_CHECKING:
    from ocroute.kernels.adaptor import Plugged

PYTORCH = "sdpa"
"""PyTorch's own attention, which picks among its back ends at every call."""


def kernel_choices(model: str, platform: Platform, *, quantized: bool = False) -> dict[SubModel, Choice]:
    """Which kernel each sub-model of ``model`` would run on, at the longest page that its card is given. Pure.

    Args:
        model: the name of its engine; empty for one that no kernel of ours can serve.
        quantized: consider kernels that compute in fewer bits too.
    """
    if not shapes_of(model):
        return {}
    longest = {sub_model: problems[-1] for sub_model, problems in problems_by_sub_model(model, platform.gpu).items()}
    return {sub_model: choose(problem, platform, quantized=quantized) for sub_model, problem in longest.items()}


@dataclass(slots=True)
class Kernels:
    """What serves each sub-model of a loaded model, and what was declined.

    Attributes:
        sub_models: that can take a kernel.
        handle: of the plug; None where nothing can take one.
    """

    sub_models: tuple[SubModel, ...] = ()
    handle: Plugged | None = None
    _told: Counter[str] = field(default_factory=Counter)

    def named(self) -> str:
        """The kernel of each sub-model, in words: ``vision flash4, text sdpa (unproven)``."""
        return ", ".join(
            f"{sub_model} {one['kernel']}{'' if one['proven'] else ' (unproven)'}"
            for sub_model, one in self.used().items()
        )

    def used(self) -> dict[SubModel, dict[str, Any]]:
        """Kernel, whether it is proven, and why it is used, of each sub-model."""
        return {sub_model: self._used(sub_model, self.handle) for sub_model in self.sub_models if self.handle}

    def record(self) -> dict[str, Any]:
        """For a page record: what is used, and what was declined since the last record."""
        said: dict[str, Any] = {"kernels": self.used()}
        if self.handle:
            declined = self.handle.declined - self._told
            self._told = Counter(self.handle.declined)
            said |= {"declined": dict(declined)} if declined else {}
        return said

    @staticmethod
    def _used(sub_model: SubModel, handle: Plugged) -> dict[str, Any]:
        replaced = next((part for part in handle.parts if part.sub_model == sub_model), None)
        if replaced and sub_model not in handle.faults:
            return {"kernel": replaced.kernel, "proven": replaced.proven, "reason": replaced.reason}
        kept = [part.reason for part in handle.left if part.sub_model == sub_model] or [
            part.reason for part in handle.left
        ]
        return {"kernel": PYTORCH, "proven": False, "reason": handle.faults.get(sub_model) or "; ".join(kept)}


def plug_in(model: Any, facts: Facts, *, patches: int, tokens: int, quantized: bool) -> Kernels:
    """Put proven kernels into the sub-models of ``model`` that can take one.

    Args:
        model: of transformers, on its device.
        facts: of the model.
        patches, tokens: of the largest page: the sequences in the vision encoder and in the prompt.
        quantized: whether kernels that compute in fewer bits may be used.
    """
    if not facts.kernels:
        return Kernels()
    from ocroute.kernels.adaptor import plug_into

    longest: dict[SubModel, int] = {"vision": patches, "text": tokens}
    return Kernels(facts.kernels, plug_into(model, longest=longest, quantized=quantized, only=facts.kernels))
