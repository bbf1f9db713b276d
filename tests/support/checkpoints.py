"""Tiny checkpoints that read: trained ones, which the repository keeps packed, and one that knows a few pages by heart."""

import atexit
import functools
import json
import shutil
import tempfile
from pathlib import Path

import pytest

from ocroute.engines.base import ENGINES

NAMES = tuple(name for name in ENGINES if ENGINES[name].builtin and ENGINES.load(name).info.kind == "vlm")
"""The engines that load a model: a new one is tested as soon as it is registered."""

TRAINED = ("dots_ocr", "qwen2_vl", "got_ocr2", "deepseek_ocr")
KEPT = Path(__file__).parents[1] / "checkpoints"
PAGES = KEPT / "pages"
"""For each trained model pictures that it is known to read, named TASK-KIND-SCRIPT, with the text beside them."""


@functools.cache
def trained(name: str) -> Path:
    """The folder of a trained checkpoint, unpacked once a process; where the repository's is missing, the test is skipped.

    Args:
        name: one of `TRAINED`, or ``by_heart``: a Qwen2-VL that has learnt the canary page, see `tests.support.overfit`; or
            ``two_pages_by_heart``: both models of PaddleOCR-VL, see `tests.support.overfit_regions`.
    """
    from bench.tiny_models.packed import PACKED, unpack

    if not (KEPT / name / PACKED).is_file():
        pytest.skip(
            f"needs tests/checkpoints/{name}/{PACKED}, which is in the repository alone", allow_module_level=True
        )
    made = unpack(KEPT / name, _folder() / name)
    for inner in (path for path in (KEPT / name).iterdir() if path.is_dir()):
        unpack(inner, made / inner.name)
    return made


@functools.cache
def _folder() -> Path:
    made = Path(tempfile.mkdtemp(prefix="ocroute-checkpoints-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def edit(folder: Path, name: str, **changes) -> None:
    """Change a JSON file of a checkpoint."""
    file = folder / name
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))
