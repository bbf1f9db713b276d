"""Masks for plugged models: padding as itself, everything else as PyTorch's own attention wants it.

transformers gives an attention function that has no mask function no mask at all, and padding is then read as text. Ours
answers a plain causal or bidirectional mask with None (nothing to hide) or with the padding, bool ``(batch, keys)``; any other
mask comes dense, bool ``(batch, 1, queries, keys)``, and sends the call to PyTorch's attention.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from transformers.masking_utils import bidirectional_mask_function, causal_mask_function, sdpa_mask

from ocroute.kernels.adaptor.packing import padded, whole_mask

# Under this attribute a padding mask keeps its dense form, for the layers whose calls were declined.
_DENSE = "_ocroute_dense"


def mask(
    *,
    batch_size: int,
    q_length: int,
    kv_length: int,
    q_offset: int | Tensor = 0,
    kv_offset: int = 0,
    mask_function: Any = causal_mask_function,
    attention_mask: Tensor | None = None,
    allow_is_causal_skip: bool = True,
    allow_is_bidirectional_skip: bool = False,
    device: torch.device | str = "cpu",
    **more: Any,
) -> Tensor | None:
    """The mask function of a plugged model; called by transformers once a forward.

    Args:
        q_length, kv_length: query positions, and key positions including the empty ones of a static cache.
        q_offset: position of the first query; on the device for static caches.
        attention_mask: bool ``(batch, tokens so far)``, False for padding.

    Returns:
        As the module says.
    """
    causal = mask_function is causal_mask_function and allow_is_causal_skip
    bidirectional = mask_function is bidirectional_mask_function and allow_is_bidirectional_skip
    # One query is decode: left to PyTorch as it is, so that its graph can be captured.
    if q_length == 1 or kv_offset or not (causal or bidirectional) or torch.compiler.is_compiling():
        return sdpa_mask(
            batch_size=batch_size,
            q_length=q_length,
            kv_length=kv_length,
            q_offset=q_offset,  # type: ignore[arg-type]  # annotated int; a static cache gives a tensor
            kv_offset=kv_offset,
            mask_function=mask_function,
            attention_mask=attention_mask,
            allow_is_causal_skip=allow_is_causal_skip,
            allow_is_bidirectional_skip=allow_is_bidirectional_skip,
            device=device,
            **more,
        )
    seen = int(q_offset) + q_length if causal else kv_length
    if attention_mask is None:
        follows = causal and seen > q_length
        return whole_mask(batch_size, q_length, seen, torch.device(device)) if follows else None
    padding = attention_mask[:, :seen]
    if padding.shape[1] < seen:  # positions beyond a mask are hidden
        padding = torch.nn.functional.pad(padding, (0, seen - padding.shape[1]))
    packing = padded(padding, q_length, causal=causal)
    hidden = packing.rows_q is not None or packing.rows_k is not None
    return padding if hidden or (causal and seen > q_length) else None


def dense(padding: Tensor, queries: int, keys: int, *, causal: bool) -> Tensor:
    """What a padding mask hides, as PyTorch's attention wants it.

    Args:
        padding: bool ``(batch, tokens so far)``, as ``mask`` gives it.
        keys: key positions including the empty ones of a static cache.

    Returns:
        bool ``(batch, 1, queries, keys)``, True where a query sees a key.
    """
    kept: Tensor | None = getattr(padding, _DENSE, None)
    if kept is not None and kept.shape[-2:] == (queries, keys):
        return kept
    made: Tensor = sdpa_mask(  # type: ignore[assignment]  # never None where it may not skip
        batch_size=padding.shape[0],
        q_length=queries,
        kv_length=keys,
        q_offset=padding.shape[1] - queries if causal else 0,
        mask_function=causal_mask_function if causal else bidirectional_mask_function,
        attention_mask=padding,
        allow_is_causal_skip=False,
        device=padding.device,
    )
    setattr(padding, _DENSE, made)
    return made
