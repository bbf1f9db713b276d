"""The reference is right, right kernels pass whatever the seed, and the pieces of the probe keep their promises."""

import json
from collections import Counter

import msgspec
import pytest
import torch
from tests.support.references import sharing_references
from torch.nn.functional import scaled_dot_product_attention

from ocroute.engines.neural.attention_shapes import all_problems, models, problems_for
from ocroute.errors import EngineUnavailable, UsageError
from ocroute.kernels.base import KERNELS, Problem
from ocroute.kernels.probe import reference
from ocroute.kernels.probe.case_inputs import make
from ocroute.kernels.probe.cases import CASES, OWN_LENGTHS, Case
from ocroute.kernels.probe.examine import Examiner
from ocroute.kernels.probe.expected import Expected, Wrong
from ocroute.kernels.probe.timing import measure
from ocroute.machine import Gpu

EXACT = KERNELS.load("sdpa_math").info
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
    torch.testing.assert_close(found.values, by_torch(call), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("rounds_scores", [False, True])
def test_blocks_and_sampled_rows_change_nothing(monkeypatch, rounds_scores):
    problem = Problem(16, 2, 1, True, "bfloat16", (900,))
    call = make(Case("own", ""), problem, "cpu", seed=1)

    def exact(rows):
        found = reference.exact(call, rows, rounds_scores=rounds_scores)
        return found.values, found.noise

    whole = exact(reference.rows_of(call))
    monkeypatch.setattr(reference, "_CELLS", 5_000)
    torch.testing.assert_close(exact(reference.rows_of(call)), whole, rtol=1e-5, atol=1e-14)
    monkeypatch.setattr(reference, "_ALL_ROWS", 512)
    [rows] = reference.rows_of(call)
    assert rows.numel() < 900 * 0.45
    torch.testing.assert_close(exact([rows]), tuple(part[rows] for part in whole), rtol=1e-5, atol=1e-14)


def test_sampled_rows_see_every_tile_and_every_place_in_it():
    rows = reference.checked_rows(19_824, torch.device("cpu"))
    assert rows.unique().numel() == rows.numel() < 19_824 / 6
    for tile in (64, 128, 192):
        assert set((rows % tile).tolist()) == set(range(tile))
        assert set((rows // tile).tolist()) == set(range(-(-19_824 // tile)))
    assert set(range(19_824 - 256, 19_824)) <= set(rows.tolist())


def test_one_wrong_value_among_many_is_placed():
    call = make(Case("own", ""), PREFILL, "cpu", seed=0)
    expected = Expected(call, EXACT)
    out = by_torch(call).float()
    assert expected.compare(out).error < 1e-6
    out[43, 5, 17] += 0.01
    with pytest.raises(Wrong, match="token 3 of 7 in sequence 2 of 2, head 5, channel 17 is "):
        expected.compare(out)


def test_the_limit_of_a_late_row_is_of_its_own_size():
    """Row 0 of a causal call is a value of v; later rows are means of many, and far smaller."""
    problem = Problem(32, 2, 2, True, "bfloat16", (2000,))
    call = make(Case("own", ""), problem, "cpu", seed=0)
    noise = reference.exact(call, reference.rows_of(call)).noise
    assert float(noise[1500:].mean()) < float(noise[:10].mean()) / 10


@pytest.mark.parametrize(
    ("values", "rounds_scores"), [("normal", False), ("normal", True), ("sharp", True), ("huge", True)]
)
def test_the_noise_is_what_rounding_makes(values, rounds_scores):
    """Attention with each rounding done as it may be, and many times: noise is an upper bound of its size, and not a far one."""
    problem = Problem(64, 1, 1, False, "bfloat16", (64,), (300,))
    call = make(Case("own", "", values=values), problem, "cpu", seed=0)
    right = reference.exact(call, reference.rows_of(call), rounds_scores=rounds_scores)
    q, k, v = (t.double().transpose(0, 1) for t in (call.q, call.k, call.v))
    scores = q @ k.mT
    generator = torch.Generator().manual_seed(0)

    def rounded(values):
        return values * (1 + (torch.rand(values.shape, generator=generator) * 2 - 1) * 2**-8)

    squares = []
    for _ in range(30):
        s = rounded(rounded(scores) * call.scale) if rounds_scores else scores * call.scale
        out = rounded(rounded(torch.softmax(s, -1)) @ v).transpose(0, 1)
        squares.append((out - right.values).square())
    parts = torch.stack(squares).mean(0).sqrt() / right.noise
    assert parts.square().mean().sqrt() < 0.75
    if values != "huge":
        assert parts.median() > 0.3


def test_a_little_off_everywhere_is_wrong_where_no_value_is_far_off():
    call = make(Case("own", ""), msgspec.structs.replace(PREFILL, dtype="bfloat16", lengths=(200,)), "cpu", seed=0)
    rows = reference.rows_of(call)
    right = reference.exact(call, rows)
    signs = torch.sign(torch.randn(right.noise.shape, generator=torch.Generator().manual_seed(0)))
    expected = Expected(call, EXACT)
    expected.compare((right.values + 0.5 * signs * right.noise).bfloat16())
    with pytest.raises(Wrong, match=r"the 64 rows from token \d+ of 200 .* times what rounding explains"):
        expected.compare((right.values + 1.2 * signs * right.noise).bfloat16())


def test_a_row_that_sees_no_key_has_no_room_for_errors():
    call = make(Case("own", "", (5,), (3,)), PREFILL, "cpu", seed=0)
    out = by_torch(call).float()
    expected = Expected(call, EXACT)
    expected.compare(out)
    out[0] = 1e-9
    with pytest.raises(Wrong, match="token 0 of 5"):
        expected.compare(out)


def test_only_a_kernel_that_says_so_may_round_scores():
    """And it may no more than that."""
    call = make(Case("own", "", (300,), values="sharp"), Problem(64, 2, 2, False, "bfloat16", (300,)), "cpu", seed=0)
    out = KERNELS.load("eager")().attend(
        call.q, call.k, call.v, cu_q=call.cu_q, cu_k=call.cu_k, max_q=300, max_k=300, causal=False, scale=call.scale
    )
    Expected(call, KERNELS.load("eager").info).compare(out)
    with pytest.raises(Wrong):
        Expected(call, EXACT).compare(out)
    with pytest.raises(Wrong):
        Expected(call, KERNELS.load("eager").info).compare(out * 1.1)


SEEDS = 10  # two of each problem class, of each of three kernels
PROBLEMS = (
    Problem(32, 2, 2, False, "float32", (300,)),
    Problem(32, 4, 2, True, "bfloat16", (300,)),
    Problem(80, 2, 2, False, "bfloat16", (300,)),
    Problem(64, 3, 1, True, "float32", (300,)),
    Problem(64, 2, 1, True, "float16", (300,)),
)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_right_kernels_raise_no_false_alarm_over_seeds():
    """Each seed meets one of the problem classes; all cases, but long sequences cut."""
    kernels = {name: KERNELS.load(name)() for name in ("eager", "sdpa_flash", "sdpa_math")}
    alarms = []
    passed = Counter()
    with sharing_references():
        for seed in range(SEEDS):
            for name, kernel in kernels.items():
                for outcome in Examiner(kernel, "cpu", quick=True).run(PROBLEMS[seed % len(PROBLEMS)], seed=seed):
                    passed[name] += outcome.seen == "passed"
                    if outcome.seen not in ("passed", "not_run"):
                        alarms.append((name, seed, outcome))
    assert alarms == []
    assert min(passed[name] for name in kernels) > SEEDS * 15


def test_a_second_length_reuses_what_does_not_depend_on_it():
    begun = []
    examiner = Examiner(KERNELS.load("sdpa_math")(), "cpu", quick=True)
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
    kernel = KERNELS.load("sdpa_math")()
    examiner = Examiner(kernel, "cpu")
    list(examiner.run(problem))
    assert examiner.own.call.queries == (256,)
    found = measure(kernel, problem, examiner.own)
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


def test_a_checkpoint_says_itself_of_how_many_heads_its_attention_is(tmp_path):
    config = {
        "architectures": ["Qwen2VLForConditionalGeneration"],
        "hidden_size": 3584,
        "num_attention_heads": 28,
        "num_key_value_heads": 4,
        "vision_config": {"embed_dim": 1280, "hidden_size": 3584, "num_heads": 16},
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    problems = problems_for("qwen2_vl", Gpu("a card", 24_000, 23_000, (8, 9)), str(tmp_path))
    heads = {problem.causal: (problem.heads, problem.kv_heads, problem.head_dim) for problem in problems}
    assert heads == {False: (16, 16, 80), True: (28, 4, 128)}
    with pytest.raises(EngineUnavailable, match="dots_ocr reads DotsOCRForCausalLM"):
        problems_for("dots_ocr", None, str(tmp_path))


def test_every_model_has_problems_and_an_unknown_one_is_an_error():
    every = all_problems(None)
    assert len(set(every)) == len(every)
    assert all(set(problems_for(model, None)) <= set(every) for model in models())
    with pytest.raises(UsageError, match="Choose from: deepseek_ocr, deepseek_ocr2, dots_ocr, glm_ocr"):
        problems_for("dots", None)
