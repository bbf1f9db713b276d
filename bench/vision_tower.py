"""dots.ocr's vision tower on one Letter page at 200 dpi: every kernel that is here against the published code's fallbacks.

    python -m bench.vision_tower --json FILE [--kernels A,B] [--tiny --device cpu]

The published geometry, random bfloat16 weights, 19,276 patches, all 42 layers. For each kernel the time and the memory beyond
weights and inputs, and how far the output is from a float32 run of the same tower; a kernel counts only if it is no farther than
1.5 times the fallback's own distance. Writes FILE before and after each row, so that a kernel that takes the
process down is named and costs the rows after it and no others. Every registered kernel stands there: in a row, or under
"not run" with the reason.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from bench.vision_peers import PEERS, Peer, reference
from torch import Tensor
from transformers import AttentionInterface

from bench import harness
from ocroute.kernels.adaptor import Plugged, plug_into
from ocroute.kernels.base import Refused
from ocroute.kernels.inventory import inventory
from ocroute.kernels.this_machine import platform_here
from ocroute.machine import inspect
from ocroute.models.dots_ocr.config import DotsVisionConfig
from ocroute.models.dots_ocr.vision import DotsVisionTower

GRID = (1, 158, 122)  # Letter at 200 dpi: 2,212 x 1,708 pixels
PEAK = 989.0  # dense bfloat16 TFLOP/s of an H100 or H200 (SXM), from its data sheet
FASTER, LEANER = 12.0, 40.0  # the goals against the first of the peers
DISTANCE = 1.5
SECONDS = 1.0  # of repetitions for each row, at least one run and, of those that take less than SLOW, at least three
SLOW = 1.5
MIB = 1 << 20
BUILT_IN = "maskless sdpa, as loaded"
RISKY = ("xformers", "flashinfer", "sage1", "sage2", "sage3", "thunderkittens", "hub_flash2", "hub_flash3", "flash3")


@torch.inference_mode()
def main() -> None:
    given = _arguments()
    tiny = {"num_hidden_layers": 2, "intermediate_size": 512} if given.tiny else {}
    grid = (1, 12, 10) if given.tiny else GRID
    tower = _tower(DotsVisionConfig(**tiny), given.device)
    pixels, grids = _page(grid, given.device)
    truth = _truth(tower, pixels, grids)
    result: dict[str, Any] = {
        "where": {"device": given.device, "torch": torch.__version__, "cuda": torch.version.cuda or ""},
        "geometry": {"grid": grid, "patches": pixels.shape[0], "layers": tower.config.num_hidden_layers},
        "tflop": round(_flops(tower.config, pixels.shape[0]) / 1e12, 3),
        "rows": {},
        "not run": {},
    }
    uses = _uses(tower, given.kernels, result["not run"])
    result["not run"] |= dict.fromkeys(uses, "not reached: the process ended before")
    for name, use in uses.items():
        result["not run"][name] = "it took the process down"
        harness.write(given.json, result)
        try:
            with use() as plugged:
                row, out = _measure(lambda: tower(pixels, grids), given.device)
            if isinstance(plugged, Plugged) and plugged.declined:
                raise Refused("; ".join(plugged.declined))  # what ran was PyTorch's own attention
            row |= _distance(out, truth)
            del out
        except Exception as error:  # a kernel may raise anything, and the others are to run
            result["not run"][name] = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
            row = None
        if given.device == "cuda":
            torch.cuda.empty_cache()
        if row is not None:
            del result["not run"][name]
            row["tflops"] = round(result["tflop"] / row["seconds"], 1)
            row["share of peak"] = round(row["tflops"] / PEAK, 3) if given.device == "cuda" else None
            result["rows"][name] = row
            print(f"{name}: {row}", flush=True)
        result["verdict"] = _verdict(result["rows"])
        harness.write(given.json, result)
    for name, reason in result["not run"].items():
        print(f"not run: {name}: {reason}")
    print(result["verdict"])


def _arguments() -> argparse.Namespace:
    parser = harness.arguments(__doc__, record="vision-tower")
    parser.add_argument("--kernels", default="", help="names, separated by commas; all when left out")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--tiny", action="store_true", help="two layers and a small page, to try the script itself")
    return parser.parse_args()


def _tower(config: DotsVisionConfig, device: str) -> DotsVisionTower:
    """Random weights that make attention choose: scores have a deviation of more than two."""
    torch.manual_seed(0)
    config._attn_implementation = "sdpa"
    torch.set_default_dtype(torch.bfloat16)
    with torch.device(device):
        tower = DotsVisionTower(config)
    torch.set_default_dtype(torch.float32)
    for name, weight in tower.named_parameters():
        if weight.dim() > 1:
            weight.normal_(std=0.04 if name.endswith("qkv.weight") else 0.02)
    return tower.eval()


def _page(grid: tuple[int, int, int], device: str) -> tuple[Tensor, Tensor]:
    times, rows, columns = grid
    return torch.randn(times * rows * columns, 588, device=device), torch.tensor([grid])


def _truth(tower: DotsVisionTower, pixels: Tensor, grids: Tensor) -> Tensor:
    """The output in float32; the weights go back to bfloat16 without a change."""
    tower.float()
    with plug_into(tower, {"vision": reference}):
        out: Tensor = tower(pixels, grids)
    tower.to(torch.bfloat16)
    return out


def _uses(tower: DotsVisionTower, wanted: str, not_run: dict[str, str]) -> dict[str, Callable[[], Any]]:
    """Name to a context in which the tower uses that attention; the peers first, what may take the process down last."""
    uses: dict[str, Callable[[], Any]] = {name: _peer(tower, name, peer) for name, peer in PEERS.items()}
    uses[BUILT_IN] = nullcontext
    rows = {row.name: row for row in inventory(platform_here(inspect()))}
    names = wanted.split(",") if wanted else list(rows)
    for name in sorted(rows, key=lambda name: (name in RISKY, name)):
        row = rows[name]
        if row.presence != "usable" or row.refusal:
            not_run[name] = row.refusal or f"{row.presence}: {row.reason}"
        elif name not in names:
            not_run[name] = "left out of this run"
        else:
            uses[name] = lambda name=name: plug_into(tower, {"vision": name})
    return uses


def _peer(tower: DotsVisionTower, name: str, peer: Peer) -> Callable[[], Any]:
    @contextmanager
    def use() -> Any:
        key = f"{name} flash"  # by this word the tower hands over all images in one call
        AttentionInterface.register(key, peer)
        before = tower.config._attn_implementation
        tower.config._attn_implementation = key
        try:
            yield
        finally:
            tower.config._attn_implementation = before

    return use


def _measure(run: Callable[[], Tensor], device: str) -> tuple[dict[str, Any], Tensor]:
    """Median seconds of a run, and the MiB that it takes beyond what was there; and its output. The first run is warm-up."""
    out = run()
    if device != "cuda":
        started = time.perf_counter()
        out = run()
        return {"seconds": round(time.perf_counter() - started, 4), "runs": 1, "extra MiB": None}, out
    del out
    torch.cuda.synchronize()
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    seconds: list[float] = []
    while not seconds or (seconds[0] < SLOW and (sum(seconds) < SECONDS or len(seconds) < 3)):
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        out = run()
        end.record()
        torch.cuda.synchronize()
        seconds.append(start.elapsed_time(end) / 1000)
        if len(seconds) == 1:  # a later one begins with this one's output still there
            extra = round((torch.cuda.max_memory_allocated() - before) / MIB)
    return {"seconds": round(statistics.median(seconds), 4), "runs": len(seconds), "extra MiB": extra}, out


def _distance(out: Tensor, truth: Tensor) -> dict[str, float]:
    """How far ``out`` is from the float32 output, over that output's own size; and the worst row's cosine."""
    difference = out.float() - truth
    cosine = torch.nn.functional.cosine_similarity(out.float(), truth, dim=-1)
    return {
        "relative error": round(float(difference.norm() / truth.norm()), 6),
        "worst cosine": round(float(cosine.min()), 6),
    }


def _flops(config: DotsVisionConfig, patches: int) -> float:
    """Of attention and of the linear layers; the rest is little."""
    width, inner = config.embed_dim, config.intermediate_size
    linear = 2 * patches * (4 * width * width + 3 * width * inner)
    return config.num_hidden_layers * (4 * patches * patches * width + linear)


def _verdict(rows: dict[str, Any]) -> dict[str, Any]:
    """Whether the fastest kernel that computes as well as the fallback meets the goals against it."""
    peer = rows.get(next(iter(PEERS)))
    others = {name: row for name, row in rows.items() if name not in PEERS}
    if peer is None or not others:
        return {}
    right = {n: r for n, r in others.items() if r["relative error"] <= DISTANCE * peer["relative error"] + 1e-6}
    if not right:
        return {"ok": False, "wrong": sorted(others)}
    best = min(right, key=lambda name: right[name]["seconds"])
    faster = peer["seconds"] / right[best]["seconds"]
    verdict = {"best": best, "times faster": round(faster, 1), "goal": f"{FASTER:g} times faster, 1/{LEANER:g} memory"}
    if peer["extra MiB"] is not None:
        verdict["memory"] = f"1/{peer['extra MiB'] / right[best]['extra MiB']:.1f}"
        verdict["ok"] = faster >= FASTER and right[best]["extra MiB"] * LEANER <= peer["extra MiB"]
    return verdict | {"wrong": sorted(others.keys() - right.keys())}


if __name__ == "__main__":
    main()
