"""What a version would change on described machines: the planner's own words, with the version in place of the old one."""

import dataclasses

import msgspec
import pytest
from docs.parts.machines import described

from ocroute.engines.neural.attention_shapes import problems_by_sub_model
from ocroute.kernels.probe.proof import Measure, Place, Proof
from ocroute.watch.base import Subject
from ocroute.watch.foresight import outlook


def of(here, name, version, kind="package", about=()):
    return outlook(here, Subject(kind, name, "", "1", about=about), version)


def proven(kernel, version, *, card="RTX 5070 Ti 16 GB", torch="2.14.1+cu130", driver="described", model="dots_ocr"):
    gpu = described()[card].found()
    place = Place(gpu.name, gpu.compute_capability, driver, torch)
    return [
        Proof(kernel, version, problems[-1], place, "proven", "right", measure=Measure(1.0, 100.0))
        for problems in problems_by_sub_model(model, gpu).values()
    ]


def test_a_torch_without_code_for_the_card_would_lose_the_models(machine):
    seen = of(machine("V100 32 GB", torch="2.14.1", cuda="12.6"), "torch", "2.15.0")
    assert seen.worse
    assert any("dots_ocr would not be used any more" in line for line in seen.changes)
    assert any("has no code for Tesla V100-SXM2-32GB, compute capability 7.0" in line for line in seen.changes)


def test_a_torch_that_has_code_for_the_card_where_the_old_one_has_none_gives_them(machine):
    seen = of(machine("RTX 5070 Ti 16 GB", torch="2.9.1", cuda="12.6"), "torch", "2.15.0")
    assert (seen.better, seen.worse) == (True, False)
    assert any("dots_ocr could be used" in line for line in seen.changes)


def test_a_torch_like_the_old_one_changes_nothing_and_comes_from_the_same_index(machine):
    seen = of(machine(torch="2.13.0", cuda="13.0"), "torch", "2.14.1")
    assert (seen.changes, seen.better, seen.worse) == ((), False, False)
    assert seen.commands == (
        "pip install torch==2.14.1+cu130 torchvision --index-url https://download.pytorch.org/whl/cu130",
    )


def test_of_a_torch_that_the_facts_do_not_know_nothing_is_claimed(machine):
    seen = of(machine(), "torch", "3.0.0")
    assert (seen.better, seen.worse) == (False, False)
    assert "the facts here do not say for which cards torch 3.0.0 has code" in seen.changes[0]


def test_proofs_would_have_to_be_made_again(machine):
    proofs = proven("sdpa_flash", "2.14.1+cu130")
    here = machine(proofs=proofs)
    assert (
        f"{len(proofs)} proofs of kernels hold for torch 2.14.1+cu130 only" in of(here, "torch", "2.15.0").changes[-1]
    )
    here = dataclasses.replace(here, machine=msgspec.structs.replace(here.machine, driver="580.95"))
    seen = of(here, "NVIDIA driver", "595.58", "driver")
    assert "are of driver 580.95, and would have to be made again" in seen.changes[0]
    assert seen.commands == ("ocroute prove",)


def test_beside_a_proven_kernel_a_new_one_is_said_to_need_a_measure(machine):
    here = machine(proofs=proven("sdpa_flash", "2.14.1+cu130"))
    seen = of(here, "flash-attn-4", "4.0.0b40", about=("flash4",))
    told = [line for line in seen.changes if "dots_ocr" in line]
    assert any("proving it tells whether it is faster than sdpa_flash" in line for line in told)


def test_a_version_that_is_known_to_fail_on_the_card_is_said_to_be_lost(machine):
    here = machine(have={"flash4": "4.0.0b3"}, card="H200 141 GB")
    assert of(here, "flash-attn-4", "4.0.0b40", about=("flash4",)).worse is False
    here = machine(have={"flash4": "4.0.0b36"}, card="RTX 5070 Ti 16 GB")
    seen = of(here, "flash-attn-4", "4.0.0b10", about=("flash4",))
    assert seen.worse
    assert "flash4 would be lost to" in seen.changes[0]
    assert "use_tma_O" in seen.changes[0]


@pytest.mark.parametrize("card", [name for name, one in described().items() if one.gpu and "linux" in one.hosts])
def test_of_every_card_something_can_be_said_of_every_kernel(machine, card):
    if described()[card].found().kind != "cuda":
        return
    here = machine(
        card, torch="2.14.1", cuda="12.6" if described()[card].found().compute_capability < (7, 5) else "13.0"
    )
    for name, (info, _) in here.platform.kernels.items():
        if info.distribution != "torch":
            for line in of(here, info.distribution, "99.0", about=(name,)).changes:
                assert "{" not in line
                assert line.startswith(f"on {here.machine.first_gpu.name} ")
