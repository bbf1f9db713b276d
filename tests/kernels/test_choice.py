"""The choice is pure: machines are described here, none is needed."""

import msgspec
import pytest

from ocroute.engines.neural.attention_shapes import problems_for
from ocroute.kernels import choice as choosing
from ocroute.kernels.base import KERNELS, Presence, Problem
from ocroute.kernels.probe import Measure, Proof
from ocroute.kernels.probe.cases import OWN_LENGTHS
from ocroute.kernels.requirements import Platform, TorchBuild
from ocroute.kernels.this_machine import place_of
from ocroute.machine import Gpu, Machine

CU130 = TorchBuild("2.13.0+cu130", "13.0", ("sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120"))
CU124 = TorchBuild("2.6.0+cu124", "12.4", ("sm_75", "sm_80", "sm_86", "sm_90"))


def card(name, capability, gib):
    return Gpu(f"NVIDIA {name}", gib * 1024, gib * 1024 - 500, capability)


RTX_5070_TI = card("GeForce RTX 5070 Ti", (12, 0), 16)
RTX_5090 = card("GeForce RTX 5090", (12, 0), 32)
RTX_4090 = card("GeForce RTX 4090", (8, 9), 24)
RTX_3060 = card("GeForce RTX 3060", (8, 6), 12)
T4 = card("Tesla T4", (7, 5), 15)
A100 = card("A100-SXM4-80GB", (8, 0), 80)
H100 = card("H100 80GB HBM3", (9, 0), 80)
B200 = card("B200", (10, 0), 180)
VERSIONS = {"torch": "2.13.0+cu130", "flash-attn": "2.8.3", "flash-attn-3": "3.0.0", "flash-attn-4": "4.0.0b36"}


def machine(gpu, driver_cuda="13.0"):
    gpus = (gpu,) if gpu else ()
    libraries = {"torch": VERSIONS["torch"]}
    return Machine(
        "Linux", "x86_64", "a processor", 8, 32_768, 20_000, "3.12", gpus, "590.1", driver_cuda, libraries=libraries
    )


def choose(problem, gpu, proofs, *, torch=CU130, driver_cuda="13.0", versions=VERSIONS, **options):
    """On a machine where every kernel of ocroute is registered, and these versions are installed."""
    kernels = {}
    for name, row in KERNELS.items():
        if not row.builtin:
            continue
        info = KERNELS.load(name).info
        version = versions.get(info.distribution)
        kernels[name] = (
            info,
            Presence("usable", version) if version else Presence("absent", reason="not installed"),
        )
    return choosing.choose(problem, Platform(gpu, driver_cuda, torch, kernels, tuple(proofs)), **options)


def proof(kernel, gpu, problem, tflops=100.0, verdict="proven", **more):
    measure = Measure(problem.flops / tflops / 1e9, tflops)
    return Proof(
        kernel, "1", problem, place_of(machine(gpu), gpu), verdict, more.pop("reason", "seen"), measure=measure, **more
    )


def tower(gpu):
    return problems_for("dots_ocr", gpu)[0]


@pytest.mark.parametrize(
    ("gpu", "default"),
    [
        (RTX_5070_TI, "sdpa_flash"),
        (RTX_5090, "sdpa_flash"),
        (RTX_4090, "sdpa_flash"),
        (RTX_3060, "sdpa_flash"),
        (T4, "sdpa_efficient"),
        (A100, "sdpa_flash"),
        (H100, "sdpa_flash"),
        (B200, "sdpa_flash"),
        (None, "sdpa_flash"),
    ],
    ids=lambda value: value.name if isinstance(value, Gpu) else str(value),
)
def test_with_nothing_proven_the_choice_says_so_and_names_torchs_default(gpu, default):
    problem = tower(gpu)
    choice = choose(problem, gpu, [])
    assert (choice.kernel, choice.proven) == (default, False)
    assert choice.reason.startswith("unproven: ")
    assert not any(candidate.accepted for candidate in choice.trace)


@pytest.mark.parametrize("gpu", [RTX_5070_TI, RTX_5090, RTX_4090, RTX_3060, A100, H100, B200], ids=lambda gpu: gpu.name)
def test_the_fastest_proven_exact_kernel_is_chosen(gpu):
    problem = tower(gpu)
    proofs = [
        proof("sdpa_flash", gpu, problem, 60),
        proof("flash4", gpu, problem, 90),
        proof("torch_varlen", gpu, problem, 61),
        proof("sage1", gpu, problem, 200),
    ]
    choice = choose(problem, gpu, proofs, versions=VERSIONS | {"sageattention": "1.0.6"})
    assert (choice.kernel, choice.proven) == ("flash4", True)
    assert "the fastest of 3 proven here" in choice.reason
    assert {candidate.kernel for candidate in choice.trace} == {name for name in KERNELS if KERNELS[name].builtin}
    assert [one.kernel for one in choice.trace[:3]] == ["flash4", "torch_varlen", "sdpa_flash"]
    assert all(candidate.reason for candidate in choice.trace)
    rejected = {one.kernel: one.reason for one in choice.trace if not one.accepted}
    assert rejected["sage1"] == "quantized, and only exact kernels were asked for"
    assert rejected["sdpa_efficient"] == "unproven for this problem class; run: ocroute prove sdpa_efficient"
    assert rejected["flashinfer"].startswith("absent: ")


def test_quantized_kernels_are_chosen_only_when_asked_for():
    problem = tower(RTX_4090)
    here = VERSIONS | {"sageattention": "1.0.6"}
    proofs = [proof("sage1", RTX_4090, problem, 200)]
    assert choose(problem, RTX_4090, proofs, versions=here).kernel == "sdpa_flash"
    choice = choose(problem, RTX_4090, proofs, versions=here, quantized=True)
    assert (choice.kernel, choice.proven) == ("sage1", True)
    assert "within the limits of quantized kernels" in choice.reason


@pytest.mark.parametrize("gpu", [RTX_5070_TI, B200], ids=lambda gpu: gpu.name)
def test_what_the_facts_refuse_is_not_used_even_where_a_proof_says_it_is_right(gpu):
    problem = tower(gpu)
    choice = choose(problem, gpu, [proof("flash3", gpu, problem, 999)])
    assert choice.kernel == "sdpa_flash"
    assert next(one for one in choice.trace if one.kernel == "flash3").reason.startswith("refused: ")


def test_a_driver_too_old_leaves_no_kernel_on_the_card():
    problem = tower(RTX_5070_TI)
    choice = choose(problem, RTX_5070_TI, [], driver_cuda="12.4")
    assert choice.kernel is None
    assert all("the NVIDIA driver serves CUDA 12.4" in one.reason for one in choice.trace if "absent" not in one.reason)


def test_a_torch_without_code_for_the_card_leaves_none_either():
    problem = tower(RTX_5070_TI)
    choice = choose(problem, RTX_5070_TI, [], torch=CU124)
    assert choice.kernel is None
    assert "has no code for NVIDIA GeForce RTX 5070 Ti" in next(
        one.reason for one in choice.trace if one.kernel == "sdpa_flash"
    )


def test_a_proof_holds_for_shorter_sequences_of_its_class_and_no_others():
    gpu = H100
    long = Problem(128, 12, 12, False, "bfloat16", (19_824,))
    proofs = [proof("sdpa_cudnn", gpu, long, 600)]
    served = (
        long,
        msgspec.structs.replace(long, lengths=(1_000,)),
        msgspec.structs.replace(long, heads=16, kv_heads=16),
        msgspec.structs.replace(long, lengths=(4_692, 4_710, 19_824)),
    )
    for problem in served:
        assert choose(problem, gpu, proofs).proven, problem
    for change in (
        {"lengths": (19_825,)},
        {"lengths": (64,), "kv_lengths": (19_825,)},
        {"head_dim": 80},
        {"dtype": "float16"},
        {"causal": True},
        {"kv_heads": 2},
        {"lengths": (19_824,) * 80},
    ):
        problem = msgspec.structs.replace(long, **change)
        assert not choose(problem, gpu, proofs).proven, change
    assert not choose(long, A100, proofs).proven
    pack = proof("sdpa_cudnn", gpu, msgspec.structs.replace(long, lengths=(19_824,) * 80))
    assert pack.serves(msgspec.structs.replace(long, lengths=(10_000,) * 150))


def test_the_reason_says_how_far_a_proof_reaches():
    long = Problem(128, 12, 12, False, "bfloat16", (19_824,))
    longer = msgspec.structs.replace(long, lengths=(57_600,))
    choice = choose(longer, H100, [proof("flash4", H100, long)])
    reason = next(one.reason for one in choice.trace if one.kernel == "flash4")
    assert reason == "proven up to 19824 tokens only; 57600 are needed"


def test_a_kernel_once_wrong_is_out_for_its_class():
    problem = tower(H100)
    short = msgspec.structs.replace(problem, lengths=(500,))
    seen = proof("sdpa_flash", H100, short, verdict="wrong", case="constant_v_65", reason="constant_v_65: off")
    choice = choose(problem, H100, [proof("sdpa_flash", H100, problem), seen])
    assert choice.kernel == "sdpa_efficient"
    assert not choice.proven
    assert next(one for one in choice.trace if one.kernel == "sdpa_flash").reason == "wrong: constant_v_65: off"


@pytest.mark.parametrize("verdict", ["wrong", "out_of_memory", "timed_out", "crashed"])
def test_what_fails_at_its_own_length_may_serve_shorter_ones(verdict):
    short, long = (Problem(128, 12, 12, False, "bfloat16", (length,)) for length in (19_824, 57_600))
    proofs = [
        proof("sdpa_cudnn", H100, short, 20),
        proof("sdpa_cudnn", H100, long, verdict=verdict, case=OWN_LENGTHS, reason=f"{OWN_LENGTHS}: no"),
    ]
    assert choose(short, H100, proofs).kernel == "sdpa_cudnn"
    choice = choose(long, H100, proofs)
    assert choice.kernel == "sdpa_flash"
    assert next(one for one in choice.trace if one.kernel == "sdpa_cudnn").reason.startswith(verdict.replace("_", " "))


def test_a_default_that_was_seen_wrong_is_not_the_default():
    problem = tower(H100)
    proofs = [
        proof(name, H100, problem, verdict="wrong", case="pack", reason="pack: off")
        for name in ("sdpa_flash", "sdpa_efficient", "sdpa_math", "eager")
    ]
    choice = choose(problem, H100, proofs)
    assert choice.kernel is None
    assert choice.reason == "no kernel can serve this problem here"


def test_the_speed_counts_at_the_length_nearest_to_the_problem():
    short, long = (Problem(128, 12, 12, False, "bfloat16", (length,)) for length in (4_096, 19_824))
    proofs = [
        proof("sdpa_flash", H100, short, 300),
        proof("sdpa_flash", H100, long, 400),
        proof("flash4", H100, short, 290),
        proof("flash4", H100, long, 700),
    ]
    assert choose(short, H100, proofs).kernel == "sdpa_flash"
    assert choose(long, H100, proofs).kernel == "flash4"


def test_speeds_are_compared_at_a_length_at_which_all_were_measured():
    """At another length the slower one may look the faster: longer sequences fill the card better."""
    short, long = (Problem(128, 12, 12, False, "bfloat16", (length,)) for length in (4_096, 19_824))
    proofs = [
        proof("sdpa_flash", H100, short, 300),
        proof("sdpa_flash", H100, long, 500),
        proof("flash4", H100, long, 400),
    ]
    choice = choose(short, H100, proofs)
    assert choice.kernel == "sdpa_flash"
    assert "up to 19824 tokens" in choice.reason
    apart = [proof("sdpa_flash", H100, short, 300), proof("flash4", H100, long, 400)]
    assert choose(short, H100, apart).kernel == "flash4", "no common length: by the arithmetic done"


def test_a_kernel_that_keeps_whole_score_matrices_does_not_displace_torchs_default_where_they_are_large():
    long, short = (Problem(128, 12, 12, False, "bfloat16", (length,)) for length in (19_824, 1_024))
    proofs = [proof("eager", H100, long, 20), proof("sdpa_math", H100, long, 10)]
    choice = choose(long, H100, proofs)
    assert (choice.kernel, choice.proven) == ("sdpa_flash", False)
    assert choice.reason == (
        "unproven: what is proven here keeps whole score matrices, too slow and large at 19824 tokens, "
        "and sdpa_flash is torch's own default; run: ocroute prove sdpa_flash"
    )
    said = {one.kernel: one for one in choice.trace}
    assert said["eager"].accepted
    assert said["eager"].reason.endswith("; not used at 19824 tokens: it keeps whole score matrices")
    assert choose(long, H100, proofs, proven_only=True).kernel == "eager"
    assert choose(short, H100, proofs).kernel == "eager"
    fused = [*proofs, proof("sdpa_efficient", H100, long, 50)]
    assert choose(long, H100, fused).kernel == "sdpa_efficient"


def test_whole_score_matrices_are_better_than_a_default_that_cannot_be_used():
    long = Problem(128, 12, 12, False, "bfloat16", (19_824,))
    wrong = [proof(name, H100, long, verdict="wrong", case="pack") for name in ("sdpa_flash", "sdpa_efficient")]
    choice = choose(long, H100, [*wrong, proof("eager", H100, long, 20)])
    assert (choice.kernel, choice.proven) == ("eager", True)
