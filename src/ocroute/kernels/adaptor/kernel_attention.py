"""The attention function that stands in transformers' table for one plugged sub-model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any
from weakref import WeakSet

import torch
from torch import Tensor, nn

from ocroute.kernels.adaptor.fallback import Output, PyTorch
from ocroute.kernels.adaptor.masks import dense
from ocroute.kernels.adaptor.packing import Packing, given, padded, whole
from ocroute.kernels.base import Refused, SubModel
from ocroute.kernels.device_errors import lost, out_of_memory

# Keywords that travel with a call and say nothing about its result: positions are in the queries and keys already, and a
# packed batch that is known from its positions alone comes with a dense mask.
_HARMLESS = frozenset(
    {"position_ids", "cache_position", "use_cache", "output_hidden_states", "output_router_logits", "return_dict"}
    | {"num_items_in_batch", "logits_to_keep", "max_seqlen"}
)

_MOST_REASONS = 64


Attend = Callable[..., Tensor]  # a kernel's bound ``attend``


class Guarded:
    """A kernel inside a model: not asked for more than its proof holds for, and never again after it has raised.

    What it refuses, PyTorch's attention computes, so the page is read all the same.

    Args:
        name: of the kernel.
        attend: as `ocroute.kernels.base.Kernel.attend`.
        longest: tokens of the longest sequence that its proof holds for; None where there is no proof.

    Attributes:
        fault: what it raised; empty while it works.
    """

    def __init__(self, name: str, attend: Attend, longest: int | None) -> None:
        self.name = name
        self.longest = longest
        self.fault = ""
        self._attend = attend

    def __call__(self, q: Tensor, k: Tensor, v: Tensor, *, max_q: int, max_k: int, **keywords: Any) -> Tensor:
        """As ``attend``."""
        if self.fault:
            raise Refused(f"{self.name} raised earlier: {self.fault}")
        if self.longest is not None and max(max_q, max_k) > self.longest:
            raise Refused(f"{self.name} is proven up to {self.longest} tokens only")
        try:
            return self._attend(q, k, v, max_q=max_q, max_k=max_k, **keywords)
        except Refused:
            raise
        except Exception as error:
            if out_of_memory(error) or lost(error):
                raise  # a smaller page, or a new process: no other kernel would help
            self.fault = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
            raise Refused(f"{self.name} raised: {self.fault}") from error


class KernelAttention:
    """Calls the kernel where it can say all that is asked, else PyTorch's attention, and counts why.

    Args:
        modules: the attention layers it is plugged into; a stranger that shares their configuration is not served.
        served, declined: where it counts.
        pytorch: computes what the kernel does not.
    """

    def __init__(
        self,
        attend: Attend,
        sub_model: SubModel,
        modules: Iterable[nn.Module],
        served: Counter[SubModel],
        declined: Counter[str],
        pytorch: PyTorch,
    ) -> None:
        self._pytorch = pytorch
        self._attend = attend
        self._sub_model = sub_model
        self._modules = WeakSet(modules)
        self._served = served
        self._declined = declined

    def __call__(
        self,
        module: nn.Module,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attention_mask: Tensor | None,
        **keywords: Any,
    ) -> Output:
        """As transformers calls it.

        Args:
            query: ``(batch, heads, queries, head_dim)``.
            key, value: ``(batch, kv_heads, keys, head_dim)``.
            attention_mask: from ``masks.mask``, or the model's own.

        Returns:
            ``(batch, queries, heads, head_dim)``, and None for the attention weights.

        Raises:
            Refused: neither the kernel nor PyTorch's attention can honour a keyword.
        """
        if query.shape[2] == 1 and keywords.get("cu_seq_lens_q") is None:  # decode
            return self._pytorch(module, query, key, value, attention_mask, **keywords)
        output: Output = self._sequences(module, query, key, value, attention_mask, **keywords)
        return output

    # Lengths are the host's affair: a compiled model calls this between its graphs.
    @torch.compiler.disable  # type: ignore[untyped-decorator]
    def _sequences(
        self, module: nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, **keywords: Any
    ) -> Output:
        causal = keywords.get("is_causal")
        causal = bool(module.is_causal if causal is None else causal)
        packing = _own_packing(query, key, keywords)
        try:
            if module not in self._modules:
                raise Refused("another model shares this configuration")
            _check(query, key, value, mask, packing, keywords)
            out = self._kernel(query, key, value, mask, packing, causal=causal, scale=keywords.get("scaling"))
        except Refused as refused:
            self._note(f"{self._sub_model}: {refused}")
            if packing is not None and mask is None:
                return self._pytorch.by_sequence(module, query, key, value, packing, **keywords)
            if mask is not None and mask.ndim == 2:
                mask = dense(mask, query.shape[2], key.shape[2], causal=causal)
            return self._pytorch(module, query, key, value, mask, **keywords)
        self._served[self._sub_model] += 1
        return out, None

    def _note(self, reason: str) -> None:
        # A reason may name a page's own shape; a long run must not gather them without end.
        full = len(self._declined) >= _MOST_REASONS and reason not in self._declined
        self._declined[f"{self._sub_model}: other reasons" if full else reason] += 1

    def _kernel(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        mask: Tensor | None,
        packing: Packing | None,
        *,
        causal: bool,
        scale: float | None,
    ) -> Tensor:
        batch, _, queries, head_dim = query.shape
        if packing is None and mask is not None:
            packing = padded(mask, queries, causal=causal)
        elif packing is None:
            # Causal and without a mask, more keys than queries are the empty places of a static cache.
            packing = whole(batch, queries, queries if causal else key.shape[2], query.device)
        out = self._attend(
            packing.pack(query, packing.used_q, packing.rows_q),
            packing.pack(key, packing.used_k, packing.rows_k),
            packing.pack(value, packing.used_k, packing.rows_k),
            cu_q=packing.cu_q,
            cu_k=packing.cu_k,
            max_q=max(packing.queries),
            max_k=max(packing.keys),
            causal=causal,
            scale=head_dim**-0.5 if scale is None else scale,
        )
        if torch.is_grad_enabled() and query.requires_grad and not out.requires_grad:
            raise Refused("gradients do not flow through this kernel")
        return packing.unpack(out, batch)


def _own_packing(query: Tensor, key: Tensor, keywords: dict[str, Any]) -> Packing | None:
    """How the model itself has packed its sequences into one batch row; None where it has not.

    Raises:
        Refused: it says that it has, and its tensors say otherwise.
    """
    cu_q = keywords.pop("cu_seq_lens_q", None)
    cu_k = keywords.pop("cu_seq_lens_k", None)
    longest_q = keywords.pop("max_length_q", None)
    longest_k = keywords.pop("max_length_k", None)
    if cu_q is None and cu_k is None:
        return None
    if cu_q is None or cu_k is None or query.shape[0] != 1:
        raise Refused("the model packs sequences, but not into one batch row with boundaries for queries and keys")
    return given(cu_q, cu_k, longest_q, longest_k, query.shape[2], key.shape[2])


def _check(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, packing: Packing | None, keywords: dict[str, Any]
) -> None:
    """Raise Refused for a call that packed attention cannot express."""
    for name, given_value in keywords.items():
        if name in _HARMLESS or name in ("scaling", "is_causal") or given_value is None or given_value is False:
            continue
        if name == "dropout" and not given_value:
            continue
        shown = f" = {given_value}" if isinstance(given_value, int | float | str) else ""
        raise Refused(f"{name}{shown} is asked for")
    if mask is not None and mask.ndim != 2:
        raise Refused("the mask hides more than padding")
    if mask is not None and packing is not None:
        raise Refused("the model gives a mask and packed sequences at once")
    if value.shape[-1] != query.shape[-1]:
        raise Refused(f"values have {value.shape[-1]} dimensions a head, queries {query.shape[-1]}")
    if not query.dtype == key.dtype == value.dtype:
        raise Refused(f"queries, keys and values are {query.dtype}, {key.dtype} and {value.dtype}")
    if query.shape[0] != key.shape[0]:
        raise Refused(f"a batch of {query.shape[0]} queries meets one of {key.shape[0]} keys")
