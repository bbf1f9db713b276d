"""Attention kernels: one contract, proven on the card before use.

``attend = best(problem)`` is the kernel to call here; ``plug_into(model, kernel)`` puts kernels into a transformers model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocroute.kernels.base import Problem

if TYPE_CHECKING:
    from ocroute.kernels.adaptor import plug_into
    from ocroute.kernels.this_machine import best

__all__ = ["Problem", "best", "plug_into"]


if not TYPE_CHECKING:  # a type checker would take any name for one of ours

    def __getattr__(name: str) -> object:
        if name == "plug_into":  # it imports torch, which most of what asks for this package must not
            from ocroute.kernels.adaptor import plug_into

            return plug_into
        if name == "best":
            from ocroute.kernels.this_machine import best

            return best
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
