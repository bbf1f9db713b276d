"""Every recipe, from a checkpoint on disk through the real loading code to blocks. Random weights: the text is babble."""

import json
import shutil

import pytest
import torch
from tests.support.checkpoints import NAMES, edit

from ocroute.engines.base import ENGINES, Task
from ocroute.engines.neural import canary
from ocroute.engines.neural.model_facts import Answered
from ocroute.errors import EngineError, EngineUnavailable, UsageError

PAD = "<|image_pad|>"
GOT_BEFORE = (
    "<|im_start|>system\nYou should follow the instructions carefully and explain your answers in detail.<|im_end|>"
    "<|im_start|>user\n<img>"
)
FIRST = "<｜begin▁of▁sentence｜>"


@pytest.mark.parametrize("name", NAMES)
def test_reads_a_page_end_to_end(name, shared_babbling, sheet):
    engine = shared_babbling(name)
    reading = engine.read_page(sheet, Task())
    assert reading.settings["tokens"] <= 24
    assert set(reading.settings["kernels"]) == set(engine.facts.kernels)
    assert reading.settings["dtype"] == engine.where.dtype_name
    assert len(reading.model_hash) == 64
    assert reading.versions["transformers"]
    assert all(block.box is None or block.box.x1 <= 672 for block in reading.blocks)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_page_gives_the_same_answer(name, shared_babbling):
    engine = shared_babbling(name)
    mode = engine.facts.modes[engine.facts.default_mode]
    prepared = engine.prepare(canary.page(), mode, engine.facts.max_pixels)
    first, second = (engine._answer(prepared, mode) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("name", NAMES)
def test_random_weights_do_not_pass_the_canary(name, random_checkpoint, monkeypatch):
    monkeypatch.setattr("ocroute.engines.neural.base.CANARY_TOKENS", 48)
    with pytest.raises(EngineUnavailable, match=f"^{name} .*canary page"):
        ENGINES.load(name)(Task(model=str(random_checkpoint(name))))


PROMPTS = [
    ("qwen2_vl", "text", 96, (
        "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n<|vision_start|>" + PAD * 96
        + "<|vision_end|>Read all the text in the image.<|im_end|>\n<|im_start|>assistant\n")),
    ("got_ocr2", "text", 1, GOT_BEFORE + "<imgpad></img>\n OCR: <|im_end|><|im_start|>assistant\n"),
    ("got_ocr2", "markdown", 1, GOT_BEFORE + "<imgpad></img>\n OCR with format: <|im_end|><|im_start|>assistant\n"),
    ("got_ocr2", "crop", 7, (
        GOT_BEFORE + "<imgpad>" * 7 + "</img>\n OCR upon the patch reference: <|im_end|><|im_start|>assistant\n")),
    ("got_ocr2", "red", 1, GOT_BEFORE + "<imgpad></img>\n[red]  OCR: <|im_end|><|im_start|>assistant\n"),
    ("deepseek_ocr", "layout", 273, (
        FIRST + "<image>" * 273 + "\n<|grounding|>Convert the document to markdown.")),
    ("deepseek_ocr", "text", 273, FIRST + "<image>" * 273 + "\nFree OCR."),
    ("deepseek_ocr", "lines", 273, FIRST + "<image>" * 273 + "\n<|grounding|>OCR this image."),
    ("deepseek_ocr2", "layout", 257, (
        FIRST + "<image>" * 257 + "\n<|grounding|>Convert the document to markdown.")),
    ("glm_ocr", "text", 96, (
        "[gMASK]<sop><|user|>\n<|begin_of_image|>" + "<|image|>" * 96
        + "<|end_of_image|>Text Recognition:<|assistant|>\n")),
    ("lighton_ocr", "markdown", 96, "<|im_start|>user\n" + PAD * 96 + "<|im_end|>\n<|im_start|>assistant\n"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "mode", "features", "text"), PROMPTS, ids=[f"{row[0]}-{row[1]}" for row in PROMPTS])
def test_the_prompt_is_the_model_s_own_to_the_letter(name, mode, features, text, shared_babbling):
    engine = shared_babbling(name)
    mode = engine.facts.modes[mode]
    prepared = engine.prepare(canary.page(), mode, engine.facts.max_pixels)
    ids = prepared.inputs["input_ids"][0]
    assert engine.loaded.tokenizer.decode(ids) == text
    assert int((ids == engine.loaded.model.config.image_token_id).sum()) == features


@pytest.mark.parametrize("name", ["deepseek_ocr", "deepseek_ocr2"])
@pytest.mark.parametrize("size", [(900, 1300), (2400, 700), (500, 300)])
def test_a_large_page_is_shown_whole_and_in_tiles(name, size, shared_babbling):
    engine = shared_babbling(name)
    mode = engine.facts.modes["layout"]
    prepared = engine.prepare(canary.page().resize(size), mode, engine.facts.max_pixels)
    count = prepared.inputs["num_local_patches"][0]
    assert (2 <= count <= 6) == (max(size) > 768)
    with torch.inference_mode():  # as many features as places, or the model itself refuses
        engine.loaded.model(**prepared.inputs)


@pytest.mark.parametrize("name", ["deepseek_ocr", "deepseek_ocr2", "got_ocr2", "qwen2_vl", "glm_ocr", "lighton_ocr"])
def test_a_smaller_budget_shows_fewer_pixels(name, shared_babbling):
    engine = shared_babbling(name)
    mode = engine.facts.modes["crop" if name == "got_ocr2" else engine.facts.default_mode]
    image = canary.page().resize((1240, 1754))
    most = {"got_ocr2": 8 * 64 * 64, "lighton_ocr": 448 * 448}.get(
        name, engine.facts.max_pixels
    )  # as the tiny ones see

    def shown(pixels):
        inputs = engine.prepare(image, mode, pixels).inputs
        return sum(value.numel() for key, value in inputs.items() if key.startswith("pixel_values"))

    assert shown(most // 4) < shown(most)


@pytest.mark.parametrize(
    ("name", "mode", "answer", "box"),
    [
        ("deepseek_ocr", "layout", "<|ref|>text<|/ref|><|det|>[[0, 0, 999, 999]]<|/det|>\nHello", (0, 0, 1240, 1754)),
        ("deepseek_ocr2", "lines", "<|ref|>Hello<|/ref|><|det|>[[0, 0, 999, 999]]<|/det|>\n", (0, 0, 1240, 1754)),
    ],
)
def test_boxes_come_out_in_page_pixels(name, mode, answer, box, shared_babbling):
    engine = shared_babbling(name)
    (block,) = engine.blocks(Answered(answer, engine.facts.modes[mode], (1024, 1024), (1240, 1754)))
    assert block.text == "Hello"
    assert (block.box.x0, block.box.y0, block.box.x1, block.box.y1) == box


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_task_is_refused_before_anything_is_loaded(name):
    with pytest.raises(UsageError, match=f"{name} knows no task 'svg'"):
        ENGINES.load(name)(Task(model="/nowhere", mode="svg"))


def test_a_strip_of_paper_is_refused_with_words(shared_babbling):
    engine = shared_babbling("qwen2_vl")
    with pytest.raises(EngineError, match="more than 200 times as long as wide"):
        engine.prepare(canary.page().resize((6000, 20)), engine.facts.modes["text"], 10**6)


@pytest.fixture
def copy(random_checkpoint, tmp_path):
    def make(name):
        return shutil.copytree(random_checkpoint(name), tmp_path / name)

    return make


def test_a_head_that_is_not_shared_is_random_and_refused(copy):
    folder = copy("got_ocr2")
    edit(folder, "config.json", tie_word_embeddings=False)
    with pytest.raises(EngineUnavailable, match="lm_head"):
        ENGINES.load("got_ocr2")(Task(model=str(folder)))


def test_a_tensor_that_is_missing_is_named(copy):
    from safetensors.torch import load_file, save_file

    folder = copy("qwen2_vl")
    tensors = load_file(folder / "model.safetensors")
    tensors.pop(next(name for name in tensors if name.endswith("blocks.0.attn.qkv.weight")))
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(EngineUnavailable, match=r"lacks tensors for Qwen2VL.*blocks\.0\.attn\.qkv\.weight"):
        ENGINES.load("qwen2_vl")(Task(model=str(folder)))


def test_a_tensor_that_belongs_nowhere_is_named(copy):
    from safetensors.torch import load_file, save_file

    folder = copy("qwen2_vl")
    tensors = load_file(folder / "model.safetensors") | {"model.adapter.weight": torch.zeros(2)}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(EngineUnavailable, match=r"has unknown tensors.*adapter"):
        ENGINES.load("qwen2_vl")(Task(model=str(folder)))


def test_a_damaged_weight_file_is_said(copy):
    folder = copy("qwen2_vl")
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1000])
    with pytest.raises(
        EngineUnavailable, match=r"holds a damaged weight file: model\.safetensors has [\d,]+ bytes of [\d,]+"
    ):
        ENGINES.load("qwen2_vl")(Task(model=str(folder)))


@pytest.mark.parametrize("name", ["tokenizer.json", "preprocessor_config.json", "config.json"])
def test_a_file_beside_the_weights_that_is_damaged_is_said(copy, name):
    folder = copy("qwen2_vl")
    text = (folder / name).read_text(encoding="utf-8")
    (folder / name).write_text(text[: len(text) // 2], encoding="utf-8")
    with pytest.raises(EngineUnavailable, match=f"{folder}") as caught:
        ENGINES.load("qwen2_vl")(Task(model=str(folder)))
    assert "sentencepiece" not in str(caught.value)


def test_code_beside_the_weights_is_never_run(copy, monkeypatch):
    monkeypatch.setattr("ocroute.engines.neural.base.CANARY_TOKENS", 48)
    folder = copy("deepseek_ocr")
    (folder / "modeling_deepseekocr.py").write_text("raise SystemExit('executed')")
    for name in ("tokenizer_config.json", "config.json"):
        edit(
            folder,
            name,
            auto_map={"AutoModel": "modeling_deepseekocr.X", "AutoTokenizer": ["modeling_deepseekocr.X", None]},
        )
    with pytest.raises(EngineUnavailable, match="canary page"):
        ENGINES.load("deepseek_ocr")(Task(model=str(folder)))


def test_a_tokenizer_without_the_stop_token_is_refused(copy):
    folder = copy("qwen2_vl")
    text = (folder / "tokenizer.json").read_text(encoding="utf-8")
    (folder / "tokenizer.json").write_text(text.replace("<|im_end|>", "<|other|>"), encoding="utf-8")
    with pytest.raises(EngineUnavailable, match=r"has no token <\|im_end\|>"):
        ENGINES.load("qwen2_vl")(Task(model=str(folder)))


def test_deepseek_ocr_looks_at_all_of_the_text(shared_babbling):
    config = shared_babbling("deepseek_ocr").loaded.model.config
    assert set(config.text_config.layer_types) == {"full_attention"}
    assert json.loads(json.dumps(config.to_dict()))["text_config"]["vocab_size"] == config.text_config.vocab_size
