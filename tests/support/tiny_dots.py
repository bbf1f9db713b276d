"""A dots.ocr checkpoint of a few thousand random weights, with the very files, names and quirks of the published one."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from ocroute.models.dots_ocr.config import DotsOCRConfig
from ocroute.models.dots_ocr.modeling import DotsOCRForCausalLM
from ocroute.models.dots_ocr.prompts import PROMPTS

SPECIAL = [
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|video_pad|>", "<|imgpad|>", "<|img|>", "<|endofimg|>", "<|systemprompt|>",
    "<|endofsystemprompt|>", "<|user|>", "<|endofuser|>", "<|assistant|>", "<|endofassistant|>", "[PAD]",
]  # fmt: skip

VISION = {
    "embed_dim": 32, "hidden_size": 24, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2,
    "num_channels": 3, "patch_size": 14, "post_norm": True, "rms_norm_eps": 1e-05, "spatial_merge_size": 2,
    "temporal_patch_size": 1, "use_bias": False, "attn_implementation": "flash_attention_2", "init_merger_std": 0.02,
    "initializer_range": 0.02, "is_causal": False, "gradient_checkpointing": False,
}  # fmt: skip

TEXT = {
    "attention_bias": True, "attention_dropout": 0.0, "hidden_act": "silu", "hidden_size": 24, "initializer_range": 0.02,
    "intermediate_size": 48, "max_position_embeddings": 131072, "max_window_layers": 2, "num_attention_heads": 4,
    "num_hidden_layers": 2, "num_key_value_heads": 2, "rms_norm_eps": 1e-06, "rope_scaling": None, "rope_theta": 1000000,
    "sliding_window": 131072, "tie_word_embeddings": False, "torch_dtype": "bfloat16", "transformers_version": "4.51.0",
    "use_cache": True, "use_sliding_window": False,
}  # fmt: skip

AUTO_MAP = {
    "AutoConfig": "configuration_dots.DotsOCRConfig",
    "AutoModelForCausalLM": "modeling_dots_ocr.DotsOCRForCausalLM",
}

PREPROCESSOR = {
    "image_processor_type": "Qwen2VLImageProcessor", "min_pixels": 3136, "max_pixels": 11289600, "patch_size": 14,
    "temporal_patch_size": 1, "merge_size": 2, "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711], "processor_class": "DotsVLProcessor",
}  # fmt: skip

# Run by whoever trusts a checkpoint's code; the tests prove that nobody does.
REMOTE_CODE = "raise SystemExit('the code of the checkpoint was run')\n"


def tokenizer(*texts: str, size: int = 400) -> Tokenizer:
    """Byte-level BPE as Qwen2 has it, learnt from the prompts and ``texts``, with the special tokens at ids of its own."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    made.train_from_iterator([*PROMPTS.values(), *texts], trainer)
    made.add_special_tokens(SPECIAL)
    return made


def json_config(made: Tokenizer, text: dict = TEXT, vision: dict = VISION) -> dict:
    """The content of config.json for a tokenizer."""
    return {
        "architectures": ["DotsOCRForCausalLM"], "model_type": "dots_ocr", "auto_map": AUTO_MAP, **text,
        "vocab_size": made.get_vocab_size(), "image_token_id": made.token_to_id("<|imgpad|>"),
        "video_token_id": made.token_to_id("<|video_pad|>"), "vision_config": vision,
    }  # fmt: skip


def model(seed: int = 0) -> DotsOCRForCausalLM:
    """Random weights, wide enough apart that every part of the model shows in its output."""
    torch.manual_seed(seed)
    made = DotsOCRForCausalLM(DotsOCRConfig(**json_config(tokenizer()))).eval()
    with torch.no_grad():
        for name, weight in made.named_parameters():
            if weight.dim() > 1:
                weight.normal_(std=0.3)
            elif name.endswith("bias"):
                weight.normal_(std=0.05)
            else:
                weight.uniform_(0.8, 1.2)
    return made


def write(
    folder: Path,
    made: DotsOCRForCausalLM | None = None,
    words: Tokenizer | None = None,
    config: dict | None = None,
    dtype: torch.dtype = torch.bfloat16,
) -> DotsOCRForCausalLM:
    """Put a checkpoint into ``folder`` as it is published: two shards and their index, tokenizer files, remote code.

    Args:
        made, words, config: the model, its tokenizer and the content of config.json; all three or none.

    Returns:
        The model whose weights it holds, in float32 but rounded to ``dtype``.
    """
    made = (made or model()).to(dtype).float()
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.to(dtype).contiguous() for name, tensor in made.state_dict().items()}
    names = sorted(tensors)
    shards = {
        "model-00001-of-00002.safetensors": names[: len(names) // 2],
        "model-00002-of-00002.safetensors": names[len(names) // 2 :],
    }
    for file, held in shards.items():
        save_file({name: tensors[name] for name in held}, folder / file, metadata={"format": "pt"})
    bytes_in_all = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    words = words or tokenizer()
    stops = [words.token_to_id("<|endoftext|>"), words.token_to_id("<|endofassistant|>")]
    words.save(str(folder / "tokenizer.json"))
    words.model.save(str(folder))
    files = {
        "model.safetensors.index.json": {
            "metadata": {"total_size": bytes_in_all},
            "weight_map": {name: file for file, held in shards.items() for name in held},
        },
        "config.json": config or json_config(words),
        "generation_config.json": {"eos_token_id": stops, "transformers_version": "4.51.0"},
        "preprocessor_config.json": PREPROCESSOR,
        "tokenizer_config.json": {
            "tokenizer_class": "Qwen2Tokenizer", "add_bos_token": False, "add_prefix_space": False, "bos_token": None,
            "eos_token": "<|endoftext|>", "pad_token": "[PAD]", "clean_up_tokenization_spaces": False,
            "model_max_length": 131072, "errors": "replace", "split_special_tokens": False, "unk_token": None,
            "added_tokens_decoder": {
                str(words.token_to_id(token)): {
                    "content": token, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False,
                    "special": True,
                }
                for token in SPECIAL
            },
            "chat_template": "{% for m in messages %}{{ '<|user|>' + m.content + '<|endofuser|>' }}{% endfor %}<|assistant|>",
        },
        "special_tokens_map.json": {"eos_token": "<|endoftext|>", "pad_token": "[PAD]"},
    }  # fmt: skip
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, indent=2), encoding="utf-8")
    for name in ("configuration_dots.py", "modeling_dots_ocr.py"):
        (folder / name).write_text(REMOTE_CODE, encoding="utf-8")
    return made
