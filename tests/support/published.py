"""The published sizes of every model, around the tokenizers of the tiny ones: enough to count memory, without any weights."""

import json
from pathlib import Path

import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from ocroute.models.dots_ocr.prompts import SPECIAL
from tests.support import tiny_models as tiny

SAME = ("architectures", "model_type")
QWEN2 = {
    "attention_bias": True, "hidden_act": "silu", "rms_norm_eps": 1e-6, "max_position_embeddings": 131072, "use_cache": True,
}  # fmt: skip
DOTS = {
    "architectures": ["DotsOCRForCausalLM"], "model_type": "dots_ocr", **QWEN2, "hidden_size": 1536,
    "intermediate_size": 8960, "num_hidden_layers": 28, "num_attention_heads": 12, "num_key_value_heads": 2,
    "vocab_size": 151936, "rope_theta": 1000000, "tie_word_embeddings": False, "video_token_id": 1,
    "vision_config": {
        "embed_dim": 1536, "hidden_size": 1536, "intermediate_size": 4224, "num_hidden_layers": 42,
        "num_attention_heads": 12, "num_channels": 3, "patch_size": 14, "spatial_merge_size": 2, "temporal_patch_size": 1,
        "use_bias": False, "post_norm": True, "is_causal": False,
    },
}  # fmt: skip
DOTS_PIXELS = {
    "min_pixels": 3136, "max_pixels": 11289600, "patch_size": 14, "temporal_patch_size": 1, "merge_size": 2,
    "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711],
}  # fmt: skip
SAM = {
    "hidden_size": 768, "output_channels": 256, "num_hidden_layers": 12, "num_attention_heads": 12, "image_size": 1024,
    "patch_size": 16, "window_size": 14, "global_attn_indexes": [2, 5, 8, 11], "mlp_dim": 3072, "use_abs_pos": True,
    "use_rel_pos": True,
}  # fmt: skip
DEEPSEEK = {
    "vocab_size": 129280, "hidden_size": 1280, "intermediate_size": 6848, "moe_intermediate_size": 896, "num_hidden_layers": 12,
    "num_attention_heads": 10, "num_key_value_heads": 10, "n_routed_experts": 64, "num_experts_per_tok": 6,
    "n_shared_experts": 2, "n_group": 1, "topk_group": 1, "max_position_embeddings": 8192, "head_dim": 128, "bos_token_id": 0,
}  # fmt: skip


def dots_ocr() -> dict:
    return DOTS


def qwen2_vl() -> dict:
    text = QWEN2 | {
        "hidden_size": 1536, "intermediate_size": 8960, "num_hidden_layers": 28, "num_attention_heads": 12,
        "num_key_value_heads": 2, "vocab_size": 151936,
        "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [16, 24, 24]},
    }  # fmt: skip
    vision = {"depth": 32, "embed_dim": 1280, "num_heads": 16, "mlp_ratio": 4, "hidden_size": 1536}
    return {"text_config": text, "vision_config": vision, "tie_word_embeddings": True}


def got_ocr2() -> dict:
    text = QWEN2 | {
        "model_type": "qwen2", "hidden_size": 1024, "intermediate_size": 2816, "num_hidden_layers": 24,
        "num_attention_heads": 16, "num_key_value_heads": 16, "vocab_size": 151860, "tie_word_embeddings": True,
    }  # fmt: skip
    return {"text_config": text, "vision_config": SAM, "tie_word_embeddings": True}


def deepseek_ocr() -> dict:
    return {"language_config": DEEPSEEK | {"first_k_dense_replace": 1, "use_mla": False}, "vision_config": {}}


def deepseek_ocr2() -> dict:
    encoder = {
        "hidden_size": 896, "intermediate_size": 4864, "num_hidden_layers": 24, "num_attention_heads": 14,
        "num_key_value_heads": 2,
    }  # fmt: skip
    return {
        "text_config": DEEPSEEK | {"mlp_layer_types": ["dense"] + ["sparse"] * 11},
        "vision_config": {"encoder_config": encoder, "sam_config": {"downsample_channels": [512, 896]}},
    }


def glm_ocr() -> dict:
    return {"text_config": {}, "vision_config": {}}  # the class's defaults are the model's


def lighton_ocr() -> dict:
    return transformers.LightOnOcrConfig().to_dict()  # as well


def write(name: str, folder: Path) -> Path:
    """Everything of the published checkpoint but its weights."""
    folder.mkdir(parents=True, exist_ok=True)
    if name == "dots_ocr":
        made = _words()
        made.save(str(folder / "tokenizer.json"))
        config = DOTS | {"image_token_id": made.token_to_id("<|imgpad|>")}
        (folder / "preprocessor_config.json").write_text(json.dumps(DOTS_PIXELS))
        (folder / "config.json").write_text(json.dumps(config))
        return folder
    getattr(tiny, name)(folder)
    (folder / "model.safetensors").unlink()
    kept = json.loads((folder / "config.json").read_text())
    ids = {key: value for key, value in kept.items() if key.endswith(("_token_id", "_token_index")) or key in SAME}
    (folder / "config.json").write_text(json.dumps(globals()[name]() | ids))
    if name == "got_ocr2":
        transformers.GotOcr2ImageProcessorPil(size={"height": 1024, "width": 1024}).save_pretrained(folder)
    if name == "lighton_ocr":
        transformers.PixtralImageProcessorPil(
            patch_size={"height": 28, "width": 28}, size={"longest_edge": 1540}
        ).save_pretrained(folder)
    return folder


def _words() -> Tokenizer:
    made = Tokenizer(models.BPE(vocab={token: index for index, token in enumerate(tiny.BYTES)}, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([*SPECIAL])
    return made
