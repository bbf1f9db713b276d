"""Pages read with the model as it stands in the middle of its training: what is written counts, not the loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ocroute.compare.measures import Errors, character_errors
from ocroute.engines.dots_ocr import MODES
from ocroute.engines.neural import canary, generate, loading
from ocroute.engines.neural.base import CANARY_TOKENS
from ocroute.engines.neural.canary.diagnosis import Sight, diagnose
from ocroute.finetune import lora
from ocroute.finetune.lessons import Lessons
from ocroute.finetune.targets import Task, said
from ocroute.finetune.training_state import Trial
from ocroute.models.dots_ocr.load import Loaded
from ocroute.models.dots_ocr.model_inputs import Inputs, prepare
from ocroute.runtime.single import Single

if TYPE_CHECKING:
    from PIL.Image import Image


def trial(
    loaded: Loaded, lessons: Lessons, task: Task, step: int, go_on: Callable[[], bool] = lambda: True
) -> Trial | None:
    """Have the model read all pages of ``lessons``, and the canary page, with its adapters merged, as `ocroute read` will.

    Args:
        go_on: asked before each page; None comes back where it says no.
    """
    with lora.merged(loaded.model):
        return _tried(
            _Reads(loaded, task), lessons, task, step, go_on
        )  # which has let go of it all when the weights come back


def _tried(read: _Reads, lessons: Lessons, task: Task, step: int, go_on: Callable[[], bool]) -> Trial | None:
    errors, loops = Errors(), 0
    for at, pair in enumerate(lessons.pairs):
        if not go_on():
            return None
        page = lessons.page(at)
        answer = read.answer(page, MODES[task].max_new_tokens)
        loops += answer.ending == "loop"
        wanted, found = (said(task, text, page.input_size) for text in (pair.target, answer.text))
        errors += character_errors(wanted, found)
    fault = diagnose(read.sight(canary.page()), canary.TRUTH, lambda: read.sight(canary.blank()))
    return Trial(step, len(lessons), errors.edits, errors.length, loops, fault)


class _Reads:
    """A model that reads, its weights as they are now."""

    def __init__(self, loaded: Loaded, task: Task) -> None:
        self._loaded, self._task = loaded, task
        self._here = loading.Loaded(loaded.model, loaded.tokenizer, None, loaded.stop_ids)
        self._single = Single(loaded.model, loaded.stop_ids)

    def answer(self, page: Inputs, most: int) -> generate.Answer:
        """At most so many tokens."""
        inputs = {"input_ids": page.input_ids, "pixel_values": page.pixel_values.to(self._loaded.dtype)}
        return generate.answer(
            self._here,
            inputs | {"image_grid_thw": page.image_grid_thw},
            max_new_tokens=most,
            boxes=MODES[self._task].boxes,
            single=self._single,
        )

    def sight(self, image: Image) -> Sight:
        """As of the canary page."""
        page = prepare(self._loaded, image, MODES[self._task].prompt)
        answer = self.answer(page, CANARY_TOKENS)
        return Sight(said(self._task, answer.text, page.input_size), answer.text, answer.ending)
