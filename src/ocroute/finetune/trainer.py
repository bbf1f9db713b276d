"""The steps of a training, one after the other; whatever ends them, the same ones follow."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import NoReturn

import msgspec
import torch
from torch import Tensor

from ocroute.errors import DOCTOR, EngineError, EngineUnavailable
from ocroute.finetune import lora, training_state
from ocroute.finetune.answer_loss import answer_loss, embedded
from ocroute.finetune.lessons import Lessons
from ocroute.finetune.reading_trial import trial
from ocroute.finetune.targets import Task
from ocroute.finetune.training_plan import Course
from ocroute.finetune.training_state import Progress, Trial
from ocroute.models.dots_ocr.load import Loaded

_SAVE_EVERY = 300.0  # seconds
_CLIP = 1.0
_MOMENTS = ("exp_avg", "exp_avg_sq", "step")

_log = logging.getLogger(__name__)


class Stopped(Exception):
    """The user wants it to end; all whole steps are saved."""


class Trainer:
    """Teaches ``loaded`` its lessons.

    Args:
        loaded: the model, with fresh adapters in it.
        teach, tried: pages that it learns, and pages on which it is tried; the second may be none.
        task: what pages are asked.
        course: the steps.
        folder: where its state lies; goes on from that.
        progress: what that state says, or the beginning.
        stop: asked between pages.
    """

    def __init__(
        self,
        loaded: Loaded,
        teach: Lessons,
        tried: Lessons,
        task: Task,
        course: Course,
        folder: Path,
        progress: Progress,
        stop: Callable[[], bool],
    ) -> None:
        self.progress = progress
        self._loaded, self._teach, self._tried, self._task = loaded, teach, tried, task
        self._course, self._folder, self._stop = course, folder, stop
        self._weights = lora.parameters(loaded.model)
        self._optimizer = torch.optim.AdamW(self._weights.values(), lr=course.settings.rate, weight_decay=0.0)
        self._lengths = teach.lengths()
        self._began = monotonic() - progress.seconds
        self._saved = monotonic()
        if progress.step:
            self._restore()
        loaded.model.train()

    def run(self, better: Callable[[Progress], None]) -> None:
        """Make all steps that are left.

        Args:
            better: told whenever the adapters are the best so far.

        Raises:
            Stopped: the user wants it; all is saved.
            EngineError: numbers are NaN or Inf, or gradients do not arrive.
            EngineUnavailable: the model does not read the canary page, before it is taught anything.
            OutputError: the disk is full, or the like; what was saved last is whole.
        """
        while not self.progress.done:
            self._try(better)
            if self._over():
                self._change(done=True)
                self._save()
                return
            self._step()
            if monotonic() - self._saved > _SAVE_EVERY:
                self._save()

    def _try(self, better: Callable[[Progress], None]) -> None:
        """Read the pages on which it is tried, if an epoch is over and they were not read since."""
        step, trials = self.progress.step, self.progress.trials
        if step and not self._course.ends_epoch(step):
            return
        if trials and trials[-1].step == step:
            return
        found = trial(self._loaded, self._tried, self._task, step, lambda: not self._stop())
        if found is None:
            self._end()
        if found.fault and not step:
            raise EngineUnavailable(f"{self._loaded.source}: it {found.fault}", next_step=DOCTOR)
        _log.info("after %d of %d steps: %s", step, self._course.steps, told(found, self.progress.losses))
        self._change(trials=(*trials, found))
        if step and self.progress.best is found:
            better(self.progress)
        self._save()

    def _over(self) -> bool:
        if self.progress.step >= self._course.steps:
            return True
        best = self.progress.best
        if best is None or not best.pages:
            return False
        if not best.edits:
            return True
        since = [one for one in self.progress.trials if one.step > best.step]
        return len(since) >= self._course.settings.patience and best.step > 0

    def _step(self) -> None:
        step = self.progress.step
        pages = self._course.pages_of(step)
        tokens = sum(self._lengths[page] for page in pages)
        total = torch.zeros((), device=self._loaded.device)
        for page in pages:
            if self._stop():
                self._optimizer.zero_grad(set_to_none=True)
                self._end()
            lesson = self._teach.lesson(page)
            embeddings = embedded(self._loaded.model, lesson)
            loss = answer_loss(self._loaded.model, embeddings, lesson.inputs["input_ids"][0, -lesson.answer :])
            (loss / tokens).backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
        if step == 0:
            self._require_gradients()
        norm = torch.nn.utils.clip_grad_norm_(self._weights.values(), _CLIP)
        if not bool(torch.isfinite(norm)) or not bool(torch.isfinite(total)):
            raise EngineError(
                f"step {step + 1} gave NaN or Inf in {self._loaded.dtype}; what was saved before it is whole",
                next_step="Train with a smaller --rate into another folder",
            )
        for group in self._optimizer.param_groups:
            group["lr"] = self._course.rate_of(step)
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        self._count(float(total), tokens)

    def _count(self, loss: float, tokens: int) -> None:
        step, loss, tokens = self.progress.step + 1, self.progress.loss + loss, self.progress.tokens + tokens
        if self._course.ends_epoch(step):
            self._change(step=step, losses=(*self.progress.losses, loss / tokens), loss=0.0, tokens=0)
        else:
            self._change(step=step, loss=loss, tokens=tokens)

    def _require_gradients(self) -> None:
        """Of the second matrix of each pair: the first one's are nothing as long as the second is."""
        second = {name: weight.grad for name, weight in self._weights.items() if ".lora_B." in name}
        dead = [name for name, gradient in second.items() if gradient is None or not bool(gradient.any())]
        if dead:
            raise EngineError(
                f"no gradient arrives at {len(dead)} of {len(second)} adapters, e.g. {dead[0]}: they would never learn",
                next_step="Update torch, transformers and peft: pip install --upgrade 'ocroute[finetune]'",
            )

    def _end(self) -> NoReturn:
        self._save()
        raise Stopped

    def _change(self, **fields: object) -> None:
        self.progress = msgspec.structs.replace(self.progress, **fields)

    def _save(self) -> None:
        self._change(seconds=round(monotonic() - self._began, 1))
        held: dict[str, Tensor] = lora.tensors(self._loaded.model)
        for name, weight in self._weights.items():
            state = self._optimizer.state.get(weight, {})
            held |= {f"{moment} {name}": state[moment].detach().cpu() for moment in _MOMENTS if moment in state}
        training_state.save(self._folder, self.progress, held)
        self._saved = monotonic()

    def _restore(self) -> None:
        held = training_state.tensors_in(self._folder)
        lora.set_to(self._loaded.model, held)
        for name, weight in self._weights.items():
            self._optimizer.state[weight] = {
                moment: held[f"{moment} {name}"].to("cpu" if moment == "step" else weight.device) for moment in _MOMENTS
            }


def told(found: Trial, losses: tuple[float, ...]) -> str:
    """A trial in words."""
    loss = f", loss {losses[-1]:.4f} a token" if losses else ""
    loops = f", {found.loops} in a repetition loop" if found.loops else ""
    fault = f"; but it {found.fault}" if found.fault else ""
    pages = f"{found.pages} pages that it is not taught"
    return f"{found.cer:.2%} of {found.characters} characters wrong on {pages}{loops}{loss}{fault}"
