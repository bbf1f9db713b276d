"""ThunderKittens cuts what does not fill its tiles: our row fills them up where that is exact, and refuses where it is not."""

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from ocroute.kernels import thunderkittens
from ocroute.kernels.base import Refused
from ocroute.kernels.thunderkittens import ThunderKittens


def whole_tiles(q, k, v, causal):
    """As the kernel computes, where nothing is cut."""
    assert q.shape[2] == k.shape[2]
    assert q.shape[2] % 384 == 0
    assert q.is_contiguous()
    return scaled_dot_product_attention(q, k, v, is_causal=causal), None


@pytest.fixture(autouse=True)
def kernel(monkeypatch):
    monkeypatch.setattr(thunderkittens, "_load", lambda: whole_tiles)


@pytest.mark.parametrize("length", [1, 65, 384, 500])
def test_causal_calls_are_filled_up_to_whole_tiles(length):
    q, k, v = torch.randn(3, 1, 2, length, 64)
    out = ThunderKittens().square(q, k, v, causal=True, scale=0.125)
    torch.testing.assert_close(out, scaled_dot_product_attention(q, k, v, is_causal=True))


def test_other_calls_are_refused_where_they_would_be_cut():
    q = torch.randn(1, 2, 768, 64)
    out = ThunderKittens().square(q, q, q, causal=False, scale=0.125)
    torch.testing.assert_close(out, scaled_dot_product_attention(q, q, q))
    with pytest.raises(Refused, match="in multiples of 384; not 500 and 500"):
        ThunderKittens().square(*[q[:, :, :500]] * 3, causal=False, scale=0.125)
