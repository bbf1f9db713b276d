"""Pages that are read region by region: what goes into the batch, what comes out of it, and what one fault costs.

The language model knows the regions by heart. Where they are is said by the test, unless it is about that.
"""

import json
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageOps
from safetensors.torch import load_file, save_file
from tests.support.answers import answers_of
from tests.support.checkpoints import edit, trained
from tests.support.overfit_regions import CANARY, PARTS, SIZE, sheet
from tests.support.pages import ArrayPage

from ocroute.document.markup import html_table
from ocroute.engines.base import ENGINES, PageLimits, Request, Task, Wanted
from ocroute.engines.neural import canary
from ocroute.engines.neural.generate import Answer
from ocroute.engines.neural.otsl import TOKENS
from ocroute.engines.neural.region_model import Region, RegionModel, apart
from ocroute.engines.neural.repetition import LoopDetector
from ocroute.engines.paddleocr_vl import CLASSES, PaddleOcrVl
from ocroute.errors import Declined, EngineError, EngineUnavailable
from ocroute.pages.cropped import CroppedPage
from ocroute.runtime.batch import Batch
from ocroute.values import Block, Box, Category

FOUND = tuple(Region(part.label, Box(*part.box), 0.9) for part in PARTS)
READ = [region for region in FOUND if region.label != "image"]
TEXTS = [part.text for part in PARTS if part.label != "image"]


def _told(_, raster):
    return list(FOUND) if raster.shape[1::-1] == SIZE else [Region(CANARY.label, Box(*CANARY.box), 0.9)]


@pytest.fixture(scope="module")
def loaded():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RegionModel, "find", _told)
        return PaddleOcrVl(Task(model=str(trained("two_pages_by_heart"))))


@pytest.fixture
def engine(loaded, monkeypatch):
    """Its language model knows the regions of the sheet and of the canary page by heart."""
    monkeypatch.setattr(RegionModel, "find", _told)
    monkeypatch.setattr(loaded, "_together", None)  # what one test does to a batch is nothing to the next
    return loaded


@pytest.fixture
def pages():
    return [ArrayPage(sheet()), ArrayPage(canary.page()), ArrayPage(sheet())]


def texts(reading):
    return [told["text"] for told in json.loads(reading.raw) if "text" in told]


def alone(engine, page, region):
    mode = CLASSES[region.label][1]
    return engine.read_page(CroppedPage(page, region.box), Task(mode=mode)).raw


def test_regions_of_all_pages_go_together_and_give_what_each_gives_alone(engine, pages, monkeypatch):
    assert [alone(engine, pages[0], region) for region in READ] == TEXTS
    most, enter = [], Batch.enter

    def entered(batch, *given, **how):
        enter(batch, *given, **how)
        most.append(batch.running)

    monkeypatch.setattr(Batch, "enter", entered)
    readings = answers_of(engine, pages)
    assert [texts(reading) for reading in readings] == [TEXTS, [canary.TRUTH], TEXTS]
    assert max(most) > 1
    assert [reading.finish for reading in readings] == ["stop"] * 3
    for reading, count in zip(readings, (len(FOUND), 1, len(FOUND)), strict=True):
        assert reading.settings["mode"] == "layout"
        assert reading.settings["layout"]["regions"] == count
        assert reading.settings["layout"]["read"] == len(texts(reading))
        assert reading.settings["tokens"] == sum(len(text.encode()) + 1 for text in map(_in_tokens, texts(reading)))
        assert set(reading.seconds) == {"layout", "prepare", "generate"}


def _in_tokens(text):
    """A letter for every token that is not one byte."""
    return re.sub("|".join(TOKENS), "#", text)


def test_without_the_batch_decoder_it_is_the_same(engine, pages, monkeypatch):
    monkeypatch.setattr(engine, "single", None)
    readings = answers_of(engine, pages)
    assert [texts(reading) for reading in readings] == [TEXTS, [canary.TRUTH], TEXTS]


def test_blocks_stand_where_their_regions_are(engine, pages):
    reading = engine.read_page(pages[0], Task())
    assert [(block.category, block.text, block.box) for block in reading.blocks] == [
        (Category.PAGE_HEADER, PARTS[0].text, FOUND[0].box),
        (Category.TITLE, PARTS[1].text, FOUND[1].box),
        (Category.TEXT, PARTS[2].text, FOUND[2].box),
        (Category.FORMULA, PARTS[3].text, FOUND[3].box),
        (Category.SECTION_HEADER, PARTS[4].text, FOUND[4].box),
        (Category.TEXT, PARTS[5].text, FOUND[5].box),
        (Category.PICTURE, "", FOUND[6].box),
        (Category.CAPTION, PARTS[7].text, FOUND[7].box),
        (Category.TABLE, html_table(reading.blocks[8].table), FOUND[8].box),
        (Category.FOOTNOTE, PARTS[9].text, FOUND[9].box),
        (Category.PAGE_FOOTER, PARTS[10].text, FOUND[10].box),
    ]
    assert reading.blocks[8].table.grid() == [["Fish", "Weight", "Weight"], ["Pike", "4.1", "kg"], ["Pike", "3.7", ""]]


def _writes(text):
    return lambda *_, **__: Answer(text, "stop", 1, 1)


def test_a_table_that_came_back_as_text_is_kept_as_text():
    box = Box(0, 0, 9, 9)
    assert PaddleOcrVl.region_blocks("table", "Fish 4.1", box, SIZE) == (Block(Category.TEXT, "Fish 4.1", box),)
    (html,) = PaddleOcrVl.region_blocks("table", "<table><tr><td>Fish</td></tr></table>", box, SIZE)
    assert html.table.grid() == [["Fish"]]


@pytest.mark.parametrize("label", [*CLASSES, "a class of next year"])
def test_every_class_becomes_one_block_and_loses_no_text(label):
    box, text = Box(0, 300, 9, 309), "Twelve boats" if label != "table" else "<fcel>Twelve boats<nl>"
    (block,) = PaddleOcrVl.region_blocks(label, text if PaddleOcrVl.mode_for(label) else "", box, SIZE)
    assert block.box == box
    assert (
        ("Twelve boats" in block.text) == bool(PaddleOcrVl.mode_for(label)) == (block.category is not Category.PICTURE)
    )


def test_tokens_of_the_model_are_no_text_and_inline_formulas_are_told():
    box = Box(0, 0, 9, 9)
    (block,) = PaddleOcrVl.region_blocks("text", "</s>of \\( x^2 \\) <|LOC_12|>costs $5", box, SIZE)
    assert (block.text, block.markup) == ("of $x^2$ costs $5", "markdown")
    (block,) = PaddleOcrVl.region_blocks("text", "$5 and $6 * 2", box, SIZE)
    assert (block.text, block.markup) == ("$5 and $6 * 2", "plain")
    assert PaddleOcrVl.region_blocks("text", " </s>", box, SIZE) == ()
    assert PaddleOcrVl.region_blocks("number", "7", box, SIZE)[0].category is Category.PAGE_HEADER


def test_a_page_without_regions_to_read_is_read_whole(engine, pages, monkeypatch):
    whole = engine.read_page(pages[0], Task(mode="text")).raw
    for found in ([], [FOUND[6]]):
        monkeypatch.setattr(RegionModel, "find", lambda _, __, found=found: list(found))
        (reading,) = answers_of(engine, pages[:1])
        assert texts(reading) == [whole]
        assert reading.settings["layout"]["regions"] == len(found)


def test_a_region_that_cannot_be_prepared_costs_its_page(engine, pages, monkeypatch):
    prepare, spoilt = engine.prepare, ArrayPage(ImageOps.invert(sheet()))

    def torn(image, mode, pixels):
        if mode is engine.facts.modes["table"] and np.array_equal(
            np.asarray(image), CroppedPage(spoilt, FOUND[8].box).raster()
        ):
            raise ValueError("torn")
        return prepare(image, mode, pixels)

    monkeypatch.setattr(engine, "prepare", torn)
    first, second, third = answers_of(engine, [pages[0], spoilt, pages[1]])
    assert [texts(first), texts(third)] == [TEXTS, [canary.TRUTH]]
    assert isinstance(second, EngineError)
    assert "torn" in second.message


def test_a_fault_of_the_layout_model_costs_its_page_and_is_said_at_once(engine, pages, monkeypatch):
    def torn(_, raster):
        if raster.shape[1::-1] != SIZE:
            raise RuntimeError("torn")
        return list(FOUND)

    monkeypatch.setattr(RegionModel, "find", torn)
    first, second, third = answers_of(engine, pages)
    assert [texts(first), texts(third)] == [TEXTS, TEXTS]
    assert isinstance(second, EngineError)

    def endless():
        yield Request(pages[1], Task())
        while True:
            yield None

    _, said = next(engine.read(endless()))
    assert isinstance(said, EngineError)


def test_memory_that_runs_out_under_the_layout_model_is_given_back_once(engine, pages, monkeypatch):
    tries = []

    find = RegionModel.find

    def short(model, raster):
        tries.append(1)
        if len(tries) % 2:
            raise torch.OutOfMemoryError("out of memory")
        return find(model, raster)

    monkeypatch.setattr(RegionModel, "find", short)
    assert texts(answers_of(engine, pages)[0]) == TEXTS


def test_memory_that_runs_out_in_a_batch_loses_no_region(engine, pages, monkeypatch):
    advance, tries = Batch.advance, []

    def short(batch):
        tries.append(1)
        if len(tries) == 3:
            raise torch.OutOfMemoryError("out of memory")
        return advance(batch)

    monkeypatch.setattr(Batch, "advance", short)
    assert [texts(reading) for reading in answers_of(engine, pages)] == [TEXTS, [canary.TRUTH], TEXTS]


def test_a_loop_in_one_region_ends_it_alone_and_shows_on_the_page(engine, pages, monkeypatch):
    made, first = [], LoopDetector.__init__

    def counted(detector, *given, **how):
        first(detector, *given, **how)
        made.append(detector)

    def found(detector, _):
        return detector is made[2]

    monkeypatch.setattr(LoopDetector, "__init__", counted)
    monkeypatch.setattr(LoopDetector, "found", found)
    monkeypatch.setattr("ocroute.runtime.batch.LOOK_EVERY", 8)
    looped, *others = answers_of(engine, pages)
    assert looped.finish == "loop"
    assert [reading.finish for reading in others] == ["stop", "stop"]
    assert [said == text for said, text in zip(texts(looped), TEXTS, strict=True)].count(False) == 1


def test_a_page_whose_time_is_up_says_so(engine, pages):
    task = Task(limits=PageLimits(seconds=1e-6))
    for reading in answers_of(engine, pages, task):
        assert reading.finish == "late"
        assert len(texts(reading)) == 1, "no further region is begun"


def test_parts_of_a_page_are_declined(engine, pages):
    ((_, said),) = engine.read([Request(pages[0], Task(), regions=(Box(0, 0, 50, 50),))])
    assert isinstance(said, Declined)


def test_hundreds_of_regions_come_back_in_their_order(engine, monkeypatch):
    short = {name: replace(mode, max_new_tokens=1) for name, mode in engine.facts.modes.items()}
    monkeypatch.setattr(engine, "facts", replace(engine.facts, modes=short))
    many = [Region("text", Box(x, y, x + 14, y + 14), 0.9) for y in range(0, 320, 16) for x in range(0, 320, 16)]
    monkeypatch.setattr(RegionModel, "find", lambda *_: list(many))
    monkeypatch.setattr("ocroute.engines.neural.together.written", _writes("x"))
    (reading,) = answers_of(engine, [ArrayPage(np.zeros((320, 320, 3), np.uint8))])
    assert len(many) == 400
    assert [block.box for block in reading.blocks] == [region.box for region in many]


boxes = st.builds(
    lambda x, y, width, height, label: Region(label, Box(x, y, x + width, y + height), 0.9),
    *(st.integers(0, 90) for _ in range(4)),
    st.sampled_from(["text", "image", "table"]),
)


@given(st.lists(boxes, max_size=12))
def test_no_region_that_is_kept_lies_in_another_and_none_is_lost_that_does_not(regions):
    kept = apart(regions)
    assert kept == [region for region in regions if any(region is one for one in kept)], "in their order"
    for one in kept:
        assert min(one.box.width, one.box.height) >= 4
        for other in kept:
            if one is not other and (one.label == "image") == (other.label == "image"):
                shared = one.box.intersection(other.box)
                assert shared <= 0.7 * min(one.box.area, other.box.area) + 1e-6
    for region in regions:
        if min(region.box.width, region.box.height) >= 4 and not any(region is one for one in kept):
            assert any(region.box.intersection(one.box) > 0.7 * region.box.area for one in kept)


def test_slivers_and_strips_are_left_out(engine, monkeypatch):
    odd = [Region("text", Box(5, 5, 6, 6), 0.9), Region("text", Box(0, 20, 1000, 24), 0.9), FOUND[2]]
    page = ArrayPage(np.full((300, 1000, 3), 255, np.uint8))
    monkeypatch.setattr(RegionModel, "find", lambda *_: apart(odd))
    (reading,) = answers_of(engine, [page])
    assert [told["bbox"] for told in json.loads(reading.raw)] == [[20, 100, 200, 196]]


@pytest.fixture
def copy(random_checkpoint, tmp_path):
    return shutil.copytree(random_checkpoint("paddleocr_vl"), tmp_path / "weights")


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    monkeypatch.setenv("OCROUTE_MODELS", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))


def test_a_missing_layout_model_is_said_with_the_command_that_fetches_both(copy, nowhere):
    shutil.rmtree(copy / "pp_doclayout")
    here = PaddleOcrVl.probe_for(Wanted(model=str(copy)))
    assert here.state == "absent"
    assert "pp_doclayout are not on this machine (PaddlePaddle/PP-DocLayoutV3_safetensors" in here.reason
    assert here.install == f"ocroute read PAGE --engine paddleocr_vl --model {PaddleOcrVl.facts.hub}"
    with pytest.raises(EngineUnavailable, match="pp_doclayout are not on this machine"):
        PaddleOcrVl(Task(model=str(copy)))


def test_the_layout_model_may_lie_beside_the_user_s_other_models(copy, nowhere, tmp_path):
    shutil.move(copy / "pp_doclayout", tmp_path / "pp_doclayout")
    assert PaddleOcrVl.probe_for(Wanted(model=str(copy))).state == "usable"


def test_other_weights_of_the_layout_model_are_other_weights(copy):
    before = PaddleOcrVl.probe_for(Wanted(model=str(copy))).weights
    file = copy / "pp_doclayout" / "model.safetensors"
    tensors = load_file(file)
    save_file({name: tensor + 1 for name, tensor in tensors.items()}, file, metadata={"format": "pt"})
    assert PaddleOcrVl.probe_for(Wanted(model=str(copy))).weights != before


def test_a_damaged_layout_model_is_said(copy):
    file = copy / "pp_doclayout" / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-500])
    with pytest.raises(EngineUnavailable, match=r"pp_doclayout holds a damaged weight file"):
        PaddleOcrVl(Task(model=str(copy)))


def test_a_layout_model_without_one_of_its_tensors_is_refused(copy):
    file = copy / "pp_doclayout" / "model.safetensors"
    tensors = load_file(file)
    tensors.pop(next(name for name in tensors if "enc_score_head" in name))
    save_file(tensors, file, metadata={"format": "pt"})
    with pytest.raises(EngineUnavailable, match=r"lacks tensors for PPDocLayoutV3.*enc_score_head"):
        PaddleOcrVl(Task(model=str(copy)))


def test_another_model_in_its_place_is_none(copy, nowhere):
    edit(copy / "pp_doclayout", "config.json", architectures=["RTDetrForObjectDetection"])
    assert PaddleOcrVl.probe_for(Wanted(model=str(copy))).state == "absent"


def test_the_layout_model_alone_is_not_the_engine_s(copy):
    with pytest.raises(EngineUnavailable, match="PPDocLayoutV3ForObjectDetection; paddleocr_vl reads PaddleOCRVL"):
        PaddleOcrVl(Task(model=str(copy / "pp_doclayout")))


def test_the_older_layout_model_is_read_too(tmp_path):
    from transformers import PPDocLayoutV2Config, PPDocLayoutV2ForObjectDetection

    tiny = dict(PaddleOcrVl.first_stage.layout.tiny)
    for name in ("mask_feature_channels", "x4_feat_dim", "num_prototypes", "global_pointer_head_size"):
        tiny.pop(name)
    three = {"return_idx": [1, 2, 3], "out_features": ["stage2", "stage3", "stage4"]}
    tiny["backbone_config"] = {**tiny["backbone_config"], **three}
    labels = PaddleOcrVl.first_stage.layout.config["id2label"]
    order = {
        "hidden_size": 16,
        "num_attention_heads": 2,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "coordinate_size": 4,
    }
    config = PPDocLayoutV2Config(
        **tiny, id2label={int(number): label for number, label in labels.items()},
        class_thresholds=[0.0] * len(labels), class_order=list(range(len(labels))),
        reading_order_config={**order, "shape_size": 4, "num_classes": len(labels), "global_pointer_head_size": 8},
    )  # fmt: skip
    model = PPDocLayoutV2ForObjectDetection(config)
    model.save_pretrained(tmp_path)
    (tmp_path / "preprocessor_config.json").write_text(json.dumps({"size": {"height": 128, "width": 128}}))
    held = RegionModel(PaddleOcrVl.first_stage, tmp_path, "cpu")
    found = held.find(np.random.default_rng(0).integers(0, 255, (200, 300, 3), np.uint8))
    assert found, "with thresholds of nothing, everything is a region"
    assert all(region.label in CLASSES for region in found)
    assert all(0 <= region.box.x0 <= region.box.x1 <= 300 and region.box.y1 <= 200 for region in found)


def test_a_configuration_as_it_is_published_is_read(copy, random_checkpoint, babbling):
    """Flat, as the model was published before transformers knew it, and with code beside it that is not run."""
    raw = json.loads((copy / "config.json").read_text())
    flat = {**raw.pop("text_config"), **raw, "auto_map": {"AutoModel": "modeling_paddleocr_vl.X"}}
    flat["rope_scaling"] = {**flat.pop("rope_parameters"), "type": "default"}
    flat["rope_theta"] = flat["rope_scaling"].pop("rope_theta")
    flat["vision_config"]["model_type"] = "paddleocr_vl"
    engine = babbling("paddleocr_vl")
    (copy / "config.json").write_text(json.dumps(flat))
    (copy / "modeling_paddleocr_vl.py").write_text("raise SystemExit('executed')")
    read = ENGINES.load("paddleocr_vl").__new__(PaddleOcrVl)
    read.loaded = read.load(copy, engine.where)
    theirs, ours = engine.loaded.model.state_dict(), read.loaded.model.state_dict()
    assert theirs.keys() == ours.keys()
    assert all(torch.equal(theirs[name], ours[name]) for name in theirs)
    text = read.loaded.model.config.text_config
    assert text.rope_parameters["rope_theta"] == 5e5
    assert text.rope_parameters["mrope_section"] == [2, 3, 3]
