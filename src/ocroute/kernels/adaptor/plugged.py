"""What was plugged into a model, what was left alone, and the way back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

import msgspec

from ocroute.kernels.base import SubModel

if TYPE_CHECKING:
    from ocroute.kernels.adaptor.kernel_attention import Guarded


class Replaced(msgspec.Struct, frozen=True):
    """One sub-model whose attention a kernel now computes.

    Attributes:
        path: of the sub-model in the model, e.g. ``model.visual``; empty for the model itself.
        sub_model: ``vision`` where every token sees every other of its image, ``text`` where it sees those before it.
        kernel: its registered name, or what it calls itself.
        layers: how many attention layers it serves.
        proven: whether a proof on this device stands behind the kernel for these layers.
        reason: why it, or what is known of it.
    """

    path: str
    sub_model: SubModel
    kernel: str
    layers: int
    proven: bool = False
    reason: str = ""


class Kept(msgspec.Struct, frozen=True):
    """Attention layers of one sub-model that keep what they had.

    Attributes:
        attention: class of the layers.
        reason: why no kernel was plugged.
        sub_model: None where the layers do not tell.
    """

    path: str
    attention: str
    layers: int
    reason: str
    sub_model: SubModel | None = None


class Plugged:
    """Kernels at work inside a model, until ``undo`` or the end of a ``with`` block.

    Attributes:
        parts: where a kernel was plugged.
        left: attention that was left alone, with reasons.
        served: calls that a kernel has answered, by sub-model.
        declined: calls that went to PyTorch's own attention instead, by reason. Decode steps (one query token) always do,
            since their graphs can be captured; they are not counted.
    """

    def __init__(
        self,
        parts: tuple[Replaced, ...],
        left: tuple[Kept, ...],
        guards: tuple[tuple[SubModel, Guarded], ...],
        served: Counter[SubModel],
        declined: Counter[str],
        restore: Callable[[], None],
    ) -> None:
        self.parts = parts
        self.left = left
        self.served = served
        self.declined = declined
        self._guards = guards
        self._restore: Callable[[], None] | None = restore

    @property
    def faults(self) -> dict[SubModel, str]:
        """What chosen kernels have raised, after which they are asked no more."""
        return {sub_model: f"{one.name} raised {one.fault}" for sub_model, one in self._guards if one.fault}

    def undo(self) -> None:
        """Give the model its own attention back. A second call does nothing."""
        restore, self._restore = self._restore, None
        if restore is not None:
            restore()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.undo()

    def __repr__(self) -> str:
        plugged = ", ".join(
            f"{part.path or 'model'}: {part.kernel} ({part.sub_model}{'' if part.proven else ', unproven'})"
            for part in self.parts
        )
        state = "" if self._restore else "undone: "
        return f"<Plugged {state}{plugged}; {len(self.left)} left alone>"
