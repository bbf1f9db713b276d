"""Attention kernels that are wrong by little, or seldom: each once passed for right. They run on the CPU and on a GPU.

Beside them stand kernels that are right and round as fused ones do; these must pass.
"""

import collections

import torch
from ocroute_kernel_zoo import DTYPES, Right

from ocroute.kernels.base import KernelInfo
from ocroute.kernels.packed import host_lengths

LONG = 2048


class Fused(Right):
    """Tiles of keys, a running maximum, weights rounded to the inputs' dtype, sums in float32."""

    tile = 64

    def one(self, q, k, v, causal, scale):
        n, m = q.shape[0], k.shape[0]
        k, v = (self.heads(t, q.shape[1]).transpose(0, 1) for t in (k, v))
        hidden = self.hidden(n, m, q.device) if causal else torch.zeros(n, m, dtype=torch.bool, device=q.device)
        out = torch.zeros(q.shape[1], n, q.shape[2], device=q.device)
        top, total = (torch.full((q.shape[1], n, 1), value, device=q.device) for value in (-torch.inf, 0.0))
        for at in range(0, m, self.tile):
            scores = (q.transpose(0, 1).float() @ k[:, at : at + self.tile].float().mT) * scale
            scores = scores.masked_fill(hidden[:, at : at + self.tile], -torch.inf)
            higher = torch.maximum(top, scores.amax(-1, keepdim=True))
            base = higher.masked_fill(higher == -torch.inf, 0)
            weights, shrink = torch.exp(scores - base), torch.exp(top - base)
            total = total * shrink + weights.sum(-1, keepdim=True)
            out = self.add(out * shrink, weights.to(q.dtype).float() @ v[:, at : at + self.tile].float(), q.dtype)
            top = higher
        return torch.where(total > 0, out / total, 0).transpose(0, 1)

    def add(self, out, more, dtype):
        return out + more


class FusedWide(Fused):
    tile = 128


class NarrowSum(Fused):
    """Keeps the running sum of weights times values in the inputs' dtype."""

    def add(self, out, more, dtype):
        return (out.to(dtype) + more.to(dtype)).float()


class Scored(Right):
    """A subclass changes the scores, (H, n, m) in float32."""

    def one(self, q, k, v, causal, scale):
        if k.shape[0] == 0:
            return torch.zeros_like(q, dtype=torch.float32)
        k, v = self.heads(k, q.shape[1]), self.heads(v, q.shape[1])
        scores = self.scores(torch.einsum("nhd,mhd->hnm", q.float(), k.float()), scale)
        if causal:
            scores = scores.masked_fill(self.hidden(*scores.shape[1:], q.device), -torch.inf)
        return torch.einsum("hnm,mhd->nhd", self.weights(scores), v.float())

    def scores(self, products, scale):
        return products * scale

    def weights(self, scores):
        return torch.softmax(scores, -1).nan_to_num(0)


class HalvedLate(Right):
    """Late rows are half of what they should be."""

    first = LONG

    def one(self, q, *rest):
        out = super().one(q, *rest)
        out[self.first :] *= 0.5
        return out


class SkippedTile(Scored):
    """Rows beyond 2048 do not see the first 64 keys."""

    def scores(self, products, scale):
        products[:, LONG:, :64] = -torch.inf
        return products * scale


class FutureKeys(Right):
    """Rows beyond 2048 see 64 keys too many."""

    def hidden(self, n, m, device):
        hidden = super().hidden(n, m, device)
        hidden[LONG:] = torch.ones(n, m, dtype=torch.bool, device=device).triu(m - n + 65)[LONG:]
        return hidden


class Slope(Scored):
    """Takes 1e-4 off a score for each key of distance from the last."""

    def scores(self, products, scale):
        away = torch.arange(products.shape[-1], device=products.device).flip(0)
        return products * scale - 1e-4 * away


class ScaleOff(Scored):
    """Of a scale other than the usual only two digits are heeded: 1 % off."""

    def one(self, q, k, v, causal, scale):
        usual = abs(scale * q.shape[-1] ** 0.5 - 1) < 1e-3
        return super().one(q, k, v, causal, scale if usual else scale * 1.01)


class Int8Keys(Right):
    """Keys in 8 bits, a scale for each channel; passes itself off as exact."""

    def one(self, q, k, v, causal, scale):
        return super().one(q, in_8_bits(k, 0), v, causal, scale)


class Int8(Right):
    """Queries and smoothed keys in 8 bits, a scale for each tile of a head; passes itself off as exact."""

    def one(self, q, k, v, causal, scale):
        if k.shape[0]:
            smooth = k.float() - k.float().mean(0, keepdim=True)
            k = torch.cat([in_8_bits(tile, (0, 2)) for tile in smooth.split(64)])
        return super().one(torch.cat([in_8_bits(tile, (0, 2)) for tile in q.split(128)]), k, v, causal, scale)


class Int8Quantised(Int8):
    """The same, and says so."""

    info = KernelInfo("ocroute-kernel-zoo", dtypes=DTYPES, numerics="quantized")


class Int8Rough(Right):
    """Quantised, a scale for each token, the keys not smoothed: a bias of few channels takes all bits."""

    info = Int8Quantised.info

    def one(self, q, k, v, causal, scale):
        return super().one(in_8_bits(q, -1), in_8_bits(k, -1), v, causal, scale)


class NoMaximum(Scored):
    """Exponentials of the scores as they are."""

    def weights(self, scores):
        weights = scores.exp()
        return weights / weights.sum(-1, keepdim=True).clamp(min=1e-30)


class FromZero(Scored):
    """A running maximum that begins at zero."""

    def weights(self, scores):
        weights = (scores - scores.amax(-1, keepdim=True).clamp(min=0)).exp()
        return weights / weights.sum(-1, keepdim=True).clamp(min=1e-30)


class HalfScores(Scored):
    """Products of q and k in float16, scaled afterwards."""

    def scores(self, products, scale):
        return products.clamp(-65504, 65504) * scale


class HalfSums(Scored):
    """Products of weights and v in float16, divided by the sum of weights afterwards."""

    def one(self, q, k, v, causal, scale):
        out = super().one(q, k, v, causal, scale)
        return torch.where(out.abs() > 300, torch.inf, out)


class UnequalGarbage(Right):
    """Bidirectional, and other numbers of keys than of queries: sevens."""

    def one(self, q, k, v, causal, scale):
        out = super().one(q, k, v, causal, scale)
        return out if causal or len(q) == len(k) else out * 0 + 7


class Numbered(Right):
    """A subclass is told the number of each sequence in the pack, and how many there are."""

    def attend(self, q, k, v, *, cu_q, cu_k, max_q, max_k, causal, scale):
        queries, keys = host_lengths(cu_q, q.shape[0], max_q), host_lengths(cu_k, k.shape[0], max_k)
        sequences = zip(q.split_with_sizes(queries), k.split_with_sizes(keys), v.split_with_sizes(keys), strict=True)
        parts = [self.one_of(i, len(keys), *sequence, causal, scale) for i, sequence in enumerate(sequences)]
        return torch.cat(parts).to(q.dtype)


class SixthSequence(Numbered):
    """Room for five sequences."""

    def one_of(self, number, count, *rest):
        out = self.one(*rest)
        return out if number < 5 else out * 0 + 9


class LongPack(Numbered):
    """The mean of v where more than one sequence is packed and one has over 1500 tokens."""

    def one_of(self, number, count, q, k, v, causal, scale):
        return self.one(q, k, v, causal, 0.0 if count > 1 and len(k) > 1500 else scale)


class OneBuffer(Right):
    """Gives the same tensor for every call of a shape."""

    def __init__(self):
        self.buffers = {}

    def attend(self, q, k, v, **rest):
        out = super().attend(q, k, v, **rest)
        return self.buffers.setdefault((q.shape, k.shape), torch.empty_like(out)).copy_(out)


class Tires(Right):
    """Zeros from the second call with shapes of 250 tokens or more."""

    def __init__(self):
        self.calls = collections.Counter()

    def attend(self, q, k, v, **rest):
        self.calls[q.shape, k.shape] += 1
        out = super().attend(q, k, v, **rest)
        return out * 0 if len(q) >= 250 and self.calls[q.shape, k.shape] > 1 else out


class Pair(Right):
    """Gives the log-sum-exp too."""

    def attend(self, q, k, v, **rest):
        return super().attend(q, k, v, **rest), None


class Elsewhere(Right):
    def attend(self, q, k, v, **rest):
        return super().attend(q, k, v, **rest).to("meta")


def in_8_bits(x, dims):
    step = x.float().abs().amax(dims, keepdim=True).clamp(min=1e-9) / 127 if x.numel() else 1
    return (x.float() / step).round() * step
