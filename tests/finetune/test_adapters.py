"""An adapter's folder is data: whatever else lies in it, or is missing, is refused with its name before weights are touched."""

import json
from types import SimpleNamespace

import pytest

pytest.importorskip("torch", reason="needs the extra vlm: pip install 'ocroute[vlm]'")

import torch
from safetensors.torch import save_file

from ocroute.engines.neural import adapters
from ocroute.errors import EngineUnavailable

NAME = f"{adapters.PREFIX}model.layers.0.mlp.up_proj"
CONFIG = {"peft_type": "LORA", "r": 2, "lora_alpha": 4}
FOR = {"engine": "dots_ocr", "model": "x/y", "model_hash": "abc"}


def pair(rank=2, out=5, width=3):
    return {NAME + adapters.DOWN: torch.randn(rank, width), NAME + adapters.UP: torch.randn(out, rank)}


@pytest.fixture
def folder(tmp_path):
    """A whole one, made for the weights ``abc``."""
    save_file(pair(), tmp_path / adapters.TENSORS)
    (tmp_path / adapters.CONFIG).write_text(json.dumps(CONFIG))
    (tmp_path / adapters.RECORD).write_text(json.dumps(FOR))
    return tmp_path


def model(out=5, width=3):
    """As much of one as an adapter is added to."""
    made = torch.nn.Module()
    made.model = torch.nn.Module()
    made.model.layers = torch.nn.ModuleList([torch.nn.Module()])
    made.model.layers[0].mlp = torch.nn.Module()
    made.model.layers[0].mlp.up_proj = torch.nn.Linear(width, out, bias=False)
    return made


def opened(folder, base="abc"):
    return adapters.opened(str(folder), "dots_ocr", base)


def test_the_product_is_added_in_float32_and_kept_in_the_dtype_of_the_weights(folder):
    whole, half = model(), model().to(torch.bfloat16)
    half.load_state_dict(whole.state_dict())
    before = half.model.layers[0].mlp.up_proj.weight.detach().float()
    (down, up) = pair().values()
    save_file({NAME + adapters.DOWN: down, NAME + adapters.UP: up}, folder / adapters.TENSORS)
    opened(folder).merge_into(half)
    after = half.model.layers[0].mlp.up_proj.weight
    assert torch.equal(after, (before + 2.0 * up @ down).to(torch.bfloat16))


def test_the_hash_changes_with_tensors_and_scale(folder):
    first = opened(folder)
    assert first.told
    (folder / adapters.CONFIG).write_text(json.dumps(CONFIG | {"use_rslora": True}))
    second = opened(folder)
    save_file(pair(), folder / adapters.TENSORS)
    assert len({first.digest, second.digest, opened(folder).digest, first.hash_with("a"), first.hash_with("b")}) == 5
    assert (first.scale, second.scale) == (2.0, pytest.approx(4 / 2**0.5))


def test_one_that_does_not_say_what_it_is_for_is_held_against_shapes_only(folder):
    (folder / adapters.RECORD).unlink()
    found = opened(folder, "any")
    assert not found.told
    found.merge_into(model())
    with pytest.raises(EngineUnavailable, match=r"up_proj has \(9, 3\), and \(5, 3\) is needed"):
        found.merge_into(model(out=9))
    with pytest.raises(EngineUnavailable, match="is not in the model"):
        found.merge_into(SimpleNamespace(get_submodule=torch.nn.Module().get_submodule))


def spoilt(**change):
    return lambda folder: (folder / adapters.CONFIG).write_text(json.dumps(CONFIG | change))


def held(tensors):
    return lambda folder: save_file(tensors, folder / adapters.TENSORS)


SPOILT = {
    "holds no adapter": lambda folder: (folder / adapters.TENSORS).unlink(),
    "only a pickle": lambda folder: (folder / adapters.TENSORS).rename(folder / "adapter_model.bin"),
    "is no safetensors file": lambda folder: (folder / adapters.TENSORS).write_bytes(b"\x80\x04pickle"),
    "bytes of": lambda folder: (folder / adapters.TENSORS).write_bytes((folder / adapters.TENSORS).read_bytes()[:-4]),
    "adapter_config.json is missing": lambda folder: (folder / adapters.CONFIG).unlink(),
    "adapter_config.json cannot be read": lambda folder: (folder / adapters.CONFIG).write_text("{"),
    "use_dora=True": spoilt(use_dora=True),
    "modules_to_save": spoilt(modules_to_save=["lm_head"]),
    "auto_mapping": spoilt(auto_mapping={"parent_library": "os"}),
    "rank_pattern": spoilt(rank_pattern={"q_proj": 4}),
    "bias='all'": spoilt(bias="all"),
    "peft_type='IA3'": spoilt(peft_type="IA3"),
    "r=0": spoilt(r=0),
    "only whole pairs": held({NAME + adapters.DOWN: torch.ones(2, 3)}),
    "base_layer": held({**pair(), f"{NAME}.base_layer.weight": torch.ones(2)}),
    "is empty": held({}),
    "ocroute.json cannot be read": lambda folder: (folder / adapters.RECORD).write_text("[]"),
    "was made for dots_ocr": lambda folder: (folder / adapters.RECORD).write_text(json.dumps(FOR | {"model_hash": "b"})),
}  # fmt: skip


@pytest.mark.parametrize("said", SPOILT)
def test_what_is_no_plain_adapter_of_these_weights_is_refused(folder, said):
    SPOILT[said](folder)
    with pytest.raises(EngineUnavailable) as raised:
        opened(folder)
    assert said in str(raised.value)


def test_numbers_that_are_not_finite_are_refused(folder):
    tensors = pair()
    tensors[NAME + adapters.UP][0, 0] = float("nan")
    save_file(tensors, folder / adapters.TENSORS)
    with pytest.raises(EngineUnavailable, match="NaN or Inf"):
        opened(folder).merge_into(model())
