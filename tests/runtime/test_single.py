"""One answer after the other, and what engines make of it."""

from dataclasses import replace

import pytest
import torch
from PIL import Image
from tests.support import checkpoints

from ocroute.engines.base import ENGINES
from ocroute.engines.neural.devices import Place
from ocroute.engines.neural.generate import answer
from ocroute.engines.neural.loading import Loaded
from ocroute.engines.neural.repetition import NoRepeatNgram
from ocroute.runtime.single import Single
from ocroute.testing import tiny_checkpoint


@pytest.fixture
def loaded(trained, request):
    model = trained("dots_ocr")
    from ocroute.models.dots_ocr.load import on_meta_device

    rest = on_meta_device(checkpoints.trained("dots_ocr"), dtype=torch.float32)
    return Loaded(model.model, rest.tokenizer, None, model.stop_ids), model.prompts


@pytest.mark.parametrize(
    "wishes", [{}, {"no_repeat": NoRepeatNgram(3, 40, ("e",))}, {"keep_special": True}, {"max_new_tokens": 7}]
)
def test_answers_are_those_of_the_loop_of_transformers(loaded, wishes):
    made, prompts = loaded
    single = Single(made.model, made.stop_ids)
    for prompt in prompts[:3]:
        given = {"max_new_tokens": 120} | wishes
        assert answer(made, prompt, single=single, **given) == answer(made, prompt, **given)


@pytest.mark.parametrize("name", ["lighton_ocr", "qianfan_ocr"])
def test_qwen3_s_decoders_write_what_the_loop_of_transformers_writes(name, tmp_path):
    """Random weights: their heads have norms of their own, which no trained checkpoint of the tests has."""
    kind = ENGINES.load(name)
    tiny_checkpoint(kind, tmp_path)
    engine = kind.__new__(kind)
    engine.loaded = made = engine.load(tmp_path, Place("cpu", torch.float32, "cpu"))
    with torch.no_grad():
        for parameter_name, parameter in made.model.named_parameters():
            if parameter_name.endswith(("q_norm.weight", "k_norm.weight")):
                parameter.uniform_(0.5, 1.5)  # ones would hide a norm that is left out
    single, mode = Single(made.model, made.stop_ids), next(iter(kind.facts.modes.values()))
    for width, height in ((300, 200), (200, 420)):
        image = Image.effect_noise((width, height), 80).convert("RGB")
        prompt = engine.prepare(image, mode, kind.facts.max_pixels).inputs
        assert answer(made, prompt, max_new_tokens=60, single=single) == answer(made, prompt, max_new_tokens=60)


def test_loops_are_cut_alike(loaded, monkeypatch):
    made, prompts = loaded
    never = 383  # a token that it does not write
    monkeypatch.setattr(
        "ocroute.engines.neural.generate.LoopDetector.cut",
        lambda _, tokens: tokens[:100] if len(tokens) >= 150 else tokens,
    )
    found = answer(made, prompts[1], max_new_tokens=400, single=Single(made.model, (never,)))
    meant = answer(replace(made, stop_ids=(never,)), prompts[1], max_new_tokens=400)
    assert found == meant
    assert (found.ending, found.tokens) == ("loop", 192)


def test_a_failure_leaves_nothing_behind(loaded, monkeypatch):
    made, prompts = loaded
    single = Single(made.model, made.stop_ids)
    meant = single.write(prompts[0], limit=40)
    with monkeypatch.context() as patch:
        patch.setattr(
            "ocroute.runtime.batch.step", lambda *_: (_ for _ in ()).throw(torch.OutOfMemoryError("no memory"))
        )
        with pytest.raises(torch.OutOfMemoryError):
            single.write(prompts[1], limit=40)
    assert single.write(prompts[0], limit=40) == meant
