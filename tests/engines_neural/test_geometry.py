"""Kernels are proven for the shapes that engines declare: those of the published models, at the lengths of their pages."""

import pytest
import torch
from tests.support.checkpoints import NAMES

from ocroute.engines.base import ENGINES
from ocroute.engines.neural import devices, pixel_budget
from ocroute.engines.neural.attention_shapes import models, problems_by_sub_model
from ocroute.kernels.adaptor.layers import survey
from ocroute.machine import Gpu
from ocroute.testing import published_files

PLACE = devices.Place("cuda:0", torch.bfloat16, "a described card")
CARD = Gpu("a described card", 16_303, 15_000, (12, 0))
A4_200 = 1654 * 2339


@pytest.mark.parametrize("name", NAMES)
def test_what_is_proven_for_a_model_is_what_it_asks_for(name, tmp_path):
    engine = ENGINES.load(name).__new__(ENGINES.load(name))
    engine.loaded = engine.on_meta_device(published_files(type(engine), tmp_path), PLACE)
    facts = engine.facts
    pixels = min(A4_200, facts.max_pixels)
    inputs = engine.prepare(pixel_budget.blank(pixels), facts.modes[facts.default_mode], pixels).inputs
    patches = pixel_budget.patches(inputs)
    token = engine.loaded.model.config.image_token_id
    asked = {"vision": patches, "text": patches // 4 or int((inputs["input_ids"] == token).sum())}
    declared = problems_by_sub_model(name, CARD)
    assert set(declared) == set(facts.kernels) != set()
    groups = {group.sub_model: group for group in survey(engine.loaded.model)[0] if group.obstacle() is None}
    for sub_model, problems in declared.items():
        longest = problems[-1]
        length = sum(longest.lengths)
        assert groups[sub_model].problem(length) == longest
        assert 0 < asked[sub_model] <= length, "long enough for A4 at 200 dpi"


def test_every_engine_that_declares_shapes_can_be_proven_for():
    declared = {name for name in ENGINES if getattr(getattr(ENGINES.load(name), "facts", None), "attention", None)}
    assert declared == set(models()) >= set(NAMES)
