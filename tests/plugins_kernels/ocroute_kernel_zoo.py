"""Attention kernels that are wrong, one way each, behind the door that every plugin uses. Each runs on the CPU and on a GPU."""

import collections
import ctypes
import itertools
import os
import sys
import time

import torch

from ocroute.kernels.base import KernelInfo, Presence, Refused
from ocroute.kernels.packed import host_lengths

DTYPES = ("float16", "bfloat16", "float32")

PROVEN = ("zoo_right", "zoo_noisy", "zoo_refuses_long", "zoo_shares")
CRASHED = ("zoo_abort", "zoo_exit", "zoo_forks", "zoo_raises")
TIMED_OUT = ("zoo_hang_sleep", "zoo_hang_busy")
OUT_OF_MEMORY = ("zoo_hoards", "zoo_no_memory")
REFUSED = ("zoo_refuses",)
WRONG_IF_CAUSAL = ("zoo_causal_tail", "zoo_top_left", "zoo_mixed_heads")
WRONG_ON_A_GPU = ("zoo_stale_graph", "zoo_other_stream", "zoo_kept_too_early")


def info(**changes):
    return KernelInfo("ocroute-kernel-zoo", dtypes=DTYPES, **changes)


class Right:
    """Attention as it should be, a sequence at a time, in float32. The others change one step of it."""

    info = info()

    @classmethod
    def presence(cls):
        return Presence("usable", "1.0")

    def attend(self, q, k, v, *, cu_q, cu_k, max_q, max_k, causal, scale):
        queries, keys = host_lengths(cu_q, q.shape[0], max_q), host_lengths(cu_k, k.shape[0], max_k)
        parts, at_q, at_k = [], 0, 0
        for n, m in zip(queries, keys, strict=True):
            parts.append(self.one(q[at_q : at_q + n], k[at_k : at_k + m], v[at_k : at_k + m], causal, scale))
            at_q, at_k = at_q + n, at_k + m
        return torch.cat(parts).to(q.dtype)

    def one(self, q, k, v, causal, scale):
        """One sequence: (n, Hq, D), (m, Hkv, D), (m, Hkv, D) -> (n, Hq, D) in float32."""
        if k.shape[0] == 0:
            return torch.zeros_like(q, dtype=torch.float32)
        k, v = self.heads(k, q.shape[1]), self.heads(v, q.shape[1])
        scores = torch.einsum("nhd,mhd->hnm", q.float(), k.float()) * scale
        if causal:
            scores = scores.masked_fill(self.hidden(*scores.shape[1:], q.device), -torch.inf)
        weights = torch.softmax(scores, -1).nan_to_num(0)
        return torch.einsum("hnm,mhd->nhd", weights, v.float())

    def heads(self, k, heads):
        return k.repeat_interleave(heads // k.shape[1], dim=1)

    def hidden(self, n, m, device):
        return torch.ones(n, m, dtype=torch.bool, device=device).triu(m - n + 1)


class Noisy(Right):
    """As a quantized kernel is: off by one part in fifty of each value."""

    info = info(numerics="quantized")

    def one(self, q, k, v, causal, scale):
        out = super().one(q, k, v, causal, scale)
        return out * (1 + 0.02 * torch.linspace(-1, 1, out.shape[-1], device=out.device))


class NoisyTail(Noisy):
    """Quantised, and takes keys that do not exist into the softmax."""

    def one(self, q, k, v, causal, scale):
        return Tail.one(self, q, k, v, causal, scale)


class Abort(Right):
    def one(self, *_):
        os.abort()


class Exit(Right):
    """As libraries do that check a launch and then give up."""

    def one(self, *_):
        print("no kernel image is available for execution on the device", file=sys.stderr, flush=True)
        ctypes.CDLL(None).exit(1)


class HangSleep(Right):
    def one(self, *_):
        time.sleep(3600)


class HangBusy(Right):
    """Never leaves C, holds the interpreter lock, looks at no signal."""

    def one(self, *_):
        collections.deque(itertools.repeat(0), maxlen=0)


class ConstantV(Right):
    """Scales each channel of v by its spread."""

    def one(self, q, k, v, causal, scale):
        if v.shape[0] == 0:
            return super().one(q, k, v, causal, scale)
        low, high = v.float().amin(0), v.float().amax(0)
        spread = high - low
        return super().one(q, k, (v.float() - low) / spread, causal, scale) * self.heads(
            spread[None], q.shape[1]
        ) + self.heads(low[None], q.shape[1])


class Tail(Right):
    """Fills the last tile of 64 keys with zeros and forgets to mask them."""

    def one(self, q, k, v, causal, scale):
        missing = -k.shape[0] % 64
        if not causal and k.shape[0]:
            k, v = (torch.cat([t, t.new_zeros(missing, *t.shape[1:])]) for t in (k, v))
        return Right.one(self, q, k, v, causal, scale)


class CausalTail(Right):
    """Hides the key of the same number from the rows of the last tile of 64 queries, where that is not full."""

    def hidden(self, n, m, device):
        hidden = super().hidden(n, m, device)
        for row in range(n - n % 64, n):
            if row + m - n > 0:
                hidden[row, row + m - n] = True
        return hidden


class InPlace(Right):
    """Smooths k where it lies. The result is right: a constant offset of k does not change the softmax."""

    def attend(self, q, k, v, **rest):
        if k.shape[0]:
            k -= k.mean(0, keepdim=True)
        return super().attend(q, k, v, **rest)


class NoScale(Right):
    def one(self, q, k, v, causal, scale):
        return super().one(q, k, v, causal, q.shape[-1] ** -0.5)


class TopLeft(Right):
    def hidden(self, n, m, device):
        return torch.ones(n, m, dtype=torch.bool, device=device).triu(1)


class Unwritten(Right):
    """Writes whole tiles of 64 rows only."""

    def attend(self, q, k, v, **rest):
        out, right = torch.empty_like(q), super().attend(q, k, v, **rest)
        whole = q.shape[0] // 64 * 64
        out[:whole] = right[:whole]
        return out


class Leak(Right):
    """Takes a pack for one sequence."""

    def attend(self, q, k, v, *, causal, scale, **_):
        return self.one(q, k, v, causal, scale).to(q.dtype)


class Zeros(Right):
    def attend(self, q, k, v, **_):
        return torch.zeros_like(q)


class MixedHeads(Right):
    def heads(self, k, heads):
        return k.repeat(1, heads // k.shape[1], 1)


class Contiguous(Right):
    """Takes every tensor for contiguous."""

    def attend(self, q, k, v, **rest):
        q, k, v = (t.as_strided(t.shape, torch.empty(t.shape, device="meta").stride()) for t in (q, k, v))
        return super().attend(q, k, v, **rest)


class HeadsAdjacent(Right):
    """Heeds the distance of tokens, and takes the heads of a token for neighbours."""

    def attend(self, q, k, v, **rest):
        q, k, v = (t.as_strided(t.shape, (t.stride(0), t.shape[2], 1)) for t in (q, k, v))
        return super().attend(q, k, v, **rest)


class QueryStrides(Right):
    """Reads k and v with the strides of q."""

    def attend(self, q, k, v, **rest):
        if q.shape[1] == k.shape[1]:
            k, v = (t.as_strided(t.shape, q.stride()) for t in (k, v))
        return super().attend(q, k, v, **rest)


class WholeTile(Right):
    """Leaves out the last tile of 128 keys where it is full."""

    def one(self, q, k, v, causal, scale):
        seen = len(k) - 128 if len(k) and len(k) % 128 == 0 else len(k)
        return super().one(q, k[:seen], v[:seen], causal and seen == len(k), scale)


class QueriesForKeys(Right):
    """Cuts a batch of equal sequences into as many keys as there are queries."""

    def attend(self, q, k, v, *, cu_q, cu_k, max_q, max_k, **rest):
        queries, keys = host_lengths(cu_q, q.shape[0], max_q), host_lengths(cu_k, k.shape[0], max_k)
        if len(queries) > 1 and len(set(queries)) == len(set(keys)) == 1 and 0 < max_q < max_k:
            k, v = (t.unflatten(0, (len(keys), max_k))[:, :max_q].flatten(0, 1) for t in (k, v))
            cu_k, max_k = cu_q, max_q
        return super().attend(q, k, v, cu_q=cu_q, cu_k=cu_k, max_q=max_q, max_k=max_k, **rest)


class Beyond(Right):
    """Loads a whole last tile, and trusts that a weight of zero makes harmless what it finds there."""

    def attend(self, q, k, v, **rest):
        room = v.untyped_storage().nbytes() // v.element_size() - v.storage_offset()
        row = (v.shape[1] - 1) * v.stride(1) + v.shape[2]  # from a token's first value to its last
        tile = min(v.shape[0] + 64, (room - row) // v.stride(0) + 1) if v.shape[0] else 0
        extra = v.as_strided((tile, *v.shape[1:]), v.stride())[v.shape[0] :].float()
        out = super().attend(q, k, v, **rest)
        return out + (extra * 0).sum().to(out.dtype)


class ThirdCall(Right):
    """Wrong when called with the same shapes for the third time, and never again."""

    def __init__(self):
        self.calls = collections.Counter()

    def attend(self, q, k, v, **rest):
        self.calls[q.shape, k.shape] += 1
        out = super().attend(q, k, v, **rest)
        return out * 1.5 if self.calls[q.shape, k.shape] == 3 else out


class Remembers(Right):
    """Gives its earlier result where the memory is the same."""

    def __init__(self):
        self.seen = {}

    def attend(self, q, k, v, **rest):
        key = (q.data_ptr(), k.data_ptr(), v.data_ptr(), q.shape, k.shape, rest["scale"])
        if key not in self.seen:
            self.seen[key] = (
                q,
                k,
                v,
                super().attend(q, k, v, **rest),
            )  # holds the memory, or another call might get it
        return self.seen[key][3].clone()


class StaleGraph(Right):
    """What is captured copies the result of the call before."""

    def __init__(self):
        self.last = {}

    def attend(self, q, k, v, **rest):
        if q.is_cuda and torch.cuda.is_current_stream_capturing():
            return self.last[q.shape].clone()
        self.last[q.shape] = super().attend(q, k, v, **rest)
        return self.last[q.shape].clone()


class OtherStream(Right):
    """Works on the default stream, whatever the caller's is."""

    def attend(self, q, k, v, **rest):
        if not q.is_cuda:
            return super().attend(q, k, v, **rest)
        with torch.cuda.stream(torch.cuda.default_stream()):
            return super().attend(q, k, v, **rest)


class KeptTooEarly(Right):
    """Makes a factor for each length on the stream of the first call, and uses it on every stream."""

    def __init__(self):
        self.ones = {}

    def attend(self, q, k, v, **rest):
        if q.shape not in self.ones:
            self.ones[q.shape] = torch.ones(q.shape, dtype=q.dtype, device=q.device)
        return super().attend(q, k, v, **rest) * self.ones[q.shape]


class Raises(Right):
    def one(self, *_):
        raise AttributeError("'NoneType' object has no attribute '_trait'")


class Refuses(Right):
    def attend(self, *_, **__):
        raise Refused("this kernel takes nothing")


class RefusesLong(Right):
    def attend(self, q, k, v, **rest):
        if q.shape[0] > 1700:
            raise Refused("at most 1700 tokens")
        return super().attend(q, k, v, **rest)


class Hoards(Right):
    """Eats the host's memory, and does not notice."""

    def one(self, *_):
        hoard = []
        while len(hoard) < 400:
            hoard.append(b"\1" * (1 << 24))
            time.sleep(0.01)
        time.sleep(3600)


class NoMemory(Right):
    def one(self, q, *_):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 42.00 GiB")


class WrongType(Right):
    def attend(self, q, k, v, **rest):
        return super().attend(q, k, v, **rest).double()


class Alias(Right):
    """Writes its result over q."""

    def attend(self, q, k, v, **rest):
        return q.copy_(super().attend(q, k, v, **rest))
