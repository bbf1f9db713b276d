"""The tiny DeepSeek-OCR through the engine: its sizes come from its own files, its questions are those of its training."""

from pathlib import Path

import pytest
import torch
from bench.tiny_models import store
from bench.tiny_models.nets import Teacher
from bench.tiny_models.specs import SPECS
from safetensors.torch import load_file, save_file

from ocroute.engines.base import ENGINES, Task
from ocroute.engines.neural import canary
from ocroute.engines.neural.canary.diagnosis import Sight


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint before its training."""
    torch.manual_seed(0)
    spec = SPECS["deepseek_ocr"]()
    folder = tmp_path_factory.mktemp("made") / spec.name
    store.write(folder, spec, store.fresh(spec), Teacher(192, 1, 1), {})
    return folder


@pytest.fixture
def engine(folder: Path, monkeypatch: pytest.MonkeyPatch):
    """The engine on it, let in although it cannot read."""
    monkeypatch.setattr("ocroute.engines.neural.base.canary.require", lambda *_: Sight("babble", "babble", "stop"))
    return ENGINES.load("deepseek_ocr")(Task(model=str(folder)))


@pytest.mark.parametrize("size", [(336, 224), (1240, 1754)])
def test_every_page_is_one_small_square(size: tuple[int, int], engine) -> None:
    prepared = engine.prepare(canary.page().resize(size), engine.facts.modes["layout"], engine.facts.max_pixels)
    assert tuple(prepared.inputs["pixel_values"].shape) == (1, 3, 256, 256)
    assert "pixel_values_local" not in prepared.inputs
    assert int((prepared.inputs["input_ids"] == engine.loaded.model.config.image_token_id).sum()) == 73
    with torch.inference_mode():  # as many features as places, or the model itself refuses
        engine.loaded.model(**prepared.inputs)


def test_it_is_asked_what_it_learned_to_answer(engine) -> None:
    for name, task in SPECS["deepseek_ocr"]().tasks.items():
        prepared = engine.prepare(canary.page(), engine.facts.modes[name], engine.facts.max_pixels)
        asked = engine.loaded.tokenizer.decode(prepared.inputs["input_ids"][0])
        assert asked.replace("<image>" * 73, "<image>") == task.template


def test_pages_are_squeezed_and_not_padded(engine) -> None:
    prepared = engine.prepare(canary.page(), engine.facts.modes["text"], engine.facts.max_pixels)
    assert prepared.inputs["pixel_values"][0, :, 0, 0].tolist() == [1.0, 1.0, 1.0]


def test_the_engine_s_model_holds_the_saved_weights_to_the_bit(engine, folder: Path) -> None:
    loaded = {name: tensor.bfloat16() for name, tensor in engine.loaded.model.state_dict().items()}
    whole = store.load(folder, SPECS["deepseek_ocr"](), torch.float32).state_dict()
    assert loaded.keys() == whole.keys()
    assert all(torch.equal(tensor, whole[name].bfloat16()) for name, tensor in loaded.items())
    saved = load_file(folder / "model.safetensors")
    experts = loaded["model.language_model.layers.1.mlp.experts.down_proj"]
    assert torch.equal(saved["model.layers.1.mlp.experts.3.down_proj.weight"], experts[3])
    assert torch.equal(saved["model.view_seperator"], loaded["model.view_separator"])


def test_a_name_that_the_class_does_not_know_is_said(folder: Path, tmp_path: Path) -> None:
    """It would leave random weights behind."""
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    tensors = load_file(folder / "model.safetensors")
    tensors["model.view_separators"] = tensors.pop("model.view_seperator")
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ValueError, match=r"lacks weights: model\.view_separator"):
        store.load(tmp_path, SPECS["deepseek_ocr"](), torch.float32)
