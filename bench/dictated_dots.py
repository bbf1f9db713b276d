"""The engine dots_ocr, writing what it is told to, for whole runs in whatever process: see `bench.gpu_files`.

Registered by `plugged_in`, as any engine of another package is. ``OCROUTE_DICTATION`` names a JSON file: answers by the length of
their prompt. ``OCROUTE_CARD`` emulates a card of so many GiB: torch may take no more, and no more seems free.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from ocroute.engines.base import Task
from ocroute.engines.dots_ocr import DotsOcr

GIB = 1 << 30


class DictatedDots(DotsOcr):
    """dots.ocr at the full cost of every token, whatever its weights would write."""

    def __init__(self, task: Task) -> None:
        from bench.dictation import Dictation

        answers = json.loads(Path(os.environ["OCROUTE_DICTATION"]).read_text())
        self._dictation = Dictation({int(prompt): answer for prompt, answer in answers.items()}).given()
        self._dictation.__enter__()  # until this process ends
        if "OCROUTE_CARD" in os.environ:
            _smaller(int(os.environ["OCROUTE_CARD"]) * GIB)
        super().__init__(task)


def _smaller(card: int) -> None:
    import torch

    from ocroute.engines.neural import pixel_budget
    from ocroute.engines.neural.devices import Place

    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(min(1.0, card / total))
    real = pixel_budget.free_bytes

    def free(where: Place) -> int:
        return max(0, min(real(where), card - torch.cuda.memory_allocated(where.device) - pixel_budget.HEADROOM))

    pixel_budget.free_bytes = free


def plugged_in(folder: Path) -> Path:
    """Register the engine ``dictated_dots`` for whoever has ``folder`` on its path."""
    about = folder / "ocroute_dictated-1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: ocroute-dictated\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[ocroute.engines]\ndictated_dots = bench.dictated_dots:DictatedDots\n")
    return folder
