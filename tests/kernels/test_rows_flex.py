"""FlexAttention's block table against the mask that it stands for; its fallback on the CPU reads the mask alone."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ocroute.kernels import flex
from ocroute.kernels.base import Refused
from ocroute.kernels.flex_mask import BLOCK, block_mask, seen_blocks, seen_keys
from ocroute.kernels.packed import boundaries

LENGTH = st.one_of(st.integers(0, 5), st.integers(120, 135), st.integers(250, 400))
PACK = st.lists(st.tuples(LENGTH, LENGTH), min_size=1, max_size=4)


def full_mask(queries, keys, causal):
    """Cell by cell, from the contract's words."""
    mask = np.zeros((sum(queries), sum(keys)), bool)
    first = start = 0
    for n, m in zip(queries, keys, strict=True):
        for i in range(n):
            mask[first + i, start : start + (max(0, i + m - n + 1) if causal else m)] = True
        first, start = first + n, start + m
    return mask


@settings(max_examples=60, deadline=None)
@given(PACK, st.booleans())
def test_each_query_sees_its_keys(pack, causal):
    queries, keys = zip(*pack, strict=True)
    low, high = seen_keys(queries, keys, causal)
    every = np.arange(sum(keys))
    assert np.array_equal((every >= low[:, None]) & (every < high[:, None]), full_mask(queries, keys, causal))


@settings(max_examples=60, deadline=None)
@given(PACK.filter(lambda pack: all(map(sum, zip(*pack, strict=True)))), st.booleans())
def test_no_seen_cell_is_left_out_and_no_hidden_one_is_taken_whole(pack, causal):
    queries, keys = zip(*pack, strict=True)
    low, high = seen_keys(queries, keys, causal)
    partly, wholly = seen_blocks(low, high, sum(keys))
    assert not (partly & wholly).any()
    mask = full_mask(queries, keys, causal)
    for row in range(len(partly)):
        for column in range(partly.shape[1]):
            cells = mask[row * BLOCK : (row + 1) * BLOCK, column * BLOCK : (column + 1) * BLOCK]
            if cells.any():
                assert partly[row, column] or wholly[row, column]
            if wholly[row, column]:
                assert cells.shape == (BLOCK, BLOCK)  # beyond the ends nothing may be taken whole
                assert cells.all()


def test_most_blocks_of_long_pages_are_taken_whole():
    lengths = (4692, 4710, 4724, 4688)
    partly, wholly = seen_blocks(*seen_keys(lengths, lengths, False), sum(lengths))
    assert wholly.sum() > 9 * partly.sum()
    assert (partly | wholly).sum() < 0.28 * partly.size  # four pages see a quarter of all cells


@pytest.mark.parametrize("causal", [False, True], ids=["all", "causal"])
def test_the_table_says_the_same_in_torchs_form(causal):
    queries, keys = (130, 3, 260), (200, 9, 260)
    low, high = seen_keys(queries, keys, causal)
    partly, wholly = seen_blocks(low, high, sum(keys))
    table = block_mask(queries, keys, causal, torch.device("cpu"))
    assert np.array_equal(table.to_dense()[0, 0].bool().numpy(), partly | wholly)
    assert table.shape == (1, 1, sum(queries), sum(keys))


def test_layers_share_one_table():
    one = block_mask((5, 6), (5, 6), False, torch.device("cpu"))
    assert block_mask((5, 6), (5, 6), False, torch.device("cpu")) is one
    assert block_mask((5, 6), (5, 6), True, torch.device("cpu")) is not one


def test_a_shape_that_the_compiler_cannot_handle_is_refused(monkeypatch):
    from torch._dynamo.exc import TorchDynamoException
    from torch.nn.attention.flex_attention import flex_attention

    def fails(graph, inputs):
        raise ValueError("no lowering for this size")

    torch._dynamo.reset()
    failing = torch.compile(flex_attention, backend=fails)
    monkeypatch.setattr(flex, "_compiled", lambda device: (failing, TorchDynamoException))
    q = torch.randn(5, 2, 16)
    cu = boundaries([5], "cpu")
    with pytest.raises(Refused, match="no lowering for this size"):
        flex.Flex().attend(q, q, q, cu_q=cu, cu_k=cu, max_q=5, max_k=5, causal=False, scale=0.25)
    torch._dynamo.reset()


@pytest.mark.parametrize(("head_dim", "scale", "given"), [(80, 80**-0.5, None), (64, 0.125, None), (64, 0.25, 0.25)])
def test_only_an_unusual_scale_is_handed_over(monkeypatch, head_dim, scale, given):
    """A number given to the compiled call becomes a tensor each time; the usual one is part of its code."""
    scales = []

    def attend(q, k, v, *, scale, **_):
        scales.append(scale)
        return q

    monkeypatch.setattr(flex, "_compiled", lambda device: (attend, ZeroDivisionError))
    q, cu = torch.randn(5, 2, head_dim), boundaries([5], "cpu")
    flex.Flex().attend(q, q, q, cu_q=cu, cu_k=cu, max_q=5, max_k=5, causal=False, scale=scale)
    assert scales == [given]
