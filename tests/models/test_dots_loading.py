"""dots.ocr: the published checkpoint's names and files load whole, without its code, and come back bit for bit."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.support import tiny_dots as tiny

from ocroute.errors import EngineUnavailable
from ocroute.models.dots_ocr.config import DotsOCRConfig, DotsVisionConfig
from ocroute.models.dots_ocr.load import load
from ocroute.models.dots_ocr.modeling import DotsOCRForCausalLM

GRID = torch.tensor([[1, 4, 6]])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dots_ocr")
    tiny.write(folder)
    return folder


def published_names(text_layers: int, vision_layers: int) -> set[str]:
    """The tensor names of the published checkpoint, from its description."""
    names = {"model.embed_tokens.weight", "model.norm.weight", "lm_head.weight"}
    for layer in range(text_layers):
        of = f"model.layers.{layer}."
        names |= {of + "input_layernorm.weight", of + "post_attention_layernorm.weight", of + "self_attn.o_proj.weight"}
        names |= {of + f"self_attn.{part}_proj.{kind}" for part in "qkv" for kind in ("weight", "bias")}
        names |= {of + f"mlp.{part}_proj.weight" for part in ("gate", "up", "down")}
    of = "vision_tower."
    names |= {of + f"patch_embed.patchifier.{part}" for part in ("proj.weight", "proj.bias", "norm.weight")}
    for layer in range(vision_layers):
        parts = ("norm1", "norm2", "attn.qkv", "attn.proj", "mlp.fc1", "mlp.fc2", "mlp.fc3")
        names |= {of + f"blocks.{layer}.{part}.weight" for part in parts}
    names |= {of + "post_trunk_norm.weight"}
    names |= {of + f"merger.{part}.{kind}" for part in ("ln_q", "mlp.0", "mlp.2") for kind in ("weight", "bias")}
    return names


def test_full_size_has_the_published_tensors():
    text = {
        **tiny.TEXT, "hidden_size": 1536, "intermediate_size": 8960, "num_hidden_layers": 28, "num_attention_heads": 12,
        "num_key_value_heads": 2, "vocab_size": 151936,
    }  # fmt: skip
    config = DotsOCRConfig(**text, vision_config={"attn_implementation": "flash_attention_2"})
    alone = DotsVisionConfig(attn_implementation="flash_attention_2")  # the file names a kernel for its own code
    assert config.vision._attn_implementation is alone._attn_implementation is None
    with torch.device("meta"):
        model = DotsOCRForCausalLM(config)
    tensors = model.state_dict()
    assert set(tensors) == published_names(28, 42)
    assert len(tensors) == 643
    assert sum(tensor.numel() for tensor in tensors.values()) == 3_039_179_264
    shapes = {
        "vision_tower.patch_embed.patchifier.proj.weight": (1536, 3, 14, 14),
        "vision_tower.blocks.41.attn.qkv.weight": (4608, 1536),
        "vision_tower.blocks.0.mlp.fc2.weight": (1536, 4224),
        "vision_tower.merger.mlp.0.weight": (6144, 6144),
        "vision_tower.merger.mlp.2.weight": (1536, 6144),
        "model.layers.27.self_attn.k_proj.bias": (256,),
        "lm_head.weight": (151936, 1536),
    }
    assert {name: tuple(tensors[name].shape) for name in shapes} == shapes
    assert config.layer_types == ["full_attention"] * 28


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_loads_as_published_without_its_code(folder, dtype):
    loaded = load(folder, dtype=dtype)
    expected = tiny.write(folder)
    weights = loaded.model.state_dict()
    assert weights.keys() == expected.state_dict().keys() == published_names(2, 2)
    for name, weight in expected.state_dict().items():
        assert torch.equal(weights[name].float(), weight), name
    assert loaded.dtype == dtype
    assert loaded.model.config._attn_implementation == loaded.model.config.vision_config._attn_implementation == "sdpa"
    known = loaded.tokenizer.get_vocab()
    assert loaded.stop_ids == (known["<|endoftext|>"], known["<|endofassistant|>"])
    assert not loaded.model.training


def test_saved_and_reloaded_it_computes_the_same_bits(tmp_path):
    before = tiny.model(seed=3)
    before.save_pretrained(tmp_path)
    after = DotsOCRForCausalLM.from_pretrained(tmp_path, attn_implementation="sdpa").eval()
    for name, weight in before.state_dict().items():
        assert torch.equal(weight, after.state_dict()[name]), name
    pixels = torch.randn(24, 588)
    ids = torch.randint(0, 200, (1, 40))
    with torch.inference_mode():
        assert torch.equal(before.vision_tower(pixels, GRID), after.vision_tower(pixels, GRID))
        assert torch.equal(before(ids).logits, after(ids).logits)
    assert "auto_map" not in json.loads((tmp_path / "config.json").read_text())


def test_there_is_no_buffer_that_loading_or_casting_could_spoil():
    assert list(tiny.model().named_buffers()) == []


def test_positions_survive_a_cast_of_the_model():
    """Frequencies kept as buffers would be rounded by the cast, and positions beyond a few hundred would blur."""
    model = tiny.model()
    ids = torch.arange(5000)[None]
    x = torch.zeros(1, 1)
    before = model.model.rotary_emb(x, ids)
    model.to(torch.bfloat16).to(torch.float32)
    after = model.model.rotary_emb(x, ids)
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_initialising_again_leaves_loaded_weights_alone(folder):
    """The published code draws new random weights over loaded ones on some releases of transformers."""
    model = load(folder).model
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    for module in model.modules():
        model._init_weights(module)
        model.vision_tower._init_weights(module)
    assert all(torch.equal(weight, before[name]) for name, weight in model.state_dict().items())


def change(folder, name, edit):
    path = folder / name
    content = json.loads(path.read_text())
    edit(content)
    path.write_text(json.dumps(content))


def drop_tensor(folder):
    shard = folder / "model-00002-of-00002.safetensors"
    tensors = load_file(shard)
    del tensors["vision_tower.merger.mlp.0.weight"]
    save_file(tensors, shard, metadata={"format": "pt"})
    change(
        folder,
        "model.safetensors.index.json",
        lambda index: index["weight_map"].pop("vision_tower.merger.mlp.0.weight"),
    )


def rename_tensor(folder):
    shard = folder / "model-00002-of-00002.safetensors"
    tensors = load_file(shard)
    tensors["vision_tower.merger.mlp.9.weight"] = tensors.pop("vision_tower.merger.mlp.0.weight")
    save_file(tensors, shard, metadata={"format": "pt"})


def no_weights(folder):
    for shard in folder.glob("*.safetensors*"):
        shard.unlink()
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x02}q\x00.")


FAULTS = {
    "a tensor is missing": (drop_tensor, "merger.mlp.0.weight missing"),
    "a tensor is misnamed": (rename_tensor, "merger.mlp.9.weight not known"),
    "only pickled weights": (no_weights, "cannot be loaded"),
    "another model": (lambda f: change(f, "config.json", lambda c: c.update(model_type="qwen2_vl")), "'qwen2_vl'"),
    "no config": (lambda f: (f / "config.json").unlink(), "no checkpoint of dots.ocr"),
    "another image token": (
        lambda f: change(f, "config.json", lambda c: c.update(image_token_id=5)), "config.json says 5"
    ),
    "no preprocessor": (lambda f: (f / "preprocessor_config.json").unlink(), "preprocessor_config.json"),
    "another patch size": (
        lambda f: change(f, "preprocessor_config.json", lambda c: c.update(patch_size=16)), "(16, 2, 1)"
    ),
    "no pixel bounds": (lambda f: change(f, "preprocessor_config.json", lambda c: c.pop("max_pixels")), "max_pixels"),
    "other positions": (
        lambda f: change(f, "config.json", lambda c: c.update(rope_scaling={"rope_type": "linear", "factor": 2.0})),
        "plain rotary positions",
    ),
    "several frames": (
        lambda f: change(f, "config.json", lambda c: c["vision_config"].update(temporal_patch_size=2)), "single frames"
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_checkpoint_that_does_not_fit_is_refused_with_the_reason(tmp_path, fault):
    break_it, said = FAULTS[fault]
    tiny.write(tmp_path)
    break_it(tmp_path)
    with pytest.raises(EngineUnavailable) as caught:
        load(tmp_path)
    assert said in str(caught.value)
    assert caught.value.next_step


def test_stop_ids_do_not_depend_on_the_generation_config(tmp_path):
    tiny.write(tmp_path)
    (tmp_path / "generation_config.json").unlink()
    loaded = load(tmp_path)
    assert loaded.tokenizer.get_vocab()["<|endofassistant|>"] in loaded.stop_ids


def test_a_tokenizer_without_the_special_tokens_is_refused(tmp_path):
    tiny.write(tmp_path)
    text = (tmp_path / "tokenizer.json").read_text().replace("<|assistant|>", "<|helper|>")
    (tmp_path / "tokenizer.json").write_text(text)
    config = (tmp_path / "tokenizer_config.json").read_text().replace("<|assistant|>", "<|helper|>")
    (tmp_path / "tokenizer_config.json").write_text(config)
    with pytest.raises(EngineUnavailable, match=r"lacks <\|assistant\|>"):
        load(tmp_path)
