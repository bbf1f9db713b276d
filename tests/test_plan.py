"""The plan is pure: it is tested on machines that are described, not had."""

from __future__ import annotations

import msgspec
import pytest

from ocroute.engines.base import Availability, EngineInfo, Task, Wanted
from ocroute.engines.neural.attention_shapes import problems_for
from ocroute.errors import EngineUnavailable, UsageError
from ocroute.kernels.base import KERNELS, Presence
from ocroute.kernels.probe.proof import Measure, Place, Proof
from ocroute.kernels.requirements import Platform, TorchBuild
from ocroute.machine import Gpu, Machine
from ocroute.route.plan import EngineStatus, Plan, Wish, plan

LAPTOP = Machine("Linux 6.1", "x86_64", "described", cores=4, memory_mb=16_000, free_mb=8_000, python="3.12.1")
TINY = msgspec.structs.replace(LAPTOP, memory_mb=1_000, free_mb=300)
BLACKWELL = msgspec.structs.replace(LAPTOP, gpus=(Gpu("NVIDIA GeForce RTX 5070 Ti", 16_303, 15_000, (12, 0)),))

TEXTLAYER = EngineStatus(EngineInfo("textlayer", rank=0), Availability("usable"))
LATIN_OCR = EngineStatus(
    EngineInfo("ocr", rank=10, memory_mb=600), Availability("usable", scripts=("Hans", "Latn"), version="3.10")
)
MANY_OCR = EngineStatus(
    EngineInfo("ocr", rank=20, memory_mb=200),
    Availability("usable", scripts=("Cyrl", "Latn"), languages=("en", "ru"), install="apt install tesseract-ocr-deu"),
)
ABSENT = EngineStatus(
    EngineInfo("ocr", rank=20),
    Availability("absent", reason="no tesseract on PATH", install="apt install tesseract-ocr"),
)
SERVER = EngineStatus(EngineInfo("remote", rank=5), Availability("usable"))


def planned(machine=LAPTOP, languages=(), engine="", **engines) -> Plan:
    return plan(machine, engines, Wish(engine, Wanted(languages=languages)))


def test_every_engine_is_in_the_plan_exactly_once_with_a_reason():
    result = planned(a=TEXTLAYER, b=LATIN_OCR, c=ABSENT, d=SERVER)
    assert set(result.routes) | set(result.rejected) == {"a", "b", "c", "d"}
    assert not set(result.routes) & set(result.rejected)
    assert all([*result.routes.values(), *result.rejected.values()])


def test_order_follows_rank_not_name():
    assert list(planned(z=TEXTLAYER, a=MANY_OCR, m=LATIN_OCR).routes) == ["z", "m", "a"]


def test_a_language_that_an_engine_cannot_write_rejects_it():
    result = planned(languages=("ru",), text=TEXTLAYER, latin=LATIN_OCR, many=MANY_OCR)
    assert list(result.routes) == ["text", "many"]
    assert "Cyrillic" in result.rejected["latin"]


def test_a_missing_language_pack_is_named():
    result = planned(languages=("de",), latin=LATIN_OCR, many=MANY_OCR)
    assert list(result.routes) == ["latin"]
    assert "de" in result.rejected["many"]
    assert "tesseract-ocr-deu" in result.rejected["many"]


def test_without_any_fitting_engine_the_unfit_ones_are_a_last_resort():
    result = planned(languages=("ru",), text=TEXTLAYER, latin=LATIN_OCR, gone=ABSENT)
    assert list(result.routes) == ["text", "latin"]
    assert result.routes["latin"].startswith("last resort")
    assert "apt install tesseract-ocr" in result.rejected["gone"]


def test_memory_is_held_against_need():
    result = planned(TINY, latin=LATIN_OCR, many=MANY_OCR)
    assert list(result.routes) == ["many"]
    assert "600 MiB" in result.rejected["latin"]


@pytest.mark.parametrize("machine", [LAPTOP, BLACKWELL], ids=["laptop", "5070ti"])
def test_a_server_is_asked_only_by_name(machine):
    assert "server" in planned(machine, latin=LATIN_OCR, remote=SERVER).rejected["remote"]
    with pytest.raises(UsageError, match="--base-url"):
        planned(machine, engine="remote", latin=LATIN_OCR, remote=SERVER)


def test_pinning_an_unknown_engine_lists_the_known_ones():
    with pytest.raises(UsageError, match="latin, many"):
        planned(engine="nosuch", latin=LATIN_OCR, many=MANY_OCR)


def test_pinning_an_absent_engine_says_what_to_install():
    with pytest.raises(EngineUnavailable, match="apt install tesseract-ocr"):
        planned(engine="gone", latin=LATIN_OCR, gone=ABSENT)


def test_no_engine_at_all_is_an_error_with_every_reason():
    with pytest.raises(EngineUnavailable, match="no tesseract on PATH"):
        planned(gone=ABSENT)


def test_an_unknown_language_code_suggests_the_known_one():
    with pytest.raises(UsageError, match="--lang ru"):
        planned(languages=("rus",), latin=LATIN_OCR)


def test_a_server_is_a_route_once_its_address_is_given():
    wish = Wish("", Wanted(base_url="http://127.0.0.1:8000/v1"))
    assert list(plan(LAPTOP, {"latin": LATIN_OCR, "remote": SERVER}, wish).routes) == ["remote", "latin"]


def test_a_server_can_be_asked_for_by_name():
    wish = Wish("remote", Wanted(base_url="http://127.0.0.1:8000/v1"))
    assert list(plan(LAPTOP, {"latin": LATIN_OCR, "remote": SERVER}, wish).routes) == ["remote"]


@pytest.mark.parametrize("task", [Task(model="somewhere"), Task(mode="layout")])
def test_what_only_one_engine_understands_is_refused_without_an_engine(task):
    with pytest.raises(UsageError, match="--engine"):
        plan(LAPTOP, {"latin": LATIN_OCR}, Wish("", task))


ENGINES_OF_ALL_KINDS = {"latin": LATIN_OCR, "dots_ocr": EngineStatus(EngineInfo("vlm", 2), Availability("usable"))}
ENGINES_OF_ALL_KINDS |= {"remote": SERVER, "text": TEXTLAYER}
HERE = "http://127.0.0.1:8000/v1"


@pytest.mark.parametrize(
    ("engine", "task", "said"),
    [
        ("latin", Task(model="somewhere"), "--model somewhere"),
        ("latin", Task(mode="layout"), "--task layout"),
        ("latin", Task(base_url=HERE), f"--base-url {HERE}"),
        ("latin", Task(quantized=True), "--quantized"),
        ("text", Task(mode="layout"), "--task layout"),
        ("dots_ocr", Task(base_url=HERE), f"--base-url {HERE}"),
        ("remote", Task(base_url=HERE, quantized=True), "--quantized"),
    ],
)
def test_an_option_that_the_engine_would_drop_is_refused(engine, task, said):
    with pytest.raises(UsageError, match=f"^the engine {engine} knows nothing of {said}\\."):
        plan(LAPTOP, ENGINES_OF_ALL_KINDS, Wish(engine, task))


@pytest.mark.parametrize(
    ("engine", "task"),
    [
        ("dots_ocr", Task(model="somewhere", mode="layout", quantized=True)),
        ("remote", Task(model="a", mode="text", base_url=HERE)),
        ("", Task(quantized=True)),
        ("", Task(model="a", mode="text", base_url=HERE)),
    ],
)
def test_an_option_that_an_engine_heeds_is_let_through(engine, task):
    assert plan(LAPTOP, ENGINES_OF_ALL_KINDS, Wish(engine, task)).routes


@pytest.mark.parametrize(
    ("step", "pinned", "among_others"),
    [
        ({"install": "pip install x"}, "Run: pip install x", "; to install: pip install x"),
        ({"advice": "Fetch it again"}, "Fetch it again", "; fetch it again"),
        ({}, "Run: ocroute doctor", ""),
    ],
)
def test_only_a_command_is_announced_as_one(step, pinned, among_others):
    torn = EngineStatus(EngineInfo("ocr", rank=1), Availability("absent", reason="torn", **step))
    with pytest.raises(EngineUnavailable) as caught:
        planned(engine="torn", torn=torn)
    assert str(caught.value.next_step) == pinned
    assert planned(latin=LATIN_OCR, torn=torn).rejected["torn"] == f"absent: torn{among_others}"


TORCH = TorchBuild("2.13.0+cu130", "13.0", ("sm_80", "sm_90", "sm_100", "sm_120"))
OLD_TORCH = TorchBuild("2.5.1+cu124", "12.4", ("sm_80", "sm_90"))
NEURAL = EngineStatus(
    EngineInfo("vlm", rank=2, gpu_mb=7_000, strengths="layout"), Availability("usable", scripts=("Latn",))
)


def with_gpu(name, memory_mb, capability, *, driver_cuda="13.0", free_mb=None) -> Machine:
    gpu = Gpu(name, memory_mb, memory_mb - 1_000 if free_mb is None else free_mb, capability)
    return msgspec.structs.replace(LAPTOP, gpus=(gpu,), driver="580.82", driver_cuda=driver_cuda)


def platform(machine, torch=TORCH, proofs=()) -> Platform:
    """Torch's own kernels are here, no other package is."""
    kernels = {}
    for name in KERNELS:
        info = KERNELS.load(name).info
        here = (
            Presence("usable", torch.version) if info.distribution == "torch" else Presence("absent", reason="not here")
        )
        kernels[name] = (info, here)
    return Platform(next(iter(machine.gpus), None), machine.driver_cuda, torch, kernels, proofs)


def routed(machine, wish=None, **described):
    engines = {"dots_ocr": NEURAL, "latin": LATIN_OCR}
    return plan(machine, engines, wish or Wish(), platform(machine, **described))


@pytest.mark.parametrize(
    ("name", "memory_mb", "capability"),
    [
        ("NVIDIA GeForce RTX 5070 Ti", 16_303, (12, 0)),
        ("NVIDIA GeForce RTX 5090", 32_607, (12, 0)),
        ("NVIDIA GeForce RTX 4090", 24_564, (8, 9)),
        ("NVIDIA GeForce RTX 3060", 12_288, (8, 6)),
        ("NVIDIA A100-SXM4-80GB", 81_920, (8, 0)),
        ("NVIDIA H100 80GB HBM3", 81_559, (9, 0)),
        ("NVIDIA B200", 183_359, (10, 0)),
    ],
)
def test_without_flash_attn_a_card_reads_with_dots_ocr_on_a_kernel_of_torch(name, memory_mb, capability):
    result = routed(with_gpu(name, memory_mb, capability))
    assert list(result.routes) == ["dots_ocr", "latin"]
    assert "vision encoder on sdpa_flash, unproven" in result.routes["dots_ocr"]


def test_the_fastest_proven_kernel_is_named():
    machine = with_gpu("NVIDIA GeForce RTX 5070 Ti", 16_303, (12, 0))
    place = Place("NVIDIA GeForce RTX 5070 Ti", (12, 0), "580.82", TORCH.version)
    proofs = tuple(
        Proof(kernel, TORCH.version, problem, place, "proven", "right", measure=Measure(1.0, speed))
        for kernel, speed in (("torch_varlen", 90.0), ("sdpa_cudnn", 80.0))
        for problem in problems_for("dots_ocr", machine.gpus[0])
    )
    result = routed(machine, proofs=proofs)
    assert result.routes["dots_ocr"].endswith("vision encoder on torch_varlen; decoder on torch_varlen")


def test_a_torch_without_code_for_the_card_is_named_and_the_page_read_on_the_processor():
    result = routed(with_gpu("NVIDIA GeForce RTX 5070 Ti", 16_303, (12, 0)), torch=OLD_TORCH)
    assert list(result.routes) == ["latin"]
    assert "2.5.1+cu124" in result.rejected["dots_ocr"]
    assert "to install: pip install torch==2.15.0+cu130 torchvision --index-url https://" in result.rejected["dots_ocr"]


CPU_TORCH = TorchBuild("2.13.0+cpu")


def test_a_pinned_model_is_not_read_on_the_processor_behind_the_back_of_a_gpu():
    card = with_gpu("NVIDIA GeForce RTX 5070 Ti", 16_303, (12, 0))
    with pytest.raises(EngineUnavailable, match=r"2\.13\.0\+cpu is a build for the CPU") as caught:
        routed(card, Wish("dots_ocr"), torch=CPU_TORCH)
    assert "RTX 5070 Ti" in caught.value.message
    assert "CUDA_VISIBLE_DEVICES=-1" in str(caught.value.next_step)
    assert list(routed(card, Wish("dots_ocr")).routes) == ["dots_ocr"]
    assert list(routed(LAPTOP, Wish("dots_ocr"), torch=CPU_TORCH).routes) == ["dots_ocr"]


def test_a_driver_too_old_for_torch_is_named():
    result = routed(with_gpu("NVIDIA GeForce RTX 4090", 24_564, (8, 9), driver_cuda="12.2"))
    assert "12.2" in result.rejected["dots_ocr"]
    assert "driver" in result.rejected["dots_ocr"]


def test_a_card_whose_memory_is_taken_is_not_tried():
    result = routed(with_gpu("NVIDIA GeForce RTX 4090", 24_564, (8, 9), free_mb=3_000))
    assert "7000 MiB" in result.rejected["dots_ocr"]
    assert result.rejected["dots_ocr"].endswith("other programs hold the rest: nvidia-smi names them")


def test_a_card_that_is_too_small_is_not_called_busy():
    result = routed(with_gpu("NVIDIA GeForce RTX 3050", 4_096, (8, 6)))
    assert result.rejected["dots_ocr"].endswith("of 4096 MiB are free")


def test_a_card_that_does_not_tell_its_memory_is_tried():
    result = routed(with_gpu("NVIDIA A100, a MIG slice", 0, (8, 0), free_mb=0))
    assert list(result.routes) == ["dots_ocr", "latin"]


def test_the_other_of_two_cards_is_named_where_it_would_do():
    busy = with_gpu("NVIDIA GeForce RTX 4090", 24_564, (8, 9), free_mb=2_000)
    second = Gpu("NVIDIA GeForce RTX 3090", 24_576, 23_000, (8, 6))
    result = routed(msgspec.structs.replace(busy, gpus=(*busy.gpus, second)))
    assert result.rejected["dots_ocr"].endswith("; NVIDIA GeForce RTX 3090 would do: set CUDA_VISIBLE_DEVICES=1")
    small = msgspec.structs.replace(second, free_mb=1_000)
    assert "would do" not in routed(msgspec.structs.replace(busy, gpus=(*busy.gpus, small))).rejected["dots_ocr"]


def test_another_card_is_named_too_where_torch_has_no_code_for_the_first():
    old = with_gpu("NVIDIA GeForce GTX 1080 Ti", 11_264, (6, 1))
    second = Gpu("NVIDIA GeForce RTX 3090", 24_576, 23_000, (8, 6))
    result = routed(msgspec.structs.replace(old, gpus=(*old.gpus, second)))
    assert "has no code for NVIDIA GeForce GTX 1080 Ti" in result.rejected["dots_ocr"]
    assert "NVIDIA GeForce RTX 3090 would do: set CUDA_VISIBLE_DEVICES=1" in result.rejected["dots_ocr"]


def test_without_a_gpu_a_neural_engine_waits_to_be_asked():
    result = routed(LAPTOP)
    assert list(result.routes) == ["latin"]
    pinned = plan(LAPTOP, {"dots_ocr": NEURAL, "latin": LATIN_OCR}, Wish("dots_ocr"))
    assert list(pinned.routes) == ["dots_ocr"]


def test_who_prefers_speed_gets_engines_without_a_language_model_first():
    machine = with_gpu("NVIDIA H100 80GB HBM3", 81_559, (9, 0))
    assert list(routed(machine, Wish(prefer="speed")).routes) == ["latin", "dots_ocr"]
