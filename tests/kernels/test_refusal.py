"""What is refused on which card, before anything runs. The cards are described, not needed."""

import datetime
from dataclasses import replace

import msgspec
import pytest

from ocroute.kernels.base import KERNELS, KernelInfo, Presence, Problem
from ocroute.kernels.facts import Fact, all_facts, older, satisfies
from ocroute.kernels.inventory import inventory
from ocroute.kernels.requirements import Platform, TorchBuild, obstacle, torch_obstacle
from ocroute.kernels.this_machine import imported, platform_here
from ocroute.machine import Gpu, Machine

CARDS = {
    "T4": Gpu("Tesla T4", 15_360, 15_000, (7, 5)),
    "A100": Gpu("NVIDIA A100", 40_960, 40_000, (8, 0)),
    "3060": Gpu("NVIDIA GeForce RTX 3060", 12_288, 12_000, (8, 6)),
    "4090": Gpu("NVIDIA GeForce RTX 4090", 24_564, 24_000, (8, 9)),
    "H100": Gpu("NVIDIA H100", 81_559, 81_000, (9, 0)),
    "B200": Gpu("NVIDIA B200", 183_359, 183_000, (10, 0)),
    "5070 Ti": Gpu("NVIDIA GeForce RTX 5070 Ti", 16_303, 16_000, (12, 0)),
    "5090": Gpu("NVIDIA GeForce RTX 5090", 32_607, 32_000, (12, 0)),
    "a later one": Gpu("a card of 13.0", 32_000, 31_000, (13, 0)),
    "none": None,
}
# as torch 2.11 for CUDA 13.0 says of itself
TORCH = TorchBuild("2.11.0+cu130", "13.0", ("sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120", "compute_120"))
OLD_TORCH = TorchBuild("2.6.0+cu124", "12.4", ("sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90"))
CPU_TORCH = TorchBuild("2.13.0+cpu")
VERSIONS = {
    "torch": TORCH.version,
    "flash-attn": "2.8.3",
    "flash-attn-3": "3.0.0",
    "flash-attn-4": "4.0.0b36",
    "kernels": "0.17.2",
    "sageattn3": "1.0.0",
    "thunderkittens": "0.0.1",
    "xformers": "0.0.35",
    "flashinfer-python": "0.7.2.post1",
}
VISION = Problem(128, 12, 12, causal=False, dtype="bfloat16", lengths=(19_012,))
QWEN_VISION = Problem(80, 16, 16, causal=False, dtype="bfloat16", lengths=(4_096,))
TEXT = Problem(128, 12, 2, causal=True, dtype="bfloat16", lengths=(5_000,))


def info_of(name):
    return KERNELS.load(name).info


def ask(name, card, *, version="", problem=VISION, torch=TORCH, driver="13.0", facts=True):
    info = info_of(name)
    default = {"sage1": "1.0.6", "sage2": "2.2.0"}.get(name) or VERSIONS[info.distribution]
    return why_not(name, info, Presence("usable", version or default), problem, card, torch, driver, facts)


def why_not(name, info, presence, problem, card, torch=TORCH, driver="13.0", facts=True):
    """Why a kernel is not run, in words; None where nothing is against it."""
    known = all_facts() if facts is True else facts or ()
    platform = Platform(CARDS[card], driver, torch, {name: (info, presence)}, facts=known)
    found = obstacle(name, platform, problem)
    return str(found) if found else None


# which kernels are let through to the probe, on each card, for the vision tower of dots.ocr, if all were installed
LET_THROUGH = {
    "T4": "eager sdpa_math",
    "A100": "eager sdpa_math sdpa_efficient sdpa_flash sdpa_cudnn torch_varlen flex flash2 flash3 flash4 sage1 sage2 "
    "xformers flashinfer hub_flash2 hub_flash3",
    "H100": "eager sdpa_math sdpa_efficient sdpa_flash sdpa_cudnn torch_varlen flex flash2 flash3 flash4 sage1 sage2 "
    "thunderkittens xformers flashinfer hub_flash2 hub_flash3",
    "B200": "eager sdpa_math sdpa_efficient sdpa_flash sdpa_cudnn torch_varlen flex flash2 flash4 sage1 xformers flashinfer "
    "hub_flash2",
    "5070 Ti": "eager sdpa_math sdpa_efficient sdpa_flash sdpa_cudnn torch_varlen flex flash2 flash4 sage1 sage2 sage3 "
    "xformers flashinfer hub_flash2",
    "a later one": "eager sdpa_math torch_varlen flex flash4 sage1 xformers flashinfer",
    "none": "eager sdpa_math sdpa_flash flex",
}
LET_THROUGH |= {"3060": LET_THROUGH["A100"], "4090": LET_THROUGH["A100"], "5090": LET_THROUGH["5070 Ti"]}


@pytest.mark.parametrize("card", CARDS)
def test_which_kernels_are_let_through_to_the_probe(card):
    builtin = [name for name in KERNELS if KERNELS[name].builtin]
    assert {name for name in builtin if ask(name, card) is None} == set(LET_THROUGH[card].split())


@pytest.mark.parametrize(
    ("version", "card", "refused"),
    [
        ("4.0.0b4", "5070 Ti", "accept Hopper and data-centre Blackwell only"),
        ("4.0.0b4", "H100", None),
        ("4.0.0b5", "5070 Ti", "use_tma_O"),
        ("4.0.0b20", "5090", "use_tma_O"),
        ("4.0.0b20", "B200", None),
        ("4.0.0b20", "A100", None),
        ("4.0.0b21", "5070 Ti", None),
        ("4.0.0b36", "5070 Ti", None),
        ("4.0.0", "5070 Ti", None),
        ("4.0.0b2", "H100", "older than 4.0.0b3"),
    ],
)
def test_flash4_on_consumer_blackwell_by_beta(version, card, refused):
    told = ask("flash4", card, version=version)
    assert (refused in told) if refused else told is None


@pytest.mark.parametrize("name", ["flash3", "hub_flash3"])
@pytest.mark.parametrize("card", ["B200", "5070 Ti", "5090"])
def test_flash3_never_starts_where_it_would_end_the_process(name, card):
    told = ask(name, card)
    assert "ends the process" in told
    assert "2026-08-15" in told
    assert "issue 1785" in told
    assert "--no-facts" in told
    assert ask(name, card, facts=False) is None  # the probe, in a child process, decides alone


def test_without_facts_only_instructions_bar_a_later_card():
    """Whatever is not made of one card's instructions goes to the probe: no table of ours says that it cannot run."""
    barred = {name for name in KERNELS if KERNELS[name].builtin and ask(name, "a later one", facts=False)}
    assert barred == {"thunderkittens", "sage3"}


def test_no_facts_skips_only_dated_facts():
    assert "needs an NVIDIA GPU" in ask("flash2", "none", facts=False)
    assert "compute capability" in ask("thunderkittens", "4090", facts=False)
    assert "head dim" in ask("sage1", "H100", problem=QWEN_VISION, facts=False)


@pytest.mark.parametrize(
    ("name", "card", "problem", "why"),
    [
        ("sage1", "4090", QWEN_VISION, "head dim 64 or 96 or 128, not 80"),
        ("sage2", "4090", QWEN_VISION, None),
        ("flashinfer", "4090", QWEN_VISION, "head dim 64 or 128 or 256, not 80"),
        ("flash4", "5070 Ti", QWEN_VISION, None),
        ("flash4", "5070 Ti", msgspec.structs.replace(VISION, head_dim=256), "128 KiB of shared memory"),
        ("flash4", "H100", msgspec.structs.replace(VISION, head_dim=256), None),
        ("flash4", "A100", msgspec.structs.replace(VISION, head_dim=256), None),
        ("sdpa_cudnn", "5090", msgspec.structs.replace(VISION, head_dim=256), "up to 128 on this card"),
        ("sdpa_cudnn", "H100", msgspec.structs.replace(VISION, head_dim=256), None),
        ("sdpa_flash", "H100", msgspec.structs.replace(VISION, dtype="float32"), "not float32"),
        ("sdpa_flash", "none", msgspec.structs.replace(VISION, dtype="float32"), None),
        ("xformers", "H100", msgspec.structs.replace(VISION, dtype="float32"), None),
        (
            "xformers",
            "5070 Ti",
            msgspec.structs.replace(VISION, dtype="float32"),
            "only its CUTLASS kernel takes float32",
        ),
        ("sdpa_efficient", "T4", VISION, "before Ampere"),
        ("sdpa_efficient", "T4", msgspec.structs.replace(VISION, dtype="float16"), None),
        (
            "torch_varlen",
            "T4",
            msgspec.structs.replace(VISION, dtype="float16"),
            "runs on compute capability 8.0 and newer",
        ),
        ("torch_varlen", "5070 Ti", TEXT, None),
        ("sage3", "5070 Ti", TEXT, None),
        ("sage2", "B200", TEXT, "has nothing to call for others"),
        ("flash2", "5070 Ti", None, None),
        ("thunderkittens", "H100", msgspec.structs.replace(VISION, dtype="float16"), "takes bfloat16, not float16"),
    ],
)
def test_by_card_and_problem(name, card, problem, why):
    told = ask(name, card, problem=problem)
    assert (why in told) if why else told is None


def test_flash2_wheels_without_blackwell_code():
    assert "without code for Blackwell" in ask("flash2", "5070 Ti", version="2.7.2.post1")
    assert ask("flash2", "H100", version="2.7.2.post1") is None
    assert ask("flash2", "5070 Ti", version="2.8.3.post2") is None


def test_torch_without_code_for_the_card_says_what_to_install():
    for name in ("eager", "sdpa_flash", "flash4"):
        told = ask(name, "5070 Ti", torch=OLD_TORCH)
        assert (
            "torch 2.6.0+cu124 (CUDA 12.4) has no code for NVIDIA GeForce RTX 5070 Ti, compute capability 12.0" in told
        )
        assert told.endswith(
            "pip install torch==2.15.0+cu130 torchvision --index-url https://download.pytorch.org/whl/cu130"
        )
    assert ask("sdpa_flash", "4090", torch=OLD_TORCH, version="2.6.0+cu124") is None


def test_driver_too_old_for_torch_says_so():
    told = ask("sdpa_flash", "4090", driver="12.2")
    assert "serves CUDA 12.2" in told
    assert "needs 13.0" in told
    assert "update the driver" in told
    assert ask("sdpa_flash", "4090", driver="12.4", torch=replace(TORCH, cuda="12.8")) is None
    assert ask("sdpa_flash", "4090", driver="") is None  # unknown is not old


def test_gpu_with_a_torch_for_the_cpu():
    assert "build for the CPU" in ask("sdpa_flash", "4090", torch=CPU_TORCH)
    assert ask("sdpa_flash", "none", torch=CPU_TORCH) is None
    assert "torch is not installed" in ask("sdpa_flash", "4090", torch=None)


def test_flashinfer_needs_a_newer_cuda_for_consumer_blackwell():
    told = ask("flashinfer", "5070 Ti", torch=replace(TORCH, cuda="12.8"))
    assert "CUDA 12.9 or newer" in told
    assert ask("flashinfer", "4090", torch=replace(TORCH, cuda="12.8")) is None


def test_what_is_not_installed_is_refused_with_the_command():
    info = info_of("flash4")
    absent = Presence("absent", reason="flash-attn-4 is not installed")
    assert why_not("flash4", info, absent, VISION, "5090") == (
        "absent: flash-attn-4 is not installed; to install: pip install --pre flash-attn-4"
    )
    broken = Presence("broken", "4.0.0b36", "ModuleNotFoundError: No module named 'cutlass'")
    assert "No module named 'cutlass'" in why_not("flash4", info, broken, VISION, "5090", driver="")


def test_versions_with_betas_and_local_parts():
    assert older("4.0.0b20", "4.0.0b21")
    assert not older("4.0.0b21", "4.0.0b21")
    assert older("4.0.0b36", "4.0.0")
    assert not older("2.13.0+cpu", "2.11")
    assert satisfies("2.7.2.post1", "<2.7.3")
    assert not satisfies("unknown", ">=1")


def test_every_fact_names_known_kernels_and_its_source():
    for fact in all_facts():
        assert set(fact.kernels) <= set(KERNELS)
        assert fact.source
        assert fact.date <= datetime.datetime.now(datetime.UTC).date()
    with pytest.raises(msgspec.ValidationError, match="capability"):
        msgspec.convert({"kernels": ["flash4"], "capability": []}, Fact)  # a misspelt condition would hold everywhere


def test_fact_on_a_problem_does_not_hold_while_the_problem_is_unknown():
    fact = Fact(("flex",), "breaks", "a source", datetime.date(2026, 1, 1), "read", head_dim_over=64)
    assert fact.holds("1.0", (9, 0), "13.0", VISION)
    assert not fact.holds("1.0", (9, 0), "13.0", None)
    told = why_not("flex", KernelInfo("torch"), Presence("usable", "1.0"), VISION, "none", facts=(fact,))
    assert told == "breaks (a source; read 2026-01-01); --no-facts lets the probe decide"


def machine(**changes):
    return Machine("Linux", "x86_64", "CPU", 8, 16_000, 12_000, "3.11", **changes)


def test_survey_has_every_row_and_no_reason_is_missing():
    rows = inventory(platform_here(machine()))
    assert [row.name for row in rows] == list(KERNELS)
    for row in rows:
        assert row.presence == "usable" or row.reason
        assert row.presence == "usable" or row.refusal
    by_name = {row.name: row for row in rows}
    assert by_name["eager"].refusal == ""
    assert "needs an NVIDIA GPU" in by_name["torch_varlen"].refusal
    assert msgspec.json.decode(msgspec.json.encode(rows))


def test_survey_asks_about_the_first_gpu():
    cards = (CARDS["5070 Ti"],)
    _, torch_here = imported("eager")
    rows = {row.name: row for row in inventory(platform_here(machine(gpus=cards, driver_cuda="1.0")))}
    assert ("build for the CPU" if "+cpu" in torch_here.version else "CUDA 1.0") in rows["sdpa_flash"].refusal


V100 = Gpu("Tesla V100", 16_384, 16_000, (7, 0))
PASCAL = Gpu("NVIDIA GeForce GTX 1080 Ti", 11_264, 11_000, (6, 1))
KEPLER = Gpu("Tesla K80", 11_441, 11_000, (3, 7))
THOR = Gpu("NVIDIA Thor", 122_880, 120_000, (11, 0))
RADEON = Gpu("AMD Radeon RX 7900 XTX", 24_560, 24_000, (11, 0), kind="rocm")
APPLE = Gpu("Apple M4", 17_000, 12_000, (0, 0), kind="mps", unified=True)
NEWEST_TORCH = TorchBuild("2.15.0+cu132", "13.2", ("sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120"))
UPDATE = "Update the driver: https://www.nvidia.com/drivers"


def installing(build):
    return (
        f"pip install torch=={build} torchvision --index-url https://download.pytorch.org/whl/{build.partition('+')[2]}"
    )


@pytest.mark.parametrize(
    ("gpu", "driver", "torch", "build"),
    [
        (CARDS["5070 Ti"], "13.0", CPU_TORCH, "2.15.0+cu130"),
        (CARDS["5070 Ti"], "13.2", OLD_TORCH, "2.15.0+cu132"),
        (CARDS["T4"], "", CPU_TORCH, "2.15.0+cu132"),
        (V100, "13.0", NEWEST_TORCH, "2.14.1+cu126"),  # no newer driver or torch has anything for it
        (V100, "12.8", NEWEST_TORCH, "2.14.1+cu126"),
        (PASCAL, "13.0", NEWEST_TORCH, "2.14.1+cu126"),
        (CARDS["4090"], "12.4", CPU_TORCH, "2.14.1+cu126"),
        (CARDS["5070 Ti"], "12.8", CPU_TORCH, "2.11.0+cu128"),
        (CARDS["5070 Ti"], "14.1", CPU_TORCH, "2.15.0+cu132"),
        (RADEON, "", CPU_TORCH, "2.13.0+rocm7.2"),
        (RADEON, "", NEWEST_TORCH, "2.13.0+rocm7.2"),
    ],
)
def test_who_must_install_another_torch_is_given_the_command(gpu, driver, torch, build):
    assert torch_obstacle(Platform(gpu, driver, torch)).next_step.command == installing(build)


@pytest.mark.parametrize(
    ("gpu", "driver", "host", "instead"),
    [
        (CARDS["5070 Ti"], "12.8", "linux", "2.11.0+cu128"),
        (CARDS["5070 Ti"], "12.9", "windows", "2.11.0+cu128"),
        (CARDS["4090"], "12.6", "linux", "2.14.1+cu126"),
        (CARDS["4090"], "11.8", "linux", ""),  # nothing is built for such a driver any more
        (THOR, "12.8", "linux-aarch64", ""),
    ],
)
def test_a_driver_that_is_too_old_is_updated_or_served(gpu, driver, host, instead):
    found = torch_obstacle(Platform(gpu, driver, NEWEST_TORCH, host=host))
    assert found.cause == f"the NVIDIA driver serves CUDA {driver} and torch 2.15.0+cu132 needs 13.2"
    assert str(found.next_step) == UPDATE + (f", or run: {installing(instead)}" if instead else "")


@pytest.mark.parametrize(
    ("gpu", "driver", "host", "step"),
    [
        (CARDS["4090"], "13.0", "linux", "Run: pip install 'ocroute[vlm]'"),  # the default index has it
        (APPLE, "", "mac", "Run: pip install 'ocroute[vlm]'"),
        (
            CARDS["4090"],
            "13.2",
            "windows",
            "2.15.0+cu132 'ocroute[vlm]' --extra-index-url https://",
        ),  # has one for the CPU
        (CARDS["4090"], "12.8", "linux", "2.14.1+cu126 'ocroute[vlm]' --extra-index-url https://"),
        (PASCAL, "13.0", "linux", "2.14.1+cu126 'ocroute[vlm]' --extra-index-url https://"),
        (
            THOR,
            "12.8",
            "linux-aarch64",
            "Update the driver (https://www.nvidia.com/drivers) and run: pip install torch==",
        ),
        (KEPLER, "11.4", "linux", "No release of torch since 2.9 has code for this card"),
        (RADEON, "", "linux", "2.13.0+rocm7.2 'ocroute[vlm]' --extra-index-url https://"),
        (RADEON, "", "windows", "PyTorch's index has builds for AMD on Linux only"),
    ],
)
def test_where_torch_is_missing_the_right_one_is_named(gpu, driver, host, step):
    found = torch_obstacle(Platform(gpu, driver, None, host=host))
    assert found.cause == "torch is not installed"
    assert step in str(found.next_step)


@pytest.mark.parametrize(
    ("gpu", "torch", "cause"),
    [
        (RADEON, CPU_TORCH, "torch 2.13.0+cpu is a build for the CPU"),
        (RADEON, TORCH, "torch 2.11.0+cu130 is a build for CUDA 13.0"),
        (CARDS["4090"], TorchBuild("2.13.0+rocm7.2", other="rocm"), "torch 2.13.0+rocm7.2 is a build for AMD's ROCm"),
        (CARDS["4090"], TorchBuild("2.15.0+xpu", other="xpu"), "torch 2.15.0+xpu is a build for Intel's GPUs"),
    ],
)
def test_a_torch_for_others_cards_is_named(gpu, torch, cause):
    assert torch_obstacle(Platform(gpu, "13.2", torch)).cause == cause


@pytest.mark.parametrize(
    ("gpu", "torch", "own"),
    [
        (RADEON, TorchBuild("2.13.0+rocm7.2", other="rocm"), {"eager", "sdpa_math", "sdpa_efficient", "sdpa_flash"}),
        (APPLE, TorchBuild("2.15.0", other="mps"), {"eager", "sdpa_math"}),
    ],
)
def test_others_cards_run_only_what_torch_has_for_them(gpu, torch, own):
    """Nor does a fact about compute capability 11.0 speak of an AMD card whose torch calls its gfx1100 so."""
    kernels = {name: (info_of(name), Presence("usable", "9")) for name in KERNELS if KERNELS[name].builtin}
    platform = Platform(gpu, "", torch, kernels)
    assert torch_obstacle(platform) is None
    assert {name for name in kernels if obstacle(name, platform, VISION) is None} == own
    assert "needs an NVIDIA GPU" in str(obstacle("flash4", platform, VISION))


def test_nothing_stands_in_the_way_of_a_card_that_torch_can_use():
    assert torch_obstacle(Platform(CARDS["5070 Ti"], "13.0", TORCH)) is None
    assert torch_obstacle(Platform(None, "", TORCH)) is None
