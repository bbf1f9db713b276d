"""Every described machine, on every system where it exists, with this year's torch and last year's: the plan, the advice and
``doctor`` agree, and what is advised is then usable.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from docs.parts.machines import Described, build, described, from_default_index, installed_by
from msgspec.structs import replace as replace_struct

from ocroute.cli.draw_survey import overview
from ocroute.engines.base import Availability, EngineInfo
from ocroute.engines.neural import availability
from ocroute.engines.neural.attention import kernel_choices
from ocroute.engines.neural.model_status import model_rows
from ocroute.errors import EngineUnavailable
from ocroute.gpus import Gpu
from ocroute.kernels.base import KERNELS, Presence
from ocroute.kernels.requirements import Platform, torch_obstacle
from ocroute.kernels.torch_builds import releases
from ocroute.route.machine_survey import Survey
from ocroute.route.plan import EngineStatus, Wish, plan
from ocroute.user_settings import SettingsHere

NOW, LAST_YEAR = releases()[0].release, "2.9.1"
TORCHES = {"this year's": NOW, "last year's": LAST_YEAR, "none": ""}
CASES = [(card, system) for card, one in described().items() for system in one.hosts]
OCR = EngineStatus(EngineInfo("ocr", rank=10), Availability("usable", scripts=("Latn",)))


def seen(card, system, torch, *, driver="", neural=None):
    """The survey of a machine, made as ocroute makes it, on what is described of it."""
    machine = described()[card].on(system, driver, torch)
    kernels = {}
    for name in (name for name in KERNELS if KERNELS[name].builtin):
        info = KERNELS.load(name).info
        here = info.distribution == "torch" and torch
        kernels[name] = (info, Presence("usable", torch.version) if here else Presence("absent", reason="not here"))
    platform = Platform(machine.first_gpu, machine.driver_cuda, torch, kernels, host=machine.host)
    dots = neural or EngineStatus(
        EngineInfo("vlm", rank=2, gpu_mb=7_000), Availability("usable", scripts=("Latn",), install="")
    )
    engines = {"dots_ocr": dots, "rapidocr": OCR}
    rows = model_rows({name: (one.info, one.availability) for name, one in engines.items()}, machine, platform)
    problem = torch_obstacle(platform) if torch else None
    made = plan(machine, engines, Wish(), platform)
    return Survey(machine, engines, made, neural=rows if torch else (), gpu_obstacle=problem), platform


@pytest.mark.parametrize("last_driver", [False, True])
@pytest.mark.parametrize("torch", TORCHES)
@pytest.mark.parametrize(("card", "system"), CASES)
def test_doctor_says_what_is_there_and_ends_with_one_command(card, system, torch, last_driver, monkeypatch):
    one = described()[card]
    here = from_default_index(TORCHES[torch], system) if TORCHES[torch] else None
    driver = one.last_driver if last_driver else one.driver
    neural = None
    if here is None:
        monkeypatch.setattr(availability, "inspect", lambda: one.on(system, driver))
        monkeypatch.setattr(availability, "installed", lambda _: "")
        step = availability.install_step()
        absent = Availability("absent", reason="torch is not installed", install=step.command, advice=step.advice)
        neural = EngineStatus(EngineInfo("vlm", rank=2, gpu_mb=7_000), absent)
    survey, platform = seen(card, system, here, driver=driver, neural=neural)
    lines = overview(survey, SettingsHere("config.toml", False, {}))
    assert len(lines) <= 40
    told = "\n".join(lines)
    assert (one.gpu["name"] if one.gpu else f"no GPU: {one.note}") in told
    assert ("that of Windows" in told) is (system == "wsl2" and bool(survey.machine.driver))
    reads = "dots_ocr" in survey.plan.routes
    last = lines[-1].removeprefix("Next: ")
    assert system != "windows" or "'" not in last  # which its command prompt would hand on to pip
    if survey.gpu_obstacle:
        assert not reads
        assert str(survey.gpu_obstacle.cause) in told
        assert str(survey.gpu_obstacle.cause) in survey.plan.rejected["dots_ocr"]
    if last.startswith("pip install"):
        brought = installed_by(last, system)
        newer = one.driver if "driver" in survey.plan.rejected["dots_ocr"] else driver
        served = replace(platform, torch=brought, driver_cuda=newer if platform.driver_cuda else "")
        assert torch_obstacle(served) is None, last
    else:
        provable = reads and survey.machine.first_gpu.kind != "mps"
        assert last == ("ocroute prove --for dots_ocr" if provable else "ocroute read PAGE")


@pytest.mark.parametrize(("card", "system"), CASES)
def test_with_a_torch_that_fits_every_card_reads_on_a_kernel_of_torch_s_own(card, system):
    one = described()[card]
    if one.gpu is None:
        survey, _ = seen(card, system, from_default_index(NOW, system))
        assert "dots_ocr" not in survey.plan.routes
        return
    survey, platform = seen(card, system, None)
    torch = installed_by(torch_obstacle(platform).next_step.command, system)
    survey, platform = seen(card, system, torch)
    assert list(survey.plan.routes) == ["dots_ocr", "rapidocr"], survey.plan.rejected
    chosen = kernel_choices("dots_ocr", platform)
    assert {choice.kernel for choice in chosen.values()} <= {"sdpa_flash", "sdpa_efficient", "sdpa_math"}
    assert not any(choice.proven for choice in chosen.values())


@pytest.mark.parametrize("torch", TORCHES)
@pytest.mark.parametrize(
    ("gpu", "driver", "by_hand"),
    [
        (Gpu("NVIDIA A10G", 23_028, 22_000, (8, 6)), "11.8", "pdate the driver"),
        (Gpu("Tesla K80", 11_441, 11_000, (3, 7)), "11.4", "o release of torch since 2.9 has code for this card"),
    ],
)
def test_what_is_to_be_done_by_hand_is_told_and_the_command_at_the_end_can_be_typed(
    gpu, driver, by_hand, torch, monkeypatch
):
    machine = replace_struct(described()["L4 24 GB"].on("linux", driver), gpus=(gpu,))
    monkeypatch.setattr(Described, "on", lambda *_: machine)
    monkeypatch.setattr(availability, "inspect", lambda: machine)
    monkeypatch.setattr(availability, "installed", lambda _: "")
    step = availability.install_step()
    absent = Availability("absent", reason="torch is not installed", install=step.command, advice=step.advice)
    here = from_default_index(TORCHES[torch], "linux") if TORCHES[torch] else None
    neural = None if here else EngineStatus(EngineInfo("vlm", rank=2, gpu_mb=7_000), absent)
    lines = overview(seen("L4 24 GB", "linux", here, neural=neural)[0], SettingsHere("config.toml", False, {}))
    assert by_hand in "\n".join(lines[:-1])
    assert lines[-1] == "Next: ocroute read PAGE"
    assert len(lines) <= 40


def test_a_pinned_engine_on_every_card_that_torch_cannot_use_is_refused_with_the_command():
    for card, system in CASES:
        one = described()[card]
        if one.gpu is None or system == "mac":
            continue
        survey, platform = seen(card, system, build(LAST_YEAR, "12.6", system))
        if problem := torch_obstacle(platform):
            with pytest.raises(EngineUnavailable) as caught:
                plan(survey.machine, survey.engines, Wish("dots_ocr"), platform)
            assert problem.next_step.command in caught.value.message
            assert one.gpu["name"] in caught.value.message
