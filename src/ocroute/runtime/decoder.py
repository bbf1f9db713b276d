"""A language model's decoder as plain tensors, and one step of it for a batch of sequences that have a token each.

The weights are the model's own: what is multiplied together is laid side by side in memory, and the model's modules see their
part of it. So `generate` goes on to work, and nothing takes twice the memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, linear

from ocroute.kernels.base import Refused
from ocroute.runtime.cached_attention import Attend
from ocroute.runtime.fused import add_norm, normed_gated_linear, normed_linear, rotate_and_store, row_linear
from ocroute.runtime.slots import Slots

# Layers of transformers whose arithmetic is that of `step`, seen in their source: Qwen2's and Qwen3's, those of models built
# on them, and Ernie 4.5's in PaddleOCR-VL.
KNOWN_LAYERS = ("Qwen2DecoderLayer", "Qwen2VLDecoderLayer", "Qwen3DecoderLayer", "PaddleOCRDecoderLayer")


@dataclass(frozen=True, slots=True)
class Layer:
    """Weights of one layer, ``(out, in)``.

    Attributes:
        norm, mlp_norm: ``(width,)``.
        qkv, qkv_bias: queries', keys' and values' rows, one after the other.
        out: of attention.
        gate_up: the gate's rows, then those of what it lets through.
        head_norms: of each query's and each key's head, ``(head_dim,)`` both; Qwen3 has them.
    """

    norm: Tensor
    qkv: Tensor
    qkv_bias: Tensor | None
    out: Tensor
    mlp_norm: Tensor
    gate_up: Tensor
    down: Tensor
    head_norms: tuple[Tensor, Tensor] | None = None


@dataclass(frozen=True, slots=True)
class Decoder:
    """All that a step needs of a model.

    Attributes:
        layers: in order.
        embedding, head: ``(vocabulary, width)``.
        norm: the last.
        eps: of all norms.
        heads, kv_heads, head_dim: of attention.
        scale: of its scores.
        rotary: the model's own module; it gives cosines and sines for positions.
    """

    layers: tuple[Layer, ...]
    embedding: Tensor
    norm: Tensor
    head: Tensor
    eps: float
    heads: int
    kv_heads: int
    head_dim: int
    scale: float
    rotary: nn.Module

    def angles(self, length: int) -> tuple[Tensor, Tensor]:
        """Cosines and sines ``(length, head_dim / 2)`` of the positions of text, rounded as the model rounds them."""
        positions = torch.arange(length, device=self.embedding.device)[None]
        cos, sin = self.rotary(self.embedding[:1, None], positions)
        half = self.head_dim // 2
        return cos[0, :, :half].contiguous(), sin[0, :, :half].contiguous()

    def slots(self, count: int, capacity: int) -> Slots:
        """An empty cache."""
        shape = (count, self.kv_heads, capacity, self.head_dim)
        return Slots(
            [(self.embedding.new_zeros(shape), self.embedding.new_zeros(shape)) for _ in self.layers],
            *self.angles(capacity),
        )


def decoder_of(model: Any) -> Decoder:
    """The decoder of a transformers model, its weights laid side by side where they stand.

    Raises:
        Refused: its layers are of a kind that `step` does not compute, or are set up in a way that it does not know.
    """
    body = text_model(model)
    first, config = body.layers[0], body.config
    attention = first.self_attn
    if config.hidden_act != "silu":
        raise Refused(f"its activation is {config.hidden_act}")
    if any(getattr(layer.self_attn, "sliding_window", None) for layer in body.layers):
        raise Refused("its attention has a sliding window")
    kind = (config.rope_parameters or {}).get("rope_type", "default")
    if kind not in ("default", "mrope"):
        raise Refused(f"its rotary positions are of the kind {kind!r}")
    if not attention.o_proj.weight.is_floating_point():
        raise Refused("its weights are quantized")
    if attention.o_proj.bias is not None or first.mlp.down_proj.bias is not None:
        raise Refused("its layers have biases at unknown places")
    with torch.no_grad():
        return Decoder(
            tuple(_layer(layer) for layer in body.layers),
            body.embed_tokens.weight.detach(),
            body.norm.weight.detach(),
            model.get_output_embeddings().weight.detach(),
            first.input_layernorm.variance_epsilon,
            config.num_attention_heads,
            config.num_key_value_heads,
            attention.head_dim,
            attention.scaling,
            body.rotary_emb,
        )


def text_model(model: nn.Module) -> Any:
    """The sub-model that holds the decoder's layers.

    Raises:
        Refused: there is none with layers of a known kind.
    """
    found = ""
    for module in model.modules():
        layers = getattr(module, "layers", None)
        if isinstance(layers, nn.ModuleList) and len(layers) and hasattr(module, "embed_tokens"):
            found = type(layers[0]).__name__
            if all(type(layer).__name__ in KNOWN_LAYERS for layer in layers):
                return module
    raise Refused(f"the batch decoder does not know layers of the kind {found or type(model).__name__}")


def _layer(layer: Any) -> Layer:
    attention, mlp = layer.self_attn, layer.mlp
    qkv, qkv_bias = side_by_side([attention.q_proj, attention.k_proj, attention.v_proj])
    gate_up, _ = side_by_side([mlp.gate_proj, mlp.up_proj])
    return Layer(
        layer.input_layernorm.weight.detach(),
        qkv,
        qkv_bias,
        attention.o_proj.weight.detach(),
        layer.post_attention_layernorm.weight.detach(),
        gate_up,
        mlp.down_proj.weight.detach(),
        (attention.q_norm.weight.detach(), attention.k_norm.weight.detach()) if hasattr(attention, "q_norm") else None,
    )


def side_by_side(projections: Sequence[nn.Linear]) -> tuple[Tensor, Tensor | None]:
    """The weights of layers that take the same input as one, and their biases; each layer's own becomes a part of it."""
    return _joined(projections, "weight"), (
        _joined(projections, "bias") if all(each.bias is not None for each in projections) else None
    )


def _joined(projections: Sequence[nn.Linear], name: str) -> Tensor:
    parameters = [getattr(each, name) for each in projections]
    joined = torch.cat([parameter.detach() for parameter in parameters])
    for parameter, part in zip(parameters, torch.split(joined, [len(each) for each in parameters]), strict=True):
        parameter.data = part
    return joined


def step(
    decoder: Decoder, slots: Slots, tokens: Tensor, positions: Tensor, turns: Tensor, attend: Attend, span: int
) -> Tensor:
    """One token further in every sequence of a batch: its keys and values go to the cache.

    Args:
        slots: the cache; sequence ``i`` of the batch has slot ``i``.
        tokens: int64 ``(batch,)``: the last of each sequence.
        positions: int64 ``(batch,)``: their places in their slots.
        turns: int64 ``(batch,)``: their rotary positions, fewer than ``positions`` where an image counts less than its tokens.
        attend: see `ocroute.runtime.cached_attention`.
        span: no position is at or beyond it; so much of each slot is looked at.

    Returns:
        Scores of the next token, ``(batch, vocabulary)``, in the type of the weights.
    """
    lengths = (positions + 1).int()
    cos, sin = slots.cos[turns], slots.sin[turns]
    x = embedding(tokens, decoder.embedding)
    delta = None
    for layer, (keys, values) in zip(decoder.layers, slots.layers, strict=True):
        x, qkv = normed_linear(x, delta, layer.norm, decoder.eps, layer.qkv, layer.qkv_bias)
        if layer.head_norms is not None:
            qkv = _heads_normed(decoder, qkv, *layer.head_norms)
        queries = rotate_and_store(qkv, cos, sin, keys, values, positions, decoder.heads)
        seen = attend(queries, keys[:, :, :span], values[:, :, :span], lengths, decoder.scale)
        mixed = row_linear(seen.flatten(1), layer.out)
        x, inner = normed_gated_linear(x, mixed, layer.mlp_norm, decoder.eps, layer.gate_up)
        delta = row_linear(inner, layer.down)
    return linear(add_norm(x, delta, decoder.norm, decoder.eps)[1], decoder.head)


def _heads_normed(decoder: Decoder, qkv: Tensor, query_norm: Tensor, key_norm: Tensor) -> Tensor:
    """``qkv`` ``(batch, (heads + 2 * kv_heads) * head_dim)`` with a norm over each head of the queries and of the keys."""
    heads = [decoder.heads, decoder.kv_heads, decoder.kv_heads]
    parts = torch.split(qkv.view(len(qkv), -1, decoder.head_dim), heads, dim=1)
    q, k = (
        add_norm(part.reshape(-1, decoder.head_dim), None, norm, decoder.eps)[1].view(part.shape)
        for part, norm in zip(parts[:2], (query_norm, key_norm), strict=True)
    )
    return torch.cat((q, k, parts[2]), dim=1).flatten(1)
