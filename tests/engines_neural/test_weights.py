"""Where weights are found, and which are not opened."""

import json
import struct
import subprocess
import sys

import pytest
from tests.support.waiting import PATIENCE

from ocroute.engines.base import ENGINES, Task
from ocroute.engines.neural import shards, weights
from ocroute.engines.qwen2_vl import Qwen2Vl
from ocroute.errors import EngineUnavailable

FACTS = Qwen2Vl.facts
GOOD = {"architectures": ["Qwen2VLForConditionalGeneration"]}


@pytest.fixture
def no_cache(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.delenv(weights.MODELS, raising=False)


def checkpoint(folder, config=GOOD, files=("model.safetensors",)):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    for name in ("tokenizer.json", "preprocessor_config.json"):
        (folder / name).write_text("{}")
    for name in files:
        header = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
        (folder / name).write_bytes(struct.pack("<Q", len(header)) + header + b"\0\0\0\0")
    return folder


@pytest.mark.usefixtures("no_cache")
def test_missing_weights_are_named_with_the_command_that_fetches_them():
    answer = Qwen2Vl.probe()
    assert answer.state == "absent"
    assert answer.reason == "the weights of qwen2_vl are not on this machine (Qwen/Qwen2-VL-2B-Instruct, 4.4 GB)"
    assert answer.install == "ocroute read PAGE --engine qwen2_vl --model Qwen/Qwen2-VL-2B-Instruct"


@pytest.mark.usefixtures("no_cache")
def test_the_folder_of_models_is_looked_into(tmp_path, monkeypatch):
    folder = checkpoint(tmp_path / "models" / "qwen2_vl")
    monkeypatch.setenv(weights.MODELS, str(tmp_path / "models"))
    assert weights.find(FACTS) == folder
    assert Qwen2Vl.probe().state == "usable"


@pytest.mark.usefixtures("no_cache")
def test_the_hub_s_cache_is_looked_into(tmp_path, monkeypatch):
    snapshot = checkpoint(tmp_path / "hub" / "models--Qwen--Qwen2-VL-2B-Instruct" / "snapshots" / "abc")
    refs = tmp_path / "hub" / "models--Qwen--Qwen2-VL-2B-Instruct" / "refs"
    refs.mkdir()
    (refs / "main").write_text("abc")
    monkeypatch.setattr("huggingface_hub.file_download.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    assert weights.find(FACTS) == snapshot


@pytest.fixture
def broken_off(tmp_path, monkeypatch):
    """The hub's cache with the first of two shards."""
    home = tmp_path / "hub" / "models--someone--else"
    snapshot = checkpoint(home / "snapshots" / "abc", files=("model-00001-of-00002.safetensors",))
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text("abc")
    for module in ("constants", "file_download.constants"):
        monkeypatch.setattr(f"huggingface_hub.{module}.HF_HUB_CACHE", str(tmp_path / "hub"))
    return snapshot


def test_a_download_that_broke_off_is_named_with_the_command_that_goes_on(broken_off):
    assert weights.find(FACTS, "someone/else") == broken_off
    assert weights.to_fetch(FACTS, "someone/else")
    with pytest.raises(EngineUnavailable, match=r"lacks 1 of 2 weight files: model-00002") as caught:
        weights.check(FACTS, broken_off)
    assert str(caught.value.next_step) == "Run: ocroute read PAGE --engine qwen2_vl --model someone/else"
    checkpoint(broken_off, files=("model-00002-of-00002.safetensors",))
    assert not weights.to_fetch(FACTS, "someone/else")
    assert Qwen2Vl.probe_for(Task(model="someone/else")).weights, "whole weights are told apart by their digest"


@pytest.mark.usefixtures("no_cache")
def test_a_hub_id_that_is_not_here_yet_counts_where_the_user_gave_it():
    with pytest.raises(EngineUnavailable, match="not on this machine yet"):
        weights.find(FACTS, "someone/else")
    assert Qwen2Vl.probe_for(Task(model="someone/else")).state == "usable"


def test_pickled_weights_are_refused(tmp_path):
    folder = checkpoint(tmp_path, files=())
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(EngineUnavailable, match=r"only pickled weights \(pytorch_model.bin\), which may run code"):
        weights.check(FACTS, folder)


def test_remote_code_is_refused_where_no_class_of_ours_fits(tmp_path):
    folder = checkpoint(tmp_path, {"architectures": ["StrangeModel"], "auto_map": {"AutoModel": "evil.StrangeModel"}})
    (folder / "evil.py").write_text("raise SystemExit('executed')")
    with pytest.raises(EngineUnavailable, match="holds StrangeModel, which needs code from the checkpoint"):
        weights.check(FACTS, folder)


def test_another_model_s_weights_are_named(tmp_path):
    folder = checkpoint(tmp_path, {"architectures": ["GotOcr2ForConditionalGeneration"]})
    with pytest.raises(EngineUnavailable, match="holds GotOcr2ForConditionalGeneration; qwen2_vl reads Qwen2VLFor"):
        weights.check(FACTS, folder)


def test_a_missing_shard_is_named(tmp_path):
    folder = checkpoint(tmp_path, files=("model-00001-of-00002.safetensors",))
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(EngineUnavailable, match=r"lacks 1 of 2 weight files: model-00002-of-00002.safetensors"):
        weights.check(FACTS, folder)


def test_a_missing_shard_is_named_without_an_index_too(tmp_path):
    folder = checkpoint(tmp_path, files=("model-00001-of-00003.safetensors",))
    with pytest.raises(
        EngineUnavailable, match=r"lacks 2 of 3 weight files: model-00002-of-00003\.safetensors, model-00003"
    ):
        weights.check(FACTS, folder)


@pytest.mark.parametrize("bytes_less", [1, 5])
def test_a_shard_that_is_cut_is_named(tmp_path, bytes_less):
    file = checkpoint(tmp_path, files=("a.safetensors", "b.safetensors")) / "b.safetensors"
    whole = file.read_bytes()
    file.write_bytes(whole[:-bytes_less])
    said = (
        rf"damaged weight file: b\.safetensors has {len(whole) - 1} bytes of {len(whole)}"
        if bytes_less == 1
        else "b.safe"
    )
    with pytest.raises(EngineUnavailable, match=said):
        weights.check(FACTS, tmp_path)


@pytest.mark.parametrize("content", [b"", b"\3\0\0\0\0\0\0\0[1]", b"\xff" * 20, b'\x0a\0\0\0\0\0\0\0{"a":{"b":1'])
def test_a_file_that_is_none_is_named(tmp_path, content):
    (checkpoint(tmp_path) / "model.safetensors").write_bytes(content)
    with pytest.raises(EngineUnavailable, match=r"damaged weight file: model\.safetensors is no safetensors file"):
        weights.check(FACTS, tmp_path)


@pytest.mark.parametrize("name", ["tokenizer.json", "preprocessor_config.json"])
@pytest.mark.parametrize("engine", ["qwen2_vl", "dots_ocr"])
def test_a_file_beside_the_weights_that_is_missing_is_named(tmp_path, name, engine):
    facts = ENGINES.load(engine).facts
    (checkpoint(tmp_path, {"architectures": list(facts.architectures)}) / name).unlink()
    with pytest.raises(EngineUnavailable, match=f"lacks {name}") as caught:
        weights.check(facts, tmp_path)
    assert facts.hub in str(caught.value.next_step)
    assert ENGINES.load(engine).probe_for(Task(model=str(tmp_path))).state == "absent"


def test_an_engine_that_makes_its_own_pixels_needs_no_word_on_them(tmp_path):
    facts = ENGINES.load("deepseek_ocr").facts
    (checkpoint(tmp_path, {"architectures": list(facts.architectures)}) / "preprocessor_config.json").unlink()
    weights.check(facts, tmp_path)
    assert ENGINES.load("deepseek_ocr").probe_for(Task(model=str(tmp_path))).state == "usable"


def test_the_first_publication_of_deepseek_ocr_2_is_refused_with_the_one_that_can_be_read(tmp_path):
    facts = ENGINES.load("deepseek_ocr2").facts
    checkpoint(tmp_path, {"architectures": ["DeepseekOCR2ForCausalLM"], "auto_map": {"AutoModel": "a.B"}})
    with pytest.raises(EngineUnavailable, match="holds DeepseekOCR2ForCausalLM, which needs code from") as caught:
        weights.check(facts, tmp_path)
    assert "--model deepseek-community/DeepSeek-OCR-2" in str(caught.value.next_step)


def test_what_is_copied_while_loading_is_what_has_other_numbers(tmp_path):
    folder = checkpoint(tmp_path, files=("a.safetensors", "b.safetensors"))
    assert shards.copied(folder, "float32", mapped=True) == 0
    assert shards.copied(folder, "float32", mapped=False) == 2 * 4
    assert shards.copied(folder, "bfloat16", mapped=True) == 2 * 2


def test_an_index_cannot_lead_out_of_the_folder(tmp_path):
    folder = checkpoint(tmp_path / "model")
    checkpoint(tmp_path)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": "../model.safetensors"}}))
    with pytest.raises(EngineUnavailable, match="cannot be read"):
        weights.check(FACTS, folder)


@pytest.mark.parametrize("content", ["", "[]", "{", '"text"'])
def test_a_damaged_config_is_said(tmp_path, content):
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(EngineUnavailable, match=r"config\.json"):
        weights.check(FACTS, tmp_path)


def test_the_digest_tells_checkpoints_apart(tmp_path):
    one, other = checkpoint(tmp_path / "one"), checkpoint(tmp_path / "other")
    assert weights.digest(one) == weights.digest(other)
    file = other / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"\1")
    assert weights.digest(one) != weights.digest(other)


def test_probing_imports_neither_torch_nor_transformers():
    code = (
        "import sys; from ocroute.engines.base import ENGINES\n"
        "[ENGINES.load(n).probe() for n in ('qwen2_vl', 'got_ocr2', 'deepseek_ocr', 'deepseek_ocr2', 'glm_ocr', 'lighton_ocr')]\n"
        "print({'torch', 'transformers', 'msgspec'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert done.stdout == "{'msgspec'}\n"


def test_without_the_extra_the_engines_say_so():
    code = (
        "import importlib.metadata as m, sys\n"
        "version = m.version\n"
        "def gone(name):\n"
        "    if name in ('torch', 'transformers'): raise m.PackageNotFoundError(name)\n"
        "    return version(name)\n"
        "m.version = gone\n"
        "from ocroute.engines.qwen2_vl import Qwen2Vl\n"
        "answer = Qwen2Vl.probe()\n"
        "print(answer.state, answer.install, answer.reason, sep='|')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=PATIENCE)
    state, install, reason = done.stdout.split("|")
    assert (state, install) == ("absent", "pip install 'ocroute[vlm]'")
    assert "torch is not installed" in reason


def test_what_is_damaged_of_a_revision_is_fetched_of_that_revision(tmp_path):
    facts, model = ENGINES.load("qwen2_vl").facts, tmp_path / "models--someone--else"

    def fetched(commit):
        (model / "snapshots" / commit).mkdir(parents=True, exist_ok=True)
        return weights.again(facts, model / "snapshots" / commit).command

    assert fetched("abc") == weights.command(facts, "someone/else@abc"), "nothing says that it is the newest"
    for name, commit in (("main", "def"), ("pr/1", "fed")):
        (model / "refs" / name).parent.mkdir(parents=True, exist_ok=True)
        (model / "refs" / name).write_text(commit)
    assert fetched("abc") == weights.command(facts, "someone/else@abc")
    assert fetched("def") == weights.command(facts, "someone/else")
    assert fetched("fed") == weights.command(facts, "someone/else@pr/1")
