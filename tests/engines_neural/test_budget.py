"""What a page takes is known before a model is loaded, and what is free decides how much of the page the model sees."""

from dataclasses import replace
from functools import cache

import pytest
import torch
from tests.support.checkpoints import NAMES

from ocroute.engines.base import ENGINES, Task
from ocroute.engines.neural import devices, pixel_budget
from ocroute.engines.neural.memory_count import Need
from ocroute.errors import EngineUnavailable
from ocroute.machine import MIB
from ocroute.testing import published_files

GIB = 1024 * MIB
CARD = devices.Place("cuda:0", torch.bfloat16, "a described card")
A4_100, A4_150, A4_200 = pixel_budget.SMALL_PAGE, 1240 * 1754, 1654 * 2339


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    """An engine whose model has the published sizes, and no contents."""

    @cache
    def make(name):
        made = ENGINES.load(name).__new__(ENGINES.load(name))
        made.loaded = made.on_meta_device(published_files(type(made), tmp_path_factory.mktemp(name)), CARD)
        known, sample = {}, made.sample

        def remembered(mode, pixels):
            """Each is a run through the whole model."""
            key = (id(mode), pixels)
            known[key] = known[key] if key in known else sample(mode, pixels)
            return known[key]

        made.sample = remembered
        return made

    return make


@pytest.mark.parametrize("name", NAMES)
def test_the_memory_that_an_engine_claims_is_what_is_counted(name, engine):
    made = engine(name)
    facts = made.facts
    need = made.sample(facts.modes[facts.default_mode], min(facts.max_pixels, max(facts.min_pixels, A4_100))).need
    assert made.info.gpu_mb == pytest.approx(need.peak / MIB, rel=0.02), (
        "as for the smallest page that it is loaded for"
    )
    assert need.weights / 1e9 == pytest.approx(facts.gigabytes, rel=0.1), "the sizes are those of the model"


@pytest.mark.parametrize("gigabytes", [12, 16])
def test_a_card_of_12_or_16_gb_reads_a4_at_200_dpi_with_dots_ocr(gigabytes, engine, monkeypatch):
    monkeypatch.undo()
    made = engine("dots_ocr")
    desktop = 1.5 * GIB  # taken by screens and browsers
    mode = made.facts.modes["layout"]
    chosen = pixel_budget.fitted(
        made.facts, CARD, lambda pixels: made.sample(mode, pixels), int(gigabytes * GIB - desktop)
    )
    assert chosen.pixels >= A4_200
    assert made.sample(mode, A4_200).need.peak <= chosen.free
    assert chosen.at(A4_200) == pytest.approx(made.sample(mode, A4_200).need.peak, rel=0.01)
    assert chosen.patches >= 19_000
    assert chosen.tokens > chosen.patches // 4


def test_a_small_card_shows_dots_ocr_fewer_pixels_and_a_smaller_one_is_refused(engine, monkeypatch):
    monkeypatch.undo()
    made = engine("dots_ocr")
    mode = made.facts.modes["layout"]
    count = pixel_budget.fitted(made.facts, CARD, lambda pixels: made.sample(mode, pixels), 80 * GIB)
    tight = pixel_budget.fitted(made.facts, CARD, lambda pixels: made.sample(mode, pixels), count.at(A4_150))
    assert pixel_budget.SMALL_PAGE < tight.pixels < 1.05 * A4_150 < count.pixels == made.facts.max_pixels
    with pytest.raises(
        EngineUnavailable, match=r"dots_ocr needs \d{4} MiB .* and 6144 MiB are free on a described card"
    ):
        pixel_budget.fitted(made.facts, CARD, lambda pixels: made.sample(mode, pixels), 6 * GIB)


def stepped(pixels: int) -> pixel_budget.Sample:
    """A model of tiles: 500 MB, and 100 MB for each whole tile of a megapixel."""
    tiles = pixels // 10**6
    return pixel_budget.Sample(pixels, tiles * 1000, 100 + tiles, 0, Need(500 * MIB, tiles * 100 * MIB, MIB, MIB))


@pytest.mark.parametrize("free", range(740, 1400, 60))
def test_the_choice_fits_where_the_need_has_steps(free, engine):
    facts = replace(ENGINES.load("got_ocr2").facts, min_pixels=10**6, max_pixels=8 * 10**6)
    chosen = pixel_budget.fitted(facts, CARD, stepped, free * MIB)
    assert stepped(chosen.pixels).need.peak <= free * MIB
    assert facts.max_pixels >= chosen.pixels >= 10**6
    missed = stepped(chosen.pixels + 2 * 10**6).need.peak
    assert chosen.pixels == facts.max_pixels or missed > free * MIB, "no whole tile is given away"


def test_the_record_of_a_page_says_what_was_predicted_and_allowed(babbling, sheet):
    made = babbling("qwen2_vl")
    reading = made.read_page(sheet, Task())
    memory = reading.settings["memory"]
    assert memory["budget_pixels"] == made.budget.pixels <= made.facts.max_pixels
    assert 0 < memory["predicted_mb"] < memory["free_mb"]


def test_too_little_memory_is_said_before_anything_is_loaded(random_checkpoint, monkeypatch):
    monkeypatch.setattr(pixel_budget, "free_bytes", lambda where: MIB)
    monkeypatch.setattr(ENGINES.load("qwen2_vl"), "load", lambda *_: pytest.fail("it was loaded"))
    with pytest.raises(EngineUnavailable, match=r"qwen2_vl needs \d+ MiB .* and 1 MiB are free on cpu") as caught:
        ENGINES.load("qwen2_vl")(Task(model=str(random_checkpoint("qwen2_vl"))))
    assert "Close what else uses it" in str(caught.value.next_step)


def test_memory_that_runs_out_all_the_same_halves_the_page(babbling, sheet, monkeypatch):
    made = babbling("qwen2_vl")
    real, shown = made.loaded.model.forward, []

    def scarce(**inputs):
        if "pixel_values" in inputs:
            shown.append(inputs["pixel_values"].shape[0])
            if len(shown) < 3:
                raise torch.OutOfMemoryError("CUDA out of memory")
        return real(**inputs)

    monkeypatch.setattr(made.loaded.model, "forward", scarce)
    reading = made.read_page(sheet, Task())
    assert shown[0] > shown[1] > shown[2]
    assert reading.settings["out_of_memory"] == 2
    assert reading.settings["memory"]["budget_pixels"] < made.facts.max_pixels


def test_on_a_processor_a_page_is_shown_at_100_dpi(engine, monkeypatch):
    monkeypatch.undo()
    made = engine("dots_ocr")
    mode = made.facts.modes["layout"]
    where = devices.Place("cpu", torch.float32, "cpu")
    chosen = pixel_budget.fitted(made.facts, where, lambda pixels: made.sample(mode, pixels), 80 * GIB)
    assert chosen.pixels == A4_100
    assert chosen.patches < 5_000


@pytest.mark.parametrize(
    ("name", "mode"), [("deepseek_ocr", "layout"), ("deepseek_ocr2", "layout"), ("got_ocr2", "crop")]
)
def test_models_of_tiles_see_all_of_a_page_on_a_processor_too(name, mode, engine, monkeypatch):
    monkeypatch.undo()
    made = engine(name)
    asked, where = made.facts.modes[mode], devices.Place("cpu", torch.float32, "cpu")
    chosen = pixel_budget.fitted(made.facts, where, lambda pixels: made.sample(asked, pixels), 80 * GIB)
    assert chosen.pixels == made.facts.max_pixels
    prepared = made.prepare(pixel_budget.blank(A4_200), asked, chosen.pixels)
    assert prepared.input_size == (1024, 1024)
    tiles = prepared.inputs.get("num_local_patches", [len(prepared.inputs["pixel_values"]) - 1])
    assert tiles[0] >= 2


def test_a_page_that_is_to_be_cut_is_cut_however_little_memory_there_is(engine, monkeypatch):
    monkeypatch.undo()
    made = engine("got_ocr2")
    shown = made.prepare(pixel_budget.blank(A4_200), made.facts.modes["crop"], made.facts.min_pixels).inputs[
        "pixel_values"
    ]
    assert len(shown) == 3  # two tiles, and the page whole
    crop = made.facts.modes["crop"]
    few = made.sample(crop, made.facts.min_pixels).need.peak - 1
    with pytest.raises(EngineUnavailable, match="got_ocr2 needs"):
        pixel_budget.fitted(made.facts, CARD, lambda pixels: made.sample(crop, pixels), few)
