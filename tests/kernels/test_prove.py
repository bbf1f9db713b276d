"""Proving as the command line does it: real kernels in real child processes, kept in a real ledger."""

import contextlib
import io
import json
import subprocess
import sys

import msgspec
import psutil
import pytest
from rich.console import Console

from ocroute.console_kernels import kernel_table, model_table, proof_table
from ocroute.errors import EngineUnavailable, UsageError
from ocroute.kernels import here
from ocroute.kernels.base import KERNELS, Problem
from ocroute.kernels.here import best, choice_for, installed, place_of, proofs_here
from ocroute.kernels.ledger import Ledger
from ocroute.kernels.probe.cases import CASES
from ocroute.kernels.probe.exits import exit_in_words
from ocroute.kernels.probe.parent import Child, Limits, Lost
from ocroute.kernels.prove import prove, prove_here
from ocroute.kernels.survey import survey
from ocroute.machine import inspect

TOWER = Problem(32, 2, 2, False, "float32", (300,))
PREFILL = Problem(32, 4, 2, True, "float32", (80,))


@pytest.fixture(scope="module")
def proven():
    """Two kernels at two problems on the processor."""
    return list(prove(["sdpa_flash", "flash2"], [TOWER, PREFILL], device="cpu"))


def test_a_right_kernel_is_proven_in_its_child(proven):
    for proof, problem in zip(proven[:2], (TOWER, PREFILL), strict=True):
        assert (proof.kernel, proof.verdict, proof.problem) == ("sdpa_flash", "proven", problem)
        assert [outcome.case for outcome in proof.outcomes] == [case.name for case in CASES]
        assert proof.measure.milliseconds > 0
        assert proof.worst.error <= proof.worst.limit
        assert proof.version == installed("sdpa_flash")[1].version
        assert proof.place == place_of(inspect(), None)
        assert proof.reason.startswith("right in ")


def test_a_kernel_that_is_not_here_is_refused_with_what_to_install(proven):
    if installed("flash2")[1].state != "absent":
        pytest.skip("flash-attn is installed here")
    for proof in proven[2:]:
        assert (proof.verdict, proof.outcomes) == ("refused", ())
        assert proof.reason == "absent: flash-attn is not installed; to install: ocroute build flash2"


def test_a_problem_that_a_kernel_does_not_take_starts_no_child():
    [proof] = prove(["sdpa_cudnn"], [TOWER], device="cpu")
    assert (proof.verdict, proof.reason) == ("refused", "it needs an NVIDIA GPU")


def test_names_and_devices_that_do_not_exist_are_errors():
    with pytest.raises(UsageError, match="no kernel named 'flash9'"):
        next(prove(["flash9"], [TOWER], device="cpu"))
    with pytest.raises(UsageError, match="no device 'cuda:7'"):
        next(prove(["eager"], [TOWER], device="cuda:7"))
    with pytest.raises(UsageError, match="no device 'tpu'"):
        next(prove(["eager"], [TOWER], device="tpu"))


def test_without_torch_it_says_what_to_install():
    bare = msgspec.structs.replace(inspect(), libraries={})
    with pytest.raises(EngineUnavailable, match=r"pip install 'ocroute\[vlm\]'"):
        next(prove(["eager"], [TOWER], machine=bare, device="cpu"))


def test_what_is_proven_is_used_until_something_changes(proven, monkeypatch, tmp_path):
    monkeypatch.setenv("OCROUTE_HOME", str(tmp_path))
    bare = msgspec.structs.replace(inspect(), gpus=())
    monkeypatch.setattr(here, "inspect", lambda: bare)
    assert not choice_for(TOWER, machine=bare).proven
    with pytest.raises(EngineUnavailable, match="ocroute prove"):
        best(TOWER, proven_only=True)
    for proof in proven:
        Ledger().record(proof)
    choice = choice_for(TOWER, machine=bare)
    assert (choice.kernel, choice.proven) == ("sdpa_flash", True)
    assert best(TOWER, proven_only=True).__self__.__class__ is KERNELS.load("sdpa_flash")
    assert [proof.kernel for proof in proofs_here(bare) if proof.verdict == "proven"] == ["sdpa_flash"] * 2
    other = msgspec.structs.replace(bare, processor="another processor")
    assert not choice_for(TOWER, machine=other).proven


def test_proofs_of_a_model_go_to_the_ledger_and_refusals_do_not(tmp_path, monkeypatch):
    monkeypatch.setattr("ocroute.kernels.prove.problems_for", lambda _, __: (PREFILL,))
    monkeypatch.setattr("ocroute.kernels.prove.inspect", lambda: msgspec.structs.replace(inspect(), gpus=()))
    ledger = Ledger(tmp_path)
    made = list(prove_here(["eager", "sdpa_cudnn"], model="dots_ocr", ledger=ledger))
    assert [proof.verdict for proof in made] == ["proven", "refused"]
    assert ledger.proofs() == made[:1]


def test_a_child_whose_kernel_cannot_be_loaded_is_lost_with_the_reason():
    child = Child("no_such_kernel", "cpu", Limits())
    try:
        lost = child.ready()
        assert isinstance(lost, Lost)
        assert lost.verdict == "crashed"
        assert "there is no kernel named 'no_such_kernel'" in lost.reason
        assert child.examine(TOWER)[2] == lost
    finally:
        child.end()


def test_a_child_that_does_not_start_in_time_is_lost():
    child = Child("eager", "cpu", Limits(start=0.01))
    lost = child.ready()
    assert (lost.verdict, lost.reason) == ("timed_out", "did not end within 0.01 seconds")
    assert child.end() is not None


def test_a_child_ends_when_its_parent_does():
    """Also when the parent had no chance to end it."""
    script = (
        "import os\n"
        "from ocroute.kernels.probe.parent import Child, Limits\n"
        "child = Child('eager', 'cpu', Limits())\n"
        "child.ready()\n"
        "print(child._process.pid, flush=True)\n"
        "os._exit(0)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=200, check=True)

    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(int(done.stdout)).wait(60)


def test_exit_codes_in_words():
    assert exit_in_words(3) == "exited with code 3"
    assert exit_in_words(-11).startswith("crashed (SIGSEGV")
    assert exit_in_words(-15) == "was ended by SIGTERM"
    assert exit_in_words(-200) == "was ended by signal 200"
    assert exit_in_words(None) == "closed its pipe and did not end"


def drawn(table):
    out = io.StringIO()
    Console(file=out, width=160).print(table)
    return out.getvalue()


def test_tables_say_what_was_found(proven):
    text = drawn(proof_table(proven))
    assert "proven" in text
    assert "2 x 32, 300, float32" in text
    assert "4/2 x 32, 80 causal, float32" in text
    machine = msgspec.structs.replace(inspect(), gpus=())
    text = drawn(kernel_table(survey(machine), machine, proven[:2]))
    assert all(name in text for name in KERNELS)
    assert "proven at 2 x 32, 300, float32" in text
    text = drawn(model_table({"dots_ocr": {"vision": choice_for(TOWER, machine=machine)}}, trace=True))
    assert "dots_ocr" in text
    assert "sdpa_cudnn: refused: it needs an NVIDIA GPU" in text


def test_a_proof_is_readable_json(proven):
    text = msgspec.json.encode(proven).decode()
    assert msgspec.json.decode(text, type=list[type(proven[0])]) == proven
    assert json.loads(text)[0]["problem"]["head_dim"] == 32
