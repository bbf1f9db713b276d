"""vLLM's plug-in: gives transformers a configuration that vLLM has and transformers lacks.

Without it vLLM would take that configuration from the checkpoint's own code, which is never run. This file is copied into a
folder of its own that only the vLLM which we start has on its path, so it imports nothing of ocroute.
"""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path

CONFIGURATION = "OCROUTE_VLLM_CONFIGURATION"
"""The environment variable: ``model_type=module:class``."""

_NAME = "ocroute_registering"


def register() -> None:
    """Called by vLLM in each of its processes."""
    from transformers import AutoConfig

    model_type, _, place = os.environ[CONFIGURATION].partition("=")
    module, _, name = place.partition(":")
    AutoConfig.register(model_type, getattr(import_module(module), name), exist_ok=True)


def put_into(folder: Path) -> None:
    """Make ``folder`` one that holds this plug-in as an installed package."""
    (folder / f"{_NAME}.py").write_text(Path(__file__).read_text(encoding="utf-8"), encoding="utf-8")
    listed = folder / f"{_NAME}-1.dist-info"
    listed.mkdir()
    (listed / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {_NAME}\nVersion: 1\n", encoding="utf-8")
    (listed / "entry_points.txt").write_text(f"[vllm.general_plugins]\n{_NAME} = {_NAME}:register\n", encoding="utf-8")
