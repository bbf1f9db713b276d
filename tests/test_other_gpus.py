"""GPUs that are not NVIDIA's, and NVIDIA's that no driver shows: what Linux's own files say, laid out as Linux lays them out."""

from __future__ import annotations

from pathlib import Path

import pytest

from ocroute import gpus
from ocroute.gpus import Gpu, others


def written(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text + "\n")


def amd_card(node: int, minor: int, version: int, memory: int, used: int = 0, name: str = "") -> dict[str, str]:
    device = f"class/drm/renderD{minor}/device"
    properties = f"cpu_cores_count 0\nsimd_count 192\ngfx_target_version {version}\ndrm_render_minor {minor}"
    return {
        f"class/kfd/kfd/topology/nodes/{node}/properties": properties,
        f"{device}/mem_info_vram_total": str(memory << 20),
        f"{device}/mem_info_vram_used": str(used << 20),
        **({f"{device}/product_name": name} if name else {}),
    }


def on_the_bus(slot: str, vendor: str, device: str, kind: str = "0x030000", status: str = "active") -> dict[str, str]:
    folder = f"bus/pci/devices/{slot}"
    files = {"class": kind, "vendor": vendor, "device": device, "power/runtime_status": status}
    return {f"{folder}/{name}": text for name, text in files.items()}


PROCESSOR = {"class/kfd/kfd/topology/nodes/0/properties": "cpu_cores_count 16\nsimd_count 0"}


def test_amd_cards_are_listed_in_rocm_s_order_with_what_is_free_of_them(tmp_path):
    written(tmp_path, PROCESSOR)
    written(tmp_path, amd_card(2, 129, 90402, 196_592, 500, "AMD Instinct MI300X OAM"))
    written(tmp_path, amd_card(10, 130, 110000, 24_560, 1_000))
    assert others.amd(tmp_path) == (
        Gpu("AMD Instinct MI300X OAM", 196_592, 196_092, (9, 4), kind="rocm"),
        Gpu("AMD GPU gfx1100", 24_560, 23_560, (11, 0), kind="rocm"),
    )


def test_the_graphics_part_of_a_processor_is_no_gpu_that_a_model_fits(tmp_path):
    written(tmp_path, PROCESSOR | amd_card(1, 128, 90012, 512))
    assert others.amd(tmp_path) == ()
    written(tmp_path, on_the_bus("0000:04:00.0", "0x1002", "0x1638"))
    assert list(others.unused(tmp_path)) == [
        "an AMD GPU (0000:04:00.0, 1638) is there, of which ROCm's driver lists no memory of its own"
    ]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            on_the_bus("0000:01:00.0", "0x10de", "0x28a0", status="suspended"),
            "an NVIDIA card (0000:01:00.0, 28a0) is there and is asleep: nvidia-smi wakes it",
        ),
        (
            on_the_bus("0000:01:00.0", "0x10de", "0x2c05"),
            "an NVIDIA card (0000:01:00.0, 2c05) is there and has no driver that answers",
        ),
        (
            on_the_bus("0000:03:00.0", "0x8086", "0xe20b"),
            "an Intel GPU (0000:03:00.0, e20b) is there: torch's build for it (XPU) is not used",
        ),
    ],
)
def test_what_is_there_and_not_used_is_said(tmp_path, files, said):
    written(tmp_path, files | on_the_bus("0000:00:1f.3", "0x8086", "0x7a50", kind="0x040300"))  # a sound chip
    assert list(others.unused(tmp_path)) == [said]


def test_a_sleeping_card_is_part_of_why_no_gpu_is_listed(tmp_path, monkeypatch):
    written(tmp_path, on_the_bus("0000:01:00.0", "0x10de", "0x28a0", status="suspended"))
    monkeypatch.setattr(others, "_SYSTEM", tmp_path)
    monkeypatch.setattr(
        gpus.nvidia, "find", lambda: gpus.FoundGpus(note="no NVIDIA driver answers (Driver Not Loaded)")
    )
    found = gpus.find()
    assert found.gpus == ()
    assert found.note.startswith("no NVIDIA driver answers (Driver Not Loaded); an NVIDIA card")
    assert found.note.endswith("nvidia-smi wakes it")


@pytest.mark.parametrize(("torch", "first"), [("2.15.0", "NVIDIA L4"), ("2.13.0+rocm7.2", "AMD GPU gfx1100")])
def test_of_two_makers_the_one_comes_first_for_which_torch_is_built(torch, first, tmp_path, monkeypatch):
    written(tmp_path, amd_card(1, 128, 110000, 24_560))
    monkeypatch.setattr(others, "_SYSTEM", tmp_path)
    monkeypatch.setattr(
        gpus.nvidia, "find", lambda: gpus.FoundGpus((Gpu("NVIDIA L4", 23_034, 22_000, (8, 9)),), "580.1", "13.0")
    )
    monkeypatch.setattr(gpus, "version", lambda _: torch)
    assert gpus.find().gpus[0].name == first
    monkeypatch.setenv(gpus.VISIBLE, "-1")
    assert [gpu.kind for gpu in gpus.find().gpus] == [
        "cuda"
    ]  # the described driver hides nothing, of AMD's none is left


def test_a_loaded_torch_for_rocm_is_believed_where_the_system_says_nothing(tmp_path, monkeypatch):
    """Then the plan and the place where a model runs agree."""
    torch = pytest.importorskip("torch", reason="it is what is asked")
    from ocroute.engines.neural import devices

    monkeypatch.setattr(others, "_SYSTEM", tmp_path)
    monkeypatch.setattr(torch.version, "hip", "7.2.0", raising=False)
    monkeypatch.setattr(torch.version, "cuda", None)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _=0: (11, 0))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _=0: "AMD Radeon RX 7900 XTX")
    assert gpus.find().gpus == (Gpu("AMD Radeon RX 7900 XTX", 0, 0, (11, 0), kind="rocm"),)
    place = devices.place()
    assert (place.device, place.dtype_name, place.name) == ("cuda:0", "bfloat16", "AMD Radeon RX 7900 XTX")
