"""How near right kernels come to the limits of the probe, and by how much subtly wrong ones miss them.

    python -m bench.probe_limits [--json FILE] [--device cuda] [--seeds 3] [--seconds 100] [--tiny] [--float32]

Every exact kernel that can run here meets every case in both 16-bit types, in this process; the wrong ones in bfloat16. A right
kernel nearer than two thirds to a limit, or a fault that is not seen, is named at the end, and the exit code is 1.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from bench import harness
from ocroute.kernels.base import KERNELS, DType, Kernel, Problem
from ocroute.kernels.probe import reference
from ocroute.kernels.probe.examine import Examiner
from ocroute.kernels.probe.proof import judged

CAGE = Path(__file__).parents[1] / "tests" / "plugins_kernels"
RIGHT = ("subtle_fused", "subtle_fused_wide", "subtle_int8_quantised")
CAUSAL = ("subtle_future_keys",)  # wrong only so
BIDIRECTIONAL = ("subtle_unequal_garbage",)
TIMED = ("subtle_tires",)  # wrong only in what is timed, which the tests see
NARROW: tuple[DType, ...] = ("bfloat16", "float16")
NEAR = 2 / 3


def main() -> int:
    """Run, write the record, and say in lines what it holds."""
    parser = harness.arguments(__doc__, record="probe-limits")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=100.0, help="begin no other kernel after so many")
    parser.add_argument("--tiny", action="store_true", help="short lengths, few heads, one seed, few kernels")
    parser.add_argument("--float32", action="store_true", help="the reference as large problems on a GPU get it")
    parser.add_argument("--kernels", default="", help="only these, by name, with commas")
    options = parser.parse_args()
    if options.float32:
        reference.precision_for = lambda *_: torch.float32
    sys.path.insert(0, str(CAGE))
    torch.set_float32_matmul_precision("highest")
    started = time.monotonic()
    rows: list[dict[str, Any]] = []
    not_run = options.kernels.split(",") if options.kernels else list(names(options.device, tiny=options.tiny))
    while not_run and time.monotonic() - started < options.seconds:
        for row in tried(not_run.pop(0), options.device, 1 if options.tiny else options.seeds, tiny=options.tiny):
            rows.append(row)
            print(
                f"{row['kernel']:24} {row['dtype']:9} {row['class']:8} {row['is']:8} {row['seconds']:6.1f} s  "
                f"{row['worst'][:2]}",
                flush=True,
            )
        where = {"device": options.device, "torch": torch.__version__, "float32": options.float32}
        harness.write(
            options.json, {**where, "not_run": not_run, "rows": rows}
        )  # what ends this process early loses only the rest
    missed = [row for row in rows if row["is"] != row["must_be"]]
    near = [row for row in rows if row["must_be"] == "proven" and row["worst"] and row["worst"][0]["part"] > NEAR]
    print(f"{time.monotonic() - started:.0f} s; not run for want of time: {', '.join(not_run) or 'none'}")
    for row in missed:
        print(
            f"NOT {row['must_be']}: {row['kernel']} {row['dtype']} {row['class']}, seed {row['seed']}: {row['reason']}"
        )
    for row in near:
        print(f"NEAR: {row['kernel']} {row['dtype']} {row['class']}, seed {row['seed']}: {row['worst'][0]}")
    return 1 if missed or near else 0


def names(device: str, *, tiny: bool) -> Iterator[str]:
    """The exact kernels that can run on ``device``, those that compile last, and the subtle ones before these."""
    here = []
    for name in KERNELS:
        kind: type[Kernel] = KERNELS.load(name)
        subtle = name.startswith("subtle_")
        if name in TIMED or (not subtle and (kind.info.numerics != "exact" or name.startswith(("zoo_", "slow_")))):
            continue
        runs = subtle or bool(kind.info.dtypes_on_cpu) or not device.startswith("cpu")
        if runs and kind.presence().state == "usable":
            here.append((kind.info.compiles, subtle, name))
    chosen = [name for _, _, name in sorted(here)]
    yield from (
        name for name in chosen if not tiny or name in ("eager", "sdpa_math", "subtle_fused", "subtle_scale_off")
    )


def tried(name: str, device: str, seeds: int, *, tiny: bool) -> Iterator[dict[str, Any]]:
    """A row for each class, dtype and seed; a wrong kernel once for each class in bfloat16, where least is seen."""
    subtle = name.startswith("subtle_")
    right = name in RIGHT or not subtle
    heads, long, dim = (2, 300, 64) if tiny else (12, 5_000, 128)
    if subtle:
        heads, long, dim = 4, 600, 64
    for dtype in NARROW if right else NARROW[:1]:
        for problem in (
            Problem(dim, heads, heads, False, dtype, (long,)),
            Problem(dim, heads, 2, True, dtype, (long,)),
        ):
            if (name in CAUSAL and not problem.causal) or (name in BIDIRECTIONAL and problem.causal):
                continue
            for seed in range(seeds if right else 1):
                yield one(name, device, problem, seed, must_be="proven" if right else "wrong")


def one(name: str, device: str, problem: Problem, seed: int, *, must_be: str) -> dict[str, Any]:
    """The verdict of one examination, and the three cases that came nearest to their limits."""
    started = time.monotonic()
    outcomes = list(Examiner(KERNELS.load(name)(), device).run(problem, seed=seed))
    verdict, reason, _ = judged(outcomes)
    parts = [(found.error / found.limit, found.case) for found in outcomes if found.error is not None and found.limit]
    worst = [{"case": case, "part": round(part, 3)} for part, case in sorted(parts, reverse=True)[:3]]
    return {
        "kernel": name,
        "dtype": problem.dtype,
        "class": "causal" if problem.causal else "both ways",
        "seed": seed,
        "must_be": must_be if verdict != "refused" else "refused",
        "is": verdict,
        "reason": reason,
        "worst": worst,
        "seconds": round(time.monotonic() - started, 2),
    }


if __name__ == "__main__":
    sys.exit(main())
