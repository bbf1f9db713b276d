"""Tiny checkpoints that read: trained ones, which the repository keeps packed, and one that knows a few pages by heart."""

import atexit
import functools
import shutil
import tempfile
from pathlib import Path

import pytest

NAMES = ("qwen2_vl", "got_ocr2", "deepseek_ocr", "deepseek_ocr2", "glm_ocr", "lighton_ocr")
"""Engines whose model is one of transformers' own."""

TRAINED = ("dots_ocr", "qwen2_vl", "got_ocr2", "deepseek_ocr")
KEPT = Path(__file__).parents[1] / "checkpoints"
PAGES = KEPT / "pages"
"""For each trained model pictures that it is known to read, named TASK-KIND-SCRIPT, with the text beside them."""

BY_HEART = Path(__file__).parents[1] / "engines_neural" / "by_heart"
"""A Qwen2-VL that has learnt the canary page, see `tests.support.overfit`."""


@functools.cache
def trained(name: str) -> Path:
    """The folder of a trained checkpoint, unpacked once a process; where the repository's is missing, the test is skipped."""
    from bench.tiny_models.packed import PACKED, unpack

    if not (KEPT / name / PACKED).is_file():
        pytest.skip(
            f"needs tests/checkpoints/{name}/{PACKED}, which is in the repository alone", allow_module_level=True
        )
    return unpack(KEPT / name, _folder() / name)


@functools.cache
def _folder() -> Path:
    made = Path(tempfile.mkdtemp(prefix="ocroute-checkpoints-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made
