"""The reference in float32, which large problems on a GPU get, is the one in float64 but for rounding."""

import msgspec
import pytest
import torch

from ocroute.kernels.base import KERNELS, Problem
from ocroute.kernels.probe import reference
from ocroute.kernels.probe.case_inputs import make
from ocroute.kernels.probe.cases import Case
from ocroute.kernels.probe.examine import Examiner

PROBLEM = Problem(32, 4, 2, False, "bfloat16", (140, 61))


def in_float32(monkeypatch):
    monkeypatch.setattr(reference, "precision_for", lambda *_: torch.float32)


@pytest.mark.parametrize("rounds_scores", [False, True])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("values", ["normal", "peaked", "huge", "biased_keys"])
def test_float32_gives_the_same_values_and_noise(monkeypatch, values, causal, rounds_scores):
    call = make(Case("own", "", values=values), msgspec.structs.replace(PROBLEM, causal=causal), "cpu", seed=2)
    before = [tensor.clone() for tensor in (call.q, call.k, call.v)]
    rows = reference.rows_of(call)
    right = reference.exact(call, rows, rounds_scores=rounds_scores)
    in_float32(monkeypatch)
    found = reference.exact(call, rows, rounds_scores=rounds_scores)
    assert (right.values.dtype, found.values.dtype) == (torch.float64, torch.float32)
    off = (found.values.double() - right.values).abs() / right.noise
    assert off.max() < 0.1  # its own rounding is of no account beside the noise
    ratio = found.noise / right.noise
    assert 0.9 < ratio.min() <= ratio.max() < 1.1
    for tensor, copy in zip((call.q, call.k, call.v), before, strict=True):
        assert torch.equal(tensor, copy)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_right_kernels_pass_by_the_reference_in_float32(monkeypatch, dtype):
    in_float32(monkeypatch)
    problem = msgspec.structs.replace(PROBLEM, dtype=dtype, causal=True)
    for name in ("eager", "sdpa_flash"):
        outcomes = list(Examiner(KERNELS.load(name)(), "cpu", quick=True).run(problem))
        parts = {one.case: one.error / one.limit for one in outcomes if one.limit}
        assert {one.seen for one in outcomes} <= {"passed", "not_run"}, outcomes
        assert max(parts.values()) < 0.67, (name, parts)


def test_precision_is_float32_for_large_problems_of_few_bits_on_a_gpu_alone(monkeypatch):
    call = make(Case("own", ""), PROBLEM, "cpu", seed=0)
    rows = reference.rows_of(call)

    class OnGpu:
        def __init__(self, dtype):
            self.keys, self.q = call.keys, torch.empty(call.q.shape, dtype=dtype, device="meta")

    assert reference.precision_for(call, rows) == torch.float64
    monkeypatch.setattr(reference, "_EXACT_CELLS", 1_000)
    assert reference.precision_for(call, rows) == torch.float64  # a processor has time
    assert reference.precision_for(OnGpu(torch.bfloat16), rows) == torch.float32
    assert reference.precision_for(OnGpu(torch.float32), rows) == torch.float64


SETTINGS = {
    "nothing": lambda _: None,
    "older": lambda _: torch.set_float32_matmul_precision("medium"),
    "oldest": lambda matmul: setattr(matmul, "allow_tf32", True),
    "newer": lambda matmul: setattr(matmul, "fp32_precision", "tf32"),  # raises where the older setting is asked for
}


@pytest.mark.parametrize("name", SETTINGS)
def test_products_are_of_float32_whatever_is_set_and_that_is_put_back(name):
    matmul = torch.backends.cuda.matmul
    try:
        SETTINGS[name](matmul)
        before = settings(matmul)
        with reference.full_products():
            assert settings(matmul) == ("highest", False, "ieee")
        assert settings(matmul) == before
        with pytest.raises(ZeroDivisionError), reference.full_products():
            raise ZeroDivisionError
        assert settings(matmul) == before
    finally:
        torch.set_float32_matmul_precision("highest")


def settings(matmul):
    found = []
    for ask in (torch.get_float32_matmul_precision, lambda: matmul.allow_tf32, lambda: matmul.fp32_precision):
        try:
            found.append(ask())
        except RuntimeError:
            found.append("contradictory")
    return tuple(found)


def test_the_reference_itself_keeps_them(monkeypatch):
    seen = []
    inner = reference._exact
    monkeypatch.setattr(
        reference,
        "_exact",
        lambda *arguments: seen.append(torch.get_float32_matmul_precision()) or inner(*arguments),
    )
    call = make(Case("own", ""), PROBLEM, "cpu", seed=0)
    torch.set_float32_matmul_precision("high")
    try:
        reference.exact(call, reference.rows_of(call))
        assert torch.get_float32_matmul_precision() == "high"
    finally:
        torch.set_float32_matmul_precision("highest")
    assert seen == ["highest"]
