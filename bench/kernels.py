"""What our contract costs: every attention kernel called by hand and through it, at the sizes of dots.ocr, beside its error.

    python -m bench.kernels [--json FILE] [--device cuda|cpu] [--tiny] [--kernels NAME...]

Every pair is timed in two ways: calls that follow one another, as the layers of a model make them, and single calls from an idle
device, where all that the host does shows. Each kernel has a process of its own, which may crash without harm to the others'
figures. Some start ahead, so that they import and compile while another measures; only one at a time is timed.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec

from bench import harness
from ocroute.kernels.base import KERNELS, Problem
from ocroute.kernels.requirements import Platform, obstacle
from ocroute.kernels.this_machine import imported, torch_build
from ocroute.machine import Gpu, inspect

PEAK_TFLOPS = 989.0  # dense bf16 of an H100 or H200 SXM, from NVIDIA's data sheet
SHARE, MICROSECONDS = 0.03, 20.0  # what the contract may add, whichever is more
AHEAD = 4  # processes at a time
DEADLINE = AHEAD * 150.0  # seconds for one kernel, waiting for its turn to measure included

VISION, TEXT = {"head_dim": 128, "heads": 12, "kv_heads": 12}, {"head_dim": 128, "heads": 12, "kv_heads": 2}
LENGTHS = {"page_4096": (4096,), "page_19012": (19_012,), "four_pages": (4692, 4710, 4724, 4688), "text_5000": (5000,)}
TINY = {"page_4096": (64,), "page_19012": (130,), "four_pages": (20, 33, 17, 25), "text_5000": (40,)}
UPSTREAM = ("upstream_eager", "upstream_sdpa")


def problems(*, tiny: bool) -> dict[str, Problem]:
    made = {}
    for name, lengths in (TINY if tiny else LENGTHS).items():
        causal = name.startswith("text")
        made[name] = Problem(**(TEXT if causal else VISION), causal=causal, dtype="bfloat16", lengths=lengths)
    return made


def measure(kernel: str, device: str, *, tiny: bool, lock: Path) -> dict[str, Any]:
    """In the kernel's own process."""
    import torch

    rows: dict[str, Any] = {}
    torch.zeros(1, device=device)
    if kernel not in UPSTREAM and KERNELS.load(kernel).info.compiles:
        _compile(kernel, device, tiny=tiny)
    with _alone(lock), torch.no_grad():
        for name, problem in problems(tiny=tiny).items():
            if kernel in UPSTREAM and problem.causal:
                continue  # they are of the vision tower
            try:
                rows[name] = _measure(kernel, problem, device)
            except Exception as error:  # whatever a kernel raises is its result
                rows[name] = {"failed": f"{type(error).__name__}: {error}"[:500]}
            if device == "cuda":
                torch.cuda.empty_cache()
    return rows


def _compile(kernel: str, device: str, *, tiny: bool) -> None:
    """All that is to be measured, once, while others measure: a short call disturbs one of their turns, and they take medians."""
    import torch

    from bench import kernels_measure as measuring

    for problem in problems(tiny=tiny).values():
        with torch.no_grad(), contextlib.suppress(Exception):  # it comes again where it is to be recorded
            for call in _calls(kernel, problem, *measuring.inputs(problem, device)):
                call()


def _calls(kernel: str, problem: Problem, q: Any, k: Any, v: Any) -> list[Callable[[], Any]]:
    """By hand, and through our contract where there is a row."""
    from bench import kernels_by_hand as hand
    from ocroute.kernels.packed import boundaries

    if kernel in UPSTREAM:
        return [hand.UPSTREAM[kernel](problem, q, k, v)]
    attend = KERNELS.load(kernel)().attend
    cu, longest, scale = boundaries(problem.lengths, q.device), max(problem.lengths), problem.head_dim**-0.5

    def ours() -> Any:
        return attend(q, k, v, cu_q=cu, cu_k=cu, max_q=longest, max_k=longest, causal=problem.causal, scale=scale)

    return [hand.BY_HAND[kernel](problem, q, k, v), ours]


def _measure(kernel: str, problem: Problem, device: str) -> dict[str, Any]:
    from bench.vision_peers import reference

    from bench import kernels_measure as measuring
    from ocroute.kernels.packed import boundaries

    q, k, v = measuring.inputs(problem, device)
    cu, scale = boundaries(problem.lengths, q.device), problem.head_dim**-0.5
    right = reference(q, k, v, cu_q=cu, scale=scale, causal=problem.causal)
    calls = _calls(kernel, problem, q, k, v)
    errors = [measuring.error(call(), right) for call in calls]
    del right
    row, alone = measuring.in_a_row(calls, device), measuring.singly(calls, device)
    result: dict[str, Any] = {
        who: measuring.speed(problem, row["ms"][i], PEAK_TFLOPS)
        | {"alone_ms": alone["ms"][i], "host_us": alone["host_us"][i], "error": errors[i]}
        | {"extra_mib": measuring.extra_memory(calls[i], device)}
        for i, who in enumerate(("hand", "ours")[: len(calls)])
    }
    if len(calls) == 1:
        return result
    return result | {
        "in_a_row": _judged(row, row["ms"][0]) | {"calls": row["calls"]},
        "alone": _judged(alone, alone["ms"][0]),
        "waits": measuring.waits(calls[1], device),
    }


def _judged(timing: dict[str, Any], hand_ms: float) -> dict[str, Any]:
    """What the contract adds to the call by hand, and whether that is within the limit."""
    added = {name: timing[name] for name in ("added_us", "added_us_error", "rounds")}
    return added | {"within": added["added_us"] <= max(MICROSECONDS, SHARE * hand_ms * 1e3)}


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Hold the device: nobody else measures meanwhile."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def candidates(device: str) -> tuple[list[str], dict[str, str]]:
    """Kernels that can run on the device, and why the others cannot."""
    gpu = the_gpu() if device == "cuda" else None
    platform = Platform(gpu, inspect().driver_cuda, torch_build(), {name: imported(name) for name in KERNELS})
    found = {name: obstacle(name, platform, problems(tiny=True)["page_4096"]) for name in KERNELS}
    able = [name for name, reason in found.items() if reason is None]
    return able, {name: str(reason) for name, reason in found.items() if reason}


def _order(names: list[str]) -> list[str]:
    """One that can be measured at once, then those that compile meanwhile, then the others and the peers."""
    compiling = [name for name in names if KERNELS.load(name).info.compiles]
    others = [name for name in names if name not in compiling]
    return [*others[:1], *compiling, *others[1:], *UPSTREAM]


def the_gpu() -> Gpu:
    """As the driver's library tells; as torch does where that library has no binding here."""
    import torch

    if inspect().gpus:
        return inspect().gpus[0]
    free, total = (size // (1024 * 1024) for size in torch.cuda.mem_get_info())
    return Gpu(torch.cuda.get_device_name(), total, free, torch.cuda.get_device_capability())


def versions(names: list[str]) -> dict[str, Any]:
    import torch

    return {
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),
        "kernels": {name: imported(name)[1].version for name in names},
    }


def run(names: list[str], device: str, *, tiny: bool) -> dict[str, Any]:
    """Each kernel's rows, or how its process ended without any."""
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(AHEAD) as pool:

        def rows(name: str) -> tuple[dict[str, Any], float]:
            options = ["--device", device, "--keep", folder, "--child", name, *["--tiny"] * tiny]
            started = time.perf_counter()
            row = harness.child_row("bench.kernels", *options, seconds=DEADLINE)
            return ({"crashed": row["reason"]} if "state" in row else row), time.perf_counter() - started

        for name, (row, seconds) in zip(names, pool.map(rows, names), strict=True):
            results[name] = row
            _say(name, row, seconds)
    return results


def _say(kernel: str, rows: dict[str, Any], seconds: float) -> None:
    print(f"{kernel} ({seconds:.0f} s)", flush=True)
    if "crashed" in rows:
        print(f"  {rows['crashed']}", flush=True)
        return
    for name, row in rows.items():
        if "failed" in row:
            print(f"  {name:12} {row['failed'][:150]}", flush=True)
            continue
        hand, ours = row["hand"], row.get("ours")
        line = (
            f"  {name:12} by hand {hand['ms']:9.3f} ms, {hand['tflops']:6.1f} TFLOP/s, error {hand['error']['max']:.1e}"
        )
        if ours:
            line += f" | ours {ours['ms']:9.3f} ms, error {ours['error']['max']:.1e}"
            for way in ("in_a_row", "alone"):
                line += f", {way} {row[way]['added_us']:+.0f} us{'' if row[way]['within'] else '  TOO MUCH'}"
            line += f"  WAITS: {row['waits']}" if row["waits"] else ""
        memory = (ours or hand)["extra_mib"]
        print(line + (f", {memory:.0f} MiB" if memory is not None else ""), flush=True)


def main() -> None:
    parser = harness.arguments(__doc__, record="kernels")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--tiny", action="store_true", help="lengths of a few tokens: tries the whole script")
    parser.add_argument("--kernels", nargs="*", default=[])
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--keep", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        rows = measure(args.child, args.device, tiny=args.tiny, lock=args.keep / "device.lock")
        print(json.dumps(rows))
        return
    if not KERNELS:
        raise SystemExit("ocroute's entry points are not installed; run: pip install --no-deps -e .")
    able, unable = candidates(args.device)
    names = [name for name in _order(able) if not args.kernels or name in args.kernels]
    results = run(names, args.device, tiny=args.tiny)
    harness.write(
        args.json,
        {
            "gpu": the_gpu().name if args.device == "cuda" else "",
            "driver": inspect().driver,
            "device": args.device,
            "software": versions(able),
            "problems": msgspec.to_builtins(problems(tiny=args.tiny)),
            "limit": {"share": SHARE, "microseconds": MICROSECONDS},
            "peak_tflops": PEAK_TFLOPS,
            "not_run": unable,
            "kernels": results,
        },
    )
    rows = [row for rows in results.values() if "crashed" not in rows for row in rows.values() if "ours" in row]
    for way in ("in_a_row", "alone"):
        print(f"{sum(row[way]['within'] for row in rows)} of {len(rows)} within the limit, {way.replace('_', ' ')}")


if __name__ == "__main__":
    main()
