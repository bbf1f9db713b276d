"""``ocroute build`` as a user runs it, with a compiler that only sleeps: how it ends, and what it says until then."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from tests.support.waiting import PATIENCE, until
from typer.testing import CliRunner

from ocroute.cli import app
from ocroute.errors import ExitCode
from ocroute.kernels import build
from ocroute.kernels.base import Problem
from ocroute.kernels.build import Built, command
from ocroute.kernels.probe import Place, Proof
from ocroute.machine import Gpu, Machine

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
    until(lambda: pid.exists() or running.poll() is not None)
    compiler = psutil.Process(int(pid.read_text()))
    running.send_signal(signal.SIGTERM)
    _, told = running.communicate(timeout=PATIENCE)
    assert running.returncode == ExitCode.INTERRUPTED
    assert told.splitlines()[-1].startswith(f"ocroute: interrupted; what is compiled stays in {tmp_path}")
    psutil.wait_procs([compiler], timeout=PATIENCE)
    assert not compiler.is_running() or compiler.status() == psutil.STATUS_ZOMBIE


def test_a_kernel_built_for_the_second_card_is_proven_on_that_card(monkeypatch, tmp_path):
    cards = (Gpu("an old card", 16_000, 15_000, (8, 9)), Gpu("a new card", 32_000, 31_000, (12, 0)))
    machine = Machine("Linux", "x86_64", "described", 8, 32_000, 24_000, "3.12", gpus=cards)
    problem = Problem(128, 12, 12, False, "bfloat16", (19_824,))
    monkeypatch.setattr(command, "inspect", lambda: machine)
    monkeypatch.setattr("ocroute.kernels.prove.prove_here", lambda *given, **more: iter([(*given, more)]))

    def proven(arch, **more):
        request = command.wanted("flash2", arch=arch, work=tmp_path, **more)
        return list(command.proofs(request, lambda card: [problem, card.name]))

    assert proven("12.0") == [(["flash2"], [problem, "a new card"], {"device": "cuda:1"})]
    assert proven("8.9") == [(["flash2"], [problem, "an old card"], {"device": "cuda:0"})]
    assert proven("9.0") == proven("12.0", install=False) == []


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
