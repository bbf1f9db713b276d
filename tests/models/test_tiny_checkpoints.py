"""The trained tiny checkpoints read kept pages: words and typefaces that training never showed."""

from pathlib import Path

import numpy as np
import pytest
import torch
from bench.tiny_models.evaluate import Reader
from bench.tiny_models.layouts import boxes_apart, is_layout
from PIL import Image

from ocroute.compare.measures import character_errors

CHECKPOINTS = Path(__file__).parents[1] / "checkpoints"
TRAINED = ("dots_ocr", "qwen2_vl", "got_ocr2", "deepseek_ocr")
LIMIT = 0.03
OVERLAP = 0.85  # of boxes with the true ones, in the mean


@pytest.mark.parametrize("name", TRAINED)
def test_files_are_small(name: str) -> None:
    assert (CHECKPOINTS / name / "model.safetensors").stat().st_size <= 8_000_000


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("name", TRAINED)
def test_kept_pages_are_read(name: str, dtype: torch.dtype) -> None:
    """Pictures in pages/MODEL, each named TASK-KIND-SCRIPT, with the wanted answer beside them.

    A processor is slow in bfloat16: in it one script is read.
    """
    reader = Reader(CHECKPOINTS / name, dtype, "cpu")
    pictures = sorted((CHECKPOINTS / "pages" / name).glob("*.png" if dtype is torch.float32 else "*-latin.png"))
    assert pictures
    wrong = total = 0
    overlaps = []
    for picture in pictures:
        wanted = picture.with_suffix(".txt").read_text(encoding="utf-8")
        with Image.open(picture) as opened:
            grey = torch.from_numpy(np.asarray(opened.convert("L")).copy())[None]
        (found,) = reader.read(grey, picture.stem.split("-")[0], len(wanted) + 40)
        if is_layout(wanted):
            apart = boxes_apart(wanted, found)
            assert apart["valid"], found
            overlaps.append(apart["overlap"] / apart["elements"])
            wanted, found = apart["text"]
        wrong += character_errors(wanted, found, "nfc").edits
        total += len(wanted)
    assert wrong / total <= LIMIT
    assert not overlaps or sum(overlaps) / len(overlaps) >= OVERLAP, overlaps
