"""What is to be built: the user's wish, checked against the recipe."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ocroute.errors import UsageError
from ocroute.kernels.build.recipes import Recipe, dotted, recipe
from ocroute.kernels.facts import Capability


class Request(msgspec.Struct, frozen=True):
    """One build.

    Attributes:
        name: of the recipe.
        arch: compute capability of the card.
        work: a folder for source, objects and wheel; one of its own for each request, see ``label``.
        jobs: compilers at once; 0 lets memory and cores decide.
        source: a source distribution or folder of the user's; the recipe's download where it is ``None``.
        install: whether the wheel is installed into this environment.
        forward_only: leave out the backward pass, and dropout, ALiBi, soft caps and sliding windows with it.
        head_dims: the kernels to compile, for a forward-only build; empty for all.
    """

    name: str
    arch: Capability
    work: Path
    jobs: int = 0
    source: Path | None = None
    install: bool = True
    forward_only: bool = False
    head_dims: tuple[int, ...] = ()

    @property
    def recipe(self) -> Recipe:
        """The recipe asked for."""
        return recipe(self.name)

    @property
    def label(self) -> str:
        """A name for the folder of this build, e.g. ``flash2-12.0-fwd-hd64.128``."""
        parts = [self.name, dotted(self.arch)]
        if self.forward_only:
            parts.append("fwd")
        if self.head_dims:
            parts.append("hd" + ".".join(map(str, self.head_dims)))
        return "-".join(parts)

    @property
    def folder(self) -> Path:
        """Where this build works."""
        return self.work / self.label


def checked(request: Request) -> Request:
    """The request, if its options fit its recipe.

    Raises:
        UsageError: they do not.
    """
    chosen = request.recipe
    if request.jobs < 0:
        raise UsageError(f"--jobs {request.jobs} is less than none", next_step="Leave it out to let memory decide")
    if request.source is None and not chosen.requirement:
        raise UsageError(
            f"the source of {request.name} is in no package index",
            next_step=f"Clone its repository and name the folder: ocroute build {request.name} --source DIR",
        )
    if request.source is not None and not request.source.exists():
        raise UsageError(f"{request.source} does not exist", next_step="Name the source with --source")
    if request.source is not None and request.source.is_dir() and not (request.source / chosen.marker).exists():
        hint = f"{chosen.source_hint[:1].upper()}{chosen.source_hint[1:]}"
        raise UsageError(f"{request.source} is not the source of {request.name}: no {chosen.marker}", next_step=hint)
    if request.head_dims and not request.forward_only:
        raise UsageError("head dims can be chosen for a forward-only build", next_step="Add --forward-only")
    if request.forward_only and chosen.forward is None:
        can = ", ".join(name for name in ("flash2",) if name != request.name)
        raise UsageError(f"{request.name} has no forward-only recipe", next_step=f"Leave it out; {can} has one")
    if chosen.forward and (unknown := set(request.head_dims) - set(chosen.forward.head_dims)):
        known = ", ".join(map(str, chosen.forward.head_dims))
        raise UsageError(f"there is no kernel of head dim {min(unknown)}", next_step=f"There are: {known}")
    return request
