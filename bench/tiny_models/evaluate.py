"""Measures how well a finished checkpoint reads held-out words in held-out typefaces, in float32 and in bfloat16.

    python -m bench.tiny_models.evaluate FOLDER [--json FILE] [--device cpu] [--samples 16] [--keep FOLDER]

What FILE holds of other models stays there.

The checkpoint is loaded from its files and asked through transformers' own ``generate``, as an engine would.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

import torch
from bench.tiny_models.layouts import boxes_apart, is_layout
from bench.tiny_models.nets import normalised, patches
from bench.tiny_models.specs import spec_of
from bench.tiny_models.store import load
from bench.tiny_models.stream import SCRIPTS, Batch, Batcher
from PIL import Image
from torch import Tensor
from transformers import AutoTokenizer, GenerationConfig

from bench import harness
from ocroute.compare.measures import Errors, character_errors

KINDS = {"line": (56, 448), "page": (336, 448)}
SQUARED_KINDS = {"line": (192, 256), "page": (224, 336)}


class Reader:
    """A checkpoint that reads batches of images of one size.

    Args:
        folder: of the checkpoint, named for its model.
        dtype: of the weights.
        device: where it runs.
    """

    def __init__(self, folder: Path, dtype: torch.dtype, device: str) -> None:
        keys = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self.spec = spec_of(keys)
        model: Any = load(folder, self.spec, dtype)
        self.model = model.eval().to(device)
        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        ends = json.loads((folder / "generation_config.json").read_text(encoding="utf-8"))["eos_token_id"]
        self.ends: list[int] = [ends] if isinstance(ends, int) else ends
        self.device = device

    @torch.inference_mode()
    def read(self, images: Tensor, task: str, limit: int) -> list[str]:
        """The answers to ``task``, of at most ``limit`` tokens, for uint8 images ``(batch, height, width)``."""
        ids = torch.tensor([self.prompt(task, self.spec.embeddings(self.spec.grid(*images.shape[1:])))])
        inputs = self.inputs(images, ids.expand(len(images), -1))
        settings = GenerationConfig.from_dict(
            {
                "do_sample": False,
                "max_new_tokens": limit,
                "eos_token_id": self.ends,
                "pad_token_id": self.tokenizer.pad_token_id,
            }
        )
        placed = {
            name: value.to(self.device, self.model.dtype if value.is_floating_point() else value.dtype)
            for name, value in inputs.items()
        }
        written = self.model.generate(**placed, generation_config=settings)[:, ids.shape[1] :].tolist()
        rows = [row[: next((i for i, token in enumerate(row) if token in self.ends), None)] for row in written]
        return [str(self.tokenizer.decode(row, skip_special_tokens=False)) for row in rows]

    def prompt(self, task: str, embeddings: int) -> list[int]:
        """Token ids of the whole prompt for an image of so many embeddings."""
        mark = self.spec.placeholder
        template = self.spec.tasks[task].template.replace(mark, mark * embeddings)
        ids: list[int] = self.tokenizer.encode(template, add_special_tokens=False)
        return ids

    def inputs(self, images: Tensor, ids: Tensor) -> dict[str, Tensor]:
        """What the model takes."""
        keys = self.spec.preprocessor
        pixels = normalised(images.float() / 255, keys["image_mean"], keys["image_std"])
        inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "pixel_values": pixels}
        if not self.spec.square:
            side = keys["patch_size"]
            inputs["pixel_values"] = patches(pixels, side, keys["merge_size"], keys["temporal_patch_size"])
            grid = torch.tensor([[1, images.shape[1] // side, images.shape[2] // side]])
            inputs["image_grid_thw"] = grid.expand(len(images), -1)
        if self.spec.name == "qwen2_vl":
            inputs["mm_token_type_ids"] = (ids == self.model.config.image_token_id).int()
        return inputs


def measure(reader: Reader, samples: int, keep: Path | None, until: float) -> list[dict[str, Any]]:
    """One row for each task, kind and script; none is begun after ``until``, in seconds since the epoch."""
    batcher, rng = Batcher(reader.spec), Random(2024)
    rows: list[dict[str, Any]] = []
    for task in reader.spec.tasks:
        for kind, size in (SQUARED_KINDS if reader.spec.square else KINDS).items():
            if time.time() > until:
                return rows
            batches = [batcher.make(kind, size, task, samples, rng, script, evaluation=True) for script in SCRIPTS]
            images = torch.cat([batch.images for batch in batches])
            longest = max(batch.answers.shape[1] for batch in batches)
            began = time.perf_counter()
            found = reader.read(images, task, longest + 40)
            seconds = round((time.perf_counter() - began) / len(batches), 2)
            for index, (script, batch) in enumerate(zip(SCRIPTS, batches, strict=True)):
                row: dict[str, Any] = {
                    "task": task,
                    "kind": kind,
                    "script": script,
                    "samples": samples,
                    "seconds": seconds,
                }
                row |= compared(batch.texts, found[index * samples : (index + 1) * samples])
                print(json.dumps(row, ensure_ascii=False), flush=True)
                rows.append({name: value for name, value in row.items() if name != "worst"})
                if keep:
                    _keep(keep, f"{task}-{kind}-{script}", batch)
    return rows


def compared(wanted: list[str], found: list[str]) -> dict[str, Any]:
    """What is right and wrong in some answers to one task."""
    row: dict[str, Any] = {}
    if is_layout(wanted[0]):
        apart = [boxes_apart(*pair) for pair in zip(wanted, found, strict=True)]
        elements = sum(one["elements"] for one in apart)
        row["valid"] = sum(one["valid"] for one in apart) / len(wanted)
        row["categories_right"] = round(sum(one["categories"] for one in apart) / elements, 4)
        row["mean_overlap"] = round(sum(one["overlap"] for one in apart) / elements, 4)
        wanted, found = ([one["text"][side] for one in apart] for side in (0, 1))
    errors = errors_of(wanted, found)
    row |= {"characters": errors.length, "edits": errors.edits, "cer": round(errors.rate, 5)}
    worst = max(range(len(wanted)), key=lambda at: errors_of(wanted[at : at + 1], found[at : at + 1]).edits)
    row["worst"] = [wanted[worst][:300], found[worst][:300]]
    return row


def errors_of(wanted: Iterable[str], found: Iterable[str]) -> Errors:
    """Of all answers together; line ends count."""
    return sum((character_errors(*pair, "nfc") for pair in zip(wanted, found, strict=True)), Errors())


def _keep(folder: Path, stem: str, batch: Batch) -> None:
    """The first sample as a picture with its text beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(batch.images[0].numpy()).save(folder / f"{stem}.png", optimize=True)
    (folder / f"{stem}.txt").write_text(batch.texts[0], encoding="utf-8")


def main() -> None:
    parser = harness.arguments(__doc__, record="tiny-models")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--samples", type=int, default=16, help="of each task, kind and script")
    parser.add_argument("--dtypes", nargs="*", default=["float32", "bfloat16"])
    parser.add_argument("--until", type=float, default=math.inf, help="seconds since the epoch: begin nothing after it")
    parser.add_argument("--keep", type=Path, help="a folder for one picture and its text of each kind")
    options = parser.parse_args()
    dtypes: dict[str, Any] = {}
    for name in options.dtypes:
        reader = Reader(options.folder, getattr(torch, name), options.device)
        rows = measure(reader, options.samples, options.keep, options.until)
        characters, wrong = sum(row["characters"] for row in rows), sum(row["edits"] for row in rows)
        dtypes[name] = {
            "cer": round(wrong / max(1, characters), 5),
            "characters": characters,
            "whole": time.time() <= options.until,
            "rows": rows,
        }
        print(f"{name}: character error rate {wrong / max(1, characters):.2%} of {characters}", flush=True)
    kept = options.json and options.json.is_file()
    models = json.loads(options.json.read_text(encoding="utf-8"))["models"] if kept else {}
    models[reader.spec.name] = {"device": options.device, "dtypes": dtypes}
    harness.write(options.json, {"models": models})


if __name__ == "__main__":
    main()
