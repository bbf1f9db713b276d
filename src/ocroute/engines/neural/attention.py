"""Which attention kernel a model runs on: the fastest that is proven on this card for the model's own shapes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_args

from ocroute.engines.neural.attention_shapes import problems_by_part, shapes_of
from ocroute.engines.neural.devices import Place
from ocroute.engines.neural.model_facts import Facts, Part
from ocroute.kernels.adaptor.choose import DEFAULT, Chosen, choose
from ocroute.kernels.adaptor.choose import shape as shape_of
from ocroute.kernels.base import DType, Problem, Refused
from ocroute.kernels.choice import Choice
from ocroute.kernels.choice import choose as weigh
from ocroute.kernels.here import statuses_for
from ocroute.kernels.outlook import Ground
from ocroute.machine import Machine, inspect

if TYPE_CHECKING:
    from ocroute.kernels.adaptor import Plugged


def outlook(model: str, machine: Machine, ground: Ground, *, quantised: bool = False) -> dict[str, Choice]:
    """Which kernel ``model`` would run on, on a machine that is here or only described, at the longest page of its card. Pure.

    Args:
        model: the name of its engine; one that no kernel of ours can serve has no parts.
        quantised: consider kernels that compute in fewer bits too.

    Returns:
        A choice for ``vision`` and ``text`` each, where a kernel can serve it.
    """
    if not shapes_of(model):
        return {}
    gpu = machine.gpus[0] if machine.gpus else None

    def chosen(problem: Problem) -> Choice:
        statuses = statuses_for(problem, ground.kernels, gpu=gpu, machine=machine, torch=ground.torch)
        return weigh(problem, gpu, statuses, ground.proofs, allow_quantised=quantised)

    return {part: chosen(problems[-1]) for part, problems in problems_by_part(model, gpu).items()}


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
        said = {part: _record(chosen) for part, chosen in self.parts.items()}
        return ", ".join(
            f"{part} {one['kernel']}{'' if one['proven'] else ' (unproven)'}" for part, one in said.items()
        )

    def record(self) -> dict[str, Any]:
        """For a page record: kernel, proven or not, and why, by part; what was declined since the last record."""
        said: dict[str, Any] = {"kernels": {part: _record(chosen) for part, chosen in self.parts.items()}}
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

    def chosen(part: Part) -> Chosen:
        def problem_at(length: int) -> Problem:
            return shape(model.config, part, length, where.numbers)

        return choose(problem_at, longest[part], gpu, machine, quantised=quantised)

    parts = {part: chosen(part) for part in facts.kernels}
    guards = {part: one for part, one in parts.items() if one.guard}
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
        {part: one if part in plugged or not one.guard else _default(left) for part, one in parts.items()},
        handle,
    )


def _default(reason: str) -> Chosen:
    return Chosen(DEFAULT, False, reason)


def shape(config: Any, part: Part, length: int, numbers: str) -> Problem:
    """The problem class of one half of a model.

    Args:
        config: of the whole model, as transformers reads it.
        part: the half.
        length: of the longest sequence, tokens.
        numbers: the number format's name.
    """
    dtype: DType = next(name for name in get_args(DType) if name == numbers)
    return shape_of(config.vision_config if part == "vision" else config, part, length, dtype)


def _record(chosen: Chosen) -> dict[str, Any]:
    """For the page record."""
    if chosen.guard and chosen.guard.fault:
        reason = f"{chosen.kernel} raised {chosen.guard.fault}"
        return {"kernel": DEFAULT, "proven": False, "reason": reason}
    return {"kernel": chosen.kernel, "proven": chosen.proven, "reason": chosen.reason}
