"""The engine that a subclass turns into one for its model."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import msgspec

from ocroute.engines.base import Answer, Reading, Request, Task
from ocroute.engines.neural import (
    adapters,
    attention,
    availability,
    canary,
    devices,
    failures,
    generate,
    loading,
    memory_count,
    pixel_budget,
    shards,
    weights,
)
from ocroute.engines.neural.canary import history
from ocroute.engines.neural.canary.diagnosis import Sight
from ocroute.engines.neural.checkpoint_kinds import quantized
from ocroute.engines.neural.described_model import DescribedModel
from ocroute.engines.neural.model_facts import Answered, Mode, Prepared
from ocroute.engines.page_by_page import PageByPage
from ocroute.errors import EngineError, EngineUnavailable, OcrouteError
from ocroute.kernels import device_errors
from ocroute.kernels.base import Refused
from ocroute.pages.page import InputPage

if TYPE_CHECKING:
    from PIL.Image import Image

    from ocroute.engines.neural.together import Together
    from ocroute.runtime.single import Single

CANARY_TOKENS = 512
CANARY_SECONDS = 240.0

_log = logging.getLogger(__name__)


class NeuralEngine(DescribedModel, PageByPage):
    """Reads pages with a vision-language model. Used only after it has read the canary page.

    A subclass describes its model, see `DescribedModel`. The weights are found by `weights.find`; nothing in a checkpoint is ever
    executed.

    Raises:
        EngineUnavailable: packages, weights or memory are missing, or the canary page was not read; the message says which.
        UsageError: the model has no such mode.
    """

    _adapter: adapters.Adapter | None = None
    _packed = 0  # bytes of quantized weights as they are stored; 0 where they are not quantized

    def sample(self, mode: Mode, pixels: int) -> pixel_budget.Sample:
        """What a page of ``pixels`` takes, counted on the model on the meta device that is in the place of the model."""
        with loading.quiet():
            inputs = self.prepare(pixel_budget.blank(pixels), mode, pixels).inputs
            tokens = int(inputs["input_ids"].shape[1])
            shapes = pixel_budget.without_contents(inputs, self.loaded.model.dtype)
            need = memory_count.need(
                self.loaded.model,
                lambda model: self.see(model, shapes),
                tokens=tokens,
                answer=mode.max_new_tokens,
            )
        if self._packed:
            need = replace(need, weights=self._packed)
        return pixel_budget.Sample(pixels, pixel_budget.values(inputs), tokens, pixel_budget.patches(inputs), need)

    def __init__(self, task: Task) -> None:
        facts = self.facts
        self.mode_of(task)  # a mode that does not exist is said before minutes are spent on loading
        if lacking := availability.missing(facts.transformers, facts.packages):
            raise EngineUnavailable(f"{facts.name} cannot run: {lacking}", next_step=availability.install_step())
        failures.check_device(facts.name)
        folder = weights.find(facts, task.model)
        weights.check(facts, folder)
        devices.limit_threads(task.limits.threads)
        self.where = devices.place()
        self._model, self._digest = task.model or facts.hub, weights.digest(folder)
        self._adapter = adapters.opened(task.adapter, facts.name, self._digest) if task.adapter else None
        if self._adapter:
            if not self._adapter.told:
                _log.warning("the adapter in %s does not say which weights it was made for", self._adapter.folder)
            self._digest = self._adapter.hash_with(self._digest)
        try:
            self._start(folder, task)
        except Exception as error:  # whatever torch raises while it loads or reads for the first time
            if isinstance(error, OcrouteError) and not isinstance(error, EngineError):
                raise
            raise failures.at_start(error, facts.name, self.where.name) from error

    def _start(self, folder: Path, task: Task) -> None:
        """Load the model and have it read the canary page; where that overflows in float16, again in float32, if it fits."""
        import torch

        try:
            self._load(folder, task)
            return
        except FloatingPointError as overflow:
            if self.where.dtype_name != "float16":
                raise
            said = str(overflow.args[0])
        _log.warning("%s; it is loaded again in float32, which takes twice the memory", said)
        del self.kernels
        self.where = replace(self.where, dtype=torch.float32)
        try:
            self._load(folder, task)
        except OcrouteError as error:
            raise EngineUnavailable(f"{said}; and in float32 {error.message}", next_step=error.next_step) from error

    def _load(self, folder: Path, task: Task) -> None:
        facts, mode = self.facts, self.facts.modes[self.mode_of(task)]
        self.single: Single | None = None
        self._together: Together | None = None
        self._packed = shards.stored(folder) if quantized(weights.config(facts, folder), folder) else 0
        self.loaded = self.on_meta_device(folder, self.where)
        gc.collect()  # a model that was in its place
        devices.free_memory()
        free = pixel_budget.free_bytes(self.where)
        self.budget = pixel_budget.fitted(facts, self.where, lambda pixels: self.sample(mode, pixels), free)
        pixel_budget.require_host_memory(facts, folder, self.where)
        self.loaded = self.load(folder, self.where)
        if self._packed:
            loading.in_one_dtype(self.loaded.model, self.where.dtype)
        if self._adapter:
            self._adapter.merge_into(self.loaded.model)
        self.kernels = attention.plug_in(
            self.loaded.model,
            facts,
            patches=self.budget.patches,
            tokens=self.budget.tokens,
            quantized=task.quantized,
        )
        self.single, self.decoding = self._decoder()
        devices.free_memory()  # weights have moved
        self._read_canary(task)

    def _decoder(self) -> tuple[Single | None, dict[str, str]]:
        """What writes the answers, and how it is called in a page record."""
        from ocroute.runtime.single import Single

        try:
            single = Single(self.loaded.model, self.loaded.stop_ids)
        except Refused as refused:
            return None, {"decoder": "transformers", "reason": refused.message}
        return single, {"decoder": "ocroute", "attention": single.attention}

    def read(self, requests: Iterable[Request | None]) -> Iterator[Answer]:
        """Many pages at once where the batch decoder knows the model's layers, else one after the other."""
        if self.single is None:
            yield from super().read(requests)
        else:
            yield from self._read_together(requests)

    def _read_together(self, requests: Iterable[Request | Answer | None]) -> Iterator[Answer]:
        """Many pages at once; an answer among the requests goes through."""
        from ocroute.engines.neural.together import Together

        self._together = self._together or Together(self)
        yield from self._together.read(requests)

    def read_page(self, page: InputPage, task: Task) -> Reading:
        """What the model writes of it, as blocks."""
        mode = self.mode_of(task)
        devices.limit_threads(task.limits.threads)
        failures.check_device(self.facts.name)
        return self._read(page, mode, perf_counter() + task.limits.seconds if task.limits.seconds else None)

    def _read(self, page: InputPage, name: str, deadline: float | None) -> Reading:
        """Read with all the pixels that the budget allows, and with fewer where memory does not; later pages then have these."""
        from PIL import Image as Images

        image, mode = Images.fromarray(page.raster()), self.facts.modes[name]
        began = perf_counter()
        try:
            for tried, view in enumerate(
                pixel_budget.views(self.facts, lambda pixels: self.prepare(image, mode, pixels), self.budget.pixels)
            ):
                try:
                    reading = self._reading(image, name, view, perf_counter() - began, deadline)
                except Exception as error:  # whatever torch raises
                    if isinstance(error, OcrouteError) or not device_errors.out_of_memory(error):
                        raise
                else:
                    self.budget = replace(self.budget, pixels=view.pixels)
                    settings = reading.settings | ({"out_of_memory": tried} if tried else {})
                    return msgspec.structs.replace(reading, settings=settings)
                gc.collect()  # what the error held in reference cycles, tensors among it
                devices.free_memory()
                began = perf_counter()
        except OcrouteError:
            raise
        except Exception as error:
            raise failures.translated(error, self.facts.name) from error
        width, height = view.prepared.input_size
        raise EngineError(
            f"{self.facts.name} ran out of memory on {self.where.name}, even with the page shown at {width} x {height} pixels",
            next_step="Close what else uses that memory, or choose a smaller model: ocroute engines",
        )

    def _reading(
        self, image: Image, name: str, view: pixel_budget.View, preparing: float, deadline: float | None
    ) -> Reading:
        started = perf_counter()
        answer = self._answer(view.prepared, self.facts.modes[name], deadline=deadline)
        seconds = {"prepare": preparing, "generate": perf_counter() - started}
        return self.reading(name, view, image.size, answer, seconds)

    def reading(
        self,
        name: str,
        view: pixel_budget.View,
        size: tuple[int, int],
        answer: generate.Answer,
        seconds: dict[str, float],
        *,
        out_of_memory: int = 0,
    ) -> Reading:
        """What was written of a page, as a reading.

        Args:
            name: of the mode.
            view: that the model was shown.
            size: (width, height) of the page.
            seconds: by step.
            out_of_memory: views before this one for which memory did not suffice.

        Raises:
            EngineError: the model's numbers were not finite.
        """
        mode, prepared = self.facts.modes[name], view.prepared
        if answer.ending == "not finite":
            raise EngineError(
                f"{self.facts.name} gave NaN or Inf logits after {answer.tokens} tokens in {self.where.dtype_name}",
                next_step=f"See which attention kernels are right here: ocroute prove --for {self.facts.name}",
            )
        settings = {
            "mode": name,
            "dtype": self.where.dtype_name,
            **self.kernels.record(),
            "decoding": self.decoding,
            "frame": list(prepared.input_size),
            "memory": self.budget.record(pixel_budget.values(prepared.inputs), view.pixels),
            "prompt_tokens": answer.prompt_tokens,
            "tokens": answer.tokens,
            "ending": answer.ending,
        }
        if self._adapter:
            settings["adapter"] = {"folder": str(self._adapter.folder), "sha256": self._adapter.digest}
        if out_of_memory:
            settings["out_of_memory"] = out_of_memory
        answered = Answered(answer.text, mode, prepared.input_size, size)
        return Reading(
            blocks=self.blocks(answered),
            raw=answer.text,
            finish=answer.ending,
            cut=self.cut(answered),
            transcribes=mode.text,
            seconds=seconds,
            model=self._model,
            model_hash=self._digest,
            kernel=self.kernels.named(),
            device=self.where.name,
            versions=availability.versions(),
            settings=settings,
        )

    def _answer(
        self, prepared: Prepared, mode: Mode, *, most: int | None = None, deadline: float | None = None
    ) -> generate.Answer:
        return generate.answer(
            self.loaded,
            self.where.take(prepared.inputs, self.facts.on_host),
            max_new_tokens=most or mode.max_new_tokens,
            keep_special=self.facts.keep_special,
            deadline=deadline,
            no_repeat=mode.no_repeat,
            boxes=mode.boxes and mode.text,
            single=self.single,
        )

    def _read_canary(self, task: Task) -> None:
        """Have it read the canary page, and keep what came of it for ``ocroute doctor``.

        Raises:
            EngineUnavailable: it did not read it.
        """
        try:
            sight = canary.require(self.facts.name, lambda image: self._sight(image, task))
        except Exception as error:
            self._keep(read=False, seen=error.message if isinstance(error, EngineUnavailable) else str(error))
            raise
        self._keep(read=True, seen=sight.text)

    def _keep(self, *, read: bool, seen: str) -> None:
        history.keep(
            history.Canary(
                self.facts.name,
                self._model,
                self._digest,
                self.where.name,
                self.where.dtype_name,
                availability.versions(),
                self.kernels.record()["kernels"],
                read,
                seen,
            )
        )

    def _sight(self, image: Image, task: Task) -> Sight:
        """What the model makes of an image, on the very way that pages take."""
        mode = self.facts.modes[self.mode_of(task)]
        if not mode.text:
            mode = next(known for known in self.facts.modes.values() if known.text)
        prepared = self.prepare(image, mode, self.budget.pixels)
        most = min(mode.max_new_tokens, CANARY_TOKENS)
        answer = self._answer(prepared, mode, most=most, deadline=perf_counter() + CANARY_SECONDS)
        found = self.blocks(Answered(answer.text, mode, prepared.input_size, image.size))
        stops = self.loaded.tokenizer.convert_ids_to_tokens(list(self.loaded.stop_ids))
        text = "\n".join(block.text for block in found)
        return Sight(text, answer.text, answer.ending, self.where.dtype_name, tuple(stops))
