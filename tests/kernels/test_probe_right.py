"""The reference is right, right kernels pass whatever the seed, and the pieces of the probe keep their promises."""

import msgspec
import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from ocroute.errors import UsageError
from ocroute.kernels.base import KERNELS, Problem
from ocroute.kernels.probe import reference
from ocroute.kernels.probe.cases import CASES, OWN_LENGTHS, Case
from ocroute.kernels.probe.compare import Expected, Wrong
from ocroute.kernels.probe.examine import Examiner
from ocroute.kernels.probe.geometry import MODELS, all_problems, problems_for
from ocroute.kernels.probe.inputs import make
from ocroute.kernels.probe.measure import measure
from ocroute.machine import Gpu

PREFILL = Problem(32, 6, 2, True, "float32", (40, 7))


def by_torch(call):
    """The same from torch's math path in float64 with a mask written out."""
    parts = []
    for q0, n, k0, m in call.spans():
        q, k, v = (
            t.double().transpose(0, 1)[None] for t in (call.q[q0 : q0 + n], call.k[k0 : k0 + m], call.v[k0 : k0 + m])
        )
        seen = torch.ones(n, m, dtype=torch.bool)
        seen = seen.tril(m - n) if call.causal else seen
        out = scaled_dot_product_attention(q, k, v, attn_mask=seen, scale=call.scale, enable_gqa=True)
        parts.append(out[0].transpose(0, 1).masked_fill(~seen.any(1).view(-1, 1, 1), 0))
    return torch.cat(parts)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(
    "case",
    [
        Case("own", ""),
        Case("longer keys", "", (1, 40, 64), (70, 41, 64)),
        Case("fewer keys", "", (50, 3), (9, 3)),
        Case("scaled", "", (33,), scale=0.3),
        Case("ratio", "", (33,), ratio=7),
        Case("fused", "", (33, 12), layout="fused"),
    ],
    ids=lambda case: case.name,
)
def test_the_reference_agrees_with_torch_in_float64(case, causal):
    call = make(case, msgspec.structs.replace(PREFILL, causal=causal), "cpu", seed=3)
    found = reference.exact(call, reference.rows_of(call))
    torch.testing.assert_close(found, by_torch(call), rtol=1e-12, atol=1e-13)


def test_blocks_and_sampled_rows_change_nothing(monkeypatch):
    problem = Problem(16, 2, 1, True, "bfloat16", (900,))
    call = make(Case("own", ""), problem, "cpu", seed=1)
    whole = reference.exact(call, reference.rows_of(call))
    monkeypatch.setattr(reference, "_CELLS", 5_000)
    torch.testing.assert_close(reference.exact(call, reference.rows_of(call)), whole, rtol=0, atol=1e-14)
    monkeypatch.setattr(reference, "_ALL_ROWS", 512)
    [rows] = reference.rows_of(call)
    assert rows.numel() < 900 * 0.45
    torch.testing.assert_close(reference.exact(call, [rows]), whole[rows], rtol=0, atol=1e-14)


def test_sampled_rows_see_every_tile_and_every_place_in_it():
    rows = reference.checked_rows(19_824, torch.device("cpu"))
    assert rows.unique().numel() == rows.numel() < 19_824 / 6
    for tile in (64, 128, 192):
        assert set((rows % tile).tolist()) == set(range(tile))
        assert set((rows // tile).tolist()) == set(range(-(-19_824 // tile)))
    assert set(range(19_824 - 256, 19_824)) <= set(rows.tolist())


def test_one_wrong_value_among_many_is_placed():
    call = make(Case("own", ""), PREFILL, "cpu", seed=0)
    expected = Expected(call)
    out = by_torch(call).float()
    assert expected.compare(out, "exact").error < 1e-6
    out[43, 5, 17] += 0.01
    with pytest.raises(Wrong, match="token 3 of 7 in sequence 2 of 2, head 5, channel 17 is "):
        expected.compare(out, "exact")


def test_the_limit_is_twice_what_plain_attention_is_off():
    call = make(Case("own", ""), msgspec.structs.replace(PREFILL, dtype="bfloat16"), "cpu", seed=0)
    expected = Expected(call)
    right = by_torch(call)
    plain = reference.plain(call, reference.rows_of(call)).double()
    bound = 2 * float((plain - right).abs().max()) + 2**-7 * float(right.abs().max())
    assert expected.limit() == pytest.approx(bound, rel=1e-9)
    expected.compare((right + 0.5 * bound).bfloat16(), "exact")  # the rounding of the sum takes its part of the limit
    with pytest.raises(Wrong, match="the limit"):
        expected.compare((right + 1.5 * bound).bfloat16(), "exact")


SEEDS = 70  # of each of three kernels: more than 200 runs
PROBLEMS = (
    Problem(32, 2, 2, False, "float32", (300,)),
    Problem(32, 4, 2, True, "bfloat16", (300,)),
    Problem(80, 2, 2, False, "bfloat16", (300,)),
    Problem(64, 3, 1, True, "float32", (300,)),
)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", ["eager", "sdpa_flash", "sdpa_math"])
def test_right_kernels_raise_no_false_alarm_over_seeds(name):
    """Each seed meets one of the problem classes; all cases but the lengths of real pages."""
    kernel = KERNELS.load(name)()
    alarms = []
    passed = 0
    for seed in range(SEEDS):
        for outcome in Examiner(kernel, "cpu", quick=True).run(PROBLEMS[seed % len(PROBLEMS)], seed=seed):
            passed += outcome.seen == "passed"
            if outcome.seen not in ("passed", "not_run"):
                alarms.append((seed, outcome))
    assert alarms == []
    assert passed > SEEDS * 15


def test_a_second_length_reuses_what_does_not_depend_on_it():
    begun = []
    examiner = Examiner(KERNELS.load("sdpa_math")(), "cpu")
    first = list(examiner.run(PREFILL, begins=begun.append))
    assert len(begun) == sum(outcome.seen != "not_run" for outcome in first)
    begun.clear()
    second = list(examiner.run(msgspec.structs.replace(PREFILL, lengths=(90,)), begins=begun.append))
    assert begun == [OWN_LENGTHS]
    assert [outcome.case for outcome in second] == [case.name for case in CASES]
    begun.clear()
    list(examiner.run(msgspec.structs.replace(PREFILL, causal=False), begins=begun.append))
    assert len(begun) > 10


def test_the_measure_is_of_the_problems_own_lengths():
    problem = Problem(32, 2, 2, False, "float32", (256,))
    found = measure(KERNELS.load("sdpa_math")(), problem, "cpu")
    assert found.calls >= 3
    assert found.milliseconds > 0
    assert found.tflops == pytest.approx(problem.flops / found.milliseconds / 1e9, abs=0.01)
    assert found.peak_mb is None


@pytest.mark.parametrize(
    ("gib", "capability", "tower", "prefill", "dtype"),
    [
        (None, None, [2_520], [1_142], "float32"),
        (8, (8, 9), [11_088], [3_284], "bfloat16"),
        (16, (12, 0), [19_824], [5_468], "bfloat16"),
        (15, (7, 5), [19_824], [5_468], "float16"),
        (141, (9, 0), [19_824, 57_600], [5_468, 14_912], "bfloat16"),
    ],
)
def test_the_problems_of_a_model_follow_the_card(gib, capability, tower, prefill, dtype):
    gpu = Gpu("a card", gib * 1024, gib * 1000, capability) if gib else None
    problems = problems_for("dots_ocr", gpu)
    assert {problem.dtype for problem in problems} == {dtype}
    vision = [problem for problem in problems if not problem.causal]
    text = [problem for problem in problems if problem.causal]
    assert [problem.lengths[0] for problem in vision] == tower
    assert [problem.lengths[0] for problem in text] == prefill
    assert {(problem.head_dim, problem.heads, problem.kv_heads) for problem in vision} == {(128, 12, 12)}
    assert {(problem.head_dim, problem.heads, problem.kv_heads) for problem in text} == {(128, 12, 2)}


def test_every_model_has_problems_and_an_unknown_one_is_an_error():
    every = all_problems(None)
    assert len(set(every)) == len(every)
    assert all(set(problems_for(model, None)) <= set(every) for model in MODELS)
    with pytest.raises(UsageError, match="Choose from: dots_ocr, qwen2_vl, got_ocr2, deepseek_ocr"):
        problems_for("dots", None)
