"""Which attention kernel a model runs on: the fastest that is proven on this card for the model's own shapes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_args

from ocroute.engines.neural import failures
from ocroute.engines.neural.devices import Place
from ocroute.engines.neural.recipe import Facts, Part
from ocroute.kernels.base import KERNELS, DType, Problem, Refused
from ocroute.kernels.here import choice_for
from ocroute.kernels.probe.geometry import PROMPT, page_patches
from ocroute.machine import Gpu, Machine, inspect

if TYPE_CHECKING:
    from torch import Tensor

    from ocroute.kernels.adaptor import Plugged

DEFAULT = "sdpa"
"""PyTorch's own attention, which picks among its backends at every call."""

_MERGED = 4  # patches behind one token of the text half


class Guarded:
    """A proven kernel inside a model: not asked for more than its proof holds for, and never again after it has raised.

    What it refuses, the adaptor computes with PyTorch's attention, so the page is read all the same.

    Args:
        name: of the kernel.
        attend: as `ocroute.kernels.base.Kernel.attend`.
        longest: tokens of the longest sequence that its proof holds for.

    Attributes:
        fault: what it raised; empty while it works.
    """

    def __init__(self, name: str, attend: Callable[..., Tensor], longest: int) -> None:
        self.name = name
        self.longest = longest
        self.fault = ""
        self._attend = attend

    def __call__(self, q: Tensor, k: Tensor, v: Tensor, *, max_q: int, max_k: int, **keywords: Any) -> Tensor:
        """As ``attend``."""
        if self.fault:
            raise Refused(f"{self.name} raised earlier: {self.fault}")
        if max(max_q, max_k) > self.longest:
            raise Refused(f"{self.name} is proven up to {self.longest} tokens only")
        try:
            return self._attend(q, k, v, max_q=max_q, max_k=max_k, **keywords)
        except Refused:
            raise
        except Exception as error:
            if failures.out_of_memory(error) or failures.lost(error):
                raise  # a smaller page, or a new process: no other kernel would help
            self.fault = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
            raise Refused(f"{self.name} raised: {self.fault}") from error


@dataclass(frozen=True, slots=True)
class Chosen:
    """The kernel of one part of a model.

    Attributes:
        kernel: that computes its attention; `DEFAULT` where none is proven.
        proven: whether a proof on this device stands behind it.
        reason: one sentence.
        guard: around the kernel; None where PyTorch's own attention is left in place.
    """

    kernel: str
    proven: bool
    reason: str
    guard: Guarded | None = None

    def record(self) -> dict[str, Any]:
        """For the page record."""
        said: dict[str, Any] = {"kernel": self.kernel, "proven": self.proven, "reason": self.reason}
        if self.guard and self.guard.fault:
            said |= {"kernel": DEFAULT, "proven": False, "reason": f"{self.kernel} raised {self.guard.fault}"}
        return said


@dataclass(slots=True)
class Kernels:
    """What serves each part of a loaded model, and what was declined.

    Attributes:
        parts: that can take a kernel.
        handle: of the plug; None where nothing was plugged.
    """

    parts: dict[Part, Chosen]
    handle: Plugged | None = None
    _told: Counter[str] = field(default_factory=Counter)

    def named(self) -> str:
        """The kernel of each part, in words: ``vision flash4, text sdpa (unproven)``."""
        said = {part: chosen.record() for part, chosen in self.parts.items()}
        return ", ".join(
            f"{part} {one['kernel']}{'' if one['proven'] else ' (unproven)'}" for part, one in said.items()
        )

    def record(self) -> dict[str, Any]:
        """For a page record: kernel, proven or not, and why, by part; what was declined since the last record."""
        said: dict[str, Any] = {"kernels": {part: chosen.record() for part, chosen in self.parts.items()}}
        if self.handle:
            declined = self.handle.declined - self._told
            self._told = Counter(self.handle.declined)
            said |= {"declined": dict(declined)} if declined else {}
        return said


def plug_in(
    model: Any,
    facts: Facts,
    where: Place,
    *,
    patches: int,
    tokens: int,
    quantised: bool,
    machine: Machine | None = None,
) -> Kernels:
    """Put proven kernels into the parts of ``model`` that can take one.

    Args:
        model: of transformers, on its device.
        facts: of the model.
        where: its device.
        patches, tokens: of the largest page: the sequences in the vision tower and in the prompt.
        quantised: whether kernels that compute in fewer bits may be used.
        machine: this one when left out.
    """
    machine = machine or inspect()
    gpu = machine.gpus[0] if machine.gpus and where.device.startswith("cuda") else None
    longest: dict[Part, int] = {"vision": patches, "text": tokens}
    parts = {
        part: _chosen(model.config, part, longest[part], where, gpu, machine, quantised=quantised)
        for part in facts.kernels
    }
    guards = {part: chosen.guard for part, chosen in parts.items() if chosen.guard}
    if not guards:
        return Kernels(parts)
    from ocroute.kernels.adaptor import plug_into

    try:
        handle = plug_into(model, guards)
    except Refused as refused:  # proven on the card, yet this model's layers do not let it in
        return Kernels({part: _default(str(refused)) for part in parts})
    plugged = {part.role for part in handle.parts}
    left = "; ".join(each.reason for each in handle.left)
    return Kernels(
        {part: chosen if part in plugged or not chosen.guard else _default(left) for part, chosen in parts.items()},
        handle,
    )


def _chosen(
    config: Any, part: Part, longest: int, where: Place, gpu: Gpu | None, machine: Machine, *, quantised: bool
) -> Chosen:
    """The fastest kernel proven at ``longest`` tokens; else at the lengths that proofs are made for, and up to these only."""
    reason = ""
    for length in _lengths(part, longest, gpu):
        problem = shape(config, part, length, where.numbers)
        choice = choice_for(problem, gpu=gpu, machine=machine, allow_quantised=quantised)
        reason = reason or choice.reason
        if choice.kernel and choice.proven:
            guard = Guarded(choice.kernel, KERNELS.load(choice.kernel)().attend, length)
            return Chosen(choice.kernel, True, choice.reason, guard)
    return _default(reason)


def _default(reason: str) -> Chosen:
    return Chosen(DEFAULT, False, reason)


def _lengths(part: Part, longest: int, gpu: Gpu | None) -> list[int]:
    """``longest``, and the lengths of the pages for which kernels are proven on such a card, the longest first."""
    pages = [patches if part == "vision" else patches // _MERGED + PROMPT for patches in page_patches(gpu) if patches]
    return [longest, *sorted((length for length in pages if length < longest), reverse=True)]


def shape(config: Any, part: Part, length: int, numbers: str) -> Problem:
    """The problem class of one half of a model.

    Args:
        config: of the whole model, as transformers reads it.
        part: the half.
        length: of the longest sequence, tokens.
        numbers: the number format's name.
    """
    if part == "vision":
        half = config.vision_config
        width = getattr(half, "embed_dim", None) or half.hidden_size
        heads = kv_heads = getattr(half, "num_heads", None) or half.num_attention_heads
    else:
        half = config.get_text_config()
        width, heads = half.hidden_size, half.num_attention_heads
        kv_heads = getattr(half, "num_key_value_heads", None) or heads
    head_dim = getattr(half, "head_dim", None) or width // heads
    dtype: DType = next(name for name in get_args(DType) if name == numbers)
    return Problem(head_dim, heads, kv_heads, part == "text", dtype, (length,))
