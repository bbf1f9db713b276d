"""DeepSeek-OCR shows pages in the sizes that the checkpoint's own files give."""

import json
from types import SimpleNamespace

import pytest
import torch

from ocroute.engines.base import ENGINES
from ocroute.engines.deepseek_ocr import MOST_TILES, TILE, WHOLE, Views
from ocroute.engines.neural.devices import Place
from ocroute.errors import EngineUnavailable
from ocroute.testing import published_files

SMALL = SimpleNamespace(vision_config=SimpleNamespace(sam_config=SimpleNamespace(image_size=256, patch_size=8)))


def test_the_published_checkpoint_is_shown_its_published_sizes(tmp_path):
    folder = published_files(ENGINES.load("deepseek_ocr"), tmp_path / "published")
    assert not (folder / "preprocessor_config.json").exists()
    engine = object.__new__(ENGINES.load("deepseek_ocr"))
    views = engine.on_meta_device(folder, Place("cpu", torch.float32, "cpu")).image_processor
    assert views == Views(whole=1024, tile=640, most=6, patch=16)
    assert views.within(engine.facts.max_pixels) == (WHOLE, MOST_TILES)
    assert views.within(WHOLE**2 + 2 * TILE**2) == (WHOLE, 2)
    assert [views.within(side**2)[0] for side in (1023, 640, 639, 100)] == [640, 640, 512, 512]


@pytest.mark.parametrize(
    ("settings", "views"),
    [
        ({}, Views(whole=256, tile=160, most=6, patch=8)),
        ({"size": {"height": 512}, "tile_size": 256}, Views(whole=512, tile=256, most=6, patch=8)),
        ({"max_patches": 4}, Views(whole=256, tile=160, most=4, patch=8)),
        ({"max_patches": 32}, Views(whole=256, tile=160, most=6, patch=8)),
        ({"crop_to_patches": False}, Views(whole=256, tile=160, most=0, patch=8)),
    ],
)
def test_the_settings_of_a_checkpoint_count(settings, views, tmp_path):
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(settings))
    assert Views.of(SMALL, tmp_path) == views


def test_without_tiles_no_budget_gives_any():
    assert Views(whole=256, tile=160, most=0, patch=8).within(10**9) == (256, 0)


@pytest.mark.parametrize("content", ["{", "[1]", '{"size": 3}', '{"tile_size": "wide"}'])
def test_settings_that_make_no_sense_are_said(content, tmp_path):
    (tmp_path / "preprocessor_config.json").write_text(content)
    with pytest.raises(EngineUnavailable, match=r"preprocessor_config\.json cannot be read"):
        Views.of(SMALL, tmp_path)
