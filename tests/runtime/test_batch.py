"""Sequences written together: each as transformers writes it alone, whatever the others do."""

from time import perf_counter

import pytest
import torch

from ocroute.runtime.batch import LOOK_EVERY, Batch, Prompt
from ocroute.runtime.cached_attention import split
from ocroute.runtime.no_repeat import NoRepeat
from ocroute.runtime.prefill import prefill

LIMIT = 90


def batch_of(trained, **given):
    wanted = {"slots": 3, "capacity": 64, "stop_ids": trained.stop_ids} | given
    return Batch(trained.decoder, split, **wanted)


def all_of(batch):
    """Until the last has left."""
    ended = []
    while batch.running:
        ended += batch.advance()
    return {each.name: each for each in ended}


@pytest.mark.parametrize("name", ["dots_ocr", "qwen2_vl"])
def test_sequences_enter_and_leave_and_each_is_what_generate_writes(trained, name):
    model = trained(name)
    assert len({prompt["input_ids"].shape[1] for prompt in model.prompts}) > 1
    batch, waiting, ended = batch_of(model), list(enumerate(model.prompts)), []
    together = 0
    while waiting or batch.running:
        if waiting and batch.free:  # one at a time: they are at different places
            number, prompt = waiting.pop()
            batch.enter(number, prefill(model.model, prompt), limit=LIMIT + number)
        together = max(together, batch.running)
        ended += batch.advance()
    assert together == 3
    assert sorted(each.name for each in ended) == list(range(len(model.prompts)))
    for each in ended:
        alone = model.answer(model.prompts[each.name], LIMIT + each.name)
        assert each.tokens == alone
        assert each.ending == ("stop" if alone[-1] in model.stop_ids else "length")


def test_scores_are_those_of_the_model(trained):
    model = trained("dots_ocr")
    from ocroute.runtime.decoder import step

    (prompt, *_), slots = model.prompts, model.decoder.slots(2, 1024)
    seen = prefill(model.model, prompt)
    slots.put(1, seen.layers)
    answer = model.answer(prompt, 12)
    with torch.inference_mode():
        whole = torch.cat([prompt["input_ids"], torch.tensor([answer])], dim=1)
        meant = model.model(**prompt | {"input_ids": whole}).logits[0, seen.length :]
        for place, token in enumerate(answer):
            positions = torch.tensor([0, seen.length + place])
            scores = step(model.decoder, slots, torch.tensor([3, token]), positions, positions, split, 512)
            torch.testing.assert_close(scores[1], meant[place], atol=2e-4, rtol=2e-4)


def test_weights_side_by_side_are_the_models_own(trained):
    model = trained("qwen2_vl")
    (body,) = [module for module in model.model.modules() if hasattr(module, "embed_tokens")]
    for layer, own in zip(body.layers, model.decoder.layers, strict=True):
        attention, mlp = layer.self_attn, layer.mlp
        parts = [part.weight for part in (attention.q_proj, attention.k_proj, attention.v_proj)]
        assert torch.equal(torch.cat(parts), own.qkv)
        assert parts[0].data_ptr() == own.qkv.data_ptr()
        assert mlp.up_proj.weight.untyped_storage().data_ptr() == own.gate_up.untyped_storage().data_ptr()


def test_a_slot_grows_where_a_sequence_needs_more(trained):
    model = trained("dots_ocr")
    prompt = model.prompts[0]
    batch = batch_of(model, slots=1, stop_ids=(-7,))
    before = batch.slots.capacity
    limit = before - prompt["input_ids"].shape[1] + 40
    batch.enter("long", prefill(model.model, prompt), limit=limit)
    (ended,) = all_of(batch).values()
    assert batch.slots.capacity > before
    assert (len(ended.tokens), ended.ending) == (limit, "length")
    alone = model.answer(prompt, 80)
    assert ended.tokens[: len(alone)] == alone


def test_a_limit_of_one_token(trained):
    model = trained("dots_ocr")
    batch = batch_of(model)
    batch.enter("short", prefill(model.model, model.prompts[0]), limit=1)
    (ended,) = all_of(batch).values()
    assert ended.tokens == model.answer(model.prompts[0], 1)
    assert ended.ending == "length"


def test_time_that_is_up_ends_one_sequence_and_no_other(trained):
    model = trained("dots_ocr")
    batch = batch_of(model)
    for name, deadline in (("late", perf_counter() - 1), ("in time", perf_counter() + 600)):
        batch.enter(name, prefill(model.model, model.prompts[1]), limit=LIMIT, deadline=deadline)
    ended = all_of(batch)
    assert ended["late"].ending == "late"
    assert ended["in time"].tokens == model.answer(model.prompts[1], LIMIT)
    assert ended["late"].tokens == ended["in time"].tokens[: len(ended["late"].tokens)]


def test_circles_are_looked_for_at_fixed_places(trained):
    model = trained("dots_ocr")
    batch, seen = batch_of(model, stop_ids=(-7,)), []

    def found(tokens):
        seen.append(len(tokens))
        return len(tokens) >= 2 * LOOK_EVERY

    for name in ("a", "b"):
        batch.enter(name, prefill(model.model, model.prompts[1]), limit=400, is_loop=found)
    ended = all_of(batch)
    assert sorted(seen) == [LOOK_EVERY, LOOK_EVERY, 2 * LOOK_EVERY, 2 * LOOK_EVERY]
    assert {(each.ending, len(each.tokens)) for each in ended.values()} == {("loop", 2 * LOOK_EVERY)}


def test_scores_that_are_no_numbers_end_their_sequence_alone(trained):
    model = trained("dots_ocr")
    batch = batch_of(model)
    good = prefill(model.model, model.prompts[0])
    bad = Prompt([(keys, values.clone()) for keys, values in good.layers], good.scores)
    bad.layers[2][1][:, 5] = float("nan")
    for name, prompt in (("bad", bad), ("good", good)):
        batch.enter(name, prompt, limit=LIMIT)
    ended = all_of(batch)
    assert ended["bad"].ending == "not finite"
    assert len(ended["bad"].tokens) <= 17
    assert ended["good"].tokens == model.answer(model.prompts[0], LIMIT)
    batch.enter("next", good, limit=LIMIT)  # in the slot of the bad one
    assert all_of(batch)["next"].tokens == ended["good"].tokens


def test_first_scores_that_are_no_numbers(trained):
    model = trained("dots_ocr")
    batch = batch_of(model)
    good = prefill(model.model, model.prompts[0])
    batch.enter("bad", Prompt(good.layers, torch.full_like(good.scores, float("nan"))), limit=LIMIT)
    (ended,) = all_of(batch).values()
    assert (ended.ending, len(ended.tokens)) == ("not finite", 1)


def test_a_sequence_that_is_dropped_makes_room(trained):
    model = trained("dots_ocr")
    batch = batch_of(model, slots=1)
    batch.enter("first", prefill(model.model, model.prompts[0]), limit=LIMIT)
    batch.advance()
    batch.leave("first")
    assert batch.free == 1
    batch.enter("second", prefill(model.model, model.prompts[1]), limit=LIMIT)
    assert all_of(batch)["second"].tokens == model.answer(model.prompts[1], LIMIT)


def test_no_run_of_tokens_comes_again(trained):
    model = trained("dots_ocr")
    run = 3
    batch = batch_of(model, stop_ids=(-7,), choose=NoRepeat(run, 64).choose, remember=64)
    for name in (1, 2):
        batch.enter(name, prefill(model.model, model.prompts[name]), limit=60)
    for each in all_of(batch).values():
        runs = [tuple(each.tokens[start : start + run]) for start in range(len(each.tokens) - run + 1)]
        assert len(runs) == len(set(runs)) == 58
