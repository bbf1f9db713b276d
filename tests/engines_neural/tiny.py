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
