"""Pairs of a page and its answer as a model is taught them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from ocroute.engines.dots_ocr import MODES
from ocroute.errors import InputError
from ocroute.finetune.answer_loss import Lesson
from ocroute.finetune.targets import Task
from ocroute.finetune.trainer_formats import Pair
from ocroute.models.dots_ocr.load import Loaded
from ocroute.models.dots_ocr.model_inputs import Inputs, prepare
from ocroute.models.dots_ocr.prompts import END_OF_ASSISTANT


class Lessons:
    """The pairs of one folder for one model.

    Args:
        loaded: the model.
        folder: in which the images lie.
        pairs: of it.
        task: what the pages are asked.

    Raises:
        InputError: an answer has more tokens than are read of one.
    """

    def __init__(self, loaded: Loaded, folder: Path, pairs: Sequence[Pair], task: Task) -> None:
        self._loaded, self._folder, self.pairs = loaded, folder, pairs
        self._answers = [self._tokens(pair.target) for pair in pairs]
        most = MODES[task].max_new_tokens
        for pair, answer in zip(pairs, self._answers, strict=True):
            if len(answer) > most:
                raise InputError(
                    f"the answer to {pair.image} has {len(answer)} tokens, and {most} are read of one",
                    next_step="Take the page out of train.jsonl, or cut it into parts before you export",
                )

    def __len__(self) -> int:
        return len(self.pairs)

    def lengths(self) -> list[int]:
        """Tokens of each answer, the one that ends it included: it must be learnt, or the model does not stop."""
        return [len(answer) for answer in self._answers]

    def page(self, at: int) -> Inputs:
        """What the model is shown of a page, on its device, as whenever it reads one."""
        pair = self.pairs[at]
        with Image.open(self._folder / pair.image) as image:
            return prepare(self._loaded, image, pair.prompt)

    def lesson(self, at: int) -> Lesson:
        """A page and its answer."""
        page, answer = self.page(at), torch.tensor([self._answers[at]], device=self._loaded.device)
        ids = torch.cat([page.input_ids, answer], dim=1)
        pixels = page.pixel_values.to(self._loaded.dtype)
        return Lesson(
            {"input_ids": ids, "pixel_values": pixels, "image_grid_thw": page.image_grid_thw}, answer.shape[1]
        )

    def _tokens(self, target: str) -> list[int]:
        tokenizer = self._loaded.tokenizer
        ids: list[int] = tokenizer(target, add_special_tokens=False)["input_ids"]
        end: Any = tokenizer.convert_tokens_to_ids(END_OF_ASSISTANT)
        return [*ids, end]
