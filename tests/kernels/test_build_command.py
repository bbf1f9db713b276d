"""``ocroute build`` as a user runs it, with a compiler that only sleeps: how it ends, and what it says until then."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from typer.testing import CliRunner

from ocroute.cli import app
from ocroute.errors import ExitCode
from ocroute.kernels import build
from ocroute.kernels.base import Problem
from ocroute.kernels.build import Built, command
from ocroute.kernels.probe import Place, Proof

SLEEPS = """
import sys
from pathlib import Path
from ocroute.kernels import build
from ocroute.kernels.build import Plan, Step, command
build.checks = lambda *_: ()
script = "sleep 600 & echo $! > pid.part && mv pid.part pid; wait"
command.plan = lambda request, _: Plan(request.name, request.folder, (Step("compile", script),), installs=False)
from ocroute.__main__ import main
main()
"""


@pytest.mark.skipif(os.name != "posix", reason="sends signals")
def test_a_build_that_is_told_to_stop_leaves_no_compiler_behind(tmp_path):
    options = ["build", "flash2", "--arch", "9.0", "--work", str(tmp_path)]
    running = subprocess.Popen([sys.executable, "-c", SLEEPS, *options], stderr=subprocess.PIPE, text=True)
    pid = tmp_path / "flash2-9.0" / "pid"
    deadline = time.monotonic() + 60
    while not pid.exists() and running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    compiler = psutil.Process(int(pid.read_text()))
    running.send_signal(signal.SIGTERM)
    _, told = running.communicate(timeout=60)
    assert running.returncode == ExitCode.INTERRUPTED
    assert told.splitlines()[-1].startswith(f"ocroute: interrupted; what is compiled stays in {tmp_path}")
    psutil.wait_procs([compiler], timeout=10)
    assert not compiler.is_running() or compiler.status() == psutil.STATUS_ZOMBIE


@pytest.fixture
def built(monkeypatch):
    """Ends the command with these verdicts on the kernel that it built; gives what it wrote, and its exit code."""

    def end(*verdicts):
        problem = Problem(128, 12, 12, False, "bfloat16", (19_824,))
        place = Place("a card", (9, 0), "590", "2.13")
        proofs = [Proof("flash2", "2.8.3", problem, place, verdict, "seen here", seconds=3.0) for verdict in verdicts]
        monkeypatch.setattr(build, "checks", lambda *_: ())
        wheel = Built(Path("flash.whl"), {"flash.so": ("sm_90",)}, True, Path("build.log"))
        monkeypatch.setattr(command, "build_wheel", lambda *_, **__: wheel)
        monkeypatch.setattr(command, "proofs", lambda *_: iter(proofs))
        return CliRunner().invoke(app, ["build", "flash2", "--arch", "9.0"])

    return end


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        (["proven"], ExitCode.OK),
        (["proven", "refused"], ExitCode.OK),
        (["proven", "wrong"], ExitCode.UNAVAILABLE),
        (["crashed"], ExitCode.UNAVAILABLE),
        (["refused"], ExitCode.UNAVAILABLE),
        ([], ExitCode.OK),
    ],
)
def test_a_build_ends_by_what_its_kernel_showed(built, verdicts, code):
    done = built(*verdicts)
    assert done.exit_code == code
    assert done.stderr.count("flash2 at 12 x 128, 19,824, bfloat16: ") == len(verdicts), "a line for each as it is made"
    assert ("not proven: no card of this kind is here" in done.stdout) is (not verdicts)
