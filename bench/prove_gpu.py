"""Proves what is installed on the GPU that is here, and shows that the probe catches faulty kernels there too.

    python -m bench.prove_gpu [--json FILE] [--parts command,model,zoo,compiling,broad] [--seconds 540] [--device cpu --tiny]

Writes FILE after each part:

- ``command``: the command itself, `ocroute prove --for dots_ocr`, on the wall clock from its start to its end; the goal is 60 s.
- ``model``: the same over the exact kernels that compile nothing, without the start.
- ``zoo``: the faulty kernels of the tests, each with the verdict that it must get and the one it got.
- ``compiling``: the other kernels, quantized ones included, for dots_ocr.
- ``broad``: every kernel at every model's problems, at four packed pages, at head dim 256 and at 7 query heads a key/value head.

What does not fit into ``--seconds`` is listed as not run.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec

from bench import harness
from ocroute import registry
from ocroute.engines.neural.attention_shapes import all_problems, dtype_for, problems_for
from ocroute.kernels.base import KERNELS, Problem
from ocroute.kernels.probe import Proof
from ocroute.kernels.prove import Limits, prove
from ocroute.kernels.this_machine import installed
from ocroute.machine import Gpu, inspect

ZOO = Path(__file__).parent.parent / "tests" / "plugins_kernels"
GOAL_SECONDS = 60.0
ABREAST = 6
"""Faulty kernels that are tried at once."""

FOUR_PAGES = (4_692, 4_710, 4_724, 4_688)


class Run:
    """One run of this script: its device, its clock, and what was found so far."""

    def __init__(self, json: Path | None, device: str, seconds: float, *, tiny: bool) -> None:
        gpus = inspect().gpus
        self.gpu: Gpu | None = gpus[0] if device != "cpu" and gpus else None
        self.device, self.tiny, self.json = device, tiny, json
        self.until = time.monotonic() + seconds
        self.one_at_a_time = threading.Lock()
        self.result: dict[str, Any] = {"gpu": msgspec.to_builtins(self.gpu), "device": device, "tiny": tiny}

    def problems(self, wanted: Iterable[Problem]) -> list[Problem]:
        """As they are; few heads and tokens of them where the run is a tiny one."""
        if not self.tiny:
            return list(wanted)
        small = (msgspec.structs.replace(one, heads=one.group * 2, kv_heads=2, lengths=(160,)) for one in wanted)
        return list(dict.fromkeys(small))

    def prove(self, names: list[str], problems: list[Problem], limits: Limits | None = None) -> dict[str, Any]:
        """Proofs while there is time; kernels one after another, so that the first ones are whole."""
        proofs: list[Proof] = []
        started = time.monotonic()
        names_in_time = names if time.monotonic() < self.until else []
        for proof in prove(names_in_time, problems, device=self.device, limits=limits) if names_in_time else ():
            proofs.append(proof)
            with self.one_at_a_time:
                print(f"{time.monotonic() - started:6.1f} s  {summary(proof)}", flush=True)
            if time.monotonic() > self.until:
                break
        left = [
            f"{name}: {problem}"
            for name in names
            for problem in problems
            if not any(
                one.kernel == name
                and ((one.problem.same_class(problem) and one.serves(problem)) or one.problem == problem)
                for one in proofs
            )
        ]
        return {
            "seconds": round(time.monotonic() - started, 1),
            "not_run": left,
            "proofs": [brief(msgspec.to_builtins(proof)) for proof in proofs],
        }

    def save(self) -> None:
        """Write what was found so far."""
        harness.write(self.json, self.result)


def command(run: Run) -> None:
    """With a ledger of its own, so that nothing is known before."""
    model_name, began = "dots_ocr", time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "ocroute", "prove", "--for", model_name, "--json"],
            env={**os.environ, "OCROUTE_HOME": folder},
            capture_output=True,
            text=True,
            check=False,
        )
    seconds = round(time.monotonic() - began, 1)
    proofs = json.loads(done.stdout or "[]")
    run.result["command"] = {
        "seconds": seconds,
        "within_goal": done.returncode == 0 and seconds <= GOAL_SECONDS,
        "exit_code": done.returncode,
        "proofs": [brief(proof) for proof in proofs],
        "said": done.stderr.splitlines()[-40:],
    }
    print(f"{seconds} s, exit code {done.returncode}", done.stderr, sep="\n", flush=True)


def model(run: Run) -> None:
    started = time.monotonic()
    list(prove(["eager"], [Problem(64, 2, 2, False, dtype_for(run.gpu), (64,))], device=run.device))
    cold = round(time.monotonic() - started, 1)  # reads torch from the disk, so that the part itself is warm
    part = run.prove(present(compiles=False), run.problems(problems_for("dots_ocr", run.gpu)))
    run.result["model"] = {"cold_seconds": cold, "within_goal": part["seconds"] <= GOAL_SECONDS, **part}


def zoo(run: Run) -> None:
    sys.path.insert(0, str(ZOO))
    registry.look_again()
    cage = importlib.import_module("ocroute_kernel_zoo")
    dtype = dtype_for(run.gpu)
    tower, prefill = Problem(64, 4, 4, False, dtype, (300,)), Problem(64, 4, 2, True, dtype, (300,))
    names = [name for name in KERNELS if name.startswith("zoo_")]
    must = dict.fromkeys(names, "wrong")
    for verdict in ("proven", "crashed", "timed_out", "out_of_memory", "refused"):
        must |= dict.fromkeys(getattr(cage, verdict.upper()), verdict)
    if run.gpu is None:
        must |= dict.fromkeys(cage.WRONG_ON_A_GPU, "proven")
    limits = Limits(case=10 if run.gpu else 60, host_mb=6_000)
    shares = [(name, prefill) for name in names if name in cage.WRONG_IF_CAUSAL]
    shares += [(name, tower) for name in names if name not in cage.WRONG_IF_CAUSAL]
    part: dict[str, Any] = {"not_run": [], "proofs": []}
    started = time.monotonic()
    with ThreadPoolExecutor(ABREAST if run.gpu else 1) as pool:  # of no kernel here the speed is of interest
        for found in pool.map(lambda share: run.prove([share[0]], [share[1]], limits), shares):
            part = {key: part[key] + found[key] for key in part}
    part["seconds"] = round(time.monotonic() - started, 1)
    rows = [
        {"kernel": proof["kernel"], "must_be": must[proof["kernel"]], "is": proof["verdict"], "reason": proof["reason"]}
        for proof in part["proofs"]
    ]
    missed = [row["kernel"] for row in rows if row["must_be"] != row["is"]]
    run.result["zoo"] = {"seconds": part["seconds"], "missed": missed, "not_run": part["not_run"], "kernels": rows}


def compiling(run: Run) -> None:
    problems = run.problems(problems_for("dots_ocr", run.gpu))
    names = [*present(compiles=True), *present(compiles=False, numerics="quantized")]
    run.result["compiling"] = run.prove(names, problems, Limits(compiling=240))


def broad(run: Run) -> None:
    dtype = dtype_for(run.gpu)
    wanted = [
        Problem(128, 12, 12, False, dtype, FOUR_PAGES),
        Problem(80, 16, 16, False, dtype, FOUR_PAGES),
        Problem(256, 8, 8, False, dtype, (4_096,)),
        Problem(128, 14, 2, True, dtype, (5_000,)),
        *all_problems(run.gpu),
    ]
    seen = set(problems_for("dots_ocr", run.gpu))
    problems = run.problems(dict.fromkeys(one for one in wanted if one not in seen))
    names = [*present(compiles=False), *present(compiles=False, numerics="quantized"), *present(compiles=True)]
    run.result["broad"] = run.prove(names, problems, Limits(compiling=120))


PARTS: dict[str, Callable[[Run], None]] = {
    "command": command,
    "model": model,
    "zoo": zoo,
    "compiling": compiling,
    "broad": broad,
}


def present(*, compiles: bool, numerics: str = "") -> list[str]:
    """Installed kernels of ocroute's own; exact ones where nothing compiles and nothing else is said."""
    wanted = (numerics,) if numerics else ("exact", "quantized") if compiles else ("exact",)
    rows = ((name, *installed(name)) for name, row in KERNELS.items() if row.builtin)
    return [
        name
        for name, info, presence in rows
        if presence.state == "usable" and info.compiles == compiles and info.numerics in wanted
    ]


def brief(proof: dict[str, Any]) -> dict[str, Any]:
    """A proof with how many cases had each outcome, and of these what is not right and the three that came nearest to a limit."""
    outcomes: list[dict[str, Any]] = proof["outcomes"]
    measured = [
        one for one in outcomes if one["seen"] == "passed" and one.get("limit") and one.get("error") is not None
    ]
    nearest = sorted(measured, key=lambda one: one["error"] / one["limit"], reverse=True)[:3]
    kept = [one for one in outcomes if one in nearest or one["seen"] not in ("passed", "not_run")]
    return {**proof, "cases": dict(Counter(one["seen"] for one in outcomes)), "outcomes": kept}


def summary(proof: Proof) -> str:
    figures = f", {proof.measure.milliseconds:.3g} ms, {proof.measure.tflops:.4g} TFLOP/s" if proof.measure else ""
    shape = f"d{proof.problem.head_dim} {proof.problem.heads}/{proof.problem.kv_heads} {sum(proof.problem.lengths)}"
    return f"{proof.kernel} {shape}: {proof.verdict} in {proof.seconds:.1f} s{figures}: {proof.reason}"


def main() -> None:
    parser = harness.arguments(__doc__, record="prove-PART")
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--seconds", type=float, default=540.0)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--tiny", action="store_true", help="the same on a few short sequences")
    arguments = parser.parse_args()
    run = Run(arguments.json, arguments.device, arguments.seconds, tiny=arguments.tiny)
    for name in arguments.parts.split(","):
        PARTS[name](run)
        run.save()
    missed = run.result.get("zoo", {}).get("missed", [])
    print(f"zoo: missed {', '.join(missed) or 'none'}")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
