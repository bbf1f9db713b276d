"""The bytes that are counted without any memory are the bytes of the tensors that live."""

import pytest
import torch
import transformers

from ocroute.engines.neural import memory_count
from ocroute.models.dots_ocr.config import DotsOCRConfig
from ocroute.models.dots_ocr.modeling import DotsOCRForCausalLM

KIB = 1024


def kib(count: int) -> torch.Tensor:
    return torch.empty(count * KIB, dtype=torch.uint8, device="meta")


def test_a_tensor_counts_while_it_lives_and_views_do_not():
    def run():
        first = kib(100)
        second = first.view(10, -1)[2:]
        del first
        third = kib(50)
        del second
        return kib(120), third

    assert memory_count.peak_bytes(run) == 170 * KIB


def test_tensors_of_the_processor_join_those_without_contents():
    assert memory_count.peak_bytes(lambda: kib(1) * torch.ones(KIB, dtype=torch.uint8)) == 2 * KIB


def dots(layers: int, **vision) -> DotsOCRForCausalLM:
    config = DotsOCRConfig(
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        vocab_size=500,
        image_token_id=498,
        video_token_id=499,
        tie_word_embeddings=False,
        vision_config={
            "embed_dim": 64,
            "hidden_size": 64,
            "intermediate_size": 96,
            "num_hidden_layers": layers,
            "num_attention_heads": 4,
        },
    )
    return DotsOCRForCausalLM(config)


def needed(model, side: int, *, answer: int = 100) -> memory_count.Need:
    return memory_count.need(
        model,
        lambda model: model.vision_tower(torch.empty(side * side, 588, device="meta"), torch.tensor([[1, side, side]])),
        tokens=side * side // 4,
        answer=answer,
    )


def test_a_page_needs_memory_in_proportion_to_its_patches_not_to_their_square():
    model = memory_count.on_meta_device(lambda: dots(2), torch.bfloat16)
    small, large = needed(model, 16), needed(model, 64)
    assert large.vision == pytest.approx(16 * small.vision, rel=0.05)
    assert large.prompt == pytest.approx(16 * small.prompt, rel=0.05)
    assert large.weights == small.weights == 2 * sum(weight.numel() for weight in dots(2).parameters())


def test_the_whole_score_matrix_is_counted_where_attention_keeps_one():
    model = memory_count.on_meta_device(lambda: dots(2), torch.bfloat16)
    fused = needed(model, 64).vision
    model.vision_tower.config._attn_implementation = "eager"
    assert needed(model, 64).vision > fused + 4 * 4096 * 4096 * 4, "four heads of float32 scores"
    assert model.vision_tower.config._attn_implementation == "eager"


def test_the_cache_grows_with_layers_and_answer():
    two, four = (
        needed(memory_count.on_meta_device(lambda n=n: dots(n), torch.bfloat16), 16, answer=256) for n in (2, 4)
    )
    assert two.answer == 2 * 2 * 256 * 2 * 16 * 2  # layers, keys and values, tokens, heads, width, bytes
    assert four.answer == 2 * two.answer
    assert four.peak > four.counted > four.weights


def test_models_of_the_library_are_counted_too():
    config = transformers.Qwen2VLConfig(
        text_config={
            "vocab_size": 300,
            "hidden_size": 64,
            "intermediate_size": 128,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [2, 3, 3]},
        },
        vision_config={"depth": 2, "embed_dim": 64, "hidden_size": 64, "num_heads": 4, "mlp_ratio": 2},
    )
    model = memory_count.on_meta_device(lambda: transformers.Qwen2VLForConditionalGeneration(config), torch.bfloat16)

    def see(side):
        return lambda model: model.get_image_features(
            torch.empty(side * side, 1176, device="meta"), torch.tensor([[1, side, side]])
        )

    small = memory_count.need(model, see(16), tokens=64, answer=10)
    large = memory_count.need(model, see(32), tokens=256, answer=10)
    assert large.vision == pytest.approx(4 * small.vision, rel=0.05)
    assert model.config.text_config._attn_implementation == "sdpa", "the model is left as it was"


def test_a_view_of_a_weight_takes_nothing():
    weight = kib(1000)
    assert memory_count.peak_bytes(lambda: (weight.view(1000, -1).t(), kib(3))) == 3 * KIB
