"""Kernels that are wrong by little, or seldom, are caught in bfloat16, where rounding hides most; right ones pass."""

import msgspec
import pytest

from ocroute.kernels.base import KERNELS, Problem
from ocroute.kernels.probe import judged
from ocroute.kernels.probe.cases import OWN_LENGTHS
from ocroute.kernels.probe.examine import Examiner
from ocroute.kernels.probe.expected import Wrong
from ocroute.kernels.probe.proof import Outcome
from ocroute.kernels.probe.timing import measure
from ocroute.kernels.prove import prove

pytestmark = pytest.mark.usefixtures("kernel_zoo", "shared_references")
TOWER = Problem(64, 2, 2, False, "bfloat16", (300,))
PREFILL = Problem(64, 2, 1, True, "bfloat16", (300,))


def examined(name, problem, seed=0):
    return list(Examiner(KERNELS.load(name)(), "cpu").run(problem, seed=seed))


class Only(Examiner):
    """Examines in some cases; each has the values that it has among all."""

    def __init__(self, name, cases):
        super().__init__(KERNELS.load(name)(), "cpu")
        self.cases = cases

    def _one(self, case, *rest):
        if case.name not in self.cases:
            return Outcome(case.name, "not_run", reason="left out of this test", own=case.own)
        return super()._one(case, *rest)


def wrong(outcomes):
    return {outcome.case for outcome in outcomes if outcome.seen == "wrong"}


@pytest.mark.parametrize(
    ("name", "problem", "shown_by"),
    [
        ("subtle_halved_late", PREFILL, {"pages"}),
        ("subtle_halved_late", TOWER, {"pages"}),
        ("subtle_skipped_tile", PREFILL, {"pages"}),
        ("subtle_future_keys", PREFILL, {"pages"}),
        ("subtle_slope", TOWER, {"pack", "pages"}),
        ("subtle_slope", PREFILL, {"pack", "pages"}),
        ("subtle_scale_off", TOWER, {"scale"}),
        ("subtle_scale_off", PREFILL, {"scale"}),
        ("subtle_narrow_sum", TOWER, {"pages"}),
        ("subtle_no_maximum", TOWER, {"steep", "huge"}),
        ("subtle_from_zero", TOWER, {"negative"}),
        ("subtle_half_scores", TOWER, {"huge"}),
        ("subtle_half_sums", TOWER, {"huge"}),
        ("subtle_unequal_garbage", TOWER, {"unequal"}),
        ("subtle_sixth_sequence", TOWER, {"windows"}),
        ("subtle_long_pack", TOWER, {"pages"}),
        ("subtle_one_buffer", TOWER, {"changed"}),
        ("subtle_int8_rough", TOWER, {"biased_keys"}),
        ("subtle_int8_quantised", TOWER, set()),  # other right ones: see below
    ],
)
def test_a_small_fault_is_seen_in_the_case_made_for_it(name, problem, shown_by):
    outcomes = list(Only(name, shown_by).run(problem)) if shown_by else examined(name, problem)
    assert wrong(outcomes) == shown_by
    assert judged(outcomes)[0] == ("wrong" if shown_by else "proven")


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["subtle_int8_keys", "subtle_int8"])
def test_eight_bits_are_never_exact_whatever_the_seed(name, seed):
    """And in more than one case by more than half as much again as is allowed, so that it is no matter of luck."""
    outcomes = Only(name, {"peaked", "steep", "scale"}).run(PREFILL, seed=seed)
    far = {outcome.case for outcome in outcomes if outcome.limit and outcome.error > 1.5 * outcome.limit}
    assert {"peaked", "steep", "scale"} <= far


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_right_kernels_stay_well_below_the_limits(dtype):
    """Two thirds at most: what chance adds on other values, or another order of sums, has room."""
    for problem in (TOWER, PREFILL):
        for name in ("subtle_fused", "subtle_fused_wide", "eager", "sdpa_math", "sdpa_flash"):
            outcomes = examined(name, msgspec.structs.replace(problem, dtype=dtype))
            assert {outcome.seen for outcome in outcomes} <= {"passed", "not_run"}, (name, outcomes)
            parts = {outcome.case: outcome.error / outcome.limit for outcome in outcomes if outcome.limit}
            assert max(parts.values()) < 0.67, (name, parts)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("subtle_pair", "the result is a tuple, not a tensor"),
        (
            "subtle_elsewhere",
            "the result is (130, 2, 64) torch.bfloat16 on meta, not (130, 2, 64) torch.bfloat16 on cpu",
        ),
    ],
)
def test_what_is_no_result_is_called_so_in_every_case(name, words):
    outcomes = examined(name, TOWER)
    assert {outcome.seen for outcome in outcomes} == {"wrong", "not_run"}
    assert words in outcomes[0].reason


def test_a_timed_result_is_compared():
    kernel = KERNELS.load("subtle_tires")()
    examiner = Examiner(kernel, "cpu")
    assert not wrong(list(examiner.run(TOWER)))  # each case asks once for these shapes
    with pytest.raises(Wrong, match=r"call \d+ at these lengths: the output is all zeros"):
        measure(kernel, TOWER, examiner.own)
    [proof] = prove(["subtle_tires"], [TOWER], device="cpu")
    assert (proof.verdict, proof.case, proof.measure) == ("wrong", "measure", None)
    assert "the output is all zeros" in proof.reason


def test_a_late_fault_beyond_every_fixed_length_is_seen_at_the_problems_own():
    """The problem's own lengths are long enough for a fault that begins where no case of fixed length reaches."""
    kernel = type("Later", (KERNELS.load("subtle_halved_late"),), {"first": 2_300})()
    outcomes = list(Examiner(kernel, "cpu").run(msgspec.structs.replace(PREFILL, lengths=(2_400,))))
    assert wrong(outcomes) == {OWN_LENGTHS}
