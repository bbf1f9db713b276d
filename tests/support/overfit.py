"""A tiny Qwen2-VL that has learnt a handful of pages by heart, the canary page among them: enough to break it in known ways.

It must look at the page, and at where things stand on it: the same four lines appear in several orders.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations
from pathlib import Path

import torch
from PIL import Image

from ocroute.engines.neural import Mode, canary, devices, loading
from ocroute.engines.neural.base import NeuralEngine
from ocroute.engines.neural.canary.draw import LEADING
from ocroute.engines.qwen2_vl import MODES, Qwen2Vl

STRIPS = ((0, 66), (66, 112), (112, 158), (158, 224))  # rows of pixels that hold one line each
ORDERS = [(0, 1, 2, 3), *list(permutations(range(4)))[5:24:4]]


def pages() -> list[tuple[Image.Image, str]]:
    """Pages and their texts: the canary page first, an empty one last."""
    lines = canary.TRUTH.splitlines()
    strips = [canary.page().crop((0, 20 + i * LEADING, canary.SIZE[0], 20 + (i + 1) * LEADING)) for i in range(4)]
    made = []
    for order in ORDERS:
        image = canary.blank().copy()
        for place, line in enumerate(order):
            image.paste(strips[line], (0, 20 + place * LEADING))
        made.append((image, "\n".join(lines[line] for line in order)))
    made[0] = (canary.page(), canary.TRUTH)
    return [*made, (canary.blank(), "")]


def overfit(folder: Path, *, steps: int = 600, good: float = 0.004) -> float:
    """Train the checkpoint in ``folder`` on the pages, save it, and return the last loss."""
    where = devices.Place("cpu", torch.float32, "cpu")
    engine = Qwen2Vl.__new__(Qwen2Vl)  # its own way from image to inputs, before it can pass its own canary
    engine.loaded = loading.load(Qwen2Vl.facts, folder, where)
    batch = batch_of(engine, ((image, MODES["text"], text) for image, text in pages()), "<|im_end|>")
    model = engine.loaded.model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.0)
    loss = 0.0
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * min(1.0, (step + 1) / 20)
        out = model(**batch).loss
        optimizer.zero_grad()
        out.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        loss = out.item()
        if loss < good:
            break
    model.eval().save_pretrained(folder)
    return loss


def batch_of(
    engine: NeuralEngine, readings: Iterable[tuple[Image.Image, Mode, str]], stop_token: str
) -> dict[str, torch.Tensor]:
    """Images, how each is asked for and what it says, as one padded batch to learn; only the answers are learnt."""
    rows, labels, pixels, grids = [], [], [], []
    stop = engine.loaded.tokenizer.convert_tokens_to_ids(stop_token)
    for image, mode, text in readings:
        inputs = engine.prepare(image, mode, engine.facts.max_pixels).inputs
        prompt = inputs["input_ids"][0].tolist()
        answer = [*engine.loaded.tokenizer.encode(text, add_special_tokens=False), stop]
        rows.append(prompt + answer)
        labels.append([-100] * len(prompt) + answer)
        pixels.append(inputs["pixel_values"])
        grids.append(inputs["image_grid_thw"])
    longest = max(map(len, rows))
    ids = torch.tensor([row + [stop] * (longest - len(row)) for row in rows])
    return {
        "input_ids": ids,
        "attention_mask": torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows]),
        "labels": torch.tensor([row + [-100] * (longest - len(row)) for row in labels]),
        "pixel_values": torch.cat(pixels),
        "image_grid_thw": torch.cat(grids),
        "mm_token_type_ids": (ids == engine.loaded.model.config.image_token_id).long(),
    }


if __name__ == "__main__":  # some minutes; writes the checkpoint as the repository keeps it
    import tempfile

    from bench.tiny_models.packed import pack

    from ocroute.testing import tiny_checkpoint
    from tests.support.checkpoints import KEPT

    with tempfile.TemporaryDirectory() as made:
        tiny_checkpoint(Qwen2Vl, Path(made))
        print(overfit(Path(made), steps=900))
        pack(Path(made), KEPT / "by_heart", 12)
