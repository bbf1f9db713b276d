"""The tiny models, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bench.tiny_models.specs.base import Spec
from bench.tiny_models.specs.deepseek_ocr import deepseek_ocr
from bench.tiny_models.specs.dots_ocr import dots_ocr
from bench.tiny_models.specs.got_ocr2 import got_ocr2
from bench.tiny_models.specs.qwen2_vl import qwen2_vl

SPECS: dict[str, Callable[[], Spec]] = {
    "dots_ocr": dots_ocr,
    "qwen2_vl": qwen2_vl,
    "got_ocr2": got_ocr2,
    "deepseek_ocr": deepseek_ocr,
}
_TYPES = {"deepseek_vl_v2": "deepseek_ocr"}


def spec_of(config: dict[str, Any]) -> Spec:
    """The spec of a checkpoint, by what its config.json says."""
    kind = config["model_type"]
    return SPECS[_TYPES.get(kind, kind)]()
