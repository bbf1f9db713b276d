"""Proving as the command line does it: real kernels in real child processes, kept in a real ledger."""

import io
import json
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import msgspec
import pytest
import torch
from rich.console import Console
from tests.support.waiting import PATIENCE, running, until

from ocroute.cli.draw_kernels import kernel_table, model_table, proof_table
from ocroute.errors import EngineUnavailable, UsageError
from ocroute.kernels import this_machine
from ocroute.kernels.base import KERNELS, KernelInfo, Problem
from ocroute.kernels.inventory import inventory
from ocroute.kernels.ledger import Ledger
from ocroute.kernels.probe import probing_child
from ocroute.kernels.probe.cases import CASES
from ocroute.kernels.probe.prober import Examined, Limits, Lost, Prober
from ocroute.kernels.probe.proof import Proof
from ocroute.kernels.prove import _Bench, prove, prove_here, unproven, unserved
from ocroute.kernels.requirements import TorchBuild
from ocroute.kernels.this_machine import best, build_of, choice_on, installed, place_of, platform_here, stale_here
from ocroute.machine import Gpu, inspect

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
        assert proof.place.torch == torch.__version__  # the build included: "+cpu" or "+cu130"
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
    monkeypatch.setattr(this_machine, "inspect", lambda: bare)
    assert not choice_on(platform_here(bare), TOWER).proven
    with pytest.raises(EngineUnavailable, match="ocroute prove"):
        best(TOWER, proven_only=True)
    for proof in proven:
        Ledger().record(proof)
    choice = choice_on(platform_here(bare), TOWER)
    assert (choice.kernel, choice.proven) == ("sdpa_flash", True)
    assert best(TOWER, proven_only=True).__self__.__class__ is KERNELS.load("sdpa_flash")
    assert [proof.kernel for proof in platform_here(bare).proofs if proof.verdict == "proven"] == ["sdpa_flash"] * 2
    other = msgspec.structs.replace(bare, processor="another processor")
    assert not choice_on(platform_here(other), TOWER).proven


@pytest.mark.parametrize(
    ("torch", "cause", "step"),
    [
        (
            TorchBuild("2.13.0+cu130", "13.0", ("sm_90",)),
            "the NVIDIA driver serves CUDA 12.4",
            "Update the driver: https",
        ),
        (
            TorchBuild("2.13.0+cpu"),
            "torch 2.13.0+cpu is a build for the CPU",
            "--index-url https://download.pytorch.org/whl/cu126",
        ),
    ],
)
def test_where_torch_cannot_use_the_card_best_says_what_to_do_about_that(monkeypatch, torch, cause, step):
    card = Gpu("NVIDIA H100", 81_559, 81_000, (9, 0))
    machine = msgspec.structs.replace(inspect(), gpus=(card,), driver="550.1", driver_cuda="12.4")
    monkeypatch.setattr(this_machine, "inspect", lambda: machine)
    monkeypatch.setattr(this_machine, "torch_build", lambda: torch)
    with pytest.raises(EngineUnavailable) as error:
        best(TOWER)
    assert error.value.message.startswith(cause)
    assert step in str(error.value.next_step)


def test_proofs_go_to_the_ledger_and_refusals_do_not(tmp_path, monkeypatch):
    monkeypatch.setattr("ocroute.kernels.prove.inspect", lambda: msgspec.structs.replace(inspect(), gpus=()))
    ledger = Ledger(tmp_path)
    made = list(prove_here(["eager", "sdpa_cudnn"], [PREFILL], ledger=ledger))
    assert [proof.verdict for proof in made] == ["proven", "refused"]
    assert ledger.proofs() == made[:1]


def test_a_child_whose_kernel_cannot_be_loaded_is_lost_with_the_reason():
    child = Prober("no_such_kernel", "cpu", Limits())
    try:
        lost = child.ready()
        assert isinstance(lost, Lost)
        assert lost.verdict == "crashed"
        assert "there is no kernel named 'no_such_kernel'" in lost.reason
        assert child.examine(TOWER)[2] == lost
    finally:
        child.end()


def test_only_a_child_that_waits_imports_what_it_may_need_later(monkeypatch):
    imported = []
    monkeypatch.setattr(probing_child.importlib, "import_module", imported.append)
    probing_child._use_the_wait(SimpleNamespace(asks=lambda within: True))
    assert imported == []
    probing_child._use_the_wait(SimpleNamespace(asks=lambda within: False))
    assert imported == ["torch._dynamo"]


def test_a_child_that_does_not_start_in_time_is_lost():
    child = Prober("eager", "cpu", Limits(start=0.01))
    lost = child.ready()
    assert (lost.verdict, lost.reason) == ("timed_out", "did not end within 0.01 seconds")
    assert child.end()


def test_a_child_ends_when_its_parent_does():
    """Also when the parent had no chance to end it."""
    script = (
        "import os\n"
        "from ocroute.kernels.probe.prober import Limits, Prober\n"
        "prober = Prober('eager', 'cpu', Limits())\n"
        "prober.ready()\n"
        "print(prober._child.pid, flush=True)\n"
        "os._exit(0)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE, check=True)

    until(lambda: not running(int(done.stdout)))


def drawn(table):
    out = io.StringIO()
    Console(file=out, width=160).print(table)
    return out.getvalue()


def test_tables_say_what_was_found(proven):
    text = drawn(proof_table(proven, 160))
    assert "proven" in text
    assert "float32" in text.splitlines()[0]
    assert "2 x 32, 300" in text
    assert "4/2 x 32, 80 causal" in text
    machine = msgspec.structs.replace(inspect(), gpus=())
    text = drawn(kernel_table(inventory(platform_here(machine)), machine, proven[:2]))
    assert all(name in text for name in KERNELS)
    assert "proven at 2 x 32, 300, float32" in text
    text = drawn(model_table({"dots_ocr": {"vision": choice_on(platform_here(machine), TOWER)}}, trace=True))
    assert "dots_ocr" in text
    assert "sdpa_cudnn: refused: it needs an NVIDIA GPU" in text


LONG = Problem(128, 12, 12, False, "bfloat16", (57_600,))
CAUSAL = Problem(128, 12, 2, True, "float16", (14_912,))


@pytest.mark.parametrize("width", [40, 60, 80, 160])
def test_the_table_of_proofs_fits_the_terminal(proven, width):
    """Columns that are least needed go first; kernel and verdict stay."""
    proofs = [
        msgspec.structs.replace(proven[0], kernel="sdpa_efficient", problem=problem, verdict=verdict)
        for problem, verdict in ((LONG, "out_of_memory"), (CAUSAL, "proven"))
    ]
    table = proof_table(proofs, width)
    out = io.StringIO()
    Console(file=out, width=width).print(table)
    lines = out.getvalue().splitlines()
    assert all(len(line.rstrip()) <= width for line in lines)
    assert "sdpa_efficient" in out.getvalue()
    assert "…" not in out.getvalue()
    headings = [str(column.header) for column in table.columns]
    assert headings[:2] == ["kernel", "heads x dim, tokens"]
    assert ("MiB" in headings) == (width >= 80)
    assert "verdict" in headings


def test_the_longest_problem_of_a_class_speaks_for_the_shorter_ones(monkeypatch):
    """And only where a kernel is not proven at it, a shorter one is tried."""
    asked = []

    def prove_one(self, name, build, problem):
        asked.append((name, problem.longest))
        verdict = "out_of_memory" if problem.longest > limit else "proven"
        return Proof(name, build, problem, self.place, verdict, "", "" if verdict == "proven" else "own_lengths")

    monkeypatch.setattr(_Bench, "prove", prove_one)
    monkeypatch.setattr(_Bench, "warm_up", lambda *_: None)
    problems = [TOWER, msgspec.structs.replace(TOWER, lengths=(900,)), PREFILL]
    limit = 1_000
    assert [proof.problem.longest for proof in prove(["eager"], problems, device="cpu")] == [900, 80]
    limit = 500
    assert [proof.problem.longest for proof in prove(["eager"], problems, device="cpu")] == [900, 300, 80]
    wide = msgspec.structs.replace(TOWER, heads=8, kv_heads=8)  # other heads are another matter
    limit = 1_000
    assert [proof.problem.heads for proof in prove(["eager"], [wide, *problems], device="cpu")] == [2, 8, 4]


def test_kernels_that_compile_do_so_for_every_class_at_once_and_one_that_is_lost_costs_no_other(monkeypatch):
    started, ended = [], []

    class Child:
        def __init__(self, name, device, limits, ahead=()):
            self.what = name, ahead
            started.append(self.what)

        def examine(self, problem, seed):
            return Examined((), None, Lost("crashed", "gone", "scale") if problem == lost else None)

        def end(self):
            ended.append(self.what)

    monkeypatch.setattr("ocroute.kernels.prove.Prober", Child)
    lost, shorter = LONG, msgspec.structs.replace(LONG, lengths=(300,))
    bench = _Bench("cuda", Limits(), 0, (LONG, CAUSAL))
    bench.warm_up(["eager", "flex"])
    bench.warm_up(["flex"])
    assert started == [("eager", ()), ("flex", (LONG,)), ("flex", (CAUSAL,))]
    bench.prove("eager", "", LONG)
    assert ended == [("eager", ())]
    bench.prove("flex", "", LONG)
    assert ended[1:] == [("flex", (LONG,))]
    assert bench.prove("flex", "", shorter).reason.endswith("seen with the same heads at other lengths")
    assert bench.prove("flex", "", CAUSAL).verdict != "crashed"
    assert len(started) == 3
    bench.end("eager", "flex")
    assert ended[2:] == [("flex", (CAUSAL,))]


def test_scores_that_no_card_of_this_size_holds_are_not_tried(monkeypatch):
    monkeypatch.setattr(_Bench, "warm_up", lambda *_: None)
    monkeypatch.setattr(
        _Bench, "prove", lambda self, name, build, problem: Proof(name, build, problem, self.place, "proven", "")
    )
    monkeypatch.setattr("ocroute.kernels.prove.torch_build", lambda: TorchBuild("2.15.0+cu132", "13.2", ("sm_90",)))
    card = Gpu("NVIDIA H100 80GB HBM3", 81_559, 80_000, (9, 0))
    here = msgspec.structs.replace(inspect(), gpus=(card,), driver_cuda="13.2")
    shorter = msgspec.structs.replace(LONG, lengths=(19_824,))
    [flash] = prove(["sdpa_flash"], [shorter, LONG], machine=here)
    assert (flash.verdict, flash.problem) == ("proven", LONG)
    large, small = prove(["eager"], [shorter, LONG], machine=here)
    assert (large.verdict, large.case) == ("out_of_memory", "own_lengths")
    assert "not tried, its scores alone take 151,875 MiB, and NVIDIA H100 80GB HBM3 has 81,559" in large.reason
    assert (small.verdict, small.problem) == ("proven", shorter)  # 18 GiB of scores: only a try can tell


def test_a_proof_is_readable_json(proven):
    text = msgspec.json.encode(proven).decode()
    assert msgspec.json.decode(text, type=list[type(proven[0])]) == proven
    assert json.loads(text)[0]["problem"]["head_dim"] == 32


def test_a_proof_ends_when_what_the_kernel_rests_on_changes(monkeypatch, tmp_path):
    versions = {"triton": "3.6.0"}
    monkeypatch.setattr(this_machine, "_version_of", lambda name: versions.get(name, ""))
    info = KernelInfo("sageattention", rests_on=("triton", "not-installed"))
    assert build_of(info, "1.0.6") == "1.0.6 with triton 3.6.0"
    versions["triton"] = "3.7.0"
    assert build_of(info, "1.0.6") != "1.0.6 with triton 3.6.0"
    assert build_of(KernelInfo("torch"), "2.13.0") == "2.13.0"


def test_a_kernel_of_the_hub_rests_on_the_revision_that_is_downloaded(monkeypatch, tmp_path):
    monkeypatch.setenv("KERNELS_CACHE", str(tmp_path))
    info = KERNELS.load("hub_flash2").info
    assert build_of(info, "0.17.2") == "0.17.2"
    (tmp_path / "models--kernels-community--flash-attn2/snapshots/0123456789abcdef").mkdir(parents=True)
    assert build_of(info, "0.17.2") == "0.17.2 with kernels-community/flash-attn2 0123456789ab"


def test_a_child_lost_before_its_first_case_names_none():
    bench = _Bench("cpu", Limits(), 0)
    assert bench._proof("eager", "1", TOWER, Lost("crashed", "exit code 1", "")).reason.startswith(
        "exit code 1; seen with"
    )


def test_a_named_kernel_is_relied_on_when_it_is_proven_and_was_caught_in_nothing(proven):
    right, absent = proven[0], proven[2]
    assert unproven(["sdpa_flash"], proven) == []
    assert unproven(["sdpa_flash", "flash2"], proven) == ["flash2"]
    scarce = msgspec.structs.replace(right, verdict="out_of_memory")
    assert unproven(["sdpa_flash"], [right, scarce, absent]) == []
    for verdict in ("wrong", "crashed", "timed_out"):
        assert unproven(["sdpa_flash"], [right, msgspec.structs.replace(right, verdict=verdict)]) == ["sdpa_flash"]


@pytest.mark.parametrize(("name", "code"), [("sdpa_cudnn", 7), ("eager", 0)])
def test_prove_ends_with_a_code_that_a_script_can_ask(monkeypatch, tmp_path, name, code):
    from typer.testing import CliRunner

    from ocroute.cli import app

    monkeypatch.setenv("OCROUTE_HOME", str(tmp_path))
    monkeypatch.setattr("ocroute.engines.neural.attention_shapes.problems_for", lambda *_: (PREFILL,))
    monkeypatch.setattr("ocroute.kernels.prove.inspect", lambda: msgspec.structs.replace(inspect(), gpus=()))
    assert CliRunner().invoke(app, ["prove", name, "--for", "dots_ocr"]).exit_code == code


def test_without_names_it_ends_by_whether_each_problem_has_a_kernel(proven):
    """A kernel that is wrong is no misfortune while another is right."""
    right = proven[0]
    bad = msgspec.structs.replace(right, kernel="eager", verdict="wrong")
    assert unserved([right, bad]) == []
    assert unserved([bad]) == [right.problem]
    longer = msgspec.structs.replace(right.problem, lengths=(9_000,))
    assert unserved([right, bad, msgspec.structs.replace(bad, problem=longer)]) == [longer]


def test_a_kernel_has_one_state_on_the_screen_and_in_json(proven):
    machine = msgspec.structs.replace(inspect(), gpus=())
    right = msgspec.structs.replace(proven[0], kernel="eager")
    made = [msgspec.structs.replace(right, verdict=verdict) for verdict in ("proven", "timed_out", "wrong", "refused")]
    rows = {row.name: row for row in inventory(replace(platform_here(machine), proofs=tuple(made)))}
    assert (rows["eager"].state, rows["eager"].presence) == ("wrong", "usable")
    assert rows["eager"].verdicts == ("wrong", "timed_out", "refused", "proven"), "the worst first"
    assert rows["sdpa_math"].state == "usable"
    assert rows["torch_varlen"].state == "refused"
    assert rows["flash2"].state == rows["flash2"].presence == "absent"
    rows = {row.name: row for row in inventory(replace(platform_here(machine), proofs=(made[3], made[0])))}
    assert rows["eager"].state == "proven", "what it declined elsewhere is no fault"


def test_a_proof_that_holds_no_longer_is_shown_with_what_has_changed(proven):
    machine = msgspec.structs.replace(inspect(), gpus=())
    assert stale_here(machine) == []
    old = msgspec.structs.replace(
        proven[0], kernel="eager", place=msgspec.structs.replace(proven[0].place, torch="1.0"), version="1.0"
    )
    elsewhere = msgspec.structs.replace(old, place=msgspec.structs.replace(old.place, device="another card"))
    for proof in (old, elsewhere):
        Ledger().record(proof)
    [stale] = stale_here(machine)
    assert stale.reason.startswith("torch was 1.0 and is ")
    [row] = [row for row in inventory(platform_here(machine), [stale]) if row.stale]
    assert (row.name, row.state) == ("eager", "usable")
    said = " ".join(drawn(kernel_table([row], machine)).replace("│", " ").split())
    assert "proofs that hold no longer: torch was 1.0 and is " in said
    assert "run: ocroute prove eager" in said
    info, presence = installed("eager")
    longer = msgspec.structs.replace(old.problem, lengths=(1_000,))
    Ledger().record(
        msgspec.structs.replace(
            old, place=place_of(machine, None), version=build_of(info, presence.version), problem=longer
        )
    )
    assert stale_here(machine) == [], "what was proven again since is not told"


def test_a_kernel_built_again_is_another_though_its_version_is_the_same(monkeypatch, tmp_path):
    def install(code, *, noted, tag="manylinux_2_28_x86_64"):
        facts = tmp_path / "site" / "own_kernel-1.0.dist-info"
        facts.mkdir(parents=True, exist_ok=True)
        (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: own-kernel\nVersion: 1.0\n")
        (facts / "RECORD").write_text(f"own.so,sha256={code},1\nown_kernel-1.0.dist-info/RECORD,,\n")
        (facts / "WHEEL").write_text(f"Wheel-Version: 1.0\nTag: cp311-cp311-{tag}\n")
        note = facts / "direct_url.json"
        note.write_text('{"url": "file:///own_kernel.whl"}') if noted else note.unlink(missing_ok=True)
        return build_of(KernelInfo("own-kernel"), "1.0")

    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    first = install("one", noted=True)
    assert first.startswith("1.0 (files ")
    assert install("one", noted=True) == first != install("two", noted=True)
    assert install("two", noted=False) == "1.0", "what a package index gives has a version that tells all"
    by_pip = install("two", noted=False, tag="linux_x86_64")
    assert by_pip.startswith("1.0 (files "), "pip has compiled what the index gave as source"
    assert install("one", noted=False, tag="linux_x86_64") not in (by_pip, "1.0")


def test_a_kernel_that_is_compiled_here_rests_on_the_compiler(monkeypatch, tmp_path):
    (tmp_path / "cuda/bin").mkdir(parents=True)
    (tmp_path / "cuda/include").mkdir()
    (tmp_path / "cuda/include/cuda_runtime.h").touch()
    compiler = tmp_path / "cuda/bin/nvcc"
    compiler.write_text("#!/bin/sh\necho 'Cuda compilation tools, release 12.9, V12.9.86'\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("CUDA_HOME", str(tmp_path / "cuda"))
    info = KERNELS.load("flashinfer").info
    assert build_of(info, "0.7.2") == "0.7.2 with nvcc 12.9.86"
    assert build_of(info, "") == "", "what is absent rests on nothing"


def test_a_dry_run_ends_as_the_build_would():
    from typer.testing import CliRunner

    from ocroute.cli import app

    for more in ([], ["--dry-run"]):
        done = CliRunner().invoke(app, ["build", "flash2", "--arch", "13.0", *more])
        assert (done.exit_code, "has no code for 13.0" in " ".join(done.output.split())) == (7, True)
    assert "there is no recipe for 'nope'" in str(CliRunner().invoke(app, ["build", "nope"]).exception)
