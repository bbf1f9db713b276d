"""A batch as packed sequences: without its padding, with lengths that are asked of the device once a forward at most."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ocroute.kernels.base import Refused
from ocroute.kernels.packed import boundaries, host_lengths
from ocroute.kernels.stream_cache import per_stream, upload

# Under this attribute a mask or a tensor of boundaries, which all layers of a forward share, keeps its packing.
_PACKING = "_ocroute_packing"

Rows = tuple[Tensor, Tensor]  # batch index and position of each token that is packed


@dataclass(frozen=True, slots=True)
class Packing:
    """How a ``(batch, heads, length, head_dim)`` call is packed.

    Attributes:
        queries, keys: tokens of each sequence.
        rows_q, rows_k: the tokens that are packed; None for all of the first ``length`` of each batch row.
        used_q, used_k: ``length`` above: positions of each batch row that are looked at. Beyond stand the empty places of
            a static cache.
    """

    queries: tuple[int, ...]
    keys: tuple[int, ...]
    cu_q: Tensor
    cu_k: Tensor
    used_q: int
    used_k: int
    rows_q: Rows | None = None
    rows_k: Rows | None = None

    def pack(self, states: Tensor, used: int, rows: Rows | None) -> Tensor:
        """``(batch, heads, length, head_dim)`` -> ``(tokens, heads, head_dim)``; a view where nothing is left out."""
        by_token = states.transpose(1, 2)
        packed = by_token[:, :used].flatten(0, 1) if rows is None else by_token[rows]
        return packed if packed.stride(-1) == 1 else packed.contiguous()

    def unpack(self, out: Tensor, batch: int) -> Tensor:
        """``(tokens, heads, head_dim)`` -> ``(batch, length, heads, head_dim)``, zero where there was padding."""
        if self.rows_q is None:
            return out.view(batch, self.used_q, *out.shape[1:])
        padded = out.new_zeros(batch, self.used_q, *out.shape[1:])
        padded[self.rows_q] = out
        return padded


def whole(batch: int, queries: int, keys: int, device: torch.device) -> Packing:
    """Every row of the batch one sequence, without padding."""
    lengths_q, lengths_k = (queries,) * batch, (keys,) * batch
    return Packing(lengths_q, lengths_k, _shared(lengths_q, device), _shared(lengths_k, device), queries, keys)


def whole_mask(batch: int, queries: int, keys: int, device: torch.device) -> Tensor:
    """A mask of no padding, bool ``(batch, keys)``: for queries that follow keys already in a cache."""
    mask = torch.ones(batch, keys, dtype=torch.bool, device=device)
    setattr(mask, _PACKING, ((queries, True), whole(batch, queries, keys, device)))
    return mask


def padded(mask: Tensor, queries: int, *, causal: bool) -> Packing:
    """The tokens that are not padding, wherever the padding stands.

    Causal attention aligns the last query with the last key, so both are packed alike. Otherwise every query keeps its place:
    it may be another sequence's than the keys.

    Args:
        mask: bool ``(batch, keys)``, True for a token. Its last ``queries`` columns are the queries' own when causal.
        queries: query positions of each batch row.
    """
    kept = getattr(mask, _PACKING, None)
    if kept is not None and kept[0] == (queries, causal):
        packing: Packing = kept[1]
        return packing
    packing = _padded(mask.cpu(), queries, mask.device, causal=causal)  # the one wait for the device
    setattr(mask, _PACKING, ((queries, causal), packing))
    return packing


def _padded(real: Tensor, queries: int, device: torch.device, *, causal: bool) -> Packing:
    own = real[:, -queries:] if causal else real.new_ones(real.shape[0], queries)
    counts_q, counts_k = (tuple(int(count) for count in part.sum(-1)) for part in (own, real))
    return Packing(
        counts_q,
        counts_k,
        _shared(counts_q, device),
        _shared(counts_k, device),
        queries,
        real.shape[1],
        None if all(count == queries for count in counts_q) else _rows(own, device),
        None if all(count == real.shape[1] for count in counts_k) else _rows(real, device),
    )


def given(cu_q: Tensor, cu_k: Tensor, longest_q: int | None, longest_k: int | None, queries: int, keys: int) -> Packing:
    """Sequences that the model has packed into one batch row itself.

    Raises:
        Refused: the boundaries do not end where the tokens do.
    """
    lengths_q = _lengths(cu_q, longest_q, queries)
    lengths_k = lengths_q if cu_k is cu_q else _lengths(cu_k, longest_k, keys)
    if sum(lengths_q) != queries or sum(lengths_k) != keys:
        raise Refused(
            f"the model's boundaries end at {sum(lengths_q)} queries and {sum(lengths_k)} keys; "
            f"its tensors have {queries} and {keys}"
        )
    device = cu_q.device
    return Packing(lengths_q, lengths_k, _shared(lengths_q, device), _shared(lengths_k, device), queries, keys)


def _lengths(cu: Tensor, longest: int | None, total: int) -> tuple[int, ...]:
    """Sequence lengths behind ``cu``; asked of the device by the first layer, which leaves them for the others."""
    version = None if cu.is_inference() else cu._version  # written over since: asked again
    kept = getattr(cu, _PACKING, None)
    if kept is not None and kept[0] == version:
        remembered: tuple[int, ...] = kept[1]
        return remembered
    lengths = host_lengths(cu, total, None if longest is None else int(longest))
    setattr(cu, _PACKING, (version, lengths))
    return lengths


def _rows(real: Tensor, device: torch.device) -> Rows:
    row, position = real.nonzero(as_tuple=True)
    return upload(row, device), upload(position, device)


@per_stream(32)
def _shared(lengths: tuple[int, ...], device: torch.device) -> Tensor:
    """``packed.boundaries``, made once for all layers that need the same."""
    return boundaries(lengths, device)
