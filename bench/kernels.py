"""What our contract costs: every attention kernel called by hand and through it, at the sizes of dots.ocr, beside its error.

    python bench/kernels.py --out DIR [--device cuda|cpu] [--tiny] [--kernels NAME...]

Each kernel has a process of its own, which may crash without harm to the others' figures. Processes start in pairs, so that one
imports while the other measures, but only one at a time holds the device. Writes DIR/kernels.json.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

import measured
from ocroute.kernels.base import KERNELS, Problem
from ocroute.kernels.facts import facts_about
from ocroute.kernels.refusal import refusal
from ocroute.kernels.survey import look, torch_facts
from ocroute.machine import Gpu, inspect

PEAK_TFLOPS = 989.0  # dense bf16 of an H100 or H200 SXM, from NVIDIA's data sheet
SHARE, MICROSECONDS = 0.03, 20.0  # what the contract may add, whichever is more
DEADLINE = 240.0  # seconds for one kernel

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
    if kernel not in UPSTREAM:
        KERNELS.load(kernel)()  # imports, while another process measures
    torch.zeros(1, device=device)
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


def _measure(kernel: str, problem: Problem, device: str) -> dict[str, Any]:
    import kernels_by_hand as hand
    import kernels_measure as measuring
    from ocroute.kernels.packed import boundaries

    q, k, v = measuring.inputs(problem, device)
    right = measuring.reference(problem, q, k, v)
    if kernel in UPSTREAM:
        call = hand.UPSTREAM[kernel](problem, q, k, v)
        timing = measuring.times([call], device)[0] | {"ms": measuring.in_a_row([call], device)[0]}
        extra = measuring.extra_memory(call, device)
        return {
            "hand": measuring.row(problem, timing, PEAK_TFLOPS)
            | {"error": measuring.error(call(), right), "extra_mib": extra}
        }
    attend = KERNELS.load(kernel)().attend
    cu, longest = boundaries(problem.lengths, device), max(problem.lengths)
    scale = problem.head_dim**-0.5

    def ours() -> Any:
        return attend(q, k, v, cu_q=cu, cu_k=cu, max_q=longest, max_k=longest, causal=problem.causal, scale=scale)

    by_hand = hand.BY_HAND[kernel](problem, q, k, v)
    errors = {"hand": measuring.error(by_hand(), right), "ours": measuring.error(ours(), right)}
    alone, row = measuring.times([by_hand, ours], device), measuring.in_a_row([by_hand, ours], device)
    hand_time, our_time = ({**alone[i], "ms": row[i]} for i in (0, 1))
    added = (our_time["ms"] - hand_time["ms"]) * 1e3
    result: dict[str, Any] = {}
    for who, timing, call in (("hand", hand_time, by_hand), ("ours", our_time, ours)):
        result[who] = measuring.row(problem, timing, PEAK_TFLOPS) | {
            "error": errors[who],
            "extra_mib": measuring.extra_memory(call, device),
        }
    return result | {
        "added_us": added,
        "added_alone_us": (our_time["alone_ms"] - hand_time["alone_ms"]) * 1e3,
        "within": added <= max(MICROSECONDS, SHARE * hand_time["ms"] * 1e3),
        "waits": measuring.waits(ours, device),
    }


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Hold the device: nobody else measures meanwhile."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def candidates(device: str) -> tuple[list[str], dict[str, str]]:
    """Kernels that can run on the device, and why the others cannot."""
    driver, torch = inspect().driver_cuda, torch_facts()
    gpu = the_gpu() if device == "cuda" else None
    able, unable = [], {}
    for name in KERNELS:
        info, presence = look(name)
        reason = refusal(
            info,
            presence,
            problems(tiny=True)["page_4096"],
            gpu=gpu,
            driver_cuda=driver,
            torch=torch,
            facts=facts_about(name),
        )
        if reason:
            unable[name] = reason
        else:
            able.append(name)
    return able, unable


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
        "kernels": {name: look(name)[1].version for name in names},
    }


class Child:
    """One kernel's process."""

    def __init__(self, kernel: str, device: str, *, tiny: bool, folder: Path) -> None:
        self.kernel = kernel
        self.part = folder / f"{kernel}.json"
        self.log = folder / f"{kernel}.log"
        command = [sys.executable, __file__, "--device", device, "--out", str(folder), "--child", kernel]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command + ["--tiny"] * tiny, stdout=log, stderr=log)

    def result(self) -> dict[str, Any]:
        """Its rows, or how it ended without."""
        try:
            code = self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return {"crashed": f"not done within {DEADLINE:.0f} s"}
        if code == 0 and self.part.exists():
            return json.loads(self.part.read_text())
        tail = self.log.read_text(errors="replace").strip().splitlines()[-3:]
        return {"crashed": f"exit code {code}: {' | '.join(tail)[:500]}"}


def run(names: list[str], device: str, *, tiny: bool) -> dict[str, Any]:
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        waiting = list(names)
        running: list[Child] = []
        while waiting or running:
            while waiting and len(running) < 2:
                running.append(Child(waiting.pop(0), device, tiny=tiny, folder=Path(folder)))
            child = running.pop(0)
            started = time.perf_counter()
            results[child.kernel] = child.result()
            _say(child.kernel, results[child.kernel], time.perf_counter() - started)
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
            line += f" | ours {ours['ms']:9.3f} ms, error {ours['error']['max']:.1e}, {row['added_us']:+.0f} us"
            line += "" if row["within"] else "  TOO MUCH"
            line += f"  WAITS: {row['waits']}" if row["waits"] else ""
        memory = (ours or hand)["extra_mib"]
        print(line + (f", {memory:.0f} MiB" if memory is not None else ""), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--tiny", action="store_true", help="lengths of a few tokens: tries the whole script")
    parser.add_argument("--kernels", nargs="*", default=[])
    parser.add_argument("--child", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        rows = measure(args.child, args.device, tiny=args.tiny, lock=args.out / "device.lock")
        (args.out / f"{args.child}.json").write_text(json.dumps(rows))
        return
    if not KERNELS:
        raise SystemExit("ocroute's entry points are not installed; run: pip install --no-deps -e .")
    able, unable = candidates(args.device)
    names = [name for name in (*able, *UPSTREAM) if not args.kernels or name in args.kernels]
    results = run(names, args.device, tiny=args.tiny)
    measured.write(
        args.out / "kernels.json",
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
    rows = [row for rows in results.values() if "crashed" not in rows for row in rows.values() if "within" in row]
    print(f"{sum(row['within'] for row in rows)} of {len(rows)} within the limit; {args.out / 'kernels.json'}")


if __name__ == "__main__":
    main()
