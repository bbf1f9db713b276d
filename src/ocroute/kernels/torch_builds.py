"""Which build of torch has code for a card and runs on its driver: releases x CUDA builds x architectures, from ``facts.toml``.

Pure. What PyTorch's own index has is not asked: the table is dated, and read from PyTorch's release notes.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import msgspec

from ocroute.kernels.binaries import runs_on
from ocroute.kernels.facts import Capability, tables
from ocroute.machine import Host

_INDEX = "https://download.pytorch.org/whl"
_VLM = "'ocroute[vlm]'"


class Release(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A release of torch; the fields are described in the file."""

    release: str
    cuda: tuple[str, ...]
    default: str
    source: str
    date: datetime.date
    rocm: str = ""


class Code(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the builds for one CUDA have code for."""

    cuda: str
    x86_64: tuple[str, ...]
    aarch64: tuple[str, ...]
    portable: str = ""
    dropped: dict[str, str] = {}

    def on(self, host: Host, release: str) -> tuple[str, ...]:
        """As the list of architectures of that release of torch names it."""
        if host == "linux-aarch64":
            own = self.aarch64
        else:
            own = (*(name for name, last in self.dropped.items() if numbers(release) <= numbers(last)), *self.x86_64)
        return (*own, self.portable) if self.portable and host != "windows" else own


@dataclass(frozen=True, slots=True)
class Build:
    """One build of torch, on PyTorch's own index.

    Attributes:
        release: e.g. ``2.14.1``.
        local: the build's name in its version, e.g. ``cu126``.
        cuda: that it is made for; empty where it is for other cards.
    """

    release: str
    local: str
    cuda: str = ""

    @property
    def version(self) -> str:
        """As pip writes it."""
        return f"{self.release}+{self.local}"

    @property
    def command(self) -> str:
        """Installs it in the place of another build: the version names it whole, so that no other one satisfies it.

        torchvision is made for one release of torch, and changes with it.
        """
        return f"pip install torch=={self.version} torchvision --index-url {_INDEX}/{self.local}"

    @property
    def command_with_others(self) -> str:
        """Installs it with what neural engines need besides."""
        return f"pip install torch=={self.version} {_VLM} --extra-index-url {_INDEX}/{self.local}"


@cache
def releases() -> tuple[Release, ...]:
    """Every release in the table, the newest first."""
    return msgspec.convert(tables()["torch"], tuple[Release, ...])


@cache
def code() -> dict[str, Code]:
    """By CUDA."""
    return {one.cuda: one for one in msgspec.convert(tables()["torch_code"], tuple[Code, ...])}


def number_builds(releases: Sequence[Release], codes: Sequence[Code]) -> None:
    """Check that versions are numbers, for they become commands, and that every build is described.

    Raises:
        ValueError: they are not, or it is not.
    """
    cuda = {one.cuda for one in codes}
    for one in releases:
        for version in (one.release, *one.cuda, one.default, *([one.rocm] if one.rocm else [])):
            if not re.fullmatch(r"\d{1,4}(\.\d{1,4}){1,3}", version):
                raise ValueError(f"{version[:40]!r} of torch {one.release[:20]!r} is no version")
        if missing := {*one.cuda, one.default} - cuda:
            raise ValueError(
                f"torch {one.release} has builds for CUDA {', '.join(sorted(missing))}, which are not described"
            )
    if not releases:
        raise ValueError("it has no release of torch")


def has_code(release: str, cuda: str, card: Capability, host: Host) -> bool:
    """Whether the build of ``release`` for ``cuda`` has code for ``card``."""
    return any(runs_on(name, card) for name in code()[cuda].on(host, release))


def builds_for(card: Capability, host: Host) -> Iterator[Build]:
    """Every build with code for ``card``: the newest release first, and of one release the newest CUDA."""
    for release in releases():
        for cuda in release.cuda:
            if has_code(release.release, cuda, card, host):
                yield Build(release.release, f"cu{cuda.replace('.', '')}", cuda)


def newest_build(card: Capability, driver_cuda: str, host: Host) -> Build | None:
    """The newest release with code for ``card`` that runs on a driver which serves ``driver_cuda``; None if there is none.

    Within a major version of CUDA older drivers run newer builds; where the release has a build that asks less, it is taken.

    Args:
        driver_cuda: empty where it is unknown, or is to be updated.
    """
    fitting = [one for one in builds_for(card, host) if not driver_cuda or major(one.cuda) <= major(driver_cuda)]
    newest = [one for one in fitting if one.release == fitting[0].release]
    served = [one for one in newest if driver_cuda and numbers(one.cuda) <= numbers(driver_cuda)]
    return next(iter([*served, *newest]), None)


def default_serves(card: Capability, driver_cuda: str, host: Host) -> bool:
    """Whether the torch that the default package index gives has code for ``card`` and runs on that driver."""
    newest = releases()[0]
    old = driver_cuda and major(driver_cuda) < major(newest.default)
    return host != "windows" and not old and has_code(newest.release, newest.default, card, host)


def rocm_build() -> Build:
    """The newest build for AMD's cards in the table; on Linux only."""
    newest = next(one for one in releases() if one.rocm)
    return Build(newest.release, f"rocm{newest.rocm}")


def major(cuda: str) -> int:
    """The first number of a version; 0 of none."""
    return numbers(cuda)[0] if cuda else 0


def numbers(cuda: str) -> tuple[int, ...]:
    """A version as numbers that compare."""
    return tuple(int(part) for part in cuda.split("."))
