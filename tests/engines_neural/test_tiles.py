"""What the models that see a page in tiles are shown."""

import numpy as np
import pytest
from PIL import Image

from ocroute.engines.base import Task
from ocroute.engines.deepseek_ocr import Views
from ocroute.engines.neural import canary, tiles


@pytest.mark.parametrize(
    ("size", "least", "most"),
    [((1240, 1754), 2, 6), ((1754, 1240), 2, 6), ((700, 700), 2, 6), ((3000, 500), 2, 6), ((900, 900), 1, 12)],
)
def test_the_grid_is_the_one_that_the_library_would_take(size, least, most):
    from transformers.models.deepseek_ocr2.image_processing_pil_deepseek_ocr2 import get_optimal_tiled_canvas

    for tile in (384, 640, 768):
        assert tiles.grid(size, tile, least, most) == get_optimal_tiled_canvas(size[::-1], (tile, tile), least, most)


@pytest.mark.parametrize("size", [(900, 1300), (1500, 700), (500, 300)])
@pytest.mark.parametrize("crop", [True, False])
def test_the_pixels_are_those_of_the_library_s_own_processor(size, crop):
    """To within the difference of two resizers: the library's works on tensors of bytes, ours is Pillow's."""
    pytest.importorskip("torchvision", reason="the library's processor for this model has no form without torchvision")
    from transformers import UnlimitedOcrImageProcessor

    image = Image.effect_noise(size, 60).convert("RGB")
    theirs = UnlimitedOcrImageProcessor(max_patches=6, crop_to_patches=crop, size={"height": 1024, "width": 1024})
    made = theirs(image, return_tensors="pt")
    whole = tiles.whole(image, 1024, squeeze=False)
    assert np.abs(np.asarray(made["pixel_values"]) - whole).max() < 0.05
    if made["num_local_patches"][0]:
        shape = tiles.grid(size, 640, 2, 6)
        assert list(shape) == list(made["patches_grid"][0])
        assert np.abs(np.asarray(made["pixel_values_local"]) - tiles.tiles(image, shape, 640)).max() < 0.05


def test_tiles_go_row_by_row():
    image = Image.new("RGB", (30, 20), "black")
    image.paste((255, 255, 255), (20, 10, 30, 20))
    cut = tiles.tiles(image, (3, 2), 10)
    assert cut.shape == (6, 3, 10, 10)
    assert [round(float(tile.mean())) for tile in cut] == [-1, -1, -1, -1, -1, 1]


def test_a_whole_view_is_padded_with_grey_or_squeezed():
    image = Image.new("RGB", (40, 20), "white")
    fitted = tiles.whole(image, 64, squeeze=False)
    assert fitted.shape == (1, 3, 64, 64)
    assert np.allclose(fitted[..., :16, :], 127 / 127.5 - 1.0)
    assert np.all(fitted[..., 16:48, :] == 1.0)
    assert np.all(tiles.whole(image, 64, squeeze=True) == 1.0)


@pytest.mark.parametrize(
    ("side", "grid", "count"),
    [(512, None, 73), (640, None, 111), (1024, None, 273), (1280, None, 421), (1024, (2, 3), 273 + 30 * (20 + 1))],
)
def test_image_tokens_of_deepseek_ocr_are_those_of_its_modes(side, grid, count):
    assert Views(whole=1024, tile=640, most=6, patch=16).tokens(side, grid) == count


@pytest.mark.parametrize("name", ["deepseek_ocr", "deepseek_ocr2", "got_ocr2"])
def test_the_canary_page_is_read_in_tiles_where_pages_are(name, babbling, monkeypatch):
    engine = babbling(name)
    shown = []
    prepare = type(engine).prepare
    monkeypatch.setattr(type(engine), "prepare", lambda *given: shown.append(prepare(*given)) or shown[-1])
    monkeypatch.setattr("ocroute.engines.neural.base.CANARY_TOKENS", 4)
    engine._sight(canary.page(), Task(mode="crop" if name == "got_ocr2" else ""))
    (prepared,) = shown
    cut = prepared.inputs.get("num_local_patches", [len(prepared.inputs["pixel_values"]) - 1])
    assert 2 <= cut[0] <= 6
