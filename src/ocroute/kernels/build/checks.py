"""Whether a build can work here, in one list, before an hour of compiling is spent. Pure: ``toolchain.look`` did the looking."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Literal

import msgspec

from ocroute.kernels.build.recipes import book, dotted, parse_arch
from ocroute.kernels.build.request import Request
from ocroute.kernels.build.toolchain import Toolchain

State = Literal["ok", "warn", "fail"]

_WITHOUT = {
    "ninja": ("without it one file is compiled after the other", "pip install ninja"),
    "make": ("there is none, and the source is built by its Makefile", "sudo apt install make"),
}

RESERVE_GB = 2.0  # for the desktop, the shell and the link step


class Check(msgspec.Struct, frozen=True, omit_defaults=True):
    """One condition: what was seen, and what to do where it does not hold."""

    name: str
    state: State
    reason: str
    next_step: str = ""


def checks(request: Request, tools: Toolchain) -> tuple[Check, ...]:
    """Every condition of this build, met or not."""
    found = (
        _system(tools),
        _architecture(request),
        _nvcc(request, tools),
        _known_troubles(request, tools),
        _torch(tools),
        _compilers(request, tools),
        _packages(request, tools),
        _card(request, tools),
        _memory(request, tools),
        _disk(request, tools),
    )
    return tuple(chain.from_iterable(found))


def jobs(request: Request, tools: Toolchain) -> int:
    """Compilers at once: as many as memory holds and cores serve; 0 where memory holds none.

    A build that swaps takes days and takes the machine with it, so memory that other programs use does not count.
    """
    if request.jobs:
        return request.jobs
    return min(tools.cores, int((tools.free_gb - RESERVE_GB) / gb_per_job(request)))


def gb_per_job(request: Request) -> float:
    """Memory of one compiler at its peak, in GB."""
    forward = request.recipe.forward
    return forward.gb_per_job if request.forward_only and forward else request.recipe.gb_per_job


def needed_modules(request: Request) -> tuple[str, ...]:
    """Python packages that the build imports."""
    forward = request.recipe.forward
    return forward.modules if request.forward_only and forward else request.recipe.modules


def _system(tools: Toolchain) -> Iterator[Check]:
    if tools.system != "linux":
        yield Check("system", "fail", f"the recipes are written for Linux, this is {tools.system}", "Build under WSL 2")


def _architecture(request: Request) -> Iterator[Check]:
    arch, chosen = dotted(request.arch), request.recipe
    if reason := chosen.refused.get(arch):
        yield Check("architecture", "fail", f"{request.name} on {arch}: {reason} ({chosen.source})")
    elif arch not in chosen.archs:
        known = ", ".join(chosen.archs)
        yield Check(
            "architecture", "fail", f"{request.name} has no code for {arch}, only for {known} ({chosen.source})"
        )
    else:
        yield Check("architecture", "ok", f"{arch} is {chosen.archs[arch]!r} to this source ({chosen.source})")


def _nvcc(request: Request, tools: Toolchain) -> Iterator[Check]:
    arch, chosen, ages = dotted(request.arch), request.recipe, book().nvcc
    # What is compiled may be code of an older card that this one runs: nvcc must know that one only.
    code = dotted(parse_arch(chosen.archs.get(arch, arch)))
    needed = max((chosen.min_nvcc, ages.oldest.get(code, "0"), chosen.nvcc.get(arch, "0")), key=_numbers)
    install = f"Install a CUDA toolkit of {needed} or newer and set CUDA_HOME to it"
    if not tools.nvcc:
        yield Check(
            "nvcc", "fail", "there is no CUDA toolkit: no folder with bin/nvcc and include/cuda_runtime.h", install
        )
        return
    where = f"nvcc {tools.nvcc} in {tools.cuda_home}"
    if _numbers(tools.nvcc) < _numbers(needed):
        yield Check("nvcc", "fail", f"{where} is too old for {arch}: {needed} is needed ({ages.source})", install)
    else:
        yield Check("nvcc", "ok", f"{where}; {needed} is needed")
    if missing := [name for name in chosen.headers if name not in tools.headers]:
        yield Check("headers", "fail", f"the toolkit lacks {', '.join(missing)}", "Install the whole CUDA toolkit")
    if not tools.cuobjdump:
        yield Check(
            "cuobjdump",
            "fail",
            "without it nothing says what is inside the wheel",
            "pip install nvidia-cuda-cuobjdump",
        )


def _known_troubles(request: Request, tools: Toolchain) -> Iterator[Check]:
    for trouble in request.recipe.warnings:
        avoided = bool(trouble.unless) and bool(getattr(request, trouble.unless))
        if dotted(request.arch) in trouble.archs and tools.nvcc in trouble.nvcc and not avoided:
            yield Check("known trouble", "warn", f"{trouble.text} ({trouble.source})", trouble.next_step)


def _torch(tools: Toolchain) -> Iterator[Check]:
    if not tools.torch:
        yield Check("torch", "fail", "PyTorch is not installed in this environment", "pip install 'ocroute[vlm]'")
        return
    if not tools.torch_cuda:
        step = "Install a PyTorch for CUDA: pytorch.org says which command is yours"
        yield Check("torch", "fail", f"PyTorch {tools.torch} was built without CUDA: nothing to link with", step)
        return
    said = f"PyTorch {tools.torch}, built for CUDA {tools.torch_cuda}"
    if tools.nvcc and _numbers(tools.torch_cuda)[0] != _numbers(tools.nvcc)[0]:
        step = f"Set CUDA_HOME to a toolkit of CUDA {tools.torch_cuda}"
        yield Check("torch", "fail", f"{said}, does not go with nvcc {tools.nvcc}: another major version", step)
    elif tools.nvcc and tools.torch_cuda != tools.nvcc:
        yield Check("torch", "ok", f"{said}; nvcc {tools.nvcc} is of the same major version, which is enough")
    else:
        yield Check("torch", "ok", said)


def _compilers(request: Request, tools: Toolchain) -> Iterator[Check]:
    if tools.cxx:
        yield Check("C++ compiler", "ok", f"{tools.cxx} {tools.cxx_version}")
    else:
        yield Check("C++ compiler", "fail", "there is none", "sudo apt install g++")
    if not tools.has_python_headers:
        yield Check("Python headers", "fail", f"{tools.python} came without Python.h", "sudo apt install python3-dev")
    driver = request.recipe.driver
    if found := getattr(tools, driver):
        yield Check(driver, "ok", found)
    else:
        yield Check(driver, "fail", *_WITHOUT[driver])


def _packages(request: Request, tools: Toolchain) -> Iterator[Check]:
    missing = [name for name in needed_modules(request) if name not in tools.modules]
    if missing:
        yield Check("packages", "fail", f"the build imports {', '.join(missing)}", f"pip install {' '.join(missing)}")


def _card(request: Request, tools: Toolchain) -> Iterator[Check]:
    wanted, here = dotted(request.arch), ", ".join(dotted(gpu) for gpu in tools.gpus)
    if request.arch in tools.gpus:
        yield Check("card", "ok", f"a card of {wanted} is here")
    elif request.recipe.builds_for_this_gpu:
        yield Check(
            "card",
            "fail",
            f"{request.name} asks the card what to build for, and there is none of {wanted}",
            f"Build it on a machine with a card of {wanted}",
        )
    else:
        reason = f"the card here is {here}" if here else "no card is here"
        yield Check("card", "warn", f"{reason}: a wheel for {wanted} can be built but not proven")


def _memory(request: Request, tools: Toolchain) -> Iterator[Check]:
    each, count = gb_per_job(request), jobs(request, tools)
    seen = f"{tools.free_gb:.1f} of {tools.memory_gb:.1f} GB are free, a job takes about {each:g}"
    if not count:
        smaller = request.recipe.forward is not None and not request.forward_only
        step = "Close programs" + (", or add --forward-only, which needs less" if smaller else "")
        yield Check("memory", "fail", seen, f"{step}; --jobs 1 tries it all the same")
    elif count * each + RESERVE_GB > tools.free_gb:
        fitting = max(1, int((tools.free_gb - RESERVE_GB) / each))
        yield Check("memory", "warn", f"{seen}: {count} at once may swap", f"--jobs {fitting}")
    else:
        yield Check("memory", "ok", f"{seen}: {count} at once on {tools.cores} cores")


def _disk(request: Request, tools: Toolchain) -> Iterator[Check]:
    forward = request.recipe.forward
    needed = forward.disk_gb if request.forward_only and forward else request.recipe.disk_gb
    seen = f"{tools.disk_gb:.0f} GB are free, about {needed:g} are needed"
    if tools.disk_gb < needed:
        yield Check("disk", "fail", seen, "Free some space, or name another folder with --work")
    else:
        yield Check("disk", "ok", seen)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
