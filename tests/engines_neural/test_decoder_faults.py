"""Faults while the batch decoder writes an answer in an engine: memory, the GPU, NaN and Inf, time, loops, room."""

import gc
import weakref
from dataclasses import replace
from time import perf_counter, sleep

import pytest
import torch
from tests.support.pages import ArrayPage

from ocroute.engines.base import PageLimits, Task
from ocroute.engines.neural import canary, devices, failures
from ocroute.engines.neural.canary.diagnosis import Sight
from ocroute.engines.qwen2_vl import Qwen2Vl
from ocroute.errors import EngineCrashed, EngineError
from ocroute.runtime import batch, single, slots
from ocroute.runtime.single import Single

NAMES = ["dots_ocr", "qwen2_vl"]
# Where the decoder meets its faults: while it embeds the page, allocates the cache, lets it grow, and takes steps.
SEAMS = {
    "embed": (single, "prefill"),
    "allocate": (single, "Batch"),
    "grow": (slots, "_longer"),
    "step": (batch, "step"),
}
OUT_OF_MEMORY = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 8.80 GiB")


@pytest.fixture(scope="module")
def made():
    """The engines that were made, by name: each is made once."""
    return {}


@pytest.fixture(params=NAMES)
def engine(made, babbling, request, monkeypatch):
    """An engine whose cache grows in every answer: it begins with room for the prompt and a token."""
    monkeypatch.setattr(batch, "_ROOM", 8)
    monkeypatch.setattr(single, "_ANSWER", 1)
    if request.param not in made:
        made[request.param] = babbling(request.param)
        assert made[request.param].single is not None
    engine = made[request.param]
    model, stop_ids = engine.loaded.model, engine.loaded.stop_ids
    for name, value in (("facts", engine.facts), ("budget", engine.budget), ("single", Single(model, stop_ids))):
        monkeypatch.setattr(engine, name, value)  # what a test changes is put back
    monkeypatch.setattr(model, "generate", lambda **_: pytest.fail("transformers' loop was asked"))
    return engine


@pytest.fixture
def fail(monkeypatch):
    """Raises an error at a seam, from call number ``first`` on and so many times."""

    def inject(seam, error, *, times=1, first=1):
        place, name = SEAMS[seam]
        real, calls = getattr(place, name), 0

        def faulty(*args, **kwargs):
            nonlocal calls
            calls += 1
            if first <= calls < first + times:
                raise type(error)(*error.args)  # one that nobody else holds, nor the frames that it came through
            return real(*args, **kwargs)

        monkeypatch.setattr(place, name, faulty)

    return inject


@pytest.fixture
def held(monkeypatch):
    """Weak references to the keys and values of all prompts and caches."""
    found = []
    prefill, put = single.prefill, slots.Slots.put

    def noted(*args):
        prompt = prefill(*args)
        found.extend(weakref.ref(states) for layer in prompt.layers for states in layer)
        return prompt

    def noted_put(self, slot, layers):
        found.extend(weakref.ref(states) for layer in self.layers for states in layer)
        put(self, slot, layers)

    monkeypatch.setattr(single, "prefill", noted)
    monkeypatch.setattr(slots.Slots, "put", noted_put)
    return found


def alive(held):
    gc.collect()
    return [reference for reference in held if reference() is not None]


def same(first, second):
    return (first.raw, first.finish, first.blocks) == (second.raw, second.finish, second.blocks)


@pytest.mark.parametrize("seam", SEAMS)
def test_out_of_memory_shows_fewer_pixels_and_frees_the_cache(engine, seam, sheet, held, fail, monkeypatch):
    tried, answer = [], engine._answer

    def noted(prepared, *args, **kwargs):
        assert not alive(held), "the try before holds nothing"
        tried.append(prepared.input_size)
        return answer(prepared, *args, **kwargs)

    monkeypatch.setattr(engine, "_answer", noted)
    fail(seam, OUT_OF_MEMORY, first=3 if seam == "step" else 1)
    first, second = (engine.read_page(sheet, Task()) for _ in range(2))
    assert first.settings["out_of_memory"] == 1
    assert first.settings["decoding"]["decoder"] == "ocroute"
    (wide, high), smaller, again = tried
    assert smaller[0] * smaller[1] <= 0.8 * wide * high
    assert again == smaller, "what fitted is remembered"
    assert same(first, second)


@pytest.mark.parametrize("seam", ["embed", "step"])
def test_a_page_that_never_fits_goes_to_the_next_route_and_holds_nothing(engine, seam, sheet, held, fail):
    fail(seam, OUT_OF_MEMORY, times=4)
    with pytest.raises(EngineError, match=r"ran out of memory on .+, even with the page shown at \d+ x \d+") as caught:
        engine.read_page(sheet, Task())
    assert not alive(held), "though the error is kept"
    assert caught.value.__cause__ is None
    engine.budget = replace(engine.budget, pixels=engine.facts.max_pixels)
    reading = engine.read_page(sheet, Task())
    assert "out_of_memory" not in reading.settings


@pytest.mark.parametrize("seam", SEAMS)
def test_a_lost_gpu_crashes_the_engine(engine, seam, sheet, fail, monkeypatch):
    monkeypatch.setattr(failures, "_lost_to", "")
    fail(seam, RuntimeError("CUDA error: an illegal memory access was encountered"), first=2 if seam == "step" else 1)
    with pytest.raises(EngineCrashed, match="broke the GPU's context: CUDA error: an illegal memory access"):
        engine.read_page(sheet, Task())
    monkeypatch.setattr(engine, "_answer", lambda *_, **__: pytest.fail("the GPU was asked"))
    with pytest.raises(EngineCrashed, match="lost the GPU to an earlier fault"):
        engine.read_page(sheet, Task())


def test_an_error_that_leaves_the_gpu_whole_fails_one_page(engine, sheet, fail):
    meant = engine.read_page(sheet, Task())
    fail("step", RuntimeError("CUDA error: invalid configuration argument"), first=5)
    with pytest.raises(EngineError, match="failed: RuntimeError: CUDA error: invalid configuration argument"):
        engine.read_page(sheet, Task())
    reading = engine.read_page(sheet, Task())
    assert same(reading, meant)


def odd_scores(monkeypatch, value, call):
    """Has call number ``call`` of the decoder's steps score a token with ``value``."""
    real, calls = batch.step, 0

    def step(*args):
        nonlocal calls
        calls += 1
        scores = real(*args)
        if calls == call:
            scores[:, 5] = value
        return scores

    monkeypatch.setattr(batch, "step", step)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("keeps", [False, True], ids=["a cache a page", "one cache, as on a GPU"])
def test_odd_logits_in_an_answer_fail_the_page_and_no_other(engine, value, keeps, sheet, monkeypatch):
    monkeypatch.setattr(engine.single, "_small", lambda _: keeps)
    meant = engine.read_page(sheet, Task())
    odd_scores(monkeypatch, value, 9)
    with pytest.raises(EngineError, match=r"gave NaN or Inf logits after 10 tokens in float32"):
        engine.read_page(sheet, Task())
    reading = engine.read_page(sheet, Task())
    assert same(reading, meant)


@pytest.mark.parametrize("keeps", [False, True], ids=["a cache a page", "one cache, as on a GPU"])
def test_a_prompt_of_nan_leaves_none_in_the_cache(engine, keeps, sheet, monkeypatch):
    monkeypatch.setattr(engine.single, "_small", lambda _: keeps)
    small = ArrayPage(canary.page().resize((336, 224)))
    meant = engine.read_page(small, Task())
    prefill = single.prefill

    def nan(*args):
        prompt = prefill(*args)
        layers = [tuple(torch.full_like(states, float("nan")) for states in layer) for layer in prompt.layers]
        return replace(prompt, layers=layers, scores=torch.full_like(prompt.scores, float("nan")))

    with monkeypatch.context() as patch:
        patch.setattr(single, "prefill", nan)
        with pytest.raises(EngineError, match=r"gave NaN or Inf logits after 1 tokens in float32"):
            engine.read_page(sheet, Task())
    reading = engine.read_page(small, Task())
    assert same(reading, meant)


def test_what_overflows_in_float16_at_the_start_is_loaded_again_in_float32(random_checkpoint, sheet, monkeypatch):
    place, real, models = devices.Place("cpu", torch.float16, "cpu"), batch.step, []
    monkeypatch.setattr(devices, "place", lambda: place)

    def step(decoder, *args):
        scores = real(decoder, *args)
        models.append(weakref.ref(decoder.embedding))
        return scores.fill_(float("nan")) if decoder.embedding.dtype == torch.float16 else scores

    monkeypatch.setattr(batch, "step", step)

    def require(name, sight):
        seen = sight(canary.page())
        if seen.ending == "not finite":
            raise failures.Overflow("overflow in float16", next_step="")
        assert models[0]() is None, "the first model's weights are gone"
        return Sight("babble", "babble", "stop")

    monkeypatch.setattr(canary, "require", require)
    made = Qwen2Vl(Task(model=str(random_checkpoint("qwen2_vl"))))
    assert made.where.dtype == made.single._decoder.embedding.dtype == torch.float32
    short = {known: replace(mode, max_new_tokens=24) for known, mode in made.facts.modes.items()}
    made.facts = replace(made.facts, modes=short)
    reading = made.read_page(sheet, Task())
    assert reading.finish == "length"


@pytest.fixture
def dictated(engine, monkeypatch):
    """Has the engine say a text over and over, with room for 20,000 tokens; ``slow``: seconds that a step takes."""

    def say(text, *, slow=0.0):
        modes = {known: replace(mode, max_new_tokens=20_000) for known, mode in engine.facts.modes.items()}
        engine.facts = replace(engine.facts, modes=modes)
        tokens, prefill, said = engine.loaded.tokenizer.encode(text, add_special_tokens=False), single.prefill, 0

        def scores(like):
            nonlocal said
            said += 1
            return torch.full_like(like, -9.0).index_fill(-1, torch.tensor([tokens[(said - 1) % len(tokens)]]), 9.0)

        def prompt(*args):
            nonlocal said
            said = 0
            seen = prefill(*args)
            return replace(seen, scores=scores(seen.scores))

        def step(decoder, cache, given, *_):
            sleep(slow)
            return scores(decoder.embedding.new_zeros(len(given), len(decoder.head)))

        monkeypatch.setattr(single, "prefill", prompt)
        monkeypatch.setattr(batch, "step", step)
        return engine

    return say


def test_a_repetition_loop_is_stopped_and_cut(dictated, sheet):
    reading = dictated("dots . . ").read_page(sheet, Task())
    assert (reading.finish, reading.settings["ending"]) == ("loop", "loop")
    assert reading.settings["tokens"] < 640
    assert reading.raw == "dots . . " * 2


def test_a_page_s_time_is_up(dictated, sheet):
    answer = "".join(f"{number} " for number in range(3000))
    engine = dictated(answer)
    started = perf_counter()
    late, again = (engine.read_page(sheet, Task(limits=PageLimits(seconds=0.5))) for _ in range(2))
    assert perf_counter() - started > 0.9
    assert (late.finish, late.settings["ending"]) == (again.finish, again.settings["ending"]) == ("late", "late")
    for reading in (late, again):  # how far it comes depends on the machine, and on what else that does
        assert reading.raw.startswith("0")
        assert answer.startswith(reading.raw)


def test_the_clock_is_looked_at_after_every_token_that_takes_long(dictated, sheet):
    engine = dictated("".join(f"{number} " for number in range(3000)), slow=0.2)
    reading = engine.read_page(sheet, Task(limits=PageLimits(seconds=0.5)))
    assert reading.finish == "late"
    assert 1 <= reading.settings["tokens"] <= 4


def test_the_answer_s_room_is_used_up(engine, sheet):
    reading = engine.read_page(sheet, Task())
    assert (reading.finish, reading.settings["tokens"]) == ("length", 24)
    engine.facts = replace(
        engine.facts, modes={known: replace(mode, max_new_tokens=1) for known, mode in engine.facts.modes.items()}
    )
    one = engine.read_page(sheet, Task())
    assert (one.finish, one.settings["tokens"]) == ("length", 1)
    assert reading.raw.startswith(one.raw)


def test_a_repetition_loop_may_begin_anew_on_the_next_page(dictated, sheet):
    engine = dictated("dots . . ")
    first, second = (engine.read_page(sheet, Task()) for _ in range(2))
    assert same(first, second)
