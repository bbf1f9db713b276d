"""Kernels that compile: the time for it is their own, is told, and is not without end."""

import re

import pytest

from ocroute.kernels.base import Problem
from ocroute.kernels.probe import prober
from ocroute.kernels.probe.prober import Limits
from ocroute.kernels.prove import prove

pytestmark = pytest.mark.usefixtures("kernel_zoo")
TOWER = Problem(32, 4, 4, False, "float32", (200,))
PREFILL = Problem(32, 4, 2, True, "float32", (200,))


def only(name, problem, **limits):
    (proof,) = prove([name], [problem], device="cpu", limits=Limits(**limits))
    return proof


def test_compiling_takes_nothing_of_a_case_s_time_and_the_verdict_says_how_long_it_took():
    """Five variants, of which one is longer in the making than a case may run."""
    import ocroute_kernel_slow

    slowest = max(ocroute_kernel_slow.SECONDS.values())
    proof = only("slow_compiles", PREFILL, case=slowest - 2, compiling=120)
    assert proof.verdict == "proven", proof.reason
    assert slowest + 4 * ocroute_kernel_slow.OTHERS <= proof.compile_seconds <= proof.seconds
    assert f"; compiling took {proof.compile_seconds:.0f} s" in proof.reason


def test_a_compilation_without_end_is_a_verdict_that_names_what_was_compiled_and_what_to_do():
    proof = only("slow_forever", TOWER, case=60, compiling=2)
    assert (proof.verdict, proof.case) == ("timed_out", "inputs_unchanged")
    assert proof.reason == (
        "inputs_unchanged: did not finish compiling for 4 heads, head dim 32, float32 within 2 seconds"
        "; to allow it more: ocroute prove slow_forever --timeout 120"
    )
    assert proof.seconds < 60


def test_a_hang_after_compiling_is_found_in_a_case_s_time():
    proof = only("slow_hangs", TOWER, case=3, compiling=3000)
    assert proof.verdict == "timed_out"
    assert "did not end within 3 seconds" in proof.reason
    assert proof.seconds < 60


def test_it_is_told_while_it_lasts(monkeypatch, caplog):
    monkeypatch.setattr(prober, "_FIRST_WORD", 0.3)
    with caplog.at_level("INFO", logger="ocroute"):
        only("slow_compiles", TOWER, compiling=60)
    told = r"slow_compiles compiles for 4 heads, head dim 32, float32: \d+ of at most 60 s"
    assert re.fullmatch(told, caplog.messages[0])


def test_a_longer_time_is_longer_for_all_and_a_shorter_one_only_for_cases():
    usual, long, short = Limits(), Limits.of(120), Limits.of(5)
    assert (long.case, long.compiling, long.start) == (120, 2 * usual.compiling, 2 * usual.start)
    assert (short.case, short.compiling, short.start) == (5, usual.compiling, usual.start)
