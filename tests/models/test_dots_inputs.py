"""dots.ocr: frames, patches and prompts are the model's own."""

from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.support import tiny_dots as tiny
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from ocroute.errors import Declined, EngineError
from ocroute.models.dots_ocr.input_size import InputSize, fit
from ocroute.models.dots_ocr.load import Preprocessing, load
from ocroute.models.dots_ocr.model_inputs import patchify, prepare
from ocroute.models.dots_ocr.prompts import PROMPTS, chat
from ocroute.values import Box

LIMITS = {"factor": 28, "min_pixels": 3136, "max_pixels": 11289600}
HOW = Preprocessing(
    min_pixels=3136,
    max_pixels=11289600,
    patch_size=14,
    merge_size=2,
    image_mean=(0.48145466, 0.4578275, 0.40821073),
    image_std=(0.26862954, 0.26130258, 0.27577711),
)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dots_ocr")
    tiny.write(folder)
    return load(folder)


def noise(width, height, seed=0):
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


@pytest.mark.parametrize(
    ("page", "frame"),
    [
        ((595, 842), (588, 840)),  # A4 at 72 dpi
        ((1240, 1754), (1232, 1764)),  # at 150
        ((1654, 2339), (1652, 2352)),  # at 200
        ((1700, 2200), (1708, 2212)),  # Letter at 200
        ((2480, 3508), (2492, 3500)),  # A4 at 300
        ((28, 28), (56, 56)),  # enlarged to the least area
        ((20, 2800), (28, 2800)),  # a side below one factor is one factor, not none
    ],
)
def test_frame_of_known_pages(page, frame):
    assert fit(*page, **LIMITS) == frame


def test_frame_obeys_the_upper_bound_even_when_it_contradicts_the_lower():
    frame = fit(10, 1900, factor=28, min_pixels=3136 * 40, max_pixels=3136 * 40)
    assert frame.width * frame.height <= 3136 * 40
    assert frame.width % 28 == frame.height % 28 == 0


@given(st.integers(1, 12000), st.integers(1, 12000), st.integers(4, 14400))
def test_frame_keeps_bounds_and_shape(width, height, budget):
    limits = {"factor": 28, "min_pixels": 3136, "max_pixels": budget * 784}
    if max(width, height) > 200 * min(width, height):
        with pytest.raises(Declined, match="times as long as wide"):
            fit(width, height, **limits)
        return
    frame = fit(width, height, **limits)
    assert frame.width % 28 == frame.height % 28 == 0
    long, short = max(frame), min(frame)
    assert frame.width * frame.height <= budget * 784
    assert frame.width * frame.height >= 3136 or (long / 28 + 1) * (short / 28 + 1) >= budget


@given(
    st.tuples(*[st.floats(-50, 5000)] * 4),
    st.tuples(st.integers(28, 4000), st.integers(28, 4000)),
    st.tuples(st.integers(1, 9000), st.integers(1, 9000)),
)
def test_boxes_come_back_sorted_and_on_the_page(corners, size, page):
    box = InputSize(*size).to_page(corners, page)
    assert 0 <= box.x0 <= box.x1 <= page[0]
    assert 0 <= box.y0 <= box.y1 <= page[1]


def test_boxes_scale_by_page_over_frame():
    assert InputSize(100, 200).to_page((30, 40, 10, 20), (1000, 1000)) == Box(100, 100, 300, 200)
    assert InputSize(100, 200).from_page(Box(101, 100, 299, 200), (1000, 1000)) == (10, 20, 30, 40)


@pytest.mark.parametrize("size", [(200, 140), (333, 77), (28, 28), (84, 700)])
def test_patches_are_those_of_the_published_image_processor(size):
    image = noise(*size)
    processor = Qwen2VLImageProcessorPil(
        min_pixels=3136, max_pixels=11289600, patch_size=14, temporal_patch_size=1, merge_size=2
    )
    theirs = processor(images=[image], return_tensors="np")
    frame = fit(*size, **LIMITS)
    ours = patchify(image, frame, HOW)
    assert theirs["image_grid_thw"].tolist() == [[1, frame.height // 14, frame.width // 14]]
    assert ours.shape == theirs["pixel_values"].shape
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, theirs["pixel_values"], atol=2e-6)


def test_transparency_lies_on_white():
    clear = Image.new("RGBA", (56, 56), (0, 0, 0, 0))
    white = Image.new("RGB", (56, 56), "white")
    frame = InputSize(56, 56)
    assert np.array_equal(patchify(clear, frame, HOW), patchify(white, frame, HOW))


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK", "I;16"])
def test_images_of_any_mode(mode):
    image = (
        Image.new(mode, (60, 60))
        if mode == "I;16"
        else noise(60, 60).convert("RGB").convert(mode if mode != "LA" else "LA")
    )
    assert patchify(image, InputSize(56, 56), HOW).shape == (16, 588)


def test_a_page_becomes_one_placeholder_for_four_patches(loaded):
    inputs = prepare(loaded, noise(300, 200), PROMPTS["text"])
    patches = inputs.pixel_values.shape[0]
    assert inputs.image_grid_thw.tolist() == [[1, inputs.input_size.height // 14, inputs.input_size.width // 14]]
    assert patches == inputs.input_size.width * inputs.input_size.height // 196
    ids = inputs.input_ids[0].tolist()
    assert ids.count(loaded.model.config.image_token_id) == patches // 4
    tokens = loaded.tokenizer.convert_ids_to_tokens(ids)
    assert tokens[:3] == ["<|user|>", "<|img|>", "<|imgpad|>"]
    assert tokens[-2:] == ["<|endofuser|>", "<|assistant|>"]
    assert tokens[2 + patches // 4] == "<|endofimg|>"
    said = loaded.tokenizer.decode(ids[3 + patches // 4 : -2])
    assert said == "Extract the text content from this image."


def test_the_budget_is_kept(loaded):
    inputs = prepare(loaded, noise(1000, 800), "x", max_pixels=100_000)
    assert inputs.input_size.width * inputs.input_size.height <= 100_000
    assert prepare(loaded, noise(1000, 800), "x", max_pixels=10**9).input_size == fit(1000, 800, **LIMITS)
    assert prepare(loaded, noise(60, 60), "x", max_pixels=1).input_size == (28, 28)


def test_a_prompt_with_the_placeholder_in_it_is_refused(loaded):
    with pytest.raises(EngineError, match="special tokens"):
        prepare(loaded, noise(60, 60), "what is <|imgpad|>?")


def test_prompts_to_the_letter():
    layout = PROMPTS["layout"]
    digests = {task: sha256(PROMPTS[task].encode()).hexdigest()[:16] for task in ("layout", "layout_only")}
    assert digests == {"layout": "16ff71ac5d218f35", "layout_only": "d10f3720942d901f"}
    assert layout.startswith(
        "Please output the layout information from the PDF image, including each layout element's bbox, its"
    )
    assert layout.endswith("\n5. Final Output: The entire output must be a single JSON object.\n")
    assert (
        "\n\n1. Bbox format: [x1, y1, x2, y2]\n\n2. Layout Categories: The possible categories are ['Caption', "
        in layout
    )
    assert "\n    - Picture: For the 'Picture' category, the text field should be omitted.\n    - Formula:" in layout
    assert not PROMPTS["layout_only"].endswith("\n")
    assert chat("P", 2) == "<|user|><|img|><|imgpad|><|imgpad|><|endofimg|>P<|endofuser|><|assistant|>"
