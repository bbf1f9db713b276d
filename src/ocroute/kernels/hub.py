"""Kernels that the Hugging Face hub carries ready built, through the package ``kernels``.

Nothing is fetched here: only what the user has downloaded before is loaded.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ocroute.kernels.admission import NotHere


def load_downloaded(repository: str, versions: tuple[int, ...]) -> Callable[..., Any]:
    """``flash_attn_varlen_func`` of the first of ``versions`` that is in the local cache.

    Raises:
        NotHere: nothing of the repository is.
        ImportError: what is there does not load; the message has what ``kernels`` said of each version.
    """
    from kernels import get_kernel

    if not downloaded(repository):
        raise NotHere(f"{repository} is not among the downloaded kernels")
    said: list[str] = []
    with _offline():
        for number in versions:
            try:
                function: Callable[..., Any] = get_kernel(repository, version=number).flash_attn_varlen_func
            except Exception as error:  # the package raises what its many parts raise
                said.append(f"version {number}: {type(error).__name__}: {error}")
            else:
                return function
    raise ImportError("; ".join(said))


def downloaded(repository: str) -> list[str]:
    """The revisions of a repository that are in the cache, shortened, in the layout of any version of the hub's client."""
    try:
        from huggingface_hub import constants
    except ImportError:
        return []
    cache = Path(os.environ.get("KERNELS_CACHE") or constants.HF_HUB_CACHE)
    folder = repository.replace("/", "--")
    found = (cache.glob(f"{kind}--{folder}/snapshots/*") for kind in ("kernels", "models"))
    return sorted(path.name[:12] for paths in found for path in paths)


@contextlib.contextmanager
def _offline() -> Iterator[None]:
    """Hold the hub's client to its cache; its own switch is read once, from the environment, when it is imported."""
    from huggingface_hub import constants

    before, constants.HF_HUB_OFFLINE = constants.HF_HUB_OFFLINE, True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


def install_command(repository: str, version: int) -> str:
    """What downloads a kernel into the cache."""
    return f"pip install kernels && python -c \"from kernels import get_kernel; get_kernel('{repository}', version={version})\""
