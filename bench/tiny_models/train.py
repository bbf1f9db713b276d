"""Trains one tiny model from nothing, within a given time.

    python -m bench.tiny_models.train MODEL --out DIR --minutes 8 --workers 5 [--resume DIR]

Leaves ``DIR/MODEL/`` and the same as one file, ``DIR/MODEL.tar``; both always hold the best weights so far.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import torch
from bench.tiny_models import attention, lean, pages, store
from bench.tiny_models.evaluate import errors_of
from bench.tiny_models.muon import Muon
from bench.tiny_models.nets import NETS, Net, Teacher
from bench.tiny_models.packed import as_kept
from bench.tiny_models.pixels import worn
from bench.tiny_models.reading import Prompts, prefix, read
from bench.tiny_models.specs import SPECS
from bench.tiny_models.specs.base import Spec
from bench.tiny_models.stream import LABELS, SLOTS, Batch, Batcher, Stream
from torch import Tensor, nn
from torch.utils.data import DataLoader

from bench import harness

NO_MATRICES = (
    "embed_tokens",
    "lm_head",
    "rel_pos",
    "position_embedding",
    "mlp.gate.",
)  # tables, and the experts' router
GUIDED_LAYER = 3  # of five: the layers before it find the place, those after it name the character


@dataclass
class Schedule:
    """What changes with time. ``progress`` is the part of the given time that has passed.

    Attributes:
        begin, end: seconds since the epoch.
        floor: the progress at which the curriculum enters, when training is resumed.
    """

    begin: float
    end: float
    floor: float = 0.0

    def progress(self) -> float:
        """From 0 to 1."""
        return min(1.0, max(0.0, (time.time() - self.begin) / (self.end - self.begin)))

    def curriculum(self) -> float:
        """The progress that decides what is drawn."""
        return self.floor + (1 - self.floor) * self.progress()

    def rate(self, step: int) -> float:
        """The part of its peak that each learning rate has: warm-up over 200 steps, then a cosine down to a hundredth."""
        return min(1.0, (step + 1) / 200) * (0.01 + 0.99 * (0.5 + 0.5 * math.cos(math.pi * self.progress())))


@dataclass
class Losses:
    """Means since the last line of the log."""

    sums: dict[str, Tensor] = field(default_factory=dict)
    count: int = 0

    def add(self, **values: Tensor) -> None:
        """Count one step; waits for nothing."""
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, torch.zeros_like(value)) + value.detach()
        self.count += 1

    def take(self) -> dict[str, float]:
        """The means, and begin anew."""
        means = {name: round(float(value) / max(1, self.count), 4) for name, value in self.sums.items()}
        self.sums, self.count = {}, 0
        return means


def step_loss(net: Net, teacher: Teacher, prompts: Prompts, batch: Batch, wear: float) -> dict[str, Tensor]:
    """The losses of one batch: of the answer, of the characters in the squares, and of where the guided head looks."""
    prompt = prompts.of[batch.task]
    images = worn(batch.images, wear)
    seen = net.see(images)
    asked = prefix(net, seen, prompt)
    start = asked.shape[1] - 1
    answers = batch.answers
    told = net.embed(answers[:, :-1].clamp(min=0))
    embeddings = torch.cat([asked, told], dim=1)
    grid = prompts.spec.grid(*images.shape[1:])
    positions = net.positions(len(prompt[0]), grid, embeddings.shape[1])
    if positions is not None:
        positions = positions.expand(-1, len(images), -1)
    attention.GUIDE.layer = GUIDED_LAYER
    hidden = net.decode(embeddings, positions)[:, start:]
    attention.GUIDE.layer = None
    scores = net.head(hidden).float()
    answer = nn.functional.cross_entropy(scores.flatten(0, 1), answers.flatten(), ignore_index=-100)
    guide = attention.GUIDE.loss(start, batch.places, len(prompt[0]), net.head_dim**-0.5)
    right = ((scores.argmax(-1) == answers) & (answers >= 0)).sum() / (answers >= 0).sum()
    return {"answer": answer, "squares": teacher(seen, batch.squares), "guide": guide, "right": right.float()}


def optimizers_for(net: Net, teacher: Teacher, rate: float, matrix_rate: float) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the layers, AdamW for embeddings, patches, norms and the teacher.

    Each group's ``peak`` is its highest learning rate.
    """
    inner: list[Tensor] = []
    decayed: list[Tensor] = []
    plain: list[Tensor] = []
    for name, parameter in net.model.named_parameters():
        expert = ".experts." in name  # as many matrices in one parameter as there are experts
        hidden = expert or (parameter.ndim == 2 and not any(part in name for part in NO_MATRICES))
        (inner if hidden else decayed if parameter.ndim > 1 else plain).append(parameter)
    for parameter in teacher.parameters():
        (decayed if parameter.ndim > 1 else plain).append(parameter)
    matrices = Muon(inner, lr=matrix_rate)
    others = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}],
        lr=rate, betas=(0.9, 0.98), fused=decayed[0].is_cuda,
    )  # fmt: skip
    for optimizer, peak in ((matrices, matrix_rate), (others, rate)):
        for group in optimizer.param_groups:
            group["peak"] = peak
    return [matrices, others]


def held_out(spec: Spec, device: torch.device, count: int) -> list[Batch]:
    """A few batches of held-out words in held-out typefaces: lines for each task, pages for the main one."""
    batcher, rng = Batcher(spec), Random(77)
    sizes = {"line": (192, 256), "page": (256, 320)} if spec.square else {"line": (56, 448), "page": (336, 448)}
    wanted = [
        (name, kind) for name, task in spec.tasks.items() for kind in sizes if kind == "line" or task.share >= 0.5
    ]
    return [batcher.make(kind, sizes[kind], name, count, rng, evaluation=True).to(device) for name, kind in wanted]


class Trainer:
    """One training.

    Args:
        options: of the command line.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        torch.manual_seed(options.seed)
        torch.set_float32_matmul_precision("high")
        self.began = time.time()
        self.options = options
        self.spec = SPECS[options.model]()
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        if self.device.type == "cuda":
            torch.set_num_threads(1)  # the cores belong to the workers
        model: Any = store.fresh(self.spec)
        model = model.to(self.device)
        attention.plug_into(model)
        lean.slim(model)
        self.net: Net = NETS[options.model](model)
        self.prompts = Prompts(self.spec, self.device)
        self.teacher = Teacher(self.net.width, SLOTS, len(LABELS) + 1).to(self.device)
        self.notes: dict[str, Any] = {"samples": 0, "steps": 0, "runs": []}
        floor = 0.0
        if options.resume:
            self.notes = store.resume(options.resume, self.spec, model, self.teacher)
            floor = 0.35
        self.end = options.until or self.began + options.minutes * 60
        self.schedule = Schedule(time.time(), self.end - min(20.0, 6 * options.minutes), floor)
        self.best = math.inf
        self.log: list[dict[str, Any]] = []

    def run(self) -> None:
        """Train until the time is over; saves whenever the held-out error falls, and at the end."""
        net, device = self.net, self.device
        parameters = [*net.model.parameters(), *self.teacher.parameters()]
        print(
            f"{self.spec.name}: {sum(p.numel() for p in net.model.parameters()):,} parameters on {device}", flush=True
        )
        optimizers = optimizers_for(net, self.teacher, self.options.rate, self.options.matrix_rate)
        progress = multiprocessing.Value("d", self.schedule.curriculum())
        loader = DataLoader(
            Stream(self.spec, progress, self.options.budget, self.options.seed + self.notes["steps"]),
            batch_size=None, num_workers=self.options.workers, pin_memory=device.type == "cuda",
            prefetch_factor=4 if self.options.workers else None,
        )  # fmt: skip
        trials = held_out(self.spec, device, self.options.trial)
        losses, next_line, next_trial = Losses(), time.time() + 5, time.time() + self.options.trial_seconds
        waited = 0.0
        stream = iter(loader)
        step = 0
        while time.time() < self.schedule.end:
            asked = time.time()
            batch = next(stream).to(device)
            waited += time.time() - asked
            progress.value = now = self.schedule.curriculum()
            for optimizer in optimizers:
                for group in optimizer.param_groups:
                    group["lr"] = group["peak"] * self.schedule.rate(step)
            with self._rounded():
                with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
                    parts = step_loss(net, self.teacher, self.prompts, batch, min(1.0, max(0.0, (now - 0.1) / 0.3)))
                loss = parts["answer"] + self.options.squares * parts["squares"] + self.options.guide * parts["guide"]
                loss.backward()
            nn.utils.clip_grad_norm_(parameters, 1.0)
            for optimizer in optimizers:
                optimizer.step()
                optimizer.zero_grad(set_to_none=True)
            losses.add(**parts)
            step += 1
            self.notes["samples"] += len(batch.images)
            self.notes["steps"] += 1
            if time.time() > next_line:
                self._line(losses, now, waited)
                waited, next_line = 0.0, time.time() + 5
            if time.time() > next_trial:
                self._trial(trials)
                next_trial = time.time() + self.options.trial_seconds
        self._trial(trials)

    def _rounded(self) -> AbstractContextManager[None]:
        return as_kept(self.net.model.named_parameters(), self.options.steps)

    def _line(self, losses: Losses, progress: float, waited: float) -> None:
        means = losses.take()
        if not math.isfinite(means["answer"]):
            raise FloatingPointError(f"the loss is {means['answer']} after {self.notes['steps']} steps")
        line = {
            "s": round(time.time() - self.began), "at": round(progress, 3), "step": self.notes["steps"],
            "samples": self.notes["samples"], **means, "waited": round(waited, 1),
        }  # fmt: skip
        self.log.append(line)
        print(self.spec.name, json.dumps(line), flush=True)

    def _trial(self, trials: list[Batch]) -> None:
        """Read the held-out samples; save when they are read better than ever, or as well."""
        began = time.time()
        rates: dict[str, float] = {}
        self.net.model.eval()
        for batch in trials:
            with self._rounded(), torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
                found = read(self.net, self.prompts, batch, min(batch.answers.shape[1] + 8, self.options.longest))
            rates[f"{batch.task} {batch.kind}"] = round(errors_of(batch.texts, found).rate, 4)
        self.net.model.train()
        mean = sum(min(1.0, rate) for rate in rates.values()) / len(rates)
        took = round(time.time() - began, 1)
        line = {"s": round(time.time() - self.began), "held_out_cer": rates, "took": took}
        self.log.append(line)
        self.schedule.end = min(self.schedule.end, self.end - 5 - 1.3 * took)  # the last trial must fit in, too
        print(self.spec.name, json.dumps({**line, "wanted": batch.texts[0][:80], "found": found[0][:80]}), flush=True)
        if mean <= self.best:
            self.best = mean
            self._save(rates)

    def _save(self, rates: dict[str, float]) -> None:
        run = {
            "minutes": self.options.minutes, "rates": [self.options.rate, self.options.matrix_rate], "seed": self.options.seed,
            "weights": f"in {self.options.steps:g} steps a standard deviation" if self.options.steps else "exact",
            "device": torch.cuda.get_device_name() if self.device.type == "cuda" else "cpu", "torch": torch.__version__,
            "attention": f"torch scaled_dot_product_attention, {attention.BACKEND.name} only",
            "letters": {"em_pixels": [pages.LEAST, pages.LARGEST], "headings": "up to 1.45 times that"},
            "held_out_cer": rates,
        }  # fmt: skip
        folder = self.options.out / self.spec.name
        notes = {**self.notes, "runs": [*self.notes["runs"], run], "log": self.log}
        store.write(folder, self.spec, self.net.model, self.teacher, notes)
        store.pack(folder, self.options.out / f"{self.spec.name}.tar")


def main() -> None:
    parser = harness.arguments(__doc__)
    parser.add_argument("model", choices=sorted(SPECS))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--until", type=float, default=0.0, help="seconds since the epoch, instead of --minutes")
    parser.add_argument("--workers", type=int, default=5)
    parser.add_argument("--resume", type=Path, help="a folder in which an earlier run left MODEL/ or MODEL.tar")
    parser.add_argument("--rate", type=float, default=2e-3, help="of AdamW")
    parser.add_argument("--matrix-rate", type=float, default=8e-3, help="of Muon, for the layers' matrices")
    parser.add_argument("--steps", type=float, default=0.0, help="round the weights as packing with --steps will")
    parser.add_argument("--budget", type=int, default=120_000, help="patches and tokens a batch")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--squares", type=float, default=0.5, help="weight of the characters-in-squares loss")
    parser.add_argument("--guide", type=float, default=0.3, help="weight of the loss on where one head looks")
    parser.add_argument("--trial", type=int, default=16, help="held-out samples of each task and kind")
    parser.add_argument("--trial-seconds", type=float, default=75.0)
    parser.add_argument("--longest", type=int, default=450, help="tokens of a held-out answer")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    Trainer(options).run()


if __name__ == "__main__":
    main()
