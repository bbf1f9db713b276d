"""Attention kernels: one contract, proven on the card before use.

``attend = best(problem)`` is the kernel to call here; ``plug_into(model, kernel)`` puts kernels into a transformers model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ocroute.kernels.base import Problem
from ocroute.kernels.this_machine import best

if TYPE_CHECKING:
    from ocroute.kernels.adaptor import plug_into

__all__ = ["Problem", "best", "plug_into"]


def __getattr__(name: str) -> Any:
    if name == "plug_into":  # it imports torch, which most of what asks for this package must not
        from ocroute.kernels.adaptor import plug_into

        return plug_into
    raise AttributeError(name)
