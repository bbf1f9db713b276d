"""Two ways to read a page with dots.ocr, timed step by step: the model alone, by hand, and the whole of ocroute."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.stopwatch import Stopwatch
from PIL import Image

import ocroute.route.page_reader as routing
import ocroute.route.page_records as page_records
from ocroute.document.model import Page
from ocroute.engines.base import Task
from ocroute.engines.neural.base import NeuralEngine
from ocroute.models.dots_ocr.answer import parse
from ocroute.models.dots_ocr.load import Loaded
from ocroute.models.dots_ocr.model_inputs import prepare
from ocroute.models.dots_ocr.prompts import PROMPTS
from ocroute.pages.images import ImagePage
from ocroute.run import InputResult
from ocroute.runtime.single import Single

LONGEST = 24_000  # tokens: what the engine allows too
ADDED = ("look for ink", "turn upright", "engine around the model", "judge", "route and record")
"""The steps that the model alone does not take."""

_TIMED = (
    (ImagePage, "_render"),
    (routing, "plan_here"),
    (page_records, "at_sight"),
    (page_records, "make_upright"),
    (NeuralEngine, "_read_canary"),
)


@dataclass(frozen=True)
class Timed:
    """One reading.

    Attributes:
        wall: seconds by the clock, from the file to the text.
        steps: seconds by step.
        text: of all blocks, a line each.
    """

    wall: float
    steps: dict[str, float]
    text: str


def alone(loaded: Loaded, single: Single, path: Path, most: int = LONGEST) -> Timed:
    """Open the page, cut it into patches, let the model answer with up to ``most`` tokens, in the way that engines do."""
    started = time.perf_counter()
    with Image.open(path) as file:
        image = file.convert("RGB")
    opened = time.perf_counter()
    inputs = prepare(loaded, image, PROMPTS["layout"])
    ready = time.perf_counter()
    given = {
        "input_ids": inputs.input_ids,
        "pixel_values": inputs.pixel_values,
        "image_grid_thw": inputs.image_grid_thw,
    }
    ended = single.write(given, limit=most)
    tokens = ended.tokens[:-1] if ended.ending == "stop" else ended.tokens
    answer = str(loaded.tokenizer.decode(tokens, skip_special_tokens=False, clean_up_tokenization_spaces=False))
    ended = time.perf_counter()
    steps = {"open": opened - started, "prepare": ready - opened, "generate": ended - ready}
    return Timed(
        ended - started, steps, "\n".join(block.text for block in parse(answer, inputs.input_size, image.size))
    )


class Whole:
    """Pages out of `ocroute.run.read_documents`, one at a time.

    Args:
        results: not yet begun.
    """

    def __init__(self, results: Iterator[InputResult]) -> None:
        self._results = results
        self._watch = Stopwatch()
        self._canary: Callable[[], object] | None = None

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Time what the page record does not: only meanwhile may pages be read."""
        with ExitStack() as stack, self._seeing_canaries():
            for owner, name in _TIMED:
                stack.enter_context(self._watch.on(owner, name))
            stack.callback(self._results.close)  # type: ignore[attr-defined] - a generator
            yield

    @contextmanager
    def _seeing_canaries(self) -> Iterator[None]:
        """Keep the last reading of a canary page, to do it again."""
        read = NeuralEngine._read_canary

        def seen(engine: NeuralEngine, task: Task) -> None:
            self._canary = partial(read, engine, task)
            read(engine, task)

        NeuralEngine._read_canary = seen  # type: ignore[method-assign]
        try:
            yield
        finally:
            NeuralEngine._read_canary = read  # type: ignore[method-assign]

    def canary_again(self) -> float:
        """Seconds that the canary page takes when nothing is done for the first time."""
        assert self._canary is not None
        started = time.perf_counter()
        self._canary()
        return time.perf_counter() - started

    def first(self) -> tuple[Page, dict[str, float]]:
        """The first page, and what it took to begin with: seconds that are spent once."""
        watched, page = self._next()
        load = page.attempts[-1].seconds["load"]
        return page, {"plan": watched["plan_here"], "load": load, "canary": watched["_read_canary"]}

    def read(self) -> Timed:
        """The next page."""
        started = time.perf_counter()
        watched, page = self._next()
        wall = time.perf_counter() - started
        said = page.provenance.seconds
        steps = {
            "open": watched["_render"],
            "look for ink": watched["at_sight"] - watched["_render"],  # which is the first to ask for the pixels
            "turn upright": watched["make_upright"],
            "prepare": said["read.prepare"],
            "generate": said["read.generate"],
            "engine around the model": said["read"] - said["read.prepare"] - said["read.generate"],
            "judge": said["layout"] + said["judge"],
        }
        steps["route and record"] = wall - sum(steps.values())
        return Timed(wall, steps, "\n".join(block.text for block in page.blocks))

    def _next(self) -> tuple[Counter[str], Page]:
        self._watch.taken()
        result = next(self._results)
        if result.error is not None:
            raise SystemExit(f"the page was not read: {result.error}")
        (page,) = result.document().pages
        if page.verdict.status != "accepted" or page.provenance.engine != "dots_ocr":
            tried = "; ".join(f"{attempt.engine} {attempt.outcome}: {attempt.reason}" for attempt in page.attempts)
            raise SystemExit(f"the page is {page.verdict.status}, read by {page.provenance.engine or 'none'}: {tried}")
        return self._watch.taken(), page
