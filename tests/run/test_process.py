"""Supervised processes: what they say, how they end, and that nothing outlives who started it. With the means of this system,
and with those of any.
"""

import ctypes
import os
import queue
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import msgspec
import psutil
import pytest
from tests.support.waiting import PATIENCE, running, until

from ocroute import process
from ocroute.errors import ExitCode
from ocroute.process import Child, exit_in_words, windows_job

pytestmark = pytest.mark.usefixtures("means")

needs_sh = pytest.mark.skipif(os.name != "posix", reason="needs sh and signals")
ENDINGS = {name: getattr(signal, name) for name in ("SIGTERM", "SIGKILL") if hasattr(signal, name)}
ending = pytest.mark.parametrize("number", ENDINGS.values(), ids=ENDINGS)

ROOT = Path(__file__).parents[2]
SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


@pytest.fixture
def talking(monkeypatch):
    """Starts children that do as they are told."""
    monkeypatch.syspath_prepend(str(ROOT))
    children = []

    def start(**options):
        child = Child("tests.support.talking_child", msgspec.msgpack.Decoder(), seconds=PATIENCE, **options)
        children.append(child)
        return child

    yield start
    for child in children:
        child.end()


def test_the_means_are_what_they_are_said_to_be(talking, means):
    child = talking()
    child.send(["facts"])
    system, *there = child.receive(PATIENCE)
    assert (
        system == {"native": {"linux": "linux", "win32": "windows"}.get(sys.platform, "any"), "portable": "any"}[means]
    )
    if means == "portable":
        assert there == [], "the child could use what only POSIX systems have"
    elif sys.platform == "linux":
        assert there == ["fcntl", "resource", "pwd", "/proc"]


def test_messages_come_and_go_in_order_whatever_their_size(talking):
    child = talking()
    sent = ["", "x" * 3_000_000, *map(str, range(50))]
    for what in sent:
        child.send(["say", what])
        assert child.receive(PATIENCE) == what


def test_several_children_share_an_inbox(talking):
    inbox = queue.SimpleQueue()
    children = [talking(inbox=inbox) for _ in range(2)]
    for number, child in enumerate(children):
        child.send(["say", number])
    assert dict(inbox.get(timeout=PATIENCE) for _ in children) == {
        child: number for number, child in enumerate(children)
    }


def test_what_a_child_prints_is_no_message_and_its_standard_input_is_empty(talking):
    child = talking(env={"OMP_NUM_THREADS": "3"})
    child.send(["print", "a line"])
    assert child.receive(PATIENCE) == "printed"
    child.send(["threads"])
    assert child.receive(PATIENCE) == ["3", "", child.pid]


def test_a_child_imports_what_its_parent_can_and_nothing_that_lies_in_the_working_folder(monkeypatch, tmp_path):
    (tmp_path / "here").mkdir()
    for folder in (tmp_path, tmp_path / "here"):
        (folder / f"found_{folder.name[:4]}.py").write_text("import os; os._exit(5)")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(sys, "path", ["", str(tmp_path), *sys.path])
    assert "No module named found_here" in Child("found_here", msgspec.msgpack.Decoder(), seconds=PATIENCE).lost()
    assert (
        Child(f"found_{tmp_path.name[:4]}", msgspec.msgpack.Decoder(), seconds=PATIENCE).lost() == "exited with code 5"
    )


@pytest.mark.parametrize(
    ("told", "how"),
    [
        (
            [["print", "licence server not found"], ["exit", 3]],
            "exited with code 3; its last words: licence server not found",
        ),
        ([["noise"]], "sent what cannot be read"),
    ],
)
def test_how_a_child_was_lost(told, how, talking):
    child = talking()
    for message in told:
        child.send(message)
    while child.receive(PATIENCE) is not None:
        pass
    assert how in child.lost()


def test_a_long_log_is_cut(talking):
    child = talking()
    for what in ("x" * (1 << 21), "more", "the end"):
        child.send(["print", what])
        assert child.receive(PATIENCE) == "printed"
    assert os.fstat(child._log.fileno()).st_size < 1 << 20
    child.send(["exit", 1])
    assert child.receive(PATIENCE) is None
    assert child.lost().endswith("its last words: the end")


def test_ending_a_child_ends_what_it_started(talking):
    child = talking()
    child.send(["start", *SLEEP])
    grandchild = child.receive(PATIENCE)
    assert running(grandchild)
    assert child.end()
    until(lambda: not running(grandchild))


def test_what_a_child_leaves_behind_is_ended(talking, ocroute, monkeypatch):
    """It has ended by itself, and its pipe is still held open."""
    monkeypatch.setenv(*ocroute.mark.split("=", 1))
    child = talking()
    child.send(["orphan"])
    until(lambda: child.gone)
    until(lambda: len(ocroute.alive()) == 1)
    assert child.lost() == "exited with code 7"
    until(lambda: not ocroute.alive())


def test_a_step_has_its_time():
    clock = process.StepClock(600)
    assert 300 < clock.left <= 600
    clock.allow(-1)
    assert clock.left < 0 <= clock.spent


def test_a_program_gives_its_output_and_has_a_limit():
    done = process.run(
        [sys.executable, "-c", "import sys; print(sys.stdin.read() * 2)"], stdin=b"ab" * 100_000, seconds=60
    )
    assert done.stdout.decode().strip() == "ab" * 200_000
    with pytest.raises(subprocess.TimeoutExpired):
        process.run(SLEEP, seconds=1)


def test_a_program_that_is_not_there_cannot_be_started(tmp_path):
    with pytest.raises(OSError, match="absent"):
        process.run([str(tmp_path / "absent")], seconds=1)


@needs_sh
@pytest.mark.parametrize("grace", [0, 30])
def test_a_program_may_clear_up_where_it_is_asked_to(grace, tmp_path):
    script = f"trap 'touch {tmp_path}/cleared; exit' TERM; touch {tmp_path}/started; sleep 600 & wait"
    program = process.start(["sh", "-c", script])
    until((tmp_path / "started").exists)
    program.end(grace=grace)
    assert (tmp_path / "cleared").exists() == bool(grace)


def test_exit_codes_in_words():
    assert exit_in_words(3) == "exited with code 3"
    assert exit_in_words(-11).startswith("crashed (SIGSEGV")
    assert exit_in_words(-15) == "was ended by SIGTERM"
    assert exit_in_words(-200) == "was ended by signal 200"
    assert exit_in_words(None) == "closed its pipe and did not end"
    assert exit_in_words(0xC0000005).startswith("crashed (0xC0000005: access violation")
    assert exit_in_words(0xC0000FFF) == "crashed (0xC0000FFF)"


def test_the_limits_of_a_windows_job_have_the_size_that_windows_expects():
    if ctypes.sizeof(ctypes.c_void_p) != 8:
        pytest.skip("sizes of 64 bits")
    assert ctypes.sizeof(windows_job.BasicLimits) == 64
    assert ctypes.sizeof(windows_job.ExtendedLimits) == 144
    assert windows_job.ExtendedLimits.IoInfo.offset == 64


@pytest.fixture
def tesseract(tmp_path, monkeypatch):
    """A program of that name, first on the path, that reads its page for ever, and has a child of its own."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "tesseract").write_text(
        '#!/bin/sh\ncase "$1" in --version) echo tesseract 5;; --list-langs) echo List; echo eng;;\n'
        f"*) sleep 600 & echo $$ > {tmp_path}/reading; wait;; esac\n"
    )
    (folder / "tesseract").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return tmp_path / "reading"


@needs_sh
@ending
@pytest.mark.parametrize("jobs", [0, 1])
def test_tesseract_ends_with_the_command(jobs, number, tesseract, make_pages, ocroute):
    command = ocroute.start(make_pages(1), "--engine", "tesseract", "--jobs", jobs, engines=[])
    until(tesseract.exists)
    until(lambda: any("sleep" in line for _, line in ocroute.alive()))  # forked first, then named
    command.send_signal(number)
    command.communicate(timeout=PATIENCE)
    assert command.returncode == (ExitCode.INTERRUPTED if number == signal.SIGTERM else -number)
    until(lambda: not ocroute.alive())


@needs_sh
def test_tesseract_ends_with_a_worker_that_crashes(tesseract, make_pages, ocroute):
    """The next worker then reads the page; it is the first one's Tesseract that must be gone."""
    command = ocroute.start(make_pages(1), "--engine", "tesseract", "--jobs", 1, engines=[])
    until(tesseract.exists)
    (worker,) = (pid for pid, line in ocroute.alive() if "ocroute.run.worker" in line)
    psutil.Process(worker).kill()
    _, err = command.communicate(timeout=PATIENCE)
    assert command.returncode == ExitCode.FAILED_PAGE, err
    until(lambda: not ocroute.alive())


def script(ocroute, text, **environment):
    """A Python program that a user might write, its processes marked."""
    name, _, mark = ocroute.mark.partition("=")
    started = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(text)], env=os.environ | {name: mark} | environment
    )
    ocroute.processes.append(started)
    return started


@needs_sh
@ending
def test_a_build_ends_with_the_command(number, ocroute, tmp_path):
    text = f"""
        from pathlib import Path
        from ocroute.kernels.build import Plan, Step, build
        from ocroute.process.interrupts import stoppable
        compiling = Step("compile", "sleep 600 & touch started; wait")
        with stoppable():
            build(Plan("tiny", Path({str(tmp_path)!r}), (compiling,), installs=False))
    """
    command = script(ocroute, text)
    until((tmp_path / "started").exists)
    command.send_signal(number)
    command.wait(PATIENCE)
    until(lambda: not ocroute.alive())


@ending
def test_a_child_deep_in_native_code_ends_with_its_parent(number, ocroute, tmp_path):
    """It holds the interpreter lock, so that no thread of its own could notice."""
    text = f"""
        import sys, time
        sys.path.insert(0, {str(ROOT)!r})
        import msgspec
        from ocroute.process import Child
        child = Child("tests.support.talking_child", msgspec.msgpack.Decoder(), seconds=60)
        child.send(["hang"])
        assert child.receive({PATIENCE}) == "hanging"
        open({str(tmp_path / "hanging")!r}, "w").close()
        time.sleep(600)
    """
    command = script(ocroute, text)
    until((tmp_path / "hanging").exists)
    command.send_signal(number)
    command.wait(PATIENCE)
    until(lambda: not ocroute.alive())


def test_a_probing_child_ends_with_its_parent(ocroute, tmp_path):
    pytest.importorskip("torch", reason="needs the extra vlm: pip install 'ocroute[vlm]'")
    text = f"""
        import time
        from ocroute.kernels.probe.prober import Limits, Prober
        Prober("eager", "cpu", Limits()).ready()
        open({str(tmp_path / "ready")!r}, "w").close()
        time.sleep(600)
    """
    command = script(ocroute, text)
    until((tmp_path / "ready").exists)
    assert any("probing_child" in line for _, line in ocroute.alive())
    command.kill()
    command.wait(PATIENCE)
    until(lambda: not ocroute.alive())


def test_one_build_at_a_time_in_a_folder(tmp_path):
    from ocroute.files import held

    with held(tmp_path) as first:
        code = f"from pathlib import Path; from ocroute.files import held\nwith held(Path({str(tmp_path)!r})) as it: print(it)"
        other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert (first, other.stdout.strip()) == (True, "False")
    with held(tmp_path) as again:
        assert again
