"""Tiny, randomly initialised transformers models with the attention of the real ones, and inputs for them.

Head dims are those of the published checkpoints (80 in Qwen's vision towers, 64 and 128 in language models), so that a kernel
meets here what it meets there. Weights are drawn wide enough that attention decides the output.
"""

from __future__ import annotations

from inspect import signature
from typing import Any

import torch
from torch import Tensor

VOCABULARY = 96
IMAGE, VIDEO, START, END, PAD = 90, 91, 92, 93, 0


def cached(model: Any, cache: Any) -> dict[str, Any]:
    """``cache`` as ``model`` takes it: transformers has renamed the keyword in 5.24."""
    return {"cache" if "cache" in signature(model.forward).parameters else "past_key_values": cache}


def text_config(**more: Any) -> dict[str, Any]:
    """A Qwen2 of two layers: four query heads of 64, two key/value heads."""
    return {
        "vocab_size": VOCABULARY,
        "hidden_size": 256,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 512,
        "initializer_range": 0.08,
        "pad_token_id": PAD,
        "bos_token_id": 1,
        "eos_token_id": None,
        **more,
    }


def qwen2(seed: int = 0, **more: Any) -> Any:
    """A Qwen2 language model."""
    from transformers import Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(seed)
    return Qwen2ForCausalLM(Qwen2Config(**text_config(**more))).eval()


def qwen2_vl(seed: int = 0, depth: int = 2) -> Any:
    """A Qwen2-VL: vision tower of two heads of 80, patches of 14 pixels, four of them a token."""
    from transformers import Qwen2VLConfig, Qwen2VLForConditionalGeneration

    torch.manual_seed(seed)
    vision = {
        "depth": depth,
        "embed_dim": 160,
        "hidden_size": 256,
        "mlp_ratio": 2,
        "num_heads": 2,
        "initializer_range": 0.08,
    }
    return Qwen2VLForConditionalGeneration(Qwen2VLConfig(**_with_images(vision))).eval()


def qwen2_5_vl(seed: int = 0) -> Any:
    """A Qwen2.5-VL: one layer with windows of 4 x 4 patches, one over whole images."""
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

    torch.manual_seed(seed)
    vision = {
        "depth": 2,
        "hidden_size": 160,
        "out_hidden_size": 256,
        "intermediate_size": 128,
        "num_heads": 2,
        "window_size": 56,
        "fullatt_block_indexes": [1],
        "initializer_range": 0.08,
    }
    return Qwen2_5_VLForConditionalGeneration(Qwen2_5_VLConfig(**_with_images(vision))).eval()


def dots_ocr(seed: int = 0) -> Any:
    """A dots.ocr: vision tower of two heads of 80, one frame an image."""
    from ocroute.models.dots_ocr.config import DotsOCRConfig
    from ocroute.models.dots_ocr.modeling import DotsOCRForCausalLM

    torch.manual_seed(seed)
    vision = {
        "embed_dim": 160,
        "hidden_size": 256,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "initializer_range": 0.08,
    }
    return DotsOCRForCausalLM(DotsOCRConfig(**text_config(), vision_config=vision, image_token_id=IMAGE)).eval()


def got_ocr2(seed: int = 0) -> Any:
    """A GOT-OCR 2: its vision tower adds position tables to the scores."""
    from transformers import GotOcr2Config, GotOcr2ForConditionalGeneration

    torch.manual_seed(seed)
    vision = {
        "hidden_size": 128,
        "output_channels": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": 128,
        "patch_size": 16,
        "window_size": 4,
        "global_attn_indexes": [1],
        "mlp_dim": 64,
    }
    text = {"model_type": "qwen2", **text_config()}
    return GotOcr2ForConditionalGeneration(
        GotOcr2Config(vision_config=vision, text_config=text, image_token_index=IMAGE, pad_token_id=PAD)
    ).eval()


def deepseek_ocr2(seed: int = 0) -> Any:
    """A DeepSeek-OCR 2: a tower with position tables, an encoder with a mask of blocks, a causal decoder."""
    from transformers import DeepseekOcr2Config, DeepseekOcr2ForConditionalGeneration

    torch.manual_seed(seed)
    sam = {
        "hidden_size": 64,
        "output_channels": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": 1024,
        "patch_size": 64,
        "window_size": 4,
        "global_attn_indexes": [1],
        "mlp_dim": 64,
        "downsample_channels": [32, 64],
    }
    encoder = text_config(hidden_size=64, num_hidden_layers=1, num_attention_heads=1, num_key_value_heads=1)
    text = text_config(
        num_key_value_heads=4,
        n_routed_experts=4,
        num_experts_per_tok=2,
        moe_intermediate_size=32,
        n_shared_experts=1,
        mlp_layer_types=["dense", "dense"],  # experts are no affair of attention, and have no float64
    )
    return DeepseekOcr2ForConditionalGeneration(
        DeepseekOcr2Config(
            vision_config={"sam_config": sam, "encoder_config": encoder}, text_config=text, image_token_id=IMAGE
        )
    ).eval()


def _with_images(vision: dict[str, Any]) -> dict[str, Any]:
    rope = {"rope_type": "default", "type": "default", "rope_theta": 10000.0, "mrope_section": [8, 12, 12]}
    return {
        "text_config": text_config(rope_parameters=rope),
        "vision_config": vision,
        "image_token_id": IMAGE,
        "video_token_id": VIDEO,
        "vision_start_token_id": START,
        "vision_end_token_id": END,
    }


def words(*lengths: int, side: str = "left", device: str = "cpu", seed: int = 1) -> dict[str, Tensor]:
    """A batch of random words, padded on one side to the longest: ``input_ids`` and ``attention_mask`` ``(batch, longest)``."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.full((len(lengths), max(lengths)), PAD)
    mask = torch.zeros_like(ids)
    for row, length in enumerate(lengths):
        place = slice(max(lengths) - length, None) if side == "left" else slice(0, length)
        ids[row, place] = torch.randint(2, 80, (length,), generator=generator)
        mask[row, place] = 1
    return {"input_ids": ids.to(device), "attention_mask": mask.to(device)}


def images(*grids: tuple[int, int], device: str = "cpu", dtype: torch.dtype = torch.float32) -> dict[str, Tensor]:
    """One prompt a page, each with one image of ``grid`` patches (height, width), padded on the left."""
    generator = torch.Generator().manual_seed(2)
    grid = torch.tensor([(1, height, width) for height, width in grids])
    counts = (grid.prod(-1) // 4).tolist()
    prompts = [[5 + row, 7, START, *[IMAGE] * count, END, 11, 12, 13 + row] for row, count in enumerate(counts)]
    longest = max(map(len, prompts))
    ids = torch.tensor([[PAD] * (longest - len(prompt)) + prompt for prompt in prompts])
    pixels = torch.randn(int(grid.prod(-1).sum()), 3 * 2 * 14 * 14, generator=generator)
    return {
        "input_ids": ids.to(device),
        "attention_mask": (ids != PAD).long().to(device),
        "mm_token_type_ids": (ids == IMAGE).long().to(device),
        "pixel_values": pixels.to(device, dtype),
        "image_grid_thw": grid.to(device),
    }


def frames(*grids: tuple[int, int], device: str = "cpu", dtype: torch.dtype = torch.float32) -> dict[str, Tensor]:
    """As ``images``, for dots.ocr, whose patches are of one frame."""
    inputs = images(*grids, device=device, dtype=dtype)
    inputs["pixel_values"] = inputs["pixel_values"][:, : 3 * 14 * 14]
    del inputs["mm_token_type_ids"]
    return inputs


def squares(
    count: int, *, tokens: int, size: int, device: str = "cpu", dtype: torch.dtype = torch.float32
) -> dict[str, Tensor]:
    """Prompts with one square image of ``size`` pixels each, which stands for ``tokens`` tokens."""
    generator = torch.Generator().manual_seed(3)
    prompts = torch.tensor([[5 + row, *[IMAGE] * tokens, 11, 12] for row in range(count)])
    pixels = torch.randn(count, 3, size, size, generator=generator)
    return {
        "input_ids": prompts.to(device),
        "attention_mask": torch.ones_like(prompts).to(device),
        "pixel_values": pixels.to(device, dtype),
    }
