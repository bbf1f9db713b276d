"""Greedy reading during training."""

from __future__ import annotations

import torch
from bench.tiny_models.nets import Net
from bench.tiny_models.specs.base import Spec
from bench.tiny_models.stream import Batch
from torch import Tensor
from transformers import DynamicCache


class Prompts:
    """The token ids before and after the image, for each task.

    Args:
        spec: the model.
        device: where the ids go.
    """

    def __init__(self, spec: Spec, device: torch.device) -> None:
        self.spec = spec
        self.tokenizer = spec.tokenizer()
        ids_of = self.tokenizer.get_vocab()
        self.end, mark = ids_of[spec.end], ids_of[spec.placeholder]
        self.of: dict[str, tuple[Tensor, Tensor]] = {}
        for name, task in spec.tasks.items():
            ids = self.tokenizer.encode(task.template, add_special_tokens=False).ids
            at = ids.index(mark)
            self.of[name] = torch.tensor(ids[:at], device=device), torch.tensor(ids[at + 1 :], device=device)


def prefix(net: Net, seen: Tensor, prompt: tuple[Tensor, Tensor]) -> Tensor:
    """Embeddings of a whole prompt: ``(batch, before + embeddings + after, width)``; ``seen`` is one for each square."""
    before, after = (net.embed(ids).expand(seen.shape[0], -1, -1) for ids in prompt)
    return torch.cat([before, net.laid(seen).to(before.dtype), after], dim=1)


@torch.no_grad()
def read(net: Net, prompts: Prompts, batch: Batch, limit: int) -> list[str]:
    """What the model writes for each image, up to ``limit`` tokens."""
    prompt = prompts.of[batch.task]
    images = batch.images.float() / 255
    embeddings = prefix(net, net.see(images), prompt)
    grid = prompts.spec.grid(*images.shape[1:])
    start = embeddings.shape[1]
    positions = net.positions(len(prompt[0]), grid, start + limit)
    cache = DynamicCache()
    written: list[Tensor] = []
    done = torch.zeros(len(images), dtype=torch.bool, device=images.device)
    step = embeddings
    for index in range(limit):
        here = None if positions is None else positions[:, :, (0 if index == 0 else start + index - 1) : start + index]
        hidden = net.decode(step, None if here is None else here.expand(-1, len(images), -1), cache)[:, -1]
        chosen = net.head(hidden).argmax(-1)
        chosen = torch.where(done, prompts.end, chosen)
        written.append(chosen)
        done |= chosen == prompts.end
        if index % 16 == 15 and bool(done.all()):
            break
        step = net.embed(chosen[:, None])
    rows = torch.stack(written, dim=1).tolist()
    cut = [row[: row.index(prompts.end)] if prompts.end in row else row for row in rows]
    return [prompts.tokenizer.decode(row, skip_special_tokens=False) for row in cut]
