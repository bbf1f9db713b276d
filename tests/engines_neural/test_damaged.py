"""Checkpoints that are damaged in the ways in which they are found: named, with a command; and the page is read all the same."""

import json
import os
import re
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.support.checkpoints import trained
from tests.support.next_steps import COMMAND

import ocroute
from ocroute.engines.base import ENGINES, Task
from ocroute.engines.neural import canary
from ocroute.errors import EngineUnavailable


def cut(folder):
    file = folder / "model.safetensors"
    os.truncate(file, file.stat().st_size // 2)


def written(name, content):
    return lambda folder: (folder / name).write_bytes(content)


def changed(**keys):
    def change(folder):
        file = folder / "config.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | keys))

    return change


def weights(change):
    def convert(folder):
        file = folder / "model.safetensors"
        tensors = {name: change(tensor) for name, tensor in load_file(file).items()}
        file.unlink()
        save_file(tensors, file, metadata={"format": "pt"})

    return convert


def emptied(folder):
    for file in folder.iterdir():
        file.unlink()


def dangling(folder):
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").symlink_to(folder / "moved")


DAMAGE = {
    "weights cut short": (cut, r"damaged weight file: model\.safetensors has [\d,]+ bytes of [\d,]+"),
    "weights moved away": (dangling, r"lacks 1 of 1 weight files: model\.safetensors"),
    "weights that are no numbers": (weights(lambda t: t * float("nan")), "not finite in float32"),
    "weights of whole numbers": (weights(lambda t: t.to(torch.int8)), "canary page"),
    "an index that is none": (
        written("model.safetensors.index.json", b'{"weight_map": 3}'),
        "index.json cannot be read",
    ),
    "a config that is cut": (written("config.json", b"{"), r"no readable config\.json \(it is no JSON: "),
    "a config of bytes": (written("config.json", b"\xff\xfe\0"), r"no readable config\.json \(it is no JSON: "),
    "a config of other types": (changed(hidden_size="large"), "'hidden_size' expected int"),
    "a config of another size": (changed(num_hidden_layers=9), r"tensors .* do not fit dots\.ocr: .* missing"),
    "no tokenizer": (lambda folder: (folder / "tokenizer.json").unlink(), r"lacks tokenizer\.json"),
    "a tokenizer that is none": (written("tokenizer.json", b"{}"), "cannot be loaded from .*KeyError"),
    "an empty folder": (emptied, r"no readable config\.json \(there is none\)"),
    "weights of a library": (
        changed(quantization_config={"quant_method": "gptq", "bits": 4}),
        "holds weights quantized by GPTQ, which are not loaded here",
    ),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the user keeps dots.ocr; nothing is cached."""
    monkeypatch.setenv("OCROUTE_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr("ocroute.engines.neural.weights._cached", lambda _: None)
    return shutil.copytree(trained("dots_ocr"), tmp_path / "models" / "dots_ocr")


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_named_with_a_command_and_the_page_is_read(name, folder, tmp_path, card):
    damage, said = DAMAGE[name]
    damage(folder)
    with pytest.raises(EngineUnavailable) as caught:
        ENGINES.load("dots_ocr")(Task(model=str(folder)))
    assert re.search(said, caught.value.message), caught.value.message
    assert COMMAND.search(str(caught.value.next_step))
    assert "\n" not in str(caught.value)
    card()
    canary.page().save(tmp_path / "page.png")
    (record,) = ocroute.read(tmp_path / "page.png").pages
    assert (record.provenance.engine, record.verdict.status) == ("rapidocr", "accepted")
    reason = {one.engine: one.reason for one in record.attempts} | record.rejected
    assert re.search(said, reason["dots_ocr"]), reason["dots_ocr"]


@pytest.mark.parametrize("numbers", ["float64", "float8_e4m3fn"])
def test_weights_in_other_numbers_are_converted(numbers, folder):
    weights(lambda tensor: tensor.to(getattr(torch, numbers)))(folder)
    engine = ENGINES.load("dots_ocr")(Task(model=str(folder)))
    assert engine.where.dtype_name == "float32"
    assert {weight.dtype for weight in engine.loaded.model.parameters()} == {torch.float32}


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is kept from root")
def test_weights_that_may_not_be_read_are_said(folder):
    (folder / "model.safetensors").chmod(0)
    with pytest.raises(EngineUnavailable, match=r"model\.safetensors cannot be read: Permission denied"):
        ENGINES.load("dots_ocr")(Task(model=str(folder)))
