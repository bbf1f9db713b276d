"""The trained tiny checkpoints read kept pages: words and typefaces that training never showed."""

from pathlib import Path

import numpy as np
import pytest
import torch
from bench.tiny_models.evaluate import Reader
from bench.tiny_models.layouts import boxes_apart, is_layout
from bench.tiny_models.packed import PACKED, WEIGHTS, as_kept, pack, unpack
from PIL import Image
from safetensors.torch import load_file
from tests.support.checkpoints import KEPT, PAGES, TRAINED, trained

from ocroute.compare.measures import character_errors

LIMIT = 0.03
OVERLAP = 0.85  # of boxes with the true ones, in the mean


@pytest.mark.parametrize("name", TRAINED)
def test_files_are_small(name: str) -> None:
    trained(name)
    assert (KEPT / name / PACKED).stat().st_size <= 2_450_000


def test_packing_again_changes_little(tmp_path: Path) -> None:
    """Steps are parts of the rows' spread: what was rounded to them is near what would be rounded to them again."""
    before = load_file(trained("by_heart") / WEIGHTS)
    pack(trained("by_heart"), tmp_path / "packed", 12)
    after = load_file(unpack(tmp_path / "packed", tmp_path / "again") / WEIGHTS)
    assert before.keys() == after.keys()
    for name, tensor in before.items():
        spread = tensor.float().flatten(1).square().mean(1).sqrt() if tensor.dim() > 1 else torch.zeros(())
        worst = (after[name].float() - tensor.float()).abs()
        assert bool(
            (worst.flatten(1).amax(1) <= 0.14 * spread + 1e-6).all() if tensor.dim() > 1 else worst.max() == 0
        ), name


def test_training_sees_the_weights_that_packing_keeps(tmp_path: Path) -> None:
    weights = load_file(trained("by_heart") / WEIGHTS)
    exact = {name: tensor.clone() for name, tensor in weights.items()}
    pack(trained("by_heart"), tmp_path / "packed", 1)
    kept = load_file(unpack(tmp_path / "packed", tmp_path / "again") / WEIGHTS)
    with as_kept(weights.items(), 1):
        assert all(torch.equal(tensor, kept[name]) for name, tensor in weights.items())
    assert any(not torch.equal(tensor, kept[name]) for name, tensor in weights.items())
    assert all(torch.equal(tensor, exact[name]) for name, tensor in weights.items())
    with as_kept(weights.items(), 0):
        assert all(torch.equal(tensor, exact[name]) for name, tensor in weights.items())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("name", TRAINED)
def test_kept_pages_are_read(name: str, dtype: torch.dtype) -> None:
    """Pictures in pages/MODEL, each named TASK-KIND-SCRIPT, with the wanted answer beside them.

    A CPU is slow in bfloat16: in it lines of one script are read.
    """
    reader = Reader(trained(name), dtype, "cpu")
    pictures = sorted((PAGES / name).glob("*.png" if dtype is torch.float32 else "*-line-latin.png"))
    assert pictures
    wrong = total = 0
    overlaps = []
    batches: dict[tuple[str, ...], list[Path]] = {}
    for picture in pictures:  # those of one task and size are read at once
        batches.setdefault(tuple(picture.stem.split("-")[:2]), []).append(picture)
    for (task, _), batch in batches.items():
        texts = [picture.with_suffix(".txt").read_text(encoding="utf-8") for picture in batch]
        greys = [torch.from_numpy(np.asarray(Image.open(picture).convert("L")).copy()) for picture in batch]
        answers = reader.read(torch.stack(greys), task, max(map(len, texts)) + 40)
        for wanted, found in zip(texts, answers, strict=True):
            if is_layout(wanted):
                apart = boxes_apart(wanted, found)
                assert apart["valid"], found
                overlaps.append(apart["overlap"] / apart["elements"])
                wanted, found = apart["text"]  # noqa: PLW2901
            wrong += character_errors(wanted, found, "nfc").edits
            total += len(wanted)
    assert wrong / total <= LIMIT
    assert not overlaps or sum(overlaps) / len(overlaps) >= OVERLAP, overlaps
