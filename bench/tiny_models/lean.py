"""The same mathematics on less memory traffic: what training puts in place of some modules' own ``forward``."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from bench.tiny_models.attention import heads_of
from torch import Tensor, nn
from torch.nn import functional


def slim(model: nn.Module) -> None:
    """Norms in one kernel instead of six, the SAM encoder's attention without a matrix of scores, experts without a loop."""
    for module in model.modules():
        kind = type(module).__name__
        if kind.endswith("RMSNorm"):
            module.forward = partial(_rms_norm, module)
        elif kind in ("GotOcr2VisionAttention", "UnlimitedOcrSamVisionSdpaAttention"):
            module.forward = partial(_sam_attention, module)
        elif kind == "UnlimitedOcrTextExperts":
            module.forward = partial(_experts, module)


def _rms_norm(module: Any, x: Tensor) -> Tensor:
    eps = module.eps if hasattr(module, "eps") else module.variance_epsilon
    return functional.rms_norm(x.float(), module.weight.shape, module.weight, eps)


def _sam_attention(module: Any, hidden_states: Tensor, output_attentions: Any = None) -> tuple[Tensor, None]:  # noqa: ARG001
    """Attention with decomposed relative positions, ``(batch, height, width, dim)`` to the same, as plain flash attention.

    The bias of a query and a key is one number for their rows and one for their columns. Appended to the query for every row
    and column that there is, and met in the key by a one in its own row and column, it becomes part of the product.
    """
    batch, height, width, _ = hidden_states.shape
    heads = module.num_attention_heads
    q, k, v = (
        module.qkv(hidden_states).view(batch, height, width, 3, heads, -1).permute(3, 0, 4, 1, 2, 5)
    )  # each (batch, heads, height, width, head_dim)
    away = [
        torch.arange(side, device=q.device)[:, None] - torch.arange(side, device=q.device) + side - 1
        for side in (height, width)
    ]
    by_row = torch.einsum("bnhwc,hkc->bnhwk", q, module.rel_pos_h[away[0]].to(q.dtype))
    by_column = torch.einsum("bnhwc,wkc->bnhwk", q, module.rel_pos_w[away[1]].to(q.dtype))
    row = torch.eye(height, device=q.device, dtype=q.dtype)[:, None].expand(height, width, height)
    column = torch.eye(width, device=q.device, dtype=q.dtype).expand(height, width, width)
    here = torch.cat([row, column], dim=-1).expand(batch, heads, -1, -1, -1)
    asked = torch.cat([q * module.scale, by_row, by_column], dim=-1).flatten(2, 3)
    keys = torch.cat([k, here], dim=-1).flatten(2, 3)
    values = functional.pad(v.flatten(2, 3), (0, height + width))
    out = heads_of(asked, keys, values, scale=1.0, causal=False)[..., : v.shape[-1]]
    out = out.transpose(1, 2).reshape(batch, height, width, -1)
    return module.proj(out), None


def _experts(module: Any, hidden: Tensor, chosen: Tensor, weights: Tensor) -> Tensor:
    """All the experts side by side as one wide layer, in which a token's share of those that it did not choose is nothing.

    With a handful of small experts that is quicker than to gather each one's tokens, which would wait for the device.

    Args:
        hidden: ``(tokens, width)``.
        chosen, weights: ``(tokens, experts a token)``, from the router.
    """
    shares = torch.zeros(len(hidden), module.num_experts, device=hidden.device).scatter(1, chosen, weights.float())
    gate, up = (
        functional.linear(hidden, module.gate_up_proj.flatten(0, 1)).view(*shares.shape, 2, -1).unbind(2)
    )  # each (tokens, experts, inner)
    inner = module.act_fn(gate) * up * shares[..., None].to(up.dtype)
    return functional.linear(inner.flatten(1), module.down_proj.transpose(0, 1).flatten(1))
