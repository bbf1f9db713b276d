"""Machines that are described in ``machines.toml``, as ocroute would find them."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from ocroute.kernels.requirements import TorchBuild
from ocroute.kernels.torch_builds import code, releases
from ocroute.machine import Gpu, Machine

System = Literal["linux", "linux-aarch64", "wsl2", "windows", "mac"]
_OS = {
    "linux": ("Linux 6.12.0", "x86_64"),
    "linux-aarch64": ("Linux 6.14.0-nvidia", "aarch64"),
    "wsl2": ("Linux 6.6.87.2-microsoft-standard-WSL2", "x86_64"),
    "windows": ("Windows 11", "AMD64"),
    "mac": ("Darwin 25.1.0", "arm64"),
}


class Described(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One card and where it exists; the fields are described in the file."""

    card: str
    hosts: tuple[System, ...]
    gpu: dict[str, Any] | None = None
    driver: str = ""
    last_driver: str = ""
    note: str = ""

    def found(self) -> Gpu | None:
        """The card as its driver tells of it, with what a desktop takes of its memory."""
        if self.gpu is None:
            return None
        taken = 500 if self.gpu["memory_mb"] < 10_000 else 1_000
        return msgspec.convert({**self.gpu, "free_mb": self.gpu["memory_mb"] - taken}, Gpu)

    def on(self, system: System, driver: str = "", torch: TorchBuild | None = None) -> Machine:
        """A computer with it.

        Args:
            driver: the newest CUDA that its driver serves; today's when left out.
            torch: that is installed there.
        """
        os, architecture = _OS[system]
        gpu = self.found()
        nvidia = gpu is not None and gpu.kind == "cuda"
        return Machine(
            os=os,
            architecture=architecture,
            processor="described",
            cores=8,
            memory_mb=32_000,
            free_mb=24_000,
            python="3.12.3",
            gpus=(gpu,) if gpu else (),
            driver="described" if nvidia else "",
            driver_cuda=(driver or self.driver) if nvidia else "",
            gpu_note=self.note,
            libraries={"ocroute": "0.1", **({"torch": torch.version} if torch else {})},
        )


@cache
def described() -> dict[str, Described]:
    """By the card's name."""
    text = Path(__file__).with_name("machines.toml").read_text(encoding="utf-8")
    return {one.card: one for one in msgspec.convert(tomllib.loads(text)["machine"], tuple[Described, ...])}


def from_default_index(release: str, system: System) -> TorchBuild:
    """The torch that ``pip install torch`` gave there when ``release`` was the newest."""
    if system == "windows":
        return TorchBuild(f"{release}+cpu")
    if system == "mac":
        return TorchBuild(release, other="mps")
    return build(release, next(one.default for one in releases() if one.release == release), system)


def build(release: str, cuda: str, system: System) -> TorchBuild:
    """A build for CUDA, as it says of itself."""
    host = "linux-aarch64" if system == "linux-aarch64" else "windows" if system == "windows" else "linux"
    return TorchBuild(f"{release}+cu{cuda.replace('.', '')}", cuda, code()[cuda].on(host, release))


def installed_by(command: str, system: System) -> TorchBuild | None:
    """The torch that a command of ours brings; None where it names none."""
    version = next((word.removeprefix("torch==") for word in command.split() if word.startswith("torch==")), "")
    if not version:
        return from_default_index(releases()[0].release, system) if command.startswith("pip install") else None
    release, _, local = version.partition("+")
    if local.startswith("rocm"):
        return TorchBuild(version, other="rocm")
    return build(release, f"{local[2:-1]}.{local[-1]}", system)
