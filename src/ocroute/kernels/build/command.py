"""What ``ocroute build`` does: a request from options, the tools of this machine, and a build that ends with a proof."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ocroute.errors import UsageError
from ocroute.kernels.build.checks import needed_modules
from ocroute.kernels.build.plan import plan
from ocroute.kernels.build.progress import Progress
from ocroute.kernels.build.recipes import dotted, parse_arch, recipe
from ocroute.kernels.build.request import Request, checked
from ocroute.kernels.build.runner import Built, build
from ocroute.kernels.build.toolchain import Toolchain, look
from ocroute.kernels.ledger import home
from ocroute.machine import inspect


def wanted(
    name: str,
    *,
    arch: str = "",
    work: Path | None = None,
    source: Path | None = None,
    jobs: int = 0,
    forward_only: bool = False,
    head_dims: Sequence[str] = (),
    install: bool = True,
) -> Request:
    """The request that these options make.

    Args:
        arch: e.g. ``"12.0"``; that of the first GPU here when empty.
        work: where to build; ``builds`` in ocroute's own folder when None.
        head_dims: whole numbers, as written.

    Raises:
        UsageError: the options do not fit together, or no architecture is given and there is no GPU to ask.
    """
    recipe(name)  # before a GPU is asked for: a name that does not exist needs none
    try:
        dims = tuple(int(dim) for dim in head_dims)
    except ValueError:
        raise UsageError(
            f"--head-dims {','.join(head_dims)} are not whole numbers", next_step="e.g. --head-dims 64,128"
        ) from None
    return checked(
        Request(
            name,
            parse_arch(arch) if arch else _arch_here(),
            (work or home() / "builds").expanduser().absolute(),
            jobs,
            source.expanduser().absolute() if source else None,
            install,
            forward_only,
            dims,
        )
    )


def possible(request: Request) -> bool:
    """Whether the source has a switch for the architecture, so that there is something to run."""
    return dotted(request.arch) in request.recipe.archs


def tools_for(request: Request) -> Toolchain:
    """The compilers, packages, memory and disk that this machine has for ``request``."""
    return look(request.folder, modules=needed_modules(request), headers=request.recipe.headers)


def build_and_prove(request: Request, tools: Toolchain, *, watch: Callable[[Progress], None]) -> Built:
    """Build, install, and prove the kernel on the card that is here; without one of that kind the wheel stays unproven.

    Raises:
        BuildFailed: a step failed.
    """
    prove = _proofs if request.arch in tools.gpus else None
    return build(plan(request, tools), watch=watch, prove=prove)


def _proofs(name: str) -> list[Any]:
    from ocroute.kernels.prove import prove_here

    return list(prove_here([name]))


def _arch_here() -> tuple[int, int]:
    gpus = inspect().gpus
    if not gpus:
        raise UsageError("there is no GPU here to build for", next_step="Name its compute capability: --arch 12.0")
    return gpus[0].compute_capability
