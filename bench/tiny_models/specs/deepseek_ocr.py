"""The tiny DeepSeek-OCR, the first: a SAM, a CLIP over its features, and a decoder of experts."""

from __future__ import annotations

from typing import Any

from bench.tiny_models.answers import as_markdown, as_regions
from bench.tiny_models.specs.base import WIDTH, Spec, Task

SIDE = 256
FEATURES = 128  # of SAM and of CLIP: the projector is given both
LAYERS = 5
FIRST, LAST, PAD = "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜▁pad▁｜>"


def deepseek_ocr() -> Spec:
    """Shown pages whole and squeezed into one square, as the published model's smaller modes do: never in tiles."""
    markdown = "Convert the document to markdown."

    def config(ids: dict[str, int], size: int) -> dict[str, Any]:
        return {
            "architectures": ["DeepseekOCRForCausalLM"],
            "model_type": "deepseek_vl_v2",
            "bos_token_id": ids[FIRST],
            "eos_token_id": ids[LAST],
            "image_token_id": ids["<image>"],
            "candidate_resolutions": [[SIDE, SIDE]],
            "global_view_pos": "head",
            "tile_tag": "2D",
            "torch_dtype": "bfloat16",
            "language_config": {
                "bos_token_id": ids[FIRST], "eos_token_id": ids[LAST], "vocab_size": size, "hidden_size": WIDTH,
                "intermediate_size": 256, "moe_intermediate_size": 64, "num_hidden_layers": LAYERS, "num_attention_heads": 3,
                "num_key_value_heads": 3, "n_routed_experts": 4, "num_experts_per_tok": 2, "n_shared_experts": 2,
                "first_k_dense_replace": 1, "n_group": 1, "topk_group": 1, "topk_method": "greedy", "use_mla": False,
                "max_position_embeddings": 4096, "layer_types": ["full_attention"] * LAYERS,
            },
            "vision_config": {
                "sam_config": {
                    "hidden_size": 192, "output_channels": 64, "num_hidden_layers": 4, "num_attention_heads": 3,
                    "image_size": SIDE, "patch_size": 8, "window_size": 8, "global_attn_indexes": [2], "mlp_dim": 384,
                    "downsample_channels": [96, FEATURES],
                },
                "encoder_config": {
                    "hidden_size": FEATURES, "intermediate_size": 256, "num_hidden_layers": 2, "num_attention_heads": 2,
                    "image_size": SIDE, "patch_size": 32,
                },
            },
        }  # fmt: skip

    return Spec(
        name="deepseek_ocr",
        specials=(FIRST, LAST, PAD, "<image>", "<|ref|>", "<|/ref|>", "<|det|>", "<|/det|>", "<|grounding|>"),
        phrases=(markdown, "Free OCR.", "[[", "]]", "sub_title"),
        placeholder="<image>",
        end=LAST,
        cell=32,
        tasks={
            "layout": Task(f"{FIRST}<image>\n<|grounding|>{markdown}", as_regions, 0.6),
            "text": Task(f"{FIRST}<image>\nFree OCR.", as_markdown, 0.4),
        },
        config=config,
        preprocessor={
            "image_processor_type": "UnlimitedOcrImageProcessor", "do_convert_rgb": True, "do_resize": True,
            "size": {"height": SIDE, "width": SIDE}, "resample": 3, "do_rescale": True, "rescale_factor": 1 / 255,
            "do_normalize": True, "image_mean": [0.5] * 3, "image_std": [0.5] * 3, "crop_to_patches": False,
        },
        generation=lambda ids: {
            "bos_token_id": ids[FIRST], "eos_token_id": ids[LAST], "pad_token_id": ids[PAD], "do_sample": False,
        },
        tokenizer_class="LlamaTokenizerFast",
        square=SIDE,
        bos=FIRST,
        eos=LAST,
        pad=PAD,
        published=(
            ("model.vision_tower.sam_encoder.", "model.sam_model."),
            ("model.vision_tower.vision_encoder.", "model.vision_model."),
            ("model.multi_modal_projector.", "model.projector.layers."),
            ("model.view_separator", "model.view_seperator"),
            ("model.language_model.", "model."),
        ),
        newlines=True,
    )  # fmt: skip
