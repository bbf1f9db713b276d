"""Many pages at once: made ready beside the model, let in as there is room, written together, out as each ends.

A page that fails costs itself only. Where memory runs out, fewer pages are written together from then on, and those that were
being written begin again; a page for which there is no room even alone is shown smaller.
"""

from __future__ import annotations

import gc
import logging
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING

from PIL import Image

from ocroute.engines.base import Answer, Reading, Request
from ocroute.engines.neural import devices, failures, loading, pixel_budget
from ocroute.engines.neural.generate import written
from ocroute.engines.neural.model_facts import Prepared
from ocroute.engines.neural.repetition import TAIL, LoopDetector
from ocroute.errors import EngineCrashed, EngineError, OcrouteError
from ocroute.kernels import device_errors
from ocroute.runtime.batch import Batch, Ended
from ocroute.runtime.prefill import prefill

if TYPE_CHECKING:
    from ocroute.engines.neural.base import NeuralEngine
    from ocroute.engines.neural.model_facts import Mode
    from ocroute.runtime.no_repeat import NoRepeat

READY = 4  # pages that are made ready beyond those that are written
READIERS = 2  # threads that make them ready; almost all that they do is done without Python's lock
ANSWER = 2048  # tokens of an answer that there is room for at first
ON_CPU = 4  # pages: each waits for the prompts of the others, which take minutes there

_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Page:
    """A page that has been taken in.

    Attributes:
        views: of it, each smaller than the one before.
        view: the next one, or None where there is none; with the seconds that it took.
        tried: views for which memory did not suffice.
        began: when its prompt was given to the model.
    """

    request: Request
    mode: str
    size: tuple[int, int]
    views: Iterator[pixel_budget.View]
    view: Future[tuple[pixel_budget.View | None, float]]
    detector: LoopDetector
    tried: int = 0
    began: float = 0.0
    prompt_tokens: int = 0


class Together:
    """Reads the pages of one stream of requests with the model of ``engine``.

    Args:
        engine: whose `Single` shows that the decoder knows its layers.
    """

    def __init__(self, engine: NeuralEngine) -> None:
        self._engine = engine
        self._facts, self._where = engine.facts, engine.where
        self._batch: Batch | None = None
        self._rule: NoRepeat | None = None
        self._most = engine.info.at_once
        self._draining = False
        self._careful = 0  # pages that are written alone: one of them broke a batch
        self._ready: deque[_Page] = deque()
        self._writing: dict[_Page, None] = {}
        self._answers: deque[Answer] = deque()

    def read(self, requests: Iterable[Request | Answer | None]) -> Iterator[Answer]:
        """See `ocroute.engines.base.Engine.read`; an answer among the requests, that no model is needed for, goes through."""
        coming, more = iter(requests), True
        try:
            with ThreadPoolExecutor(READIERS, thread_name_prefix="ready") as threads:
                while more or self._ready or self._writing:
                    more = more and self._take(coming, threads)
                    self._let_in(threads)
                    self._write(threads)
                    while self._answers:
                        yield self._answers.popleft()
        finally:
            for page in self._writing:  # nobody asks for more
                if self._batch is not None:
                    self._batch.leave(page)
            self._writing.clear()
            self._ready.clear()

    def _take(self, coming: Iterator[Request | Answer | None], threads: ThreadPoolExecutor) -> bool:
        """Take pages in while there is room; whether more may come."""
        while len(self._ready) + len(self._writing) < self._most + READY:
            try:
                request = next(coming)
            except StopIteration:
                return False
            if request is None:
                return True
            if isinstance(request, tuple):
                self._answers.append(request)
                return True
            try:
                self._ready.append(self._page(request, threads))
            except Exception as error:  # a page that cannot be decoded, a mode that is not known
                self._answers.append((request, self._said(error)))
        return True

    def _page(self, request: Request, threads: ThreadPoolExecutor) -> _Page:
        engine, task = self._engine, request.task
        name = engine.mode_of(task)
        devices.limit_threads(task.limits.threads)
        failures.check_device(self._facts.name)
        mode = self._facts.modes[name]
        raster = request.page.raster()

        def prepared(pixels: int) -> Prepared:
            made = engine.prepare(Image.fromarray(raster), mode, pixels)
            return replace(made, inputs=self._where.near(made.inputs))

        views = pixel_budget.views(self._facts, prepared, engine.budget.pixels)
        detector = LoopDetector(engine.loaded.tokenizer, boxes=mode.boxes and mode.text)
        return _Page(request, name, request.page.size, views, threads.submit(_next, views), detector)

    def _let_in(self, threads: ThreadPoolExecutor) -> None:
        """Give the model the prompt of the next page, where it is ready and there is room."""
        if not self._ready or (self._writing and (self._draining or self._careful)):
            return
        page = self._ready[0]
        if self._writing and (not page.view.done() or (self._batch is not None and not self._batch.free)):
            return
        mode = self._facts.modes[page.mode]
        rule = mode.no_repeat.rule(self._engine.loaded.tokenizer) if mode.no_repeat else None
        if self._writing and rule != self._rule:
            return  # a batch has one
        if self._draining:
            self._draining = False
            self._forget(self._rule)
        self._ready.popleft()
        self._careful = max(0, self._careful - 1)
        try:
            view, _ = page.view.result()
            if view is None:
                raise self._too_large(page)
            self._rule = rule if self._batch is None or rule == self._rule else self._forget(rule)
            self._begin(page, view, mode)
        except Exception as error:  # whatever torch raises
            self._failed_before(page, error, threads)

    def _begin(self, page: _Page, view: pixel_budget.View, mode: Mode) -> None:
        page.began = perf_counter()
        seconds = page.request.task.limits.seconds
        with loading.quiet():
            prompt = prefill(self._engine.loaded.model, self._where.take(view.prepared.inputs, self._facts.on_host))
        page.prompt_tokens = prompt.length
        if self._batch is None:
            self._batch = self._new_batch(prompt.length + min(mode.max_new_tokens, ANSWER))
        self._writing[page] = None
        self._batch.enter(
            page,
            prompt,
            limit=mode.max_new_tokens,
            deadline=page.began + seconds if seconds else None,
            is_loop=lambda tokens: page.detector.found(tokens[-TAIL:]),
        )

    def _new_batch(self, capacity: int) -> Batch:
        single = self._engine.single
        assert single is not None
        single.let_go()
        self._most = min(self._most, self._room(single.bytes_for(capacity)))
        while True:
            try:
                return single.batch(slots=self._most, capacity=capacity, rule=self._rule)
            except Exception as error:
                if self._most == 1 or not device_errors.out_of_memory(error):
                    raise
            self._fewer(self._most // 2)
            self._forget(self._rule)

    def _room(self, each: int) -> int:
        """Pages for which there is memory, besides that for the prompt of one more."""
        if not self._where.device.startswith("cuda"):
            return ON_CPU
        budget = self._engine.budget
        prompt = budget.at(budget.pixels) - budget.large.need.weights
        return max(1, (pixel_budget.free_bytes(self._where) - prompt) // each)

    def _write(self, threads: ThreadPoolExecutor) -> None:
        """Have the pages that are in the batch written further."""
        if self._batch is None or not self._writing:
            return
        try:
            ended = self._batch.advance()
        except Exception as error:  # whatever torch raises
            self._failed_together(error, threads)
            return
        for each in ended:
            page = each.name
            assert isinstance(page, _Page)
            del self._writing[page]
            try:
                self._answers.append((page.request, self._reading(page, each)))
            except Exception as error:
                self._answers.append((page.request, self._said(error)))

    def _reading(self, page: _Page, ended: Ended) -> Reading:
        view, preparing = page.view.result()
        assert view is not None
        answer = written(
            self._engine.loaded,
            ended.tokens,
            ended.ending,
            page.prompt_tokens,
            keep_special=self._facts.keep_special,
            loop_detector=page.detector,
        )
        if page.tried:  # later pages need not find out
            self._engine.budget = replace(self._engine.budget, pixels=view.pixels)
        seconds = {"prepare": preparing, "generate": perf_counter() - page.began}
        return self._engine.reading(page.mode, view, page.size, answer, seconds, out_of_memory=page.tried)

    def _failed_before(self, page: _Page, error: Exception, threads: ThreadPoolExecutor) -> None:
        """A page that did not get into the batch, or broke it as it came in."""
        if page in self._writing:
            self._failed_together(error, threads)
        elif not device_errors.out_of_memory(error):
            self._answers.append((page.request, self._said(error)))
        elif self._writing:
            self._ready.appendleft(page)
            self._fewer(len(self._writing) // 2)
            self._draining = True  # and with the smaller batch there is room for it
        else:
            self._again([page], threads)

    def _failed_together(self, error: Exception, threads: ThreadPoolExecutor) -> None:
        """The batch is broken: its pages begin again."""
        pages = list(self._writing)
        self._writing.clear()
        if not isinstance(error, OcrouteError) and device_errors.out_of_memory(error):
            self._again(pages, threads)
            return
        said = self._said(error)
        self._forget(self._rule)
        if len(pages) == 1:
            self._answers.append((pages[0].request, said))
        else:
            self._ready.extendleft(reversed(pages))
            self._careful += len(pages)

    def _again(self, pages: list[_Page], threads: ThreadPoolExecutor) -> None:
        """Have pages begin again, fewer at a time; one for which there is no room alone is shown smaller."""
        alone = len(pages) == 1 and (self._batch is None or self._most == 1)
        self._forget(self._rule)
        if alone:
            (page,) = pages
            page.tried += 1
            page.view = threads.submit(_next, page.views)
        else:
            self._fewer(self._most // 2)
        self._ready.extendleft(reversed(pages))

    def _fewer(self, most: int) -> None:
        self._most = max(1, most)
        _log.warning("%s: memory ran out; %d pages at once from now on", self._facts.name, self._most)

    def _forget(self, rule: NoRepeat | None) -> NoRepeat | None:
        """Let the batch go; the next one has this rule."""
        self._batch = None
        gc.collect()  # what an error held in reference cycles, tensors among it
        devices.free_memory()
        return rule

    def _said(self, error: Exception) -> OcrouteError:
        """``error`` as one of ours.

        Raises:
            EngineCrashed: the GPU is lost.
        """
        said = error if isinstance(error, OcrouteError) else failures.translated(error, self._facts.name)
        if isinstance(said, EngineCrashed):
            raise said from error
        return said

    def _too_large(self, page: _Page) -> EngineError:
        return EngineError(
            f"{self._facts.name} ran out of memory on {self._where.name}, even with the page of {page.size[0]} x {page.size[1]} "
            f"pixels shown {page.tried} times smaller",
            next_step="Close what else uses that memory, or choose a smaller model: ocroute engines",
        )


def _next(views: Iterator[pixel_budget.View]) -> tuple[pixel_budget.View | None, float]:
    began = perf_counter()
    return next(views, None), perf_counter() - began
