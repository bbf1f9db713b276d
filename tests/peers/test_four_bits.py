"""Checkpoints in bitsandbytes' four bits, made by transformers itself from tiny models, are loaded and read by their engines."""

from __future__ import annotations

import shutil
from dataclasses import replace

import bitsandbytes
import pytest
import torch
from tests.support.pages import ArrayPage
from transformers import BitsAndBytesConfig

from ocroute.engines.base import ENGINES, Task
from ocroute.engines.neural import canary, shards
from ocroute.engines.neural.canary.diagnosis import Sight
from ocroute.testing import tiny_checkpoint


def four_bits(engine, whole, folder, dtype):
    """The checkpoint in ``whole``, quantised, the rest of its weights in ``dtype``."""
    settings = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype)
    model = engine.model_class().from_pretrained(
        whole, quantization_config=settings, device_map={"": "cpu"}, dtype=dtype
    )
    model.save_pretrained(folder)
    for file in whole.iterdir():
        if file.suffix != ".safetensors" and "index" not in file.name and not (folder / file.name).exists():
            shutil.copy(file, folder)


@pytest.mark.filterwarnings("ignore")  # theirs, of models that are this small
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("name", ["qwen2_vl", "dots_ocr"])
def test_it_reads_a_page_in_four_bits(name, dtype, tmp_path, monkeypatch):
    engine_class = ENGINES.load(name)
    whole, folder = tmp_path / "whole", tmp_path / "packed"
    whole.mkdir()
    tiny_checkpoint(engine_class, whole)
    four_bits(engine_class, whole, folder, dtype)
    monkeypatch.setattr("ocroute.engines.neural.base.canary.require", lambda *_: Sight("babble", "babble", "stop"))
    engine = engine_class(Task(model=str(folder)))
    packed = [part for part in engine.loaded.model.modules() if isinstance(part, bitsandbytes.nn.Linear4bit)]
    assert len(packed) > 4
    assert {weight.dtype for weight in engine.loaded.model.parameters()} == {torch.uint8, torch.float32}
    assert engine.decoding == {"decoder": "transformers", "reason": "its weights are quantized"}
    assert engine.budget.small.need.weights == shards.stored(folder) < shards.stored(whole)
    short = {known: replace(mode, max_new_tokens=8) for known, mode in engine.facts.modes.items()}
    engine.facts = replace(engine.facts, modes=short)
    reading = engine.read_page(ArrayPage(canary.page().resize((672, 448))), Task())
    assert reading.settings["tokens"] == 8
