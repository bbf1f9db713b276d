"""One training: what it takes is counted, the model is loaded, it learns, and its adapter is written."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import torch
from PIL import Image

from ocroute.distributions import installed
from ocroute.engines.dots_ocr import MODES, DotsOcr
from ocroute.engines.neural import loading, pixel_budget, weights
from ocroute.engines.neural.adapters import TENSORS
from ocroute.engines.neural.devices import Place
from ocroute.errors import Interrupted, OutputError, UsageError
from ocroute.finetune import lora, training_memory, training_state
from ocroute.finetune.adapter_folder import AdapterRecord, write
from ocroute.finetune.lessons import Lessons
from ocroute.finetune.targets import FACTOR, Task
from ocroute.finetune.trainer import Stopped, Trainer
from ocroute.finetune.trainer_formats import Pair
from ocroute.finetune.training import Trained
from ocroute.finetune.training_memory import Largest
from ocroute.finetune.training_plan import Course, TrainSettings
from ocroute.finetune.training_state import Progress
from ocroute.machine import MIB
from ocroute.models.dots_ocr import load
from ocroute.models.dots_ocr.input_size import InputSize
from ocroute.models.dots_ocr.prompts import chat


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """All that decides the outcome of a training, and where it happens.

    Attributes:
        data, data_hash: the examples.
        task: what pages are asked.
        teach, tried: pages that teach, and pages on which it is tried.
        model: the weights, as the user names them.
        base: their folder.
        where: device and dtype.
        settings: of the user.
    """

    data: Path
    data_hash: str
    task: Task
    teach: Sequence[Pair]
    tried: Sequence[Pair]
    model: str
    base: Path
    where: Place
    settings: TrainSettings

    def carried_out(self, folder: Path, stop: Callable[[], bool]) -> Trained:
        """Train into ``folder``, see `ocroute.finetune.train`."""
        digest = weights.digest(self.base)
        progress = self._begun(folder, digest)
        if not progress.done:
            progress = self._learn(folder, digest, progress, stop)
        before = progress.trials[0] if progress.trials and self.tried else None
        return Trained(
            str(folder),
            len(self.teach),
            progress.step,
            before,
            progress.best if self.tried else None,
            (folder / TENSORS).exists(),
            sum(bool(one.fault) for one in progress.trials),
            progress.seconds,
        )

    def _begun(self, folder: Path, digest: str) -> Progress:
        """How far an earlier run in ``folder`` has come; the beginning where there is none.

        Raises:
            UsageError: the folder holds something else.
        """
        decides = [self.data_hash, digest, self.task, self.where.dtype_name, msgspec.structs.asdict(self.settings)]
        of = hashlib.sha256(msgspec.json.encode(decides)).hexdigest()
        found = training_state.progress_in(folder)
        if found is None and not {file.name for file in folder.iterdir()} <= {"lock"}:
            raise UsageError(f"{folder} holds something already", next_step="Name a folder that is not there yet")
        if found is not None and found.of != of:
            raise UsageError(
                f"the training in {folder} is of other examples, weights or settings",
                next_step="Give the same ones to go on with it, or name another folder",
            )
        return found or Progress(of)

    def _learn(self, folder: Path, digest: str, progress: Progress, stop: Callable[[], bool]) -> Progress:
        self._require_memory()
        with loading.telling(DotsOcr.facts, self.base):
            loaded = load.load(self.base, device=self.where.device, dtype=self.where.dtype)
        lora.put_in(loaded.model, self.settings.rank, seed=self.settings.seed)
        self._require_disk(folder, lora.parameters(loaded.model))
        teach, tried = (Lessons(loaded, self.data, pairs, self.task) for pairs in (self.teach, self.tried))
        course = Course(len(teach), self.settings)
        trainer = Trainer(loaded, teach, tried, self.task, course, folder, progress, stop)

        def better(now: Progress) -> None:
            write(folder, lora.tensors(loaded.model), self._record(digest, now, now.step))

        try:
            trainer.run(better)
        except Stopped:
            kept = " (the best adapter so far is in it)" if (folder / TENSORS).exists() else ""
            raise Interrupted(
                f"stopped after {trainer.progress.step} of {course.steps} steps, which are saved in {folder}{kept}",
                next_step="Run the same command again to go on",
            ) from None
        return trainer.progress

    def _record(self, digest: str, progress: Progress, step: int) -> AdapterRecord:
        return AdapterRecord(
            engine=DotsOcr.facts.name,
            model=self.model,
            model_hash=digest,
            task=self.task,
            data_hash=self.data_hash,
            examples=len(self.teach),
            settings=self.settings,
            versions={name: installed(name) for name in ("ocroute", "torch", "transformers", "peft")},
            device=self.where.name,
            dtype=self.where.dtype_name,
            trials=progress.trials,
            losses=progress.losses,
            step=step,
        )

    def _require_memory(self) -> None:
        """
        Raises:
            EngineUnavailable: there is not enough.
        """
        meta = load.on_meta_device(self.base, dtype=self.where.dtype)
        sizes = []
        for pair in (*self.teach, *self.tried):
            with Image.open(self.data / pair.image) as image:
                sizes.append(InputSize(*image.size))
        size = max(sizes, key=lambda one: one.width * one.height)
        answer = max(Lessons(meta, self.data, self.teach, self.task).lengths())
        prompt = len(meta.tokenizer(chat(MODES[self.task].prompt, 0), add_special_tokens=False)["input_ids"])
        tokens = size.width * size.height // FACTOR**2 + prompt + answer
        need = training_memory.need(
            meta, self.settings.rank, Largest(size, tokens, answer, MODES[self.task].max_new_tokens)
        )
        training_memory.require(need, pixel_budget.free_bytes(self.where), self.where)

    @staticmethod
    def _require_disk(folder: Path, weights_held: dict[str, torch.nn.Parameter]) -> None:
        """
        Raises:
            OutputError: there is too little room for the adapter, the training's state, and a new one of each beside it.
        """
        wanted = 2 * 4 * 4 * sum(weight.numel() for weight in weights_held.values())
        free = shutil.disk_usage(folder).free
        if free < wanted:
            raise OutputError(
                f"{folder} needs room for {wanted // MIB + 1} MiB, and {free // MIB} MiB are free",
                next_step="Free some space, or name a folder on another disk",
            )
