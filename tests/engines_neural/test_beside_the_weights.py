"""The small files of a checkpoint in the forms that they have had: what is said in another place, not set, or lost."""

import json

import pytest
import torch
from tests.support.checkpoints import edit

from ocroute.engines.base import ENGINES, Task
from ocroute.engines.neural import canary, weights
from ocroute.engines.neural.devices import Place
from ocroute.errors import EngineUnavailable
from ocroute.models.settings import settings
from ocroute.testing import tiny_checkpoint

CPU = Place("cpu", torch.float32, "cpu")
OLD, NEW = "preprocessor_config.json", "processor_config.json"
ENDS = {
    "dots_ocr": {"<|endoftext|>", "<|endofassistant|>"},
    "qwen2_vl": {"<|endoftext|>", "<|im_end|>"},
    "got_ocr2": {"<|im_end|>"},
    "deepseek_ocr": {"<｜end▁of▁sentence｜>"},
    "deepseek_ocr2": {"<｜end▁of▁sentence｜>"},
    "glm_ocr": {"<|endoftext|>", "<|user|>"},
    "lighton_ocr": {"<|im_end|>"},
}
"""Engine to the tokens that end its answers, whether generation_config.json says so or not."""

PATCHED = ["dots_ocr", "qwen2_vl"]


def engine(name):
    return object.__new__(ENGINES.load(name))


@pytest.fixture
def checkpoint(tmp_path):
    def make(name):
        tiny_checkpoint(ENGINES.load(name), tmp_path)
        return tmp_path

    return make


def moved(folder, change=lambda keys: keys):
    """The settings where newer releases put them."""
    keys = change(json.loads((folder / OLD).read_text()))
    (folder / OLD).unlink()
    (folder / NEW).write_text(json.dumps({"processor_class": "AProcessor", "image_processor": keys}))


def shown(name, folder):
    """What the model is shown of the canary page."""
    made = engine(name)
    made.loaded = made.load(folder, CPU)
    prepared = made.prepare(canary.page(), made.facts.modes[made.facts.default_mode], 400_000)
    return prepared.input_size, prepared.inputs["pixel_values"]


@pytest.mark.parametrize("name", PATCHED)
def test_settings_are_read_where_newer_releases_put_them(name, checkpoint):
    folder = checkpoint(name)
    frame, pixels = shown(name, folder)
    moved(folder)
    weights.check(ENGINES.load(name).facts, folder)
    assert shown(name, folder)[0] == frame
    assert torch.equal(shown(name, folder)[1], pixels)


@pytest.mark.parametrize("name", PATCHED)
@pytest.mark.parametrize("place", [OLD, NEW])
def test_bounds_that_are_not_set_are_those_of_the_size(name, place, checkpoint):
    folder = checkpoint(name)
    frame, _ = shown(name, folder)
    size = {"shortest_edge": 3136, "longest_edge": 11_289_600}
    unset = {"min_pixels": None, "max_pixels": None, "size": size}
    if place == NEW:
        moved(folder, lambda keys: keys | unset)
    else:
        edit(folder, OLD, **unset)
    assert shown(name, folder)[0] == frame


def test_the_newer_place_comes_first_and_keys_without_a_value_are_left_out(tmp_path):
    (tmp_path / OLD).write_text('{"patch_size": 16, "a": null}')
    assert settings(lambda name: tmp_path / name) == (OLD, {"patch_size": 16})
    (tmp_path / NEW).write_text('{"processor_class": "X"}')
    assert settings(lambda name: tmp_path / name) == (OLD, {"patch_size": 16}), "one that does not say it"
    (tmp_path / NEW).write_text('{"image_processor": {"patch_size": 14}}')
    assert settings(lambda name: tmp_path / name) == (NEW, {"patch_size": 14})


@pytest.mark.parametrize("name", PATCHED)
def test_a_newer_file_that_says_nothing_of_pixels_is_not_enough(name, checkpoint):
    folder = checkpoint(name)
    (folder / OLD).unlink()
    (folder / NEW).write_text('{"processor_class": "X"}')
    assert "lacks preprocessor_config.json" in ENGINES.load(name).probe_for(Task(model=str(folder))).reason


@pytest.mark.parametrize("content", ["{", "[1]", '{"image_processor": 3}'])
def test_a_damaged_newer_file_is_named(content, checkpoint):
    folder = checkpoint("dots_ocr")
    (folder / NEW).write_text(content)
    with pytest.raises(EngineUnavailable, match=r"holds a damaged file: processor_config\.json cannot be read"):
        weights.check(ENGINES.load("dots_ocr").facts, folder)


@pytest.mark.parametrize("content", [None, "", "{", "{}", '{"eos_token_id": null}'])
@pytest.mark.parametrize("name", ENDS)
def test_answers_end_whatever_became_of_the_generation_config(name, content, checkpoint):
    file = checkpoint(name) / "generation_config.json"
    file.unlink(missing_ok=True)
    if content is not None:
        file.write_text(content)
    loaded = engine(name).load(file.parent, CPU)
    assert {*loaded.tokenizer.convert_ids_to_tokens(list(loaded.stop_ids))} == ENDS[name]
    assert set(ENGINES.load(name).facts.stop_tokens) == ENDS[name]


def test_a_generation_config_of_another_form_is_said(checkpoint):
    folder = checkpoint("dots_ocr")
    (folder / "generation_config.json").write_text("[1]")
    with pytest.raises(EngineUnavailable, match=r"dots_ocr cannot be loaded from .*: TypeError") as caught:
        engine("dots_ocr").load(folder, CPU)
    assert "ocroute read PAGE --engine dots_ocr" in str(caught.value.next_step)
