"""One kernel's part of `bench.kernel_experiment`: reads the held-out pages in every number format that the kernel takes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from bench.dots_generate import generate
from bench.held_out import Sheet, edits_by_page, error_rate, sheets
from torch import Tensor

from ocroute.errors import OcrouteError
from ocroute.kernels.adaptor import plug_into
from ocroute.kernels.base import KERNELS
from ocroute.models.dots_ocr.load import Loaded, load
from ocroute.models.dots_ocr.model_inputs import Inputs, prepare
from ocroute.models.dots_ocr.prompts import PROMPTS


def child(
    kernel: str,
    checkpoint: Path,
    device: str,
    keep: Path,
    each: int,
    longest: int,
    *,
    formats: Sequence[str],
    plugged_in: bool,
) -> dict[str, Any]:
    """A row for each of the number ``formats``, or why the kernel does not run here; logits go to files in ``keep``.

    Args:
        plugged_in: whether the kernel is one of ours; else the model stays as it is, and PyTorch chooses.
    """
    if plugged_in:
        presence = KERNELS.load(kernel).presence()
        if presence.state != "usable":
            return {"not_run": f"{presence.state}: {presence.reason}"}
    pages = sheets(each)
    row: dict[str, Any] = {}
    for numbers in formats:
        loaded = load(checkpoint, device=device, dtype=getattr(torch, numbers))
        try:
            row[numbers] = _read(
                kernel if plugged_in else None, loaded, pages, longest, keep / f"{kernel}.{numbers}.npz"
            )
        except OcrouteError as error:
            row[numbers] = {"not_run": error.message}
        except Exception as error:  # whatever a kernel raises is its result
            row[numbers] = {"not_run": f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"}
    return row


@torch.inference_mode()
def _read(kernel: str | None, loaded: Loaded, pages: list[Sheet], longest: int, file: Path) -> dict[str, Any]:
    with nullcontext() if kernel is None else plug_into(loaded.model, kernel) as plugged:
        started = time.perf_counter()
        inputs = [prepare(loaded, page.image, PROMPTS["layout"]) for page in pages]
        written = [generate(loaded, each, longest) for each in inputs]
        answers = [one.text for one in written]
        seconds = round(time.perf_counter() - started, 2)
        if plugged is not None and not plugged.served:
            return {"not_run": f"declined every call: {'; '.join(plugged.declined)}"}
        logits = {str(i): _logits(loaded, *pair) for i, pair in enumerate(zip(inputs, pages, strict=True))}
        calls = {} if plugged is None else {"served": dict(plugged.served), "declined": dict(plugged.declined)}
    np.savez(file, **logits)  # type: ignore[arg-type]  # its keywords are arrays
    rates = {kind: error_rate(*_of(kind, pages, answers)) for kind in dict.fromkeys(page.kind for page in pages)}
    return {
        "cer": error_rate(pages, answers),
        "cer_by_kind": rates,
        "edits": edits_by_page(pages, answers),
        "endless": [index for index, one in enumerate(written) if one.finish == "length"],
        "pages": len(pages),
        "seconds": seconds,
        **calls,
    } | {"answers": answers}


def _logits(loaded: Loaded, inputs: Inputs, page: Sheet) -> np.ndarray:
    """float32 ``(answer, vocabulary)``: the scores of every token of the true answer, all in one pass."""
    answer = loaded.tokenizer.encode(page.answer, add_special_tokens=False)
    ids = torch.cat((inputs.input_ids, torch.tensor([answer], device=loaded.device)), dim=1)
    out: Tensor = loaded.model(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        pixel_values=inputs.pixel_values,
        image_grid_thw=inputs.image_grid_thw,
        logits_to_keep=len(answer) + 1,
    ).logits
    return np.asarray(out[0].float().cpu())


def _of(kind: str, pages: list[Sheet], answers: list[str]) -> tuple[list[Sheet], list[str]]:
    chosen = [index for index, page in enumerate(pages) if page.kind == kind]
    return [pages[index] for index in chosen], [answers[index] for index in chosen]
