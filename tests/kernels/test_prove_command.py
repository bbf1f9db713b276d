"""``ocroute prove`` and ``ocroute kernels`` as a user runs them, stopped in the middle too."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support import command
from tests.support.waiting import PATIENCE

from ocroute.errors import ExitCode
from ocroute.gpus.described import FoundGpus

PLUGINS = Path(__file__).parent.parent / "plugins_kernels"

# The command itself on the processor, at one short problem instead of the pages of all models.
SHORT = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # whom a shell starts in the background is born deaf to it
from ocroute import machine
from ocroute.gpus.described import FoundGpus
machine.find = lambda: FoundGpus(note="left out of this test")
from ocroute.engines.neural import attention_shapes
from ocroute.kernels.base import Problem
attention_shapes.all_problems = lambda gpu: (Problem(32, 2, 2, False, "float32", (200,)),)
from ocroute.__main__ import main
main()
"""


@pytest.fixture
def started(tmp_path):
    """Starts the command with these arguments; its proofs are kept in ``tmp_path``."""
    running = []

    def start(*arguments):
        there = {"OCROUTE_HOME": str(tmp_path), "PYTHONPATH": str(PLUGINS), "COLUMNS": "200", "OMP_NUM_THREADS": "1"}
        running.append(
            subprocess.Popen(
                [sys.executable, "-c", SHORT, *arguments],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=os.environ | there,
            )
        )
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture
def kernels(tmp_path, monkeypatch):
    """``ocroute kernels`` in this process, on the same machine and proofs."""
    monkeypatch.setattr("ocroute.machine.find", lambda: FoundGpus(note="left out of this test"))
    return lambda *words: command.ocroute("kernels", *words, OCROUTE_HOME=str(tmp_path), COLUMNS="200")


def test_proofs_are_drawn_kept_listed_and_exported(started, kernels, tmp_path):
    out, told = started("prove", "eager").communicate(timeout=PATIENCE)
    assert "proven" in out
    assert told.startswith("eager at 2 x 32, 200, float32: proven")
    listed = json.loads(kernels("--json").stdout)
    assert [proof["kernel"] for proof in listed["proofs"]] == ["eager"]
    done = kernels("--export", "-")
    assert done.stderr == ""
    assert [proof["kernel"] for proof in json.loads(done.stdout)["proofs"]] == ["eager"]
    assert str(tmp_path) not in done.stdout
    quiet = kernels("--export", tmp_path / "proofs.json")
    assert (quiet.stdout, quiet.stderr) == ("", "")
    assert json.loads((tmp_path / "proofs.json").read_bytes())["proofs"] == json.loads(done.stdout)["proofs"]


@pytest.mark.skipif(os.name != "posix", reason="sends signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_was_proven_before_an_interruption_is_written_and_kept(started, tmp_path, number):
    process = started("prove", "eager", "slow_forever", "--json")
    for line in process.stderr:
        if "slow_forever compiles for 2 heads" in line:
            break
    process.send_signal(number)
    out, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == ExitCode.INTERRUPTED
    assert [(proof["kernel"], proof["verdict"]) for proof in json.loads(out)] == [("eager", "proven")]
    assert told == (
        f"ocroute: interrupted; the proofs made so far (1) are kept in {tmp_path / 'proofs'}. "
        "To see them: ocroute kernels\n"
    )
    assert len(list((tmp_path / "proofs").glob("*/*.json"))) == 1


def test_a_mistake_leaves_stdout_empty(kernels):
    done = command.ocroute("prove", "flash9", "--json")
    assert (done.returncode, done.stdout) == (ExitCode.USAGE, "")
    assert done.stderr.startswith("ocroute: there is no kernel named 'flash9'. Choose from: ")
    done = kernels("--export", "proofs.json")
    assert done.stderr.endswith("Run: ocroute prove\n")
    assert done.returncode == ExitCode.USAGE
