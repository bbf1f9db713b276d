"""Train the line model for some minutes on one GPU; what it comes to is enough to go on from.

    python -m bench.line_models.train --pack PACK --start start.pt --seconds 300 --out OUT

draws lines on every core (`batches`), trains the whole network with the rate rising and falling over the given time, and
leaves in OUT ``state.pt`` (the moving average of the weights), ``log.json``, and ``read.json``: what it then reads of lines in
held-out faces and texts. ``--make-start`` builds ``start.pt`` from the published weights. Takes the newest batches first and
draws again from older ones, coloured and blurred anew, where the drawers are slower than the GPU.
"""

from __future__ import annotations

import json
import math
import multiprocessing
import queue
import random
import tempfile
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from bench.harness import arguments
from bench.line_models.batches import WIDTHS, Batch, Drawers, load
from bench.line_models.held_out_lines import draw_all, read_all

RISE = 0.06  # share of the time in which the rate rises
CLIP = 5.0
KEEP = 0.9985  # of the moving average, a step
STEPS = 3000  # of a stage, about: what the first step of a shape costs is weighed against
OLDEST = 6000  # batches kept to draw from again


def main() -> None:
    """See the module."""
    parser = arguments(__doc__)
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument("--start", type=Path, required=True)
    parser.add_argument("--make-start", type=Path, metavar="SAFETENSORS")
    parser.add_argument("--seconds", type=float, default=300.0, help="of training")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cores", type=int, default=15)
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--end-rate", type=float, default=0.03, help="share of the rate at the end")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lines", type=int, default=300, help="to read of each language at the end")
    options = parser.parse_args()
    if options.make_start:
        _make_start(options.make_start, options.start)
        return
    began = time.monotonic()
    drawers = Drawers(options.pack, options.cores, options.seed)
    file = Path(tempfile.mkdtemp()) / "held-out.pickle"
    test = multiprocessing.get_context("fork").Process(
        target=draw_all, args=(options.pack, options.lines, file), daemon=True
    )
    test.start()
    try:
        network, log = _train(drawers, options, began)
    finally:
        drawers.stop()
    test.join(30)
    (options.out / "log.json").write_text(json.dumps(log))
    read = read_all(network, file)
    (options.out / "read.json").write_text(json.dumps(read, ensure_ascii=False))
    print("done", round(time.monotonic() - began), flush=True)


def _make_start(weights: Path, start: Path) -> None:
    import torch
    from bench.line_models.network import begin

    from ocroute.ppocr import model_files

    lines = begin(weights, model_files.characters(model_files.find().recogniser))
    torch.save(lines.state_dict(), start)


def _train(drawers: Drawers, options: Any, began: float) -> tuple[Any, dict[str, Any]]:
    import torch
    from bench.line_models.network import Lines

    torch.backends.cuda.matmul.allow_tf32 = True
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = Lines()
    network.load_state_dict(torch.load(options.start, map_location="cpu", weights_only=True))
    setting = _fastest(network.to(device), device)
    average = Lines().to(device)
    average.load_state_dict(network.state_dict())
    head = list(network.network.head.head.parameters())
    others = [parameter for parameter in network.parameters() if all(parameter is not one for one in head)]
    groups = [
        {"params": others, "share": 1.0, "weight_decay": 0.02},
        {"params": head, "share": 2.0, "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=options.rate, betas=(0.9, 0.98), fused=device.type == "cuda")
    pool = Pool(drawers, device, options.seed)
    print(f"ready after {time.monotonic() - began:.0f} s on {device}", flush=True)
    start, step, lines, losses = time.monotonic(), 0, 0, []
    log: dict[str, Any] = {"steps": [], "ready": start - began}
    said = start
    while (spent := time.monotonic() - start) < options.seconds:
        rate = options.rate * schedule(spent / options.seconds, options.end_rate)
        for group in optimizer.param_groups:
            group["lr"] = rate * group["share"]
        pixels, batch = pool.next()
        loss = _loss(network, setting.laid(pixels), batch, half=setting.half)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimizer.step()
        _follow(average, network, min(KEEP, (step + 1) / (step + 20)))
        step, lines = step + 1, lines + len(batch.widths)
        losses.append(loss.detach())
        if time.monotonic() - said > 10:
            said = time.monotonic()
            mean = float(torch.stack(losses).mean())
            losses = []
            row = {
                "seconds": round(spent),
                "step": step,
                "lines": lines,
                "fresh": pool.fresh,
                "loss": round(mean, 4),
                "rate": rate,
            }
            log["steps"].append(row)
            print(row, flush=True)
            if len(log["steps"]) % 6 == 0:
                _save(average, options.out)
    pool.stop()
    _save(average, options.out)
    average.eval()
    return average, log


def schedule(share: float, end: float) -> float:
    """The rate's share of its peak after ``share`` of the time: up in a line, down in a cosine to ``end``."""
    if share < RISE:
        return 0.02 + 0.98 * share / RISE
    return end + (1 - end) * 0.5 * (1 + math.cos(math.pi * min(1.0, (share - RISE) / (1 - RISE))))


class Setting(NamedTuple):
    """How convolutions run.

    Attributes:
        half: in bfloat16.
        last: with channels last.
        cudnn: by cuDNN; else by PyTorch's own kernels.
    """

    half: bool
    last: bool
    cudnn: bool

    def laid(self, pixels: Any) -> Any:
        """``pixels`` in this layout."""
        import torch

        return pixels.contiguous(memory_format=torch.channels_last if self.last else torch.contiguous_format)


def _fastest(network: Any, device: Any) -> Setting:
    """Of the settings that this GPU may be fast with, the fastest over a few steps; it is put into force."""
    import torch

    if device.type != "cuda":
        return Setting(half=False, last=False, cudnn=False)
    batch = Batch(
        np.zeros((200, 48, 640), np.uint8),
        np.full(200, 640, np.int32),
        np.ones(200 * 30, np.int32),
        np.full(200, 30, np.int32),
    )
    pixels = torch.rand(200, 3, 48, 640, device=device)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    costs: dict[Setting, float] = {}
    for setting in (
        Setting(half=True, last=False, cudnn=False), Setting(half=True, last=False, cudnn=True),
        Setting(half=False, last=False, cudnn=True), Setting(half=True, last=True, cudnn=True),
    ):  # fmt: skip
        _put(setting, network)
        spent = []
        for _ in range(4):
            began = time.monotonic()
            loss = _loss(network, setting.laid(pixels), batch, half=setting.half)
            torch.cuda.synchronize()
            forward = time.monotonic()
            loss.backward()
            torch.cuda.synchronize()
            spent.append((forward - began, time.monotonic() - forward))
            network.zero_grad(set_to_none=True)
        print(setting, [f"{one:.3f}+{two:.3f}" for one, two in spent], flush=True)
        costs[setting] = len(WIDTHS) * sum(spent[0]) + STEPS * min(sum(one) for one in spent[1:])
    network.load_state_dict(before)  # batch norms have followed the trial
    best = min(costs, key=lambda setting: costs[setting])
    _put(best, network)
    return best


def _put(setting: Setting, network: Any) -> None:
    import torch

    torch.backends.cudnn.enabled = setting.cudnn
    network.to(memory_format=torch.channels_last if setting.last else torch.contiguous_format)


def _loss(network: Any, pixels: Any, batch: Batch, *, half: bool) -> Any:
    import torch

    device = pixels.device
    with torch.autocast(device.type, torch.bfloat16, enabled=half):
        logits = network(pixels)
    scores = logits.float().log_softmax(2).transpose(0, 1)
    steps = torch.full((len(batch.widths),), scores.shape[0], dtype=torch.long)
    lengths = torch.from_numpy(batch.lengths).long()
    said = torch.from_numpy(batch.classes).long().to(device, non_blocking=True)
    each = torch.nn.functional.ctc_loss(scores, said, steps, lengths, blank=0, reduction="none", zero_infinity=True)
    return (each / lengths.to(device)).clamp(max=20).mean()


def _follow(average: Any, network: Any, keep: float) -> None:
    import torch

    with torch.no_grad():
        torch._foreach_lerp_(list(average.parameters()), [one.data for one in network.parameters()], 1 - keep)
        for mine, theirs in zip(average.buffers(), network.buffers(), strict=True):
            if mine.is_floating_point():
                mine.lerp_(theirs, 1 - keep)
            else:
                mine.copy_(theirs)


def _save(network: Any, out: Path) -> None:
    import torch

    torch.save(
        {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}, out / "new.pt"
    )
    (out / "new.pt").replace(out / "state.pt")


class Pool:
    """Batches on the device: new ones first, then old ones by chance.

    Attributes:
        fresh: how many lines were used for the first time.
    """

    def __init__(self, drawers: Drawers, device: Any, seed: int) -> None:
        self.fresh = 0
        self._names, self._device = drawers.names, device
        self._ready: queue.Queue[Any] = queue.Queue(maxsize=64)
        self._old: deque[Any] = deque(maxlen=OLDEST)
        self._rng = random.Random(seed)
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._fetch, daemon=True) for _ in range(3)]
        for thread in self._threads:
            thread.start()

    def _fetch(self) -> None:
        import torch

        while not self._ended.is_set():
            try:
                batch = load(self._names.get(timeout=1))
            except queue.Empty:
                continue
            pixels = torch.from_numpy(batch.pixels).to(self._device)
            widths = torch.from_numpy(batch.widths).to(self._device)
            self._ready.put((pixels, widths, batch))

    def next(self) -> tuple[Any, Batch]:
        """Pixels for the network, and the batch that they are of."""
        try:
            entry = self._ready.get(block=not self._old)
            self.fresh += len(entry[2].widths)
            self._old.append(entry)
        except queue.Empty:
            entry = self._rng.choice(self._old)
        pixels, widths, batch = entry
        return coloured(pixels, widths), batch

    def stop(self) -> None:
        """End the threads."""
        self._ended.set()
        while not self._ready.empty():
            self._ready.get_nowait()


def coloured(pixels: Any, widths: Any) -> Any:
    """Grey lines, uint8 (N, H, W), as the network takes them, with inks, papers, grain and softness by chance."""
    import torch

    count, _, width = pixels.shape
    device = pixels.device

    def some(share: float, *shape: int) -> Any:
        return torch.rand((count, *shape), device=device) < share

    def between(low: float, high: float, *shape: int) -> Any:
        return torch.empty((count, *shape), device=device).uniform_(low, high)

    grey = pixels[:, None].float() / 255
    soft = torch.nn.functional.avg_pool2d(grey, 3, 1, 1, count_include_pad=False)
    grey = torch.lerp(grey, soft, between(-0.5, 1.0, 1, 1, 1) * some(0.4, 1, 1, 1))
    ink, paper = between(0.0, 0.45, 3, 1, 1), between(0.6, 1.0, 3, 1, 1)
    tint = some(0.25, 1, 1, 1)
    grey = torch.where(tint, ink + (paper - ink) * grey, grey.expand(-1, 3, -1, -1))
    grey = torch.where(some(0.08, 1, 1, 1), 1 - grey, grey)
    grey = grey + torch.randn_like(grey) * (between(0.0, 0.04, 1, 1, 1) * some(0.3, 1, 1, 1))
    out = grey.clamp(0, 1) * 2 - 1
    inside = torch.arange(width, device=device)[None] < widths[:, None]
    return out * inside[:, None, None]


if __name__ == "__main__":
    main()
