"""The small steps: in plain torch what models compute, and on a GPU the same from kernels."""

import pytest
import torch
from torch.nn.functional import linear, scaled_dot_product_attention, silu
from transformers.models.qwen2.modeling_qwen2 import Qwen2RMSNorm, apply_rotary_pos_emb

from ocroute.kernels.base import Refused
from ocroute.runtime import cached_attention, fused
from ocroute.runtime.decoder import decoder_of


def test_norms_are_those_of_qwen2():
    norm = Qwen2RMSNorm(24, eps=1e-5)
    x, delta = torch.randn(2, 5, 24).bfloat16().unbind(0)
    norm = norm.bfloat16()
    torch.nn.init.normal_(norm.weight)
    total, normed = fused.add_norm(x, delta, norm.weight, 1e-5)
    assert torch.equal(total, x + delta)
    assert torch.equal(normed, norm(x + delta))
    assert fused.add_norm(x, None, norm.weight, 1e-5)[0] is x


def test_rows_are_normed_and_multiplied():
    x, delta, norm = torch.randn(1, 24), torch.randn(1, 24), torch.randn(24)
    weight, bias = torch.randn(10, 24), torch.randn(10)
    total, inner = fused.add_norm(x, delta, norm, 1e-6)
    for found, meant in zip(
        fused.normed_linear(x, delta, norm, 1e-6, weight, bias), (total, linear(inner, weight, bias)), strict=True
    ):
        assert torch.equal(found, meant)
    gate, passed = linear(inner, weight).chunk(2, dim=-1)
    assert torch.equal(fused.normed_gated_linear(x, delta, norm, 1e-6, weight)[1], silu(gate) * passed)
    assert torch.equal(fused.row_linear(x, weight), linear(x, weight))


def test_new_tokens_are_turned_as_in_qwen2_and_stored_at_their_places():
    qkv, angles, positions = torch.randn(2, 8 * 16), torch.randn(2, 8), torch.tensor([3, 0])
    keys, values = torch.zeros(2, 3, 2, 5, 16).unbind(0)
    queries = fused.rotate_and_store(qkv, angles.cos(), angles.sin(), keys, values, positions, 4)
    q, k, v = qkv.view(2, 8, 16).split([4, 2, 2], dim=1)
    whole = torch.cat([angles, angles], dim=-1)
    q, k = apply_rotary_pos_emb(q, k, whole.cos(), whole.sin())
    torch.testing.assert_close(queries, q)
    for row, position in enumerate(positions.tolist()):
        torch.testing.assert_close(keys[row, :, position], k[row])
        assert torch.equal(values[row, :, position], v[row])
    assert keys.count_nonzero() == keys[0, :, 3].count_nonzero() + keys[1, :, 0].count_nonzero()


def test_attention_sees_each_sequence_as_far_as_it_has_come():
    queries, lengths = torch.randn(2, 4, 16), torch.tensor([5, 1], dtype=torch.int32)
    keys, values = torch.randn(2, 3, 2, 9, 16).unbind(0)
    out = cached_attention.split(queries, keys[:, :, :7], values[:, :, :7], lengths, 0.3)
    for row, length in enumerate(lengths.tolist()):
        meant = scaled_dot_product_attention(
            queries[row, :, None], keys[row, :, :length], values[row, :, :length], scale=0.3, enable_gqa=True
        )
        torch.testing.assert_close(out[row], meant[:, 0])


def test_without_a_gpu_plain_torch_computes():
    assert cached_attention.attention_for(torch.device("cpu"), torch.float32, (4, 2, 16)) is cached_attention.split


def test_layers_of_another_kind_are_refused():
    class Layer(torch.nn.Module):
        pass

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.embed_tokens, self.layers = torch.nn.Embedding(2, 2), torch.nn.ModuleList([Layer()])

    with pytest.raises(Refused, match="does not know layers of the kind Layer"):
        decoder_of(Model())


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_kernels_give_on_this_gpu_what_plain_torch_gives(dtype):
    pytest.importorskip("triton")
    assert [name for name in fused.CHECKS if fused.proven(name, 0, dtype) is None] == []
    assert cached_attention.is_right("split_keys", 0, dtype, (12, 2, 128))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
def test_a_kernel_that_is_wrong_is_not_used(monkeypatch):
    triton_kernels = pytest.importorskip("ocroute.runtime.triton_kernels")
    monkeypatch.setattr(triton_kernels, "gated", lambda gate, passed: gate * passed)
    fused.proven.cache_clear()
    try:
        gate, passed = torch.randn(2, 4, 32, device="cuda").unbind(0)
        with torch.inference_mode():
            torch.testing.assert_close(fused.gated(gate, passed), silu(gate) * passed)
    finally:
        fused.proven.cache_clear()
