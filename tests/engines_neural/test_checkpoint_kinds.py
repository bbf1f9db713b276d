"""Forms of weights that are not read here: each is named for what it is, with the way that works."""

from __future__ import annotations

import json
import os
import shlex
import struct

import pytest

from ocroute.engines.base import ENGINES, Wanted
from ocroute.engines.neural import checkpoint_kinds, weights
from ocroute.errors import EngineUnavailable

GOOD = {"architectures": ["DotsOCRForCausalLM"]}


def written(folder, config=None, **files):
    """A folder with these files; ``model`` is a weight file of four bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    if config is not None:
        (folder / "config.json").write_text(json.dumps(config))
    header = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    for name, content in files.items():
        data = struct.pack("<Q", len(header)) + header + b"\0\0\0\0" if content is None else content
        (folder / name.replace("__", ".")).write_bytes(data)
    return folder


def refused(model, engine="dots_ocr"):
    facts = ENGINES.load(engine).facts
    with pytest.raises(EngineUnavailable) as caught:
        weights.check(facts, weights.find(facts, str(model)))
    here = ENGINES.load(engine).probe_for(Wanted(model=str(model)))
    assert (here.state, here.reason) == ("absent", caught.value.message)  # nor does doctor list it as usable
    assert (here.install or here.advice) == (caught.value.next_step.command or caught.value.next_step.advice)
    return caught.value


def test_a_gguf_file_is_named_whatever_it_is_called(tmp_path):
    for name in ("dots.ocr-Q8_0.gguf", "weights"):
        file = tmp_path / name
        file.write_bytes(b"GGUF\x03\0\0\0")
        said = refused(file)
        assert said.message == f"{file} holds GGUF weights, which llama.cpp and ollama run"
        assert f"Serve it: llama-server -m {file} --mmproj MMPROJ.gguf" in str(said.next_step)
        assert "--engine openai --base-url http://127.0.0.1:8080/v1" in str(said.next_step)


def test_a_folder_of_gguf_files_is_named_with_the_one_to_serve(tmp_path):
    folder = written(tmp_path / "gguf", dots__gguf=b"GGUF", mmproj__gguf=b"GGUF")
    said = refused(folder)
    assert f"{folder} holds GGUF weights (dots.gguf)" in said.message
    assert f"--mmproj {folder / 'mmproj.gguf'}" in str(said.next_step)


def test_the_part_for_pictures_is_not_taken_for_the_model(tmp_path):
    folder = written(tmp_path / "мои веса", qwen__gguf=b"GGUF", mmproj__gguf=b"GGUF")
    said = refused(folder)
    assert "holds GGUF weights (qwen.gguf)" in said.message
    words = shlex.split(str(said.next_step).partition(", and: ")[0])
    assert words[2:] == ["llama-server", "-m", str(folder / "qwen.gguf"), "--mmproj", str(folder / "mmproj.gguf")]
    step = str(refused(folder / "mmproj.gguf").next_step)
    assert "-m MODEL.gguf --mmproj" in step


def test_an_adapter_is_merged_into_its_base(tmp_path):
    adapter = json.dumps({"base_model_name_or_path": "Qwen/Qwen2-VL-2B-Instruct", "peft_type": "LORA"}).encode()
    folder = written(tmp_path / "lora", adapter_config__json=adapter, adapter_model__safetensors=None)
    said = refused(folder, "qwen2_vl")
    assert said.message == f"{folder} holds a LoRA adapter for Qwen/Qwen2-VL-2B-Instruct, not a whole model"
    assert "merge_and_unload().save_pretrained(MERGED)" in str(said.next_step)


@pytest.mark.parametrize(
    ("method", "name"),
    [
        ("awq", "AWQ"),
        ("gptq", "GPTQ"),
        ("fp8", "FP8"),
        ("compressed-tensors", "compressed-tensors (llm-compressor)"),
        ("another one", "another one"),
    ],
)
@pytest.mark.parametrize("nested", [False, True])
def test_quantised_weights_are_for_vllm(method, name, nested, tmp_path):
    said = {"quantization_config": {"quant_method": method, "bits": 4}}
    config = GOOD | ({"text_config": said} if nested else said)
    folder = written(
        tmp_path / "model", config, model__safetensors=None, tokenizer__json=b"{}", preprocessor_config__json=b"{}"
    )
    found = refused(folder)
    assert found.message == f"{folder} holds weights quantized by {name}, which are not loaded here"
    assert f"vllm serve {folder}" in str(found.next_step)
    weights.check(ENGINES.load("dots_ocr").facts, folder, loaded_here=False)
    assert ENGINES.load("dots_ocr").probe_for(Wanted(model=str(folder), runtime="vllm")).state == "usable"


def four_bits(tmp_path, architecture):
    config = {
        "architectures": [architecture],
        "quantization_config": {"load_in_4bit": True, "_load_in_4bit": True},  # as older ones say it
    }
    files = {"tokenizer__json": b"{}", "preprocessor_config__json": b"{}"}
    return written(tmp_path / "model", config, model__safetensors=None, **files)


def test_four_bits_need_their_package(tmp_path, monkeypatch):
    folder = four_bits(tmp_path, "DotsOCRForCausalLM")
    monkeypatch.setattr(checkpoint_kinds, "find_spec", lambda _: None)
    found = refused(folder)
    assert "bitsandbytes and accelerate is not installed" in found.message
    assert found.next_step.command == "pip install bitsandbytes accelerate"
    monkeypatch.setattr(checkpoint_kinds, "find_spec", lambda _: object())
    weights.check(ENGINES.load("dots_ocr").facts, folder)


def test_four_bits_of_a_model_that_is_not_loaded_so_are_named(tmp_path):
    found = refused(four_bits(tmp_path, "GotOcr2ForConditionalGeneration"), "got_ocr2")
    assert "quantized by bitsandbytes, in which this engine's model is not loaded" in found.message


def test_whole_weights_are_none_of_these(tmp_path):
    folder = written(tmp_path / "model", GOOD, model__safetensors=None)
    assert checkpoint_kinds.of_path(folder) is None
    assert checkpoint_kinds.of_config(GOOD, folder, runs_4bit=False) is None
    assert checkpoint_kinds.quantized(GOOD | {"quantization_config": None}, folder) == ""


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["dots-Q8_0.gguf", "README.md"], "holds GGUF weights"),
        (["adapter_config.json", "adapter_model.safetensors"], "holds a LoRA adapter"),
        (["config.json", "model.safetensors", "extra.gguf"], None),
        (["config.json", "model-00001-of-00002.safetensors", "adapter_config.json"], None),
    ],
)
def test_what_the_hub_lists_is_told_too(names, said):
    found = checkpoint_kinds.of_files(names, "someone/model")
    assert (found and said in found.what) if said else found is None


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The hub's cache with snapshots by their commits; ``refs`` are branches."""
    for module in ("constants", "file_download.constants"):
        monkeypatch.setattr(f"huggingface_hub.{module}.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.delenv(weights.MODELS, raising=False)
    home = tmp_path / "models--rednote-hilab--dots.ocr"

    def put(commit, branch="", age=0):
        made = written(home / "snapshots" / commit, GOOD, model__safetensors=None)
        os.utime(made / "config.json", (1_000_000 - age, 1_000_000 - age))
        if branch:
            (home / "refs").mkdir(exist_ok=True)
            (home / "refs" / branch).write_text(commit)
        return made

    return put


A, B = "a" * 40, "b" * 40


def test_a_snapshot_fetched_by_its_revision_is_found(cache):
    facts = ENGINES.load("dots_ocr").facts
    older, newer = cache(A, age=50), cache(B)
    assert weights.find(facts) == newer
    assert weights.find(facts, f"{facts.hub}@{A}") == older
    main = cache("c" * 40, "main", age=100)
    assert weights.find(facts) == main
    assert not weights.to_fetch(facts, f"{facts.hub}@{'d' * 40}") or weights.is_hub_id(f"{facts.hub}@{'d' * 40}")


def test_a_revision_that_is_not_here_is_another_model_to_fetch(cache):
    facts = ENGINES.load("dots_ocr").facts
    cache(A, "main")
    assert weights.to_fetch(facts, f"{facts.hub}@v2")
    with pytest.raises(EngineUnavailable, match="@v2 is not on this machine yet"):
        weights.find(facts, f"{facts.hub}@v2")


@pytest.mark.parametrize(
    ("model", "parts"),
    [("a/b", ("a/b", None)), ("a/b@main", ("a/b", "main")), ("a/b@refs/pr/3", ("a/b", "refs/pr/3"))],
)
def test_how_revisions_are_named(model, parts):
    assert weights.is_hub_id(model)
    assert weights.by_revision(model) == parts
    assert not weights.is_hub_id("a/b@")
    assert not weights.is_hub_id("a/b@../x")


@pytest.mark.parametrize(
    ("config", "beside", "name"),
    [
        ({"compression_config": {"quant_method": "compressed-tensors"}}, "", "compressed-tensors"),
        ({"quantization_config": {"quant_method": "AWQ"}}, "", "AWQ"),
        ({}, "hf_quant_config.json", "ModelOpt"),
        ({}, "quantize_config.json", "GPTQ"),
        ({}, "quant_config.json", "AWQ"),
        ({"quantization": {"group_size": 64, "bits": 4}}, "", "MLX"),
    ],
)
def test_what_older_tools_say_of_quantised_weights_is_heard(tmp_path, config, beside, name):
    folder = written(tmp_path / "packed", GOOD | config, model__safetensors=None, tokenizer__json=b"{}")
    if beside:
        (folder / beside).write_text("{}")
    said = refused(folder)
    assert "holds weights quantized" in said.message
    assert name in said.message
    assert ("mlx_vlm.server" if name == "MLX" else "vllm serve") in str(said.next_step)


def test_gguf_files_are_found_whatever_the_case_of_their_ending(tmp_path):
    folder = written(tmp_path / "веса", **{"Модель-Q4__GGUF": b"GGUF"})
    assert "holds GGUF weights (Модель-Q4.GGUF)" in refused(folder).message


@pytest.mark.parametrize("within", ["checkpoint-500", "snapshots/0123abc"])
@pytest.mark.parametrize("holds", ["adapter_config.json", "config.json", "m.gguf"])
def test_a_folder_around_a_model_is_told_from_an_empty_one(tmp_path, within, holds):
    outer = tmp_path / "мой опыт"
    (outer / within).mkdir(parents=True)
    (outer / within / holds).write_text("{}")
    said = refused(outer)
    assert said.message == f"{outer} holds no model, but a folder in it does"
    assert str(said.next_step).endswith(f"--model {shlex.quote(str(outer / within))}")


def test_an_adapter_of_our_own_needs_no_merging(tmp_path):
    folder = written(
        tmp_path / "taught", adapter_config__json=b"{}", ocroute__json=b"{}", adapter_model__safetensors=None
    )
    said = refused(folder)
    assert "holds an adapter, not a whole model" in said.message
    assert f"--adapter {folder}" in str(said.next_step)


def test_a_pointer_of_git_lfs_is_told_from_a_damaged_file(tmp_path):
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 12345\n"
    folder = written(tmp_path / "cloned", GOOD, model__safetensors=pointer, tokenizer__json=b"{}")
    said = refused(folder)
    assert "is a pointer of Git LFS" in said.message
    assert said.next_step.command == f"git -C {folder} lfs pull"
