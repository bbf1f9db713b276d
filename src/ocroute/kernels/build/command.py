"""What ``ocroute build`` does: a request from options, the tools of this machine, and a build that ends with a proof."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ocroute.errors import Interrupted, UsageError
from ocroute.kernels.build.build_steps import plan
from ocroute.kernels.build.checks import needed_modules
from ocroute.kernels.build.recipes import dotted, parse_arch, recipe
from ocroute.kernels.build.request import Request, checked
from ocroute.kernels.build.runner import Built, Progress, build
from ocroute.kernels.build.toolchain import Toolchain, look
from ocroute.kernels.ledger import home
from ocroute.machine import inspect

if TYPE_CHECKING:
    from ocroute.kernels.base import Problem
    from ocroute.kernels.probe.proof import Proof
    from ocroute.machine import Gpu


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
            f"--head-dims {','.join(head_dims)} are not whole numbers", next_step="Write, e.g.: --head-dims 64,128"
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


def build_wheel(request: Request, tools: Toolchain, *, watch: Callable[[Progress], None]) -> Built:
    """Build, look inside, and install where that was asked for.

    Raises:
        BuildFailed: a step failed.
        Interrupted: by Ctrl-C; what is compiled stays.
    """
    try:
        return build(plan(request, tools), watch=watch)
    except KeyboardInterrupt:
        raise Interrupted(
            f"interrupted; what is compiled stays in {request.folder}", next_step="The same command goes on from there"
        ) from None


def proofs(request: Request, problems: Callable[[Gpu], Sequence[Problem]]) -> Iterator[Proof]:
    """Proofs of the kernel that was built, as they are made; none where it is not installed, or no card of its kind is here.

    Args:
        problems: that models need on a card.
    """
    from ocroute.kernels.prove import prove_here

    cards = [(number, gpu) for number, gpu in enumerate(inspect().gpus) if gpu.compute_capability == request.arch]
    for number, gpu in cards[:1] if request.install else ():
        yield from prove_here([request.name], problems(gpu), device=f"cuda:{number}")


def _arch_here() -> tuple[int, int]:
    gpus = inspect().gpus
    if not gpus:
        raise UsageError("there is no GPU here to build for", next_step="Name its compute capability: --arch 12.0")
    return gpus[0].compute_capability
