"""Checkpoints as the repository keeps them: four to five bits a weight, less than a third of their size in bfloat16.

A packed folder holds a checkpoint's files, but ``model.safetensors.xz`` instead of ``model.safetensors``. In it a tensor of two
or more dimensions is int8, in steps of a part of the standard deviation of its row (an index of the first dimension). The step
stands in ``NAME.step`` as float16. Most of these numbers are small, so that they compress well. Unpacked, it is a checkpoint in
bfloat16 as the published ones are, and reads about as well as before (``evidence/tiny-models.json``). That takes four steps a
standard deviation or more; with fewer a model reads only if it has learnt with its weights held as they will be kept (`as_kept`).
"""

from __future__ import annotations

import lzma
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors.torch import load, load_file, save, save_file
from torch import Tensor

WEIGHTS, PACKED = "model.safetensors", "model.safetensors.xz"
STEP = ".step"
MOST = 127
FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 6, "lc": 0, "lp": 0, "pb": 0}]  # weights have no context


def pack(source: Path, target: Path, steps: float = 4) -> None:
    """Write the packed form of the checkpoint in ``source``, with so many steps a standard deviation."""
    held = {}
    for name, tensor in load_file(source / WEIGHTS).items():
        if tensor.dim() < 2:
            held[name] = tensor.to(torch.bfloat16)
            continue
        numbers, step = _in_steps(tensor.flatten(1), steps)
        held[name] = numbers.to(torch.int8).view(tensor.shape)
        held[name + STEP] = step
    _copied(source, target, but=WEIGHTS)
    (target / PACKED).write_bytes(lzma.compress(save(held), filters=FILTERS))


@contextmanager
def as_kept(weights: Iterable[tuple[str, Tensor]], steps: float) -> Iterator[None]:
    """Inside, a model's weights are rounded as `pack` rounds them; after it they are exact again.

    Gradients that were found inside are then stepped along from the exact weights, so that small steps add up.

    Args:
        weights: names and parameters. A layer's experts may lie in one parameter; their files hold each apart.
        steps: a standard deviation; 0 rounds nothing.
    """
    held = [(name, weight.data) for name, weight in weights if steps and weight.dim() > 1]
    exact = [weight.clone() for _, weight in held]
    for name, weight in held:
        rows = weight.flatten(0, 1) if ".experts." in name else weight.flatten(1)
        numbers, step = _in_steps(rows, steps)
        weight.copy_((numbers * step.float()[:, None]).view(weight.shape))
    try:
        yield
    finally:
        for (_, weight), before in zip(held, exact, strict=True):
            weight.copy_(before)


def _in_steps(rows: Tensor, steps: float) -> tuple[Tensor, Tensor]:
    """``(rows, columns)`` as whole numbers of steps, and the step of each row as float16."""
    rows = rows.float()
    step = torch.maximum(rows.square().mean(1).sqrt() / steps, rows.abs().amax(1) / MOST).clamp(min=1e-7).half()
    return (rows / step.float()[:, None]).round().clamp(-MOST, MOST), step


def unpack(source: Path, target: Path) -> Path:
    """Write the checkpoint whose packed form lies in ``source``; returns ``target``.

    Raises:
        FileNotFoundError: there is none.
    """
    held = load(lzma.decompress((source / PACKED).read_bytes()))
    made = {}
    for name, tensor in held.items():
        if name.endswith(STEP):
            continue
        step = held.get(name + STEP)
        rows = tensor if step is None else tensor.flatten(1).float() * step.float()[:, None]
        made[name] = rows.view(tensor.shape).to(torch.bfloat16)
    _copied(source, target, but=PACKED)
    save_file(made, target / WEIGHTS, metadata={"format": "pt"})
    return target


def _copied(source: Path, target: Path, but: str) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for path in source.iterdir():
        if path.is_file() and path.name != but:
            shutil.copyfile(path, target / path.name)
