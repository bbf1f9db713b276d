"""Which attention kernel a model runs on."""

from __future__ import annotations

from typing import Any

from ocroute.engines.neural.devices import Place
from ocroute.engines.neural.recipe import Facts

DEFAULT = "sdpa"


def plug_in(model: Any, facts: Facts, where: Place, *, quantised: bool) -> dict[str, str]:  # noqa: ARG001
    """Part of the model to the kernel that serves it; the parts that no kernel was proven for stay with torch's own."""
    return dict.fromkeys(facts.kernels, DEFAULT)
