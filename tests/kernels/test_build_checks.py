"""What is said before a build, on described machines."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocroute.errors import UsageError
from ocroute.kernels.build import Request, Toolchain, checked, checks, gb_per_job, jobs, plan, recipe, script
from ocroute.kernels.build.checks import RESERVE_GB, State

# A desktop with an RTX 5070 Ti, and everything in place
DESKTOP = Toolchain(
    system="linux",
    python="/usr/bin/python3",
    has_python_headers=True,
    cuda_home="/usr/local/cuda",
    nvcc="13.0",
    headers=("cusparse.h", "cublas_v2.h", "cusolverDn.h"),
    torch="2.11.0",
    torch_cuda="13.0",
    cxx="/usr/bin/c++",
    cxx_version="13.2.0",
    ninja="/usr/bin/ninja",
    make="/usr/bin/make",
    cuobjdump="/usr/local/cuda/bin/cuobjdump",
    modules=("setuptools", "wheel", "packaging", "psutil", "ninja", "einops", "pybind11"),
    cores=16,
    memory_gb=16,
    free_gb=13,
    disk_gb=100,
    gpus=((12, 0),),
)


def request(name: str = "flash2", arch: tuple[int, int] = (12, 0), **options: object) -> Request:
    return Request(name, arch, work=Path("/tmp/builds"), **options)  # type: ignore[arg-type]


def states(asked: Request, **changes: object) -> dict[str, State]:
    """The state of every check, on the desktop with changes."""
    found = checks(asked, msgspec.structs.replace(DESKTOP, **changes))
    return {check.name: check.state for check in found}


def test_all_is_well_on_a_complete_machine() -> None:
    assert set(states(request()).values()) == {"ok"}


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"nvcc": "12.6", "torch_cuda": "12.6"}, "nvcc"),
        ({"nvcc": "", "cuda_home": ""}, "nvcc"),
        ({"torch": "", "torch_cuda": ""}, "torch"),
        ({"torch_cuda": ""}, "torch"),
        ({"torch_cuda": "12.8"}, "torch"),
        ({"cxx": ""}, "C++ compiler"),
        ({"ninja": ""}, "ninja"),
        ({"has_python_headers": False}, "Python headers"),
        ({"modules": ("setuptools",)}, "packages"),
        ({"cuobjdump": ""}, "cuobjdump"),
        ({"free_gb": 10.0}, "memory"),
        ({"disk_gb": 1.0}, "disk"),
        ({"system": "win32"}, "system"),
    ],
)
def test_what_is_missing_fails_alone_and_says_what_to_do(changes: dict[str, object], check: str) -> None:
    found = checks(request(), msgspec.structs.replace(DESKTOP, **changes))
    failed = [row for row in found if row.state == "fail"]
    assert [row.name for row in failed] == [check]
    assert failed[0].next_step


@pytest.mark.parametrize(
    ("name", "arch", "nvcc", "state"),
    [
        ("flash2", (8, 9), "11.7", "ok"),  # compiled for 8.0, and run on the card as it is
        ("flash2", (8, 9), "11.6", "fail"),
        ("flash2", (10, 3), "12.8", "ok"),  # compiled for 10.0
        ("flash2", (12, 1), "12.8", "ok"),  # compiled for 12.0
        ("flash2", (12, 1), "12.7", "fail"),
        ("sage2", (12, 1), "12.8", "fail"),  # compiled for 12.1 itself
        ("sage2", (12, 1), "12.9", "ok"),
        ("sage2", (8, 9), "12.3", "fail"),  # its own demand
        ("sage3", (12, 1), "12.8", "fail"),
        ("flash3", (9, 0), "12.3", "ok"),
    ],
)
def test_nvcc_must_know_what_is_compiled_for_the_card(
    name: str, arch: tuple[int, int], nvcc: str, state: State
) -> None:
    assert states(request(name, arch, source=Path("/src")), nvcc=nvcc)["nvcc"] == state


def test_only_what_drives_the_compilers_is_asked_for() -> None:
    kittens = request("thunderkittens", (9, 0), source=Path("/src"))
    assert "ninja" not in states(kittens, ninja="")
    assert states(kittens, make="")["make"] == "fail"
    assert "make" not in states(request(), make="")


def test_another_minor_version_of_cuda_is_enough() -> None:
    assert states(request(), nvcc="13.1")["torch"] == "ok"


def test_the_crash_of_nvcc_on_backward_sources_is_told_unless_they_are_left_out() -> None:
    old = {"nvcc": "12.8", "torch_cuda": "12.8"}
    assert states(request(), **old)["known trouble"] == "warn"
    assert "known trouble" not in states(request(forward_only=True), **old)
    assert "known trouble" not in states(request(arch=(9, 0)), gpus=((9, 0),), **old)


def test_without_the_card_a_wheel_can_be_built_but_not_proven() -> None:
    assert states(request(), gpus=())["card"] == "warn"
    assert states(request("sage3", source=Path("/src")), gpus=())["card"] == "fail"


@pytest.mark.parametrize("arch", [(10, 0), (12, 0), (12, 1)])
def test_flash3_is_refused_where_it_ends_the_process(arch: tuple[int, int]) -> None:
    (row,) = (row for row in checks(request("flash3", arch), DESKTOP) if row.name == "architecture")
    assert row.state == "fail"
    assert "ends the process" in row.reason


def test_headers_matter_only_to_a_source_that_includes_them() -> None:
    assert "headers" not in states(request(), headers=())
    assert states(request("sage2", source=Path("/src")), headers=())["headers"] == "fail"


@given(free=st.floats(0, 512), cores=st.integers(1, 256), forward=st.booleans())
def test_the_jobs_chosen_fit_into_free_memory(free: float, cores: int, forward: bool) -> None:
    asked, tools = request(forward_only=forward), msgspec.structs.replace(DESKTOP, free_gb=free, cores=cores)
    count = jobs(asked, tools)
    assert count <= cores
    assert count <= 0 or count * gb_per_job(asked) + RESERVE_GB <= free
    assert count == cores or (count + 1) * gb_per_job(asked) + RESERVE_GB > free
    state = next(check.state for check in checks(asked, tools) if check.name == "memory")
    assert state == ("ok" if count > 0 else "fail")


def test_more_jobs_than_memory_holds_are_obeyed_with_a_warning() -> None:
    asked = request(jobs=8)
    assert jobs(asked, DESKTOP) == 8
    assert states(asked)["memory"] == "warn"


@pytest.mark.parametrize(
    ("asked", "match"),
    [
        (request("sage2"), "no package index"),
        (request(jobs=-1), "less than none"),
        (request(head_dims=(128,)), "forward-only"),
        (request(forward_only=True, head_dims=(80,)), "no kernel of head dim 80"),
        (request("sage2", source=Path("/"), forward_only=True), "not the source"),
        (request(source=Path("/nowhere")), "does not exist"),
    ],
)
def test_wishes_that_contradict_the_recipe_are_refused(asked: Request, match: str) -> None:
    with pytest.raises(UsageError, match=match):
        checked(asked)


def test_a_recipe_without_a_forward_pass_of_its_own_says_which_has_one(tmp_path: Path) -> None:
    marker = tmp_path / recipe("sage2").marker
    marker.parent.mkdir(parents=True)
    marker.touch()
    with pytest.raises(UsageError, match="flash2 has one"):
        checked(request("sage2", source=tmp_path, forward_only=True))


def test_there_is_no_plan_for_an_architecture_without_a_switch() -> None:
    with pytest.raises(UsageError, match=r"flash3 cannot be built for 12\.0"):
        plan(request("flash3", source=Path("/src")), DESKTOP)


def test_the_plan_limits_the_compilers_by_memory() -> None:
    small = msgspec.structs.replace(DESKTOP, free_gb=13.0)
    assert "export MAX_JOBS=1\n" in script(plan(request(), small))
    assert "export MAX_JOBS=2\n" in script(plan(request(forward_only=True), small))
    assert "export MAX_JOBS=16\n" in script(plan(request(), msgspec.structs.replace(DESKTOP, free_gb=200.0)))


def test_a_download_only_names_the_source_and_asks_for_no_compiler() -> None:
    printed = script(plan(request(), DESKTOP))
    assert printed.index("FLASH_ATTENTION_SKIP_CUDA_BUILD=TRUE") < printed.index("pip download")
    assert "export FLASH_ATTN_CUDA_ARCHS=120\n" in printed
    assert "TORCH_CUDA_ARCH_LIST=12.0\n" in script(plan(request("sage2", source=Path("/src")), DESKTOP))


def test_nothing_is_installed_that_was_not_wanted() -> None:
    assert "pip install" in script(plan(request(), DESKTOP))
    assert "pip install" not in script(plan(request(install=False), DESKTOP))
