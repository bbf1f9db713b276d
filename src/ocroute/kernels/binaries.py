"""NVIDIA's rules of binary compatibility: which compiled code runs on which card."""

from __future__ import annotations

import re

from ocroute.kernels.facts import Capability

_NAME = re.compile(r"(sm|compute|ptx)_(\d+)(\d)([af]?)")


def runs_on(code: str, capability: Capability) -> bool:
    """Whether a card runs this code, named as ``sm_90a``, ``compute_120`` or ``ptx_120``; of another form it does not.

    Machine code (``sm_``) runs on cards of its own major version and an equal or higher minor one; with the suffix ``a`` on its
    very own capability only, with ``f`` within its family, which is the major version. Portable code (``compute_``, ``ptx_``) is
    translated for every newer card, but not with a suffix. (CUDA C++ Programming Guide, binary compatibility.)
    """
    match = _NAME.fullmatch(code)
    if match is None:
        return False
    kind, own, suffix = match[1], (int(match[2]), int(match[3])), match[4]
    if suffix == "a":
        return own == capability
    if kind != "sm" and not suffix:
        return own <= capability
    return own[0] == capability[0] and own <= capability
