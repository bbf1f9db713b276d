"""What breaks such models in the field, done to one that reads: caught at load, in words, and the page is read all the same."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.support.checkpoints import edit, trained
from tests.support.pages import ArrayPage

from ocroute.engines.base import Task
from ocroute.engines.neural import canary, devices, loading, pixel_budget
from ocroute.engines.neural.canary import history
from ocroute.engines.neural.canary.diagnosis import LIMIT, error_rate
from ocroute.engines.neural.model_facts import Prepared
from ocroute.engines.qwen2_vl import Qwen2Vl
from ocroute.errors import EngineUnavailable
from ocroute.machine import MIB

MODEL = trained("qwen2_vl")
"""A tiny Qwen2-VL that has learnt to read."""


@pytest.fixture
def copy(tmp_path):
    return shutil.copytree(MODEL, tmp_path / "qwen2_vl")


def refusal(folder: Path, kind: type[Qwen2Vl] = Qwen2Vl) -> str:
    """The sentence with which the engine refuses to start."""
    with pytest.raises(EngineUnavailable) as caught:
        kind(Task(model=str(folder)))
    assert caught.value.message.count(". ") == 0, "one sentence"
    return caught.value.message


def change(folder: Path, edit) -> None:
    """Change the tensors of a checkpoint: ``edit`` gets name and tensor and returns a tensor."""
    file = folder / "model.safetensors"
    tensors = {name: edit(name, tensor).contiguous() for name, tensor in load_file(file).items()}
    save_file(tensors, file, metadata={"format": "pt"})


def test_the_sound_model_reads_the_canary_page_and_is_let_in():
    engine = Qwen2Vl(Task(model=str(MODEL)))
    reading = engine.read_page(ArrayPage(canary.page()), Task())
    assert error_rate(canary.TRUTH, reading.text) <= LIMIT
    assert reading.finish == "stop"


def test_vision_weights_that_were_lost_in_loading(copy):
    torch.manual_seed(1)
    change(
        copy, lambda name, tensor: torch.randn_like(tensor) * 0.02 if "visual" in name and tensor.dim() > 1 else tensor
    )
    sentence = refusal(copy)
    assert "canary page" in sentence
    assert "weights that were not loaded" in sentence


def test_rotary_frequencies_of_the_vision_tower_that_are_zero():
    class Unturned(Qwen2Vl):
        def load(self, folder, where):
            loaded = super().load(folder, where)
            zeroed = [name for name, buffer in loaded.model.named_buffers() if "inv_freq" in name and "visual" in name]
            for name in zeroed:
                loaded.model.get_buffer(name).zero_()
            assert zeroed
            return loaded

    sentence = refusal(MODEL, Unturned)
    assert "misreads the canary page as '" in sentence
    assert "lost positions (rotary frequencies)" in sentence


def test_rotary_frequencies_of_the_text_half_that_are_zero():
    class Unturned(Qwen2Vl):
        def load(self, folder, where):
            loaded = super().load(folder, where)
            loaded.model.get_buffer("model.language_model.rotary_emb.inv_freq").zero_()
            return loaded

    assert "canary page" in refusal(MODEL, Unturned)


def test_an_image_that_never_reaches_the_model():
    class Blind(Qwen2Vl):
        def prepare(self, image, mode, pixels):
            made = super().prepare(image, mode, pixels)
            made.inputs["pixel_values"] = torch.zeros_like(made.inputs["pixel_values"])
            return made

    assert "for the canary page and for an empty page alike: it does not see the image" in refusal(MODEL, Blind)


def test_pixels_that_are_left_out_of_the_answer():
    class Blind(Qwen2Vl):
        def _answer(self, prepared, mode, **rest):
            ids = prepared.inputs["input_ids"]
            text_only = ids[ids != self.loaded.model.config.image_token_id][None]
            return super()._answer(Prepared({"input_ids": text_only}, prepared.input_size), mode, **rest)

    assert "gives an empty answer to the canary page" in refusal(MODEL, Blind)


def test_a_wrong_stop_token(copy):
    class Endless(Qwen2Vl):
        facts = dataclasses.replace(Qwen2Vl.facts, stop_tokens=("<|endoftext|>",))

    never = loading.load(Qwen2Vl.facts, copy, CPU).tokenizer.convert_tokens_to_ids("<|endoftext|>")
    edit(copy, "generation_config.json", eos_token_id=never)
    sentence = refusal(copy, Endless)
    assert "stop" in sentence
    assert "wrong stop token (it stops at <|endoftext|>)" in sentence


CPU = devices.Place("cpu", torch.float32, "cpu")
HALF = devices.Place("cpu", torch.float16, "cpu")


@pytest.fixture
def overflowing(copy, monkeypatch):
    """A checkpoint whose activations overflow in float16, on a device that computes in it."""

    def larger(name, tensor):
        """The same function in exact numbers: what one matrix gains, the next takes back."""
        return tensor * {"up_proj": 2.0**20, "down_proj": 2.0**-20}.get(name.split(".")[-2], 1.0)

    change(copy, larger)
    monkeypatch.setattr("ocroute.engines.neural.devices.place", lambda: HALF)
    return copy


def test_activations_that_overflow_in_float16(overflowing, monkeypatch):
    free = pixel_budget.free_bytes
    monkeypatch.setattr(pixel_budget, "free_bytes", lambda where: MIB if where.dtype_name == "float32" else free(where))
    sentence = refusal(overflowing)
    assert "NaN or Inf logits" in sentence
    assert "float16" in sentence
    assert "; and in float32 qwen2_vl needs" in sentence
    assert "1 MiB are free" in sentence


def test_what_overflows_in_float16_is_read_in_float32_where_that_fits(overflowing, caplog):
    engine = Qwen2Vl(Task(model=str(overflowing)))
    (note,) = caplog.messages
    assert "NaN or Inf logits" in note
    assert "loaded again in float32" in note
    reading = engine.read_page(ArrayPage(canary.page()), Task())
    assert error_rate(canary.TRUTH, reading.text) <= LIMIT
    assert reading.settings["dtype"] == "float32"
    assert history.newest(history.kept(), "qwen2_vl").read


def test_a_prompt_that_the_model_does_not_know():
    class Rephrased(Qwen2Vl):
        facts = dataclasses.replace(
            Qwen2Vl.facts,
            modes={
                "text": dataclasses.replace(Qwen2Vl.facts.modes["text"], prompt="Tell me, kindly, what you see here!?")
            },
        )

    assert "canary page" in refusal(MODEL, Rephrased)


def test_the_page_comes_out_of_the_next_route(copy, monkeypatch):
    from ocroute.route.page_reader import PageReader
    from ocroute.route.plan import Plan, Wish

    torch.manual_seed(1)
    change(
        copy, lambda name, tensor: torch.randn_like(tensor) * 0.02 if "visual" in name and tensor.dim() > 1 else tensor
    )
    monkeypatch.setenv("OCROUTE_MODELS", str(copy.parent))
    reader = PageReader(Wish(), Plan({"qwen2_vl": "first", "rapidocr": "next"}, {}))
    record = reader.read(ArrayPage(canary.page().resize((1344, 896))))
    assert [attempt.outcome for attempt in record.attempts] == ["failed", "accepted"]
    assert "canary page" in record.attempts[0].reason
    assert "herons" in " ".join(block.text for block in record.blocks)
