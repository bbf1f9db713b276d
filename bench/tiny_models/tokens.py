"""A tokenizer of the published kind on a small vocabulary: byte-level BPE whose merges only put single letters together.

Every letter that is ever drawn is one token, so an answer is spelled out; prompts and the frame of the JSON answer are added
tokens of many characters, so that they cost little. Anything else still encodes, byte by byte.
"""

from __future__ import annotations

import json
from pathlib import Path

from bench.tiny_models.words import CHARACTERS
from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers
from tokenizers.models import BPE

_SPLIT = r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""


def byte_letters() -> list[str]:
    """The 256 letters that stand for bytes in byte-level BPE; printable bytes stand for themselves."""
    plain = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAC + 1), *range(0xAE, 0xFF + 1)]
    rest = [byte for byte in range(256) if byte not in plain]
    return [chr(byte) if byte in plain else chr(256 + rest.index(byte)) for byte in range(256)]


def build(specials: list[str], phrases: list[str], unmerged: str = "") -> Tokenizer:
    """The tokenizer.

    Args:
        specials: strings of special tokens, in the order of their ids.
        phrases: strings that become one token each, e.g. sentences of prompts; ordinary text, kept when decoding.
        unmerged: characters to leave as bytes.
    """
    letters = byte_letters()
    vocabulary = {letter: index for index, letter in enumerate(letters)}
    merges: list[tuple[str, str]] = []
    for char in CHARACTERS:
        if char in unmerged:
            continue
        pieces = [letters[byte] for byte in char.encode()]
        while len(pieces) > 1:
            joined = pieces[0] + pieces[1]
            if joined not in vocabulary:
                merges.append((pieces[0], pieces[1]))
                vocabulary[joined] = len(vocabulary)
            pieces[:2] = [joined]
    tokenizer = Tokenizer(BPE(vocab=vocabulary, merges=merges, fuse_unk=False, byte_fallback=False))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_SPLIT), behavior="isolated", invert=False),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in specials])
    tokenizer.add_tokens([AddedToken(phrase, special=False, normalized=False) for phrase in phrases])
    return tokenizer


class Ids:
    """Looks up ids without running the tokenizer: for the millions of answers of a training.

    Args:
        tokenizer: from ``build``; each character of ``CHARACTERS`` and the line end must be one token of it.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.of = {}
        for char in CHARACTERS + "\n":
            (self.of[char],) = tokenizer.encode(char, add_special_tokens=False).ids
        self.added = {token.content: index for index, token in tokenizer.get_added_tokens_decoder().items()}
        self.size = tokenizer.get_vocab_size()


def save(tokenizer: Tokenizer, folder: Path, config: dict[str, object]) -> None:
    """Write tokenizer.json and tokenizer_config.json as the published checkpoints have them."""
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(
        json.dumps(config, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
