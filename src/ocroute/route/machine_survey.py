"""What this machine offers: the answer to ``ocroute doctor``, and what plans are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ocroute.engines.base import ENGINES, Availability, EngineInfo, Wanted
from ocroute.engines.neural.attention import kernel_choices
from ocroute.engines.neural.attention_shapes import models
from ocroute.engines.neural.canary.history import kept
from ocroute.engines.neural.model_status import ModelRow, model_rows
from ocroute.engines.vllm.installed_vllm import runtimes
from ocroute.errors import EngineUnavailable, PluginError
from ocroute.kernels.base import SubModel
from ocroute.kernels.choice import Choice
from ocroute.kernels.inventory import KernelRow, inventory
from ocroute.kernels.probe.proof import Proof
from ocroute.kernels.requirements import Obstacle, Platform, torch_obstacle
from ocroute.kernels.this_machine import platform_here, stale_here
from ocroute.machine import Machine, inspect
from ocroute.route.plan import EngineStatus, Plan, Wish, plan

if TYPE_CHECKING:
    from ocroute.engines.base import Engine


class Survey(msgspec.Struct, frozen=True):
    """The machine, every registered engine's state on it, and the plan for a page of which nothing is known.

    ``problem`` says why there is no plan. The rest is there where kernels were asked for.

    Attributes:
        kernels: every attention kernel.
        proofs: that hold on this machine.
        models: model to sub-model to the kernel that it would run on; empty without torch.
        neural: every neural engine: its weights, memory, kernels and last canary page.
        gpu_obstacle: why the installed torch cannot use the GPU that is here; None where it can, or was not looked at.
        runtimes: what could run their models besides ocroute itself, a line each.
    """

    machine: Machine
    engines: dict[str, EngineStatus]
    plan: Plan | None
    problem: str = ""
    kernels: tuple[KernelRow, ...] = ()
    proofs: tuple[Proof, ...] = ()
    models: dict[str, dict[SubModel, Choice]] = {}
    neural: tuple[ModelRow, ...] = ()
    gpu_obstacle: Obstacle | None = None
    runtimes: tuple[str, ...] = ()


def survey(wish: Wish | None = None, *, kernels: bool = False) -> Survey:
    """Look at this machine and every registered engine. Loads no models.

    Args:
        kernels: look at the attention kernels too, which imports torch where it is installed.

    Raises:
        UsageError: ``wish`` contradicts itself.
    """
    wish = wish or Wish()
    machine, engines = inspect(), statuses(wish)
    here = platform_here(machine) if kernels else platform(machine, engines, wish)
    others = tuple(runtimes())
    try:
        found = Survey(machine, engines, plan(machine, engines, wish, here), runtimes=others)
    except EngineUnavailable as error:
        found = Survey(machine, engines, None, str(error), runtimes=others)
    if not kernels or here is None:
        return found
    return msgspec.structs.replace(
        found,
        kernels=tuple(inventory(here, stale_here(machine))),
        proofs=here.proofs,
        models={model: kernel_choices(model, here) for model in models()} if here.torch else {},
        gpu_obstacle=torch_obstacle(here) if here.torch else None,
        neural=model_rows({name: (one.info, one.availability) for name, one in engines.items()}, machine, here, kept()),
    )


def plan_here(wish: Wish) -> Plan:
    """The plan for this machine.

    Raises:
        UsageError, EngineUnavailable: there is none for this wish.
    """
    machine, engines = inspect(), statuses(wish)
    return plan(machine, engines, wish, platform(machine, engines, wish))


def platform(machine: Machine, engines: dict[str, EngineStatus], wish: Wish) -> Platform | None:
    """What neural engines would run on; None where none of them can be tried, which spares the import of torch."""
    tried = [engines[wish.engine]] if wish.engine in engines else engines.values()
    neural = any(one.info.kind == "vlm" and one.availability.state == "usable" for one in tried)
    return platform_here(machine) if neural and machine.gpus else None


def statuses(wish: Wish | None = None) -> dict[str, EngineStatus]:
    """Every registered engine. One that cannot be imported, or whose probe breaks its promise not to raise, is ``broken``.

    Args:
        wish: the engine that it pins is looked at with the weights that it names, where the engine has a choice of them.
    """
    wish = wish or Wish()
    return {name: _status(name, wish.wanted if name == wish.engine else None) for name in ENGINES}


def _status(name: str, wanted: Wanted | None) -> EngineStatus:
    try:
        engine: type[Engine] = ENGINES.load(name)
    except PluginError as error:
        return EngineStatus(EngineInfo("ocr", rank=1_000), Availability("broken", reason=str(error)))
    try:
        probe_for = getattr(engine, "probe_for", None)
        here = probe_for(wanted) if wanted and probe_for else engine.probe()
        return EngineStatus(engine.info, here)
    except Exception as error:  # a plugin's fault must not take the others down
        return EngineStatus(
            engine.info, Availability("broken", reason=f"its probe raised {type(error).__name__}: {error}")
        )
