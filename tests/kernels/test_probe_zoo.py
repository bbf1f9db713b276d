"""Every kernel of the zoo is caught, in the case that is meant for it, and the right ones pass."""

import msgspec
import pytest

from ocroute.kernels.base import KERNELS, Problem
from ocroute.kernels.probe import judged
from ocroute.kernels.probe.cases import CASES, OWN_LENGTHS
from ocroute.kernels.probe.examine import Examiner
from ocroute.kernels.probe.prober import Limits
from ocroute.kernels.prove import prove

pytestmark = pytest.mark.usefixtures("kernel_zoo", "shared_references")
TOWER = Problem(32, 4, 4, False, "float32", (300,))
PREFILL = Problem(32, 4, 2, True, "float32", (300,))
CUDA_ONLY = {
    "zoo_stale_graph",
    "zoo_other_stream",
    "zoo_kept_too_early",
}  # right on the CPU; bench/prove_gpu.py shows that they are caught
LOSES_THE_PROCESS = {"zoo_abort", "zoo_exit", "zoo_forks", "zoo_hang_sleep", "zoo_hang_busy", "zoo_hoards"}


def examined(name, problem, **options):
    return list(Examiner(KERNELS.load(name)(), "cpu", **options).run(problem))


def wrong(outcomes):
    return {outcome.case for outcome in outcomes if outcome.seen == "wrong"}


@pytest.mark.parametrize(
    ("name", "problem", "shown_by"),
    [
        ("zoo_constant_v", TOWER, {"constant_v_65", "constant_v_1", "constant_channel", "zero_channel"}),
        ("zoo_tail", TOWER, {"constant_v_65", "constant_v_63", "constant_v_127", "constant_v_129", "constant_v_503"}),
        ("zoo_causal_tail", PREFILL, {"inputs_unchanged", "repeats", "fused"}),
        (
            "zoo_in_place",
            TOWER,
            {case.name for case in CASES if case.name in ("inputs_unchanged", "pack", OWN_LENGTHS)},
        ),
        ("zoo_no_scale", TOWER, {"scale"}),
        ("zoo_top_left", PREFILL, {"short_queries", "one_query", "blind_queries"}),
        ("zoo_unwritten", TOWER, {"poisoned"}),
        ("zoo_leak", TOWER, {"pack", "poisoned", "fenced", "fused"}),
        ("zoo_zeros", TOWER, {"uniform", "inputs_unchanged", "constant_v_65", OWN_LENGTHS}),
        ("zoo_mixed_heads", PREFILL, {"ratio_2", "ratio_4", "ratio_7", "ratio_8", OWN_LENGTHS}),
        ("zoo_contiguous", TOWER, {"fused", "by_head", "cache"}),
        ("zoo_heads_adjacent", TOWER, {"by_head", "cache"}),
        ("zoo_heads_adjacent", PREFILL, {"by_head", "cache"}),
        ("zoo_query_strides", TOWER, {"cache"}),
        ("zoo_whole_tile", TOWER, {"one_tile", "two_tiles", "whole_tiles"}),
        ("zoo_whole_tile", PREFILL, {"one_tile", "two_tiles", "whole_tiles"}),
        ("zoo_queries_for_keys", TOWER, {"unequal_batch"}),
        ("zoo_queries_for_keys", PREFILL, {"unequal_batch"}),
        ("zoo_beyond", TOWER, {"fenced"}),
        ("zoo_third_call", TOWER, {"repeats"}),
        ("zoo_remembers", TOWER, {"changed"}),
        ("zoo_noisy", TOWER, set()),
        ("zoo_noisy_tail", TOWER, {"constant_v_65", "constant_v_129"}),
        ("zoo_wrong_type", TOWER, {"inputs_unchanged", OWN_LENGTHS}),
        ("zoo_alias", TOWER, {"inputs_unchanged", OWN_LENGTHS}),
        ("zoo_right", TOWER, set()),
        ("zoo_right", PREFILL, set()),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_fault_is_seen_in_the_case_made_for_it(name, problem, shown_by, dtype):
    # These faults do not need long sequences; those of the subtle kernels do.
    outcomes = examined(name, msgspec.structs.replace(problem, dtype=dtype), quick=True)
    assert [outcome.case for outcome in outcomes] == [case.name for case in CASES]
    assert shown_by <= wrong(outcomes)
    verdict, reason, case = judged(outcomes)
    assert verdict == ("wrong" if shown_by else "proven"), reason
    assert bool(case) == bool(shown_by)


@pytest.mark.parametrize("name", ["zoo_no_scale", "zoo_query_strides", "zoo_queries_for_keys", "zoo_beyond"])
def test_some_faults_are_seen_in_one_case_only(name):
    """So each of these cases earns its place."""
    assert len(wrong(examined(name, TOWER))) == 1


def test_the_sentence_says_where_and_how_much():
    tail = next(outcome for outcome in examined("zoo_tail", TOWER) if outcome.case == "constant_v_65")
    assert "of 65 in sequence 1 of 1, head" in tail.reason
    assert "should be 1" in tail.reason
    assert tail.error > 0.3 > 0.001 > tail.limit
    changed = next(outcome for outcome in examined("zoo_in_place", TOWER) if outcome.case == "inputs_unchanged")
    assert changed.reason.startswith("k was changed in place")
    nan = next(outcome for outcome in examined("zoo_constant_v", TOWER) if outcome.case == "constant_v_65")
    assert "are not finite" in nan.reason
    assert nan.error is None


def test_a_refusal_decides_only_where_the_class_asks():
    outcomes = examined("zoo_refuses", TOWER)
    assert {outcome.seen for outcome in outcomes} == {"refused", "not_run"}
    assert judged(outcomes)[0] == "refused"
    long = Problem(32, 2, 2, False, "float32", (1720,))
    verdict, reason, case = judged(examined("zoo_refuses_long", long))
    assert (verdict, case) == ("refused", OWN_LENGTHS)
    assert "at most 1700 tokens" in reason
    # The pack of 1500 and more tokens belongs to no class: declining it condemns nothing.
    short = Problem(32, 2, 2, False, "float32", (200,))
    outcomes = examined("zoo_refuses_long", short)
    assert judged(outcomes)[0] == "proven"


def test_an_exception_ends_the_probe_and_the_end_of_memory_does_not():
    outcomes = examined("zoo_raises", TOWER)
    assert [outcome.seen for outcome in outcomes] == ["raised"]
    assert judged(outcomes)[:2] == (
        "crashed",
        "inputs_unchanged: raised AttributeError: 'NoneType' object has no attribute '_trait'",
    )
    outcomes = examined("zoo_no_memory", TOWER)
    assert len(outcomes) == len(CASES)
    assert judged(outcomes)[0] == "out_of_memory"


def test_what_does_not_apply_is_reported_with_its_reason():
    idle = {outcome.case: outcome.reason for outcome in examined("zoo_right", TOWER) if outcome.seen == "not_run"}
    assert idle == {
        **{
            f"ratio_{ratio}": "the problem class has as many key/value heads as query heads"
            for ratio in (1, 2, 4, 7, 8)
        },
        **dict.fromkeys(("short_queries", "one_query", "blind_queries"), "the problem class is not causal"),
        **dict.fromkeys(("side_stream", "two_streams", "graph"), "there are no streams on the CPU"),
    }


@pytest.mark.parametrize(
    ("name", "verdict", "words"),
    [
        ("zoo_abort", "crashed", "inputs_unchanged: the process aborted (SIGABRT"),
        ("zoo_exit", "crashed", "the process exited with code 1; its last words: no kernel image is available"),
        ("zoo_forks", "crashed", "inputs_unchanged: the process exited with code 1"),
        ("zoo_hang_sleep", "timed_out", "inputs_unchanged: did not end within 3 seconds"),
        ("zoo_hang_busy", "timed_out", "inputs_unchanged: did not end within 3 seconds"),
        ("zoo_hoards", "out_of_memory", "MiB of host memory; 1500 MiB were allowed"),
        ("zoo_in_place", "wrong", "inputs_unchanged: k was changed in place"),
    ],
)
def test_a_lost_process_is_a_verdict(name, verdict, words):
    longer = Problem(32, 4, 4, False, "float32", (400,))
    limits = Limits(case=3 if "hang" in name else 60, host_mb=1500)
    proofs = list(prove([name], [TOWER, longer], device="cpu", limits=limits))
    assert [proof.verdict for proof in proofs] == [verdict, verdict]
    assert words in proofs[0].reason
    assert [proof.problem for proof in proofs] == [longer, TOWER], "the longest first"
    if name in LOSES_THE_PROCESS:  # what is lost at one length is not lost again for the sake of another
        assert proofs[1].seconds < 0.5 * proofs[0].seconds
        assert "seen with the same heads at other lengths" in proofs[1].reason


def test_memory_that_helpers_share_is_counted_once():
    """2.7 GB, counted anew for each of them, of which 0.3 GB are there."""
    [proof] = prove(["zoo_shares"], [TOWER], device="cpu", limits=Limits(host_mb=2000))
    assert proof.verdict == "proven", proof.reason


def test_every_kernel_of_the_zoo_is_tried_here():
    marks = (test_a_fault_is_seen_in_the_case_made_for_it, test_a_lost_process_is_a_verdict)
    tried = {row[0] for test in marks for mark in test.pytestmark if mark.args[0] != "dtype" for row in mark.args[1]}
    named = {"zoo_refuses", "zoo_refuses_long", "zoo_raises", "zoo_no_memory", "zoo_shares"}
    assert tried | named | CUDA_ONLY == {name for name in KERNELS if name.startswith("zoo_")}


@pytest.mark.gpu
@pytest.mark.parametrize("name", sorted(CUDA_ONLY))
def test_faults_of_streams_and_graphs_are_seen_on_a_gpu(name):
    import torch

    if not torch.cuda.is_available():
        pytest.skip("needs an NVIDIA GPU")
    proof = next(prove([name], [Problem(64, 4, 4, False, "bfloat16", (300,))], device="cuda"))
    assert (proof.verdict, proof.case) == (
        "wrong",
        {"zoo_stale_graph": "graph", "zoo_other_stream": "side_stream", "zoo_kept_too_early": "two_streams"}[name],
    )
