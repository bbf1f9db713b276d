"""The engine dots_ocr, whole: from a checkpoint on disk, past its canary, to blocks, record and Markdown.

Its model has learnt by heart to tell the canary page from an empty one, and where the lines stand.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tests.support import tiny_dots as tiny
from torch.nn import functional

from ocroute.engines.base import Task
from ocroute.engines.dots_ocr import MODES, DotsOcr
from ocroute.engines.neural import canary
from ocroute.engines.neural.devices import Place
from ocroute.engines.neural.model_facts import Answered
from ocroute.errors import EngineUnavailable, UsageError
from ocroute.models.dots_ocr.config import DotsOCRConfig
from ocroute.models.dots_ocr.load import load
from ocroute.models.dots_ocr.model_inputs import prepare
from ocroute.models.dots_ocr.modeling import DotsOCRForCausalLM
from ocroute.pages import open_input
from ocroute.route import Wish
from ocroute.route.page_reader import PageReader

LINES = canary.TRUTH.splitlines()
CELLS = [
    {"bbox": [20, 20 + 46 * row, 310, 60 + 46 * row], "category": "Title" if row == 0 else "Text", "text": line}
    for row, line in enumerate(LINES)
]
ANSWERS = [(canary.page(), json.dumps(CELLS)), (canary.blank(), "[]")]


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dots_ocr_that_knows_its_canary")
    words = tiny.tokenizer(ANSWERS[0][1], size=700)
    text = tiny.TEXT | {"hidden_size": 64, "intermediate_size": 128}
    vision = tiny.VISION | {"hidden_size": 64, "num_hidden_layers": 1}
    config = tiny.json_config(words, text, vision)
    torch.manual_seed(0)
    model = DotsOCRForCausalLM(DotsOCRConfig(**config))
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:
                weight.normal_(std=0.1)  # with the usual 0.02 it would take long to notice that there is an image
    tiny.write(folder, model, words, config)
    loss = learn(folder)
    assert loss < 0.3, f"the model did not learn its two pages: loss {loss}"
    return folder


def learn(folder: Path, steps: int = 160) -> float:
    """Teach the checkpoint in ``folder`` its two pages, save it as it was, and return the last loss of an answer."""
    loaded = load(folder)
    stop = loaded.tokenizer.convert_tokens_to_ids("<|endofassistant|>")
    samples = []
    for image, answer in ANSWERS:
        made = prepare(loaded, image, MODES["layout"].prompt)
        said = torch.tensor([[*loaded.tokenizer(answer)["input_ids"], stop]])
        samples.append((torch.cat([made.input_ids, said], dim=1), made.pixel_values, made.image_grid_thw, said[0]))
    model = loaded.model.train()
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.0)
    worst = 0.0
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = 3e-3 * min(1.0, (step + 1) / 20, 2 * (steps - step) / steps)
        losses = []
        for ids, pixels, grid, said in samples:
            logits = model(ids, pixels, grid, logits_to_keep=len(said) + 1).logits[0, :-1]
            losses.append(functional.cross_entropy(logits, said, reduction="sum"))
        optimizer.zero_grad()
        (sum(losses) / 20).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        worst = max(loss.item() for loss in losses)
        if worst < 0.15:
            break
    rewrite(folder, model)
    return worst


def rewrite(folder: Path, model: DotsOCRForCausalLM, to: Path | None = None) -> None:
    """Save ``model`` with the tokenizer and configuration of the checkpoint in ``folder``."""
    words = tiny.tokenizer(ANSWERS[0][1], size=700)
    tiny.write(to or folder, model, words, json.loads((folder / "config.json").read_text()))


@pytest.fixture(scope="session")
def engine(folder):
    return DotsOcr(Task(model=str(folder)))


@pytest.fixture
def page_file(tmp_path):
    canary.page().resize((672, 448), Image.Resampling.NEAREST).save(tmp_path / "page.png")
    return tmp_path / "page.png"


def test_reads_a_page_into_blocks(engine, tmp_path):
    canary.page().save(tmp_path / "page.png")
    with open_input(tmp_path / "page.png") as source:
        reading = engine.read_page(source.page(1), Task())
    assert [block.text for block in reading.blocks] == LINES
    assert [block.category for block in reading.blocks] == ["Title", "Text", "Text", "Text"]
    assert [tuple(vars_of(block.box)) for block in reading.blocks] == [tuple(cell["bbox"]) for cell in CELLS]
    assert reading.finish == "stop"
    assert json.loads(reading.raw) == CELLS
    assert reading.model_hash
    assert reading.settings["prompt_tokens"] > 96


def vars_of(box):
    return box.x0, box.y0, box.x1, box.y1


def test_boxes_are_in_page_pixels_whatever_the_model_saw(engine, page_file):
    """The page is twice as large as the frame that the budget leaves, so what is read is the canary page again."""
    image = Image.open(page_file)
    small = engine.prepare(image, MODES["layout"], 336 * 224)
    assert small.input_size == (336, 224)
    blocks = engine.blocks(Answered(json.dumps(CELLS), MODES["layout"], small.input_size, image.size))
    assert vars_of(blocks[1].box) == (40, 132, 620, 212)


def test_the_whole_way_of_a_page(folder, tmp_path, monkeypatch):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "dots_ocr").symlink_to(folder)
    monkeypatch.setenv("OCROUTE_MODELS", str(tmp_path / "models"))
    canary.page().save(tmp_path / "page.png")
    with open_input(tmp_path / "page.png") as source:
        record = PageReader(Wish(engine="dots_ocr")).read(next(iter(source)))
    assert record.verdict.status == "accepted", record
    assert record.provenance.engine == "dots_ocr"
    assert [block.text for block in record.blocks] == LINES


def test_weights_lost_in_loading_are_seen_by_the_canary(folder, tmp_path):
    """What newer releases do to the published code's vision tower, without a warning."""
    loaded = load(folder)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for module in loaded.model.vision_tower.modules():
            if isinstance(module, torch.nn.Linear):
                module.weight.normal_(std=0.02, generator=generator)
    rewrite(folder, loaded.model, tmp_path)
    with pytest.raises(EngineUnavailable, match=r"dots_ocr .*canary page"):
        DotsOcr(Task(model=str(tmp_path)))


def test_a_tower_that_overflows_in_float16_is_used_in_float32(folder, tmp_path, monkeypatch, caplog):
    loaded = load(folder)
    with torch.no_grad():
        for name, weight in loaded.model.vision_tower.patch_embed.patchifier.named_parameters():
            if name.startswith("proj"):
                weight.mul_(2.0**24)  # the norm behind it takes that back
    rewrite(folder, loaded.model, tmp_path)
    half = Place("cpu", torch.float16, "cpu")
    monkeypatch.setattr("ocroute.engines.neural.devices.place", lambda: half)
    engine = DotsOcr(Task(model=str(tmp_path)))
    assert engine.where.dtype_name == "float32"
    (note,) = caplog.messages
    assert note.startswith(
        "the vision tower of dots.ocr gave numbers that are not finite in float16; it is loaded again"
    )


def test_modes(engine):
    with pytest.raises(UsageError, match="layout, text, layout_only"):
        DotsOcr(Task(model="x", mode="poem"))
    blocks = engine.blocks(Answered("# A\n\nb", MODES["text"], (336, 224), (336, 224)))
    assert [(block.category, block.text) for block in blocks] == [("Title", "A"), ("Text", "b")]


def test_probe_knows_a_checkpoint_and_imports_nothing_heavy(folder):
    assert DotsOcr.probe_for(Task(model=str(folder))).state == "usable"


def test_an_image_too_long_is_refused_by_name(engine, tmp_path):
    Image.fromarray(np.zeros((20, 5000, 3), dtype=np.uint8)).save(tmp_path / "strip.png")
    with open_input(tmp_path / "strip.png") as source, pytest.raises(Exception, match="times as long as wide"):
        engine.read_page(source.page(1), Task())
