"""FlexAttention's block table against the mask that it stands for; its fallback on the CPU reads the mask alone."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ocroute.kernels import flex
from ocroute.kernels.base import Problem, Refused
from ocroute.kernels.flex_mask import BLOCK, block_mask, seen_blocks, seen_keys
from ocroute.kernels.packed import boundaries
from ocroute.kernels.probe.case_inputs import make
from ocroute.kernels.probe.cases import CASES, COMPILED, not_run, short

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


def test_what_is_compiled_ahead_is_all_that_a_proof_needs():
    """Few tokens or many, in one block or several, as many keys as queries or not: torch compiles nothing more for them."""
    from torch._dynamo.utils import counters

    torch._dynamo.reset()
    flex._compiled.cache_clear()
    kernel, problem = flex.Flex(), Problem(16, 2, 2, False, "float32", (300,))
    cases = {case.name: short(case) for case in CASES if not not_run(case, problem, kernel.info, "cpu")}
    counters.clear()
    for name in COMPILED:
        if name in cases:
            make(cases[name], problem, "cpu", 0).attend(kernel)
    graphs = counters["stats"]["unique_graphs"]
    assert graphs == len(set(COMPILED) & cases.keys())
    for case in cases.values():
        call = make(case, problem, "cpu", 0)
        if call.q.shape[0] < 1_000:
            call.attend(kernel)
            assert counters["stats"]["unique_graphs"] == graphs, case.name
    torch._dynamo.reset()


@pytest.mark.parametrize(
    ("queries", "keys"), [((1,), (1,)), ((5, 0, 7), (200, 3, 1)), ((200,), (3,)), ((128,), (128,))]
)
@pytest.mark.parametrize("causal", [False, True])
def test_what_is_filled_in_is_seen_by_nobody(monkeypatch, queries, keys, causal):
    seen = []

    def attend(q, k, v, *, block_mask, **_):
        seen.append((q.shape[2], k.shape[2], block_mask))
        return q

    monkeypatch.setattr(flex, "_compiled", lambda device: (attend, ZeroDivisionError))
    q, k = torch.randn(sum(queries), 2, 16), torch.randn(sum(keys), 2, 16)
    out = flex.Flex().attend(
        q, k, k, cu_q=boundaries(queries, "cpu"), cu_k=boundaries(keys, "cpu"), max_q=max(queries), max_k=max(keys),
        causal=causal, scale=0.25,
    )  # fmt: skip
    assert torch.equal(out, q)
    ((rows, columns, table),) = seen
    assert min(rows, columns) > BLOCK
    mask = table.mask_mod(0, 0, torch.arange(len(q))[:, None], torch.arange(columns))
    assert np.array_equal(mask[:, : len(k)].numpy(), full_mask(queries, keys, causal))
    assert not mask[:, len(k) :].any()
