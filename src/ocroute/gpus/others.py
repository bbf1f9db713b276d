"""GPUs that are not NVIDIA's, as the system lists them: AMD's on Linux, Apple's own, and the names of what torch is not used on.

Nothing of this was run on such a machine: what the files of the system say is read as Linux documents it.
"""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from ocroute.gpus.described import FoundGpus, Gpu
from ocroute.host_memory import MIB, memory_mb

_SYSTEM = Path("/sys")
_NVIDIA, _AMD, _INTEL = "0x10de", "0x1002", "0x8086"
_MAKERS = {_NVIDIA: "NVIDIA", _AMD: "AMD", _INTEL: "Intel"}
_LEAST_MB = 4_000
"""Less has the graphics part of a processor set aside for it: no model fits, and nobody means it by a GPU."""
_APPLE_SHARE = 0.7
"""Of the computer's memory, what Metal recommends to use at most: two thirds to three quarters, by size."""


def find() -> FoundGpus:
    """Those that a torch can use, and a note about those that it cannot."""
    if platform.system() == "Darwin":  # asked as a function: a type checker takes `sys.platform` for settled
        return FoundGpus(apple()) if platform.machine() == "arm64" else FoundGpus()
    gpus = amd(_SYSTEM) or tuple(_of_loaded_torch())
    return FoundGpus(gpus, note="" if gpus else "; ".join(unused(_SYSTEM)))


def amd(system: Path) -> tuple[Gpu, ...]:
    """AMD's cards with memory of their own, in the order of ROCm's topology.

    Args:
        system: where the kernel shows its files, ``/sys``.
    """
    found = []
    for node in sorted((system / "class/kfd/kfd/topology/nodes").glob("*"), key=lambda node: node.name.zfill(4)):
        facts = dict(line.split(maxsplit=1) for line in _read(node / "properties").splitlines() if " " in line)
        if not int(facts.get("simd_count", 0)):
            continue  # the CPU
        device = system / f"class/drm/renderD{facts.get('drm_render_minor', '')}/device"
        memory, used = (int(_read(device / f"mem_info_vram_{kind}") or 0) // MIB for kind in ("total", "used"))
        if memory < _LEAST_MB:
            continue
        version = int(facts.get("gfx_target_version", 0))
        major, minor, step = version // 10_000, version // 100 % 100, version % 100
        name = _read(device / "product_name") or f"AMD GPU gfx{major}{minor:x}{step:x}"
        found.append(Gpu(name, memory, memory - used, (major, minor), kind="rocm"))
    return tuple(found)


def apple() -> tuple[Gpu, ...]:
    """The GPU of an Apple processor, whose memory is the computer's."""
    asked = subprocess.run(
        ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"], capture_output=True, text=True, timeout=10, check=False
    )
    memory, free = memory_mb()
    usable = int(memory * _APPLE_SHARE)
    return (Gpu(asked.stdout.strip() or "Apple GPU", usable, min(free, usable), (0, 0), kind="mps", unified=True),)


def unused(system: Path) -> Iterator[str]:
    """What there is that nothing of ours uses, in a sentence each: cards whose driver sleeps or is missing, and Intel's."""
    for device in sorted((system / "bus/pci/devices").glob("*")):
        if not _read(device / "class").startswith("0x03"):  # display controllers
            continue
        maker, number = _read(device / "vendor"), _read(device / "device").removeprefix("0x")
        if maker == _NVIDIA:
            asleep = _read(device / "power/runtime_status") == "suspended" or _read(device / "power_state") == "D3cold"
            why = "is asleep: nvidia-smi wakes it" if asleep else "has no driver that answers"
            yield f"an NVIDIA card ({device.name}, {number}) is there and {why}"
        elif maker == _AMD:
            yield f"an AMD GPU ({device.name}, {number}) is there, of which ROCm's driver lists no memory of its own"
        elif maker == _INTEL:
            yield f"an Intel GPU ({device.name}, {number}) is there: torch's build for it (XPU) is not used"
    if sys.platform == "win32":
        yield from (f"{name} is there: no torch that is used here has code for it" for name in _on_windows())


def _on_windows() -> Iterator[str]:
    """Display adapters of AMD and Intel, by the registry."""
    names: list[str] = []
    if sys.platform == "win32":
        import winreg

        folder = r"SYSTEM\CurrentControlSet\Control\Class\{4d36e968-e325-11ce-bfc1-08002be10318}"
        for number in range(10):
            try:
                with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, rf"{folder}\{number:04}") as key:
                    name = str(winreg.QueryValueEx(key, "DriverDesc")[0])
            except OSError:
                continue
            if name.startswith(("AMD", "Intel", "Radeon")):
                names.append(name)
    yield from names


def _of_loaded_torch() -> Iterator[Gpu]:
    """What a torch for ROCm that is loaded already says, where the system's files say nothing."""
    torch = sys.modules.get("torch")
    if not getattr(getattr(torch, "version", None), "hip", None) or torch is None or not torch.cuda.is_available():
        return
    try:
        memory = int(torch.cuda.get_device_properties(0).total_memory) // MIB
        free = int(torch.cuda.mem_get_info(0)[0]) // MIB
    except (RuntimeError, AssertionError):  # as torch words a device that does not answer
        memory = free = 0
    yield Gpu(torch.cuda.get_device_name(0), memory, free, torch.cuda.get_device_capability(0), kind="rocm")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
