"""What every registered neural engine must do, shown with tiny checkpoints of random weights: what they say is babble.

Whether weights lie on this machine makes no difference here. An engine's layout says what they are like.
"""

import hashlib
import time

import numpy as np
import pytest
import torch
from tests.support.checkpoints import NAMES
from tests.support.pages import ArrayPage

from ocroute.engines.base import ENGINES, PageLimits, Reading, Request, Task
from ocroute.engines.neural import canary
from ocroute.errors import Declined, EngineUnavailable, UsageError
from ocroute.values import Category

pytestmark = pytest.mark.parametrize("name", NAMES)


def drawn(width=336, height=224):
    return canary.page().resize((width, height))


def page(width=336, height=224):
    return ArrayPage(drawn(width, height))


def test_the_facts_are_whole(name):
    info, facts = ENGINES.load(name).info, ENGINES.load(name).facts
    assert facts.name == name
    assert info.gives_layout
    assert not info.gives_confidence
    assert info.gpu_mb > 0
    assert info.strengths
    assert any("ocroute[vlm]" in need for need in info.needs)
    assert any(facts.hub in need for need in info.needs)
    assert any(mode.text for mode in facts.modes.values()), "the canary page needs a mode that gives text"
    assert info.gives_boxes == any(mode.boxes for mode in facts.modes.values())


def test_it_is_found_with_its_weights_and_without_loading_them(name, random_checkpoint, monkeypatch):
    folder = random_checkpoint(name)
    monkeypatch.setattr(torch.nn.Module, "__init__", lambda *_: pytest.fail("a model was made"))
    start = time.process_time()
    here = ENGINES.load(name).probe_for(Task(model=str(folder)))
    assert time.process_time() - start < 1.0
    assert (here.state, bool(here.version), len(here.weights)) == ("usable", True, 16)
    assert here.scripts


def test_it_is_absent_without_them_and_says_how_to_get_them(name, monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("OCROUTE_MODELS", str(tmp_path))
    here = ENGINES.load(name).probe()
    assert here.state == "absent"
    assert "not on this machine" in here.reason
    assert here.install.endswith(f"--model {ENGINES.load(name).facts.hub}")
    with pytest.raises(EngineUnavailable, match="not on this machine"):
        ENGINES.load(name)(Task())


def test_it_reads_each_page_once_in_order_and_says_how(name, babbling):
    engine = babbling(name)
    requests = [Request(page(), Task()), Request(page(224, 336), Task())]
    found = dict(engine.read(requests))
    readings = [found[request] for request in requests]
    for reading, (width, height) in zip(readings, [(336, 224), (224, 336)], strict=True):
        assert isinstance(reading, Reading)
        assert reading.lines == ()
        assert all(isinstance(block.category, Category) for block in reading.blocks)
        for box in (block.box for block in reading.blocks if block.box is not None):
            assert 0 <= box.x0 <= box.x1 <= width
            assert 0 <= box.y0 <= box.y1 <= height
        assert reading.finish in ("stop", "length")
        assert set(reading.seconds) - {"layout"} == {"prepare", "generate"}
        assert set(reading.versions) == {"torch", "transformers"}
        assert reading.model
        assert len(reading.model_hash) == 64
        assert reading.device == "cpu"
        assert [part.split()[0] for part in reading.kernel.split(", ")] == list(engine.facts.kernels)
        assert reading.settings["mode"] == engine.facts.default_mode
        # Those whose layers are those of Qwen2, Qwen3 or Ernie 4.5.
        ours = name in ("dots_ocr", "qwen2_vl", "got_ocr2", "lighton_ocr", "qianfan_ocr", "paddleocr_vl")
        assert reading.settings["decoding"]["decoder"] == ("ocroute" if ours else "transformers")
    assert engine.loaded.model.device == torch.device("cpu")


def test_every_mode_can_be_asked_for(name, babbling):
    engine = babbling(name)
    for mode in engine.facts.modes:
        reading = engine.read_page(page(), Task(mode=mode))
        assert reading.settings["mode"] == mode
    with pytest.raises(UsageError, match="knows no task 'svg'"):
        engine.read_page(page(), Task(mode="svg"))


def test_every_prompt_is_the_model_s_own_with_a_token_for_each_feature(name, babbling):
    engine = babbling(name)
    config = engine.loaded.model.config
    image = engine.loaded.tokenizer.convert_ids_to_tokens(config.image_token_id)
    for mode in engine.facts.modes.values():
        prepared = engine.prepare(drawn(), mode, engine.facts.max_pixels)
        ids = prepared.inputs["input_ids"]
        count = int((ids == config.image_token_id).sum())
        wanted = engine.facts.layout.prompt.replace("{image}", image * count).replace("{prompt}", mode.prompt)
        assert engine.loaded.tokenizer.decode(ids[0]) == wanted
        with torch.inference_mode():  # as many features as places, or the model itself refuses
            logits = engine.loaded.model(**engine.where.take(prepared.inputs)).logits
        assert logits.isfinite().all()


def test_it_leaves_the_page_as_it_was(name, babbling):
    sheet = page()
    before = hashlib.sha256(sheet.pixels.tobytes()).hexdigest()
    babbling(name).read_page(sheet, Task())
    assert hashlib.sha256(sheet.pixels.tobytes()).hexdigest() == before


def test_odd_pages_are_read_or_declined(name, babbling):
    engine = babbling(name)
    for shape in [(1, 1, 3), (1, 500, 3), (500, 1, 3), (40, 40, 3)]:
        try:
            reading = engine.read_page(ArrayPage(np.full(shape, 255, np.uint8)), Task())
        except Declined:
            assert max(shape) > 200 * min(shape[:2])
        else:
            assert reading.settings["tokens"] > 0


def test_it_takes_no_more_threads_than_it_may(name, babbling):
    engine = babbling(name)
    torch.set_num_threads(2)
    engine.read_page(page(), Task(limits=PageLimits(threads=1)))
    assert torch.get_num_threads() == 1
