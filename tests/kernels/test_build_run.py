"""Plans are run for real: a small CUDA source through the recipe, to a wheel, where nvcc is; and failures of every step."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
from pathlib import Path

import pytest
from tests.support.waiting import running, until

from ocroute.kernels.build import (
    BuildFailed,
    Plan,
    Progress,
    Request,
    Step,
    Toolchain,
    build,
    checked,
    look,
    plan,
    recipe,
    script,
)
from ocroute.kernels.build.runner import Counter

SETUP = """
import os, subprocess, sysconfig
from setuptools import Distribution, setup
print("[1/2] nvcc -c csrc/tiny.cu -o tiny.o", flush=True)
number = os.environ["TORCH_CUDA_ARCH_LIST"].replace(".", "")
if "bdist_wheel" in __import__("sys").argv and not os.environ.get("TINY_WITHOUT_CODE"):
    command = [os.environ["CUDA_HOME"] + "/bin/nvcc", "-gencode", f"arch=compute_{number},code=sm_{number}", "-cubin"]
    subprocess.run([*command, "csrc/tiny.cu", "-o", "tiny.cubin"], check=True)
    subprocess.run([command[0], *command[1:3], "-c", "-Xcompiler", "-fPIC", "csrc/tiny.cu", "-o", "tiny.o"], check=True)
    subprocess.run(["g++", "-shared", "tiny.o", "-o", "tiny/_tiny.so", "-Wl,--unresolved-symbols=ignore-all"], check=True)
print("[2/2] g++ tiny.o", flush=True)
binary = type("Binary", (Distribution,), {"has_ext_modules": lambda _: True})
setup(name="tiny", version="1", packages=["tiny"], package_data={"tiny": ["*.so"]}, distclass=binary)
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A source that looks like sage2's from outside, and holds one kernel of one line."""
    folder = tmp_path / "source"
    marker = folder / recipe("sage2").marker
    marker.parent.mkdir(parents=True)
    marker.touch()
    (folder / "tiny").mkdir()
    (folder / "tiny/__init__.py").touch()
    (folder / "csrc/tiny.cu").write_text("__global__ void twice(float *x) { x[threadIdx.x] *= 2.0f; }\n")
    (folder / "setup.py").write_text(SETUP)
    return folder


def tools(folder: Path) -> Toolchain:
    found = look(folder, modules=(), headers=())
    for name, thing in (("nvcc", found.nvcc), ("cuobjdump", found.cuobjdump), ("g++", found.cxx)):
        if not thing:
            pytest.skip(f"{name} is not installed: nothing to compile for a GPU with")
    return found


def steps(*scripts: str, folder: Path) -> Plan:
    made = tuple(Step(f"step {number}", text) for number, text in enumerate(scripts))
    return Plan("tiny", folder, made, installs=False)


def test_a_source_becomes_a_wheel_whose_architecture_is_known(source: Path, tmp_path: Path) -> None:
    asked = checked(Request("sage2", (12, 0), work=tmp_path / "my builds", source=source, install=False))
    seen: list[Progress] = []
    built = build(plan(asked, tools(tmp_path)), watch=seen.append)
    assert built.inside == {"tiny/_tiny.so": ("sm_120",)}
    assert not built.installed
    assert [(at.done, at.total) for at in seen if at.step == "compile" and at.total][-1] == (2, 2)
    assert [at.number for at in seen] == sorted(at.number for at in seen)
    assert not (asked.folder / "src").exists(), "sources and objects are gigabytes"
    assert source.joinpath("setup.py").read_text() == SETUP, "the user's folder is not touched"


def test_the_printed_script_does_the_same(source: Path, tmp_path: Path) -> None:
    asked = checked(Request("sage2", (9, 0), work=tmp_path / "my builds", source=source, install=False))
    printed = script(plan(asked, tools(tmp_path)))
    done = subprocess.run(["bash"], input=printed, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "tiny/_tiny.so: sm_90" in done.stdout


@pytest.mark.parametrize("kind", ["folder", "archive"])
def test_another_source_is_not_built_from_what_an_earlier_one_left(kind: str, source: Path, tmp_path: Path) -> None:
    def begun(source: Path, text: str) -> str:
        """The source of a build that stops before it compiles."""
        (source / "csrc/tiny.cu").write_text(text)
        given = source
        if kind == "archive":
            given = tmp_path / f"{source.name}.tar.gz"
            subprocess.run(["tar", "-C", source.parent, "-czf", given, source.name], check=True)
        asked = checked(Request("sage2", (12, 0), work=tmp_path / "work", source=given, install=False))
        made = plan(asked, look(tmp_path, modules=(), headers=()))
        build_until(made, "check the source")
        return (asked.folder / "src/csrc/tiny.cu").read_text()

    other = source.rename(tmp_path / "other")
    shutil.copytree(other, source)
    (other / "left_over.py").touch()
    assert begun(other, "one") == "one"
    assert begun(source, "two") == "two"
    assert not list((tmp_path / "work").rglob("left_over.py"))


def test_a_build_that_was_stopped_goes_on_with_what_is_compiled(source: Path, tmp_path: Path) -> None:
    asked = checked(Request("sage2", (12, 0), work=tmp_path / "work", source=source, install=False))
    made = plan(asked, look(tmp_path, modules=(), headers=()))
    build_until(made, "check the source")
    (asked.folder / "src/compiled.o").touch()
    build_until(made, "check the source")
    assert (asked.folder / "src/compiled.o").exists()


def build_until(made: Plan, title: str) -> None:
    """Run the steps up to the one of this title; the rest says that it stops here."""
    names = [step.title for step in made.steps]
    kept = (*made.steps[: names.index(title) + 1], Step("stop", "echo error: stopped here; exit 1"))
    with pytest.raises(BuildFailed, match="stopped here"):
        build(Plan(made.name, made.folder, kept, installs=False))


def test_two_builds_in_one_folder_are_told_apart(tmp_path: Path) -> None:
    began, result = tmp_path / "began", []

    def first() -> None:
        with pytest.raises(BuildFailed, match="stopped"):
            build(
                steps(
                    f"touch {began}; while [ -e {began} ]; do sleep 0.05; done; echo error: stopped; exit 1",
                    folder=tmp_path,
                )
            )
        result.append("done")

    thread = threading.Thread(target=first)
    thread.start()
    until(began.exists)
    with pytest.raises(BuildFailed, match=f"another build is at work in {re.escape(str(tmp_path))}.*--work FOLDER"):
        build(steps("true", folder=tmp_path))
    began.unlink()
    thread.join()
    assert result == ["done"]
    with pytest.raises(BuildFailed, match="again"):  # which shows that the folder is free
        build(steps("echo error: again; exit 1", folder=tmp_path))


def test_a_wheel_without_code_for_the_card_is_not_installed(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINY_WITHOUT_CODE", "1")
    asked = checked(Request("sage2", (12, 0), work=tmp_path, source=source))
    with pytest.raises(BuildFailed, match="holds no GPU code at all"):
        build(plan(asked, tools(tmp_path)))


def test_an_architecture_that_its_setup_script_took_otherwise_fails(source: Path, tmp_path: Path) -> None:
    (source / "setup.py").write_text(SETUP.replace('os.environ["TORCH_CUDA_ARCH_LIST"]', '"8.0"'))
    asked = checked(Request("sage2", (12, 0), work=tmp_path, source=source))
    with pytest.raises(BuildFailed, match=r"holds sm_80, nothing that 12\.0 runs"):
        build(plan(asked, tools(tmp_path)))


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("echo 'nvcc error : cicc died due to signal 9 (Kill signal)'; exit 9", "out of memory"),
        (
            "echo 'nvcc error : cudafe++ died due to signal 11 (Invalid memory reference)'; exit 1",
            "nvcc itself crashed",
        ),
        ("echo 'x.cu(3): error: identifier \"half2\" is undefined'; exit 2", 'identifier "half2" is undefined'),
        ("kill -9 $$", "out of memory"),
        ("echo no space: ; echo 'fatal error: No space left on device'; exit 1", "the disk is full"),
        ("false", "exit code 1"),
    ],
)
def test_a_failed_step_names_its_cause_and_the_log(text: str, cause: str, tmp_path: Path) -> None:
    with pytest.raises(BuildFailed, match=re.escape(cause)) as failed:
        build(steps("echo well", text, "touch never", folder=tmp_path))
    assert str(tmp_path / "build.log") in str(failed.value)
    assert "'step 1'" in str(failed.value)
    assert not (tmp_path / "never").exists()


def test_stopping_stops_the_compilers(tmp_path: Path) -> None:
    def press_ctrl_c() -> None:
        until((tmp_path / "pid").exists)
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a process in the background is born deaf to it
    threading.Thread(target=press_ctrl_c).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            build(steps("sleep 100 & echo $! > pid.part && mv pid.part pid; wait", folder=tmp_path))
    finally:
        signal.signal(signal.SIGINT, before)
    child = int((tmp_path / "pid").read_text())
    until(lambda: not running(child))


def test_ninjas_count_is_read_from_pips_indented_output() -> None:
    counter = Counter(Progress("compile", 4, 6))
    lines = [
        "  running build_ext\n",
        "  [1/26] /cuda/bin/nvcc --generate-dependencies-with-compile -c /b/csrc/flash_fwd_hdim128_bf16_sm80.cu -o /b/x.o\n",
        "  ptxas info    : Compiling entry function\n",
        "  [2/26] c++ -MMD -c /b/csrc/flash_api.cpp -o /b/flash_api.o -O3\n",
    ]
    seen = [progress for line in lines for progress in counter.read(line)]
    assert [(at.done, at.total, at.file) for at in seen] == [
        (1, 26, "flash_fwd_hdim128_bf16_sm80.cu"),
        (2, 26, "flash_api.cpp"),
    ]
