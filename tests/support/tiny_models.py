"""Tiny checkpoints, made from the library's own classes and saved in the layout of the published ones."""

import json
from pathlib import Path

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

BYTES = sorted(pre_tokenizers.ByteLevel.alphabet())


def tokenizer(folder: Path, special: list[str], *, chat_template: str | None = None, first: list[str] = ()):
    """A byte-level tokenizer: one token a byte, and ``special`` ones after, or before, them."""
    vocabulary = {token: index for index, token in enumerate([*first, *BYTES])}
    made = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([*first, *special])
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=made)
    if chat_template:
        fast.chat_template = chat_template
    fast.save_pretrained(folder)
    return fast


def qwen2_vl(folder: Path, *, seed: int = 0, hidden: int = 64, layers: int = 2, **changes):
    """A Qwen2-VL of a few hundred thousand parameters."""
    tokens = tokenizer(
        folder,
        [
            "<|endoftext|>",
            "<|im_start|>",
            "<|im_end|>",
            "<|vision_start|>",
            "<|vision_end|>",
            "<|image_pad|>",
            "<|video_pad|>",
        ],
    )
    ids = tokens.convert_tokens_to_ids
    config = transformers.Qwen2VLConfig(
        text_config={
            "vocab_size": len(tokens),
            "hidden_size": hidden,
            "intermediate_size": 2 * hidden,
            "num_hidden_layers": layers,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "max_position_embeddings": 4096,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [2, 3, 3]},
        },
        vision_config={"depth": layers, "embed_dim": hidden, "hidden_size": hidden, "num_heads": 4, "mlp_ratio": 2},
        image_token_id=ids("<|image_pad|>"),
        video_token_id=ids("<|video_pad|>"),
        vision_start_token_id=ids("<|vision_start|>"),
        vision_end_token_id=ids("<|vision_end|>"),
        tie_word_embeddings=True,
        **changes,
    )
    torch.manual_seed(seed)
    model = transformers.Qwen2VLForConditionalGeneration(config)
    model.generation_config.eos_token_id = [ids("<|im_end|>"), ids("<|endoftext|>")]
    model.save_pretrained(folder)
    transformers.Qwen2VLImageProcessorPil(min_pixels=3136, max_pixels=12845056).save_pretrained(folder)
    return model


def edit(folder: Path, name: str, **changes) -> None:
    """Change a JSON file of a checkpoint."""
    file = folder / name
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def got_ocr2(folder: Path, *, seed: int = 0, tie: bool = True):
    """A GOT-OCR 2.0 that sees 64 x 64 pixels; its text half must be as wide as the four features it merges."""
    tokens = tokenizer(folder, ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<img>", "</img>", "<imgpad>"])
    config = transformers.GotOcr2Config(
        vision_config={
            "hidden_size": 32, "output_channels": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 64,
            "patch_size": 16, "window_size": 2, "global_attn_indexes": [1], "mlp_dim": 64,
        },
        text_config={
            "model_type": "qwen2", "vocab_size": len(tokens), "hidden_size": 64, "intermediate_size": 96,
            "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 2, "tie_word_embeddings": tie,
            "bos_token_id": None, "eos_token_id": None,
        },
        image_token_index=tokens.convert_tokens_to_ids("<imgpad>"),
        tie_word_embeddings=tie,
    )  # fmt: skip
    torch.manual_seed(seed)
    model = transformers.GotOcr2ForConditionalGeneration(config)
    model.generation_config.eos_token_id = tokens.convert_tokens_to_ids("<|im_end|>")
    model.save_pretrained(folder)
    transformers.GotOcr2ImageProcessorPil(size={"height": 64, "width": 64}).save_pretrained(folder)
    return model


DEEPSEEK = ["<image>", "<|ref|>", "<|/ref|>", "<|det|>", "<|/det|>", "<|grounding|>"]
DEEPSEEK_FIRST = ["<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜▁pad▁｜>"]
MOE = {
    "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 2,
    "n_routed_experts": 4, "num_experts_per_tok": 2, "n_shared_experts": 1, "moe_intermediate_size": 16,
    "bos_token_id": 0, "eos_token_id": 1, "n_group": 1, "topk_group": 1,
}  # fmt: skip
SAM = {
    "hidden_size": 16, "output_channels": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "global_attn_indexes": [1],
    "mlp_dim": 32, "window_size": 14,
}  # fmt: skip


def deepseek_ocr(folder: Path, *, seed: int = 0):
    """A DeepSeek-OCR of the first kind: the published names of tensors, and a config.json as the published one."""
    tokens = tokenizer(folder, DEEPSEEK, first=DEEPSEEK_FIRST)
    sam = {**SAM, "downsample_channels": [12, 16]}
    encoder = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    image = tokens.convert_tokens_to_ids("<image>")
    config = transformers.UnlimitedOcrConfig(
        text_config={**MOE, "vocab_size": len(tokens), "layer_types": ["full_attention"] * 2},
        vision_config={"sam_config": sam, "encoder_config": encoder},
        image_token_id=image,
    )
    torch.manual_seed(seed)
    model = transformers.UnlimitedOcrForConditionalGeneration(config)
    model.save_pretrained(folder)
    published = {
        "_name_or_path": "deepseek-ai/DeepSeek-OCR", "model_type": "deepseek_vl_v2",
        "architectures": ["DeepseekOCRForCausalLM"],
        "auto_map": {"AutoModel": "modeling_deepseekocr.DeepseekOCRForCausalLM"},
        "image_token_id": image, "tile_tag": "2D", "global_view_pos": "head", "torch_dtype": "bfloat16",
        "vision_config": {"sam_config": sam, "encoder_config": encoder},
        "language_config": {
            **MOE, "vocab_size": len(tokens), "model_type": "deepseek_v2", "first_k_dense_replace": 1, "use_mla": False,
            "architectures": ["DeepseekOCRForCausalLM"], "topk_method": "greedy", "torch_dtype": "bfloat16",
        },
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(published))
    (folder / "generation_config.json").unlink()
    return model


def deepseek_ocr2(folder: Path, *, seed: int = 0):
    """A DeepSeek-OCR 2. Its two sets of queries belong to tiles of 768 and a whole view of 1024 pixels."""
    tokens = tokenizer(folder, DEEPSEEK, first=DEEPSEEK_FIRST)
    config = transformers.DeepseekOcr2Config(
        text_config={**MOE, "vocab_size": len(tokens), "mlp_layer_types": ["dense", "sparse"]},
        vision_config={
            "sam_config": {**SAM, "downsample_channels": [12, 16]},
            "encoder_config": {
                "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
                "num_key_value_heads": 2,
            },
        },
        image_token_id=tokens.convert_tokens_to_ids("<image>"),
    )  # fmt: skip
    torch.manual_seed(seed)
    model = transformers.DeepseekOcr2ForConditionalGeneration(config)
    model.save_pretrained(folder)
    transformers.DeepseekOcr2ImageProcessorPil().save_pretrained(folder)
    return model


GLM_TEMPLATE = (
    "[gMASK]<sop>{% for m in messages %}<|user|>\n{% for c in m.content %}"
    "{% if c.type == 'image' %}<|begin_of_image|><|image|><|end_of_image|>{% else %}{{ c.text }}{% endif %}"
    "{% endfor %}{% endfor %}{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)


def glm_ocr(folder: Path, *, seed: int = 0):
    """A GLM-OCR."""
    special = [
        "<|endoftext|>", "[gMASK]", "<sop>", "<|user|>", "<|assistant|>", "<|begin_of_image|>", "<|end_of_image|>",
        "<|begin_of_video|>", "<|end_of_video|>", "<|image|>", "<|video|>",
    ]  # fmt: skip
    tokens = tokenizer(folder, special, chat_template=GLM_TEMPLATE)
    ids = tokens.convert_tokens_to_ids
    config = transformers.GlmOcrConfig(
        vision_config={
            "depth": 2, "hidden_size": 32, "num_heads": 2, "intermediate_size": 48, "out_hidden_size": 32,
        },
        text_config={
            "vocab_size": len(tokens), "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
            "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 16,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [2, 3, 3]},
        },
        image_token_id=ids("<|image|>"), video_token_id=ids("<|video|>"),
        image_start_token_id=ids("<|begin_of_image|>"), image_end_token_id=ids("<|end_of_image|>"),
        video_start_token_id=ids("<|begin_of_video|>"), video_end_token_id=ids("<|end_of_video|>"),
    )  # fmt: skip
    torch.manual_seed(seed)
    model = transformers.GlmOcrForConditionalGeneration(config)
    model.generation_config.eos_token_id = [ids("<|endoftext|>"), ids("<|user|>")]
    model.save_pretrained(folder)
    transformers.Glm46VImageProcessorPil().save_pretrained(folder)
    return model


CHATML_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{% for c in m.content %}"
    "{% if c.type == 'image' %}<|image_pad|>{% else %}{{ c.text }}{% endif %}{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def lighton_ocr(folder: Path, *, seed: int = 0):
    """A LightOnOCR."""
    tokens = tokenizer(
        folder, ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|image_pad|>"], chat_template=CHATML_TEMPLATE
    )
    ids = tokens.convert_tokens_to_ids
    config = transformers.LightOnOcrConfig(
        vision_config={
            "model_type": "pixtral", "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
            "num_attention_heads": 2, "head_dim": 16, "image_size": 448, "patch_size": 14,
        },
        text_config={
            "model_type": "qwen3", "vocab_size": len(tokens), "hidden_size": 32, "intermediate_size": 48,
            "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 16,
            "bos_token_id": None, "eos_token_id": None,
        },
        image_token_id=ids("<|image_pad|>"),
    )  # fmt: skip
    torch.manual_seed(seed)
    model = transformers.LightOnOcrForConditionalGeneration(config)
    model.generation_config.eos_token_id = [ids("<|im_end|>"), ids("<|endoftext|>")]
    model.save_pretrained(folder)
    processor = transformers.PixtralImageProcessorPil(
        patch_size={"height": 28, "width": 28}, size={"longest_edge": 448}
    )
    processor.save_pretrained(folder)
    return model


def dots_ocr(folder: Path):
    """A dots.ocr in the layout of the published one."""
    from tests.support import tiny_dots

    return tiny_dots.write(folder)
