"""The way of one page: orientation, route, engine, layout, judge, and on to the next route while the judge refuses."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from ocroute.document.model import Attempt, AttemptOutcome, Page, Verdict
from ocroute.engines.base import ENGINES, ONE_THREAD, EngineInfo, PageLimits, Reading, Task
from ocroute.errors import Declined, EngineCrashed, EngineUnavailable, InputError, OcrouteError, UsageError
from ocroute.judge import judge, refused_before
from ocroute.judge.told_order import settled
from ocroute.judge.unread_parts import known_of
from ocroute.layout.arrange import arrange
from ocroute.pages.page import InputPage
from ocroute.route import page_records
from ocroute.route.attempts import attempts
from ocroute.route.by_part import marked, merged, read_parts, with_pictures
from ocroute.route.loaded_engines import LoadedEngines
from ocroute.route.machine_survey import plan_here
from ocroute.route.plan import Plan, Wish
from ocroute.route.readings import one_reading

_LOG = logging.getLogger("ocroute.route")


def _ignore(_: object) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """A page that waits for an engine which another process holds.

    Attributes:
        engine: its name.
        page: upright.
        task: for the engine.
        record: as it stands.
        seconds: by step, of this attempt so far.
    """

    engine: str
    page: InputPage
    task: Task
    record: Page
    seconds: dict[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """What that engine has made of the page meanwhile: its reading, or why there is none."""

    engine: str
    reading: Reading | Exception
    seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class _Listeners:
    """Who is told what on the way of a page, see `PageReader.advance`."""

    load: Callable[[str], None]
    attempt: Callable[[str], None]
    judge: Callable[[str], None]
    refused: Callable[[Page], None]


@dataclass(slots=True, eq=False)
class _InHand:
    """The page that is read now: upright, what engines are to do with it, and its record as it stands."""

    page: InputPage
    task: Task
    told: _Listeners
    record: Page


class PageReader:
    """Reads pages one after the other; keeps its engines warm in between.

    Args:
        wish: what the user asked for.
        routes: the plan to follow; made for this machine when left out.
        on_lost: told when an engine has left this process unfit for more of its kind, e.g. without a GPU. Whoever can put a
            fresh process in its place ends this one there.
        elsewhere: whether engines that read several pages at once are held by another process.

    Raises:
        UsageError, EngineUnavailable: there is no plan for this wish.
    """

    def __init__(
        self,
        wish: Wish,
        routes: Plan | None = None,
        *,
        on_lost: Callable[[EngineCrashed], None] = _ignore,
        elsewhere: bool = False,
    ) -> None:
        self.wish = wish
        self._elsewhere = elsewhere
        self.plan = routes or plan_here(wish)
        self._engines = LoadedEngines()
        self._on_lost = on_lost

    def read(self, page: InputPage, limits: PageLimits = ONE_THREAD, **known_and_told: Any) -> Page:
        """As `advance`, for a reader that has all its engines here."""
        record = self.advance(page, limits, **known_and_told)
        if isinstance(record, Waiting):
            raise TypeError(f"{record.engine} is held by another process")
        return record

    def advance(
        self,
        page: InputPage,
        limits: PageLimits = ONE_THREAD,
        *,
        prior: Iterable[Attempt] = (),
        best: Page | None = None,
        given: Given | None = None,
        on_load: Callable[[str], None] = _ignore,
        on_attempt: Callable[[str], None] = _ignore,
        on_judge: Callable[[str], None] = _ignore,
        on_refused: Callable[[Page], None] = _ignore,
    ) -> Page | Waiting:
        """The page's record, whatever is wrong with the page or with one of several engines.

        Args:
            limits: what an engine may take for it.
            prior: attempts already spent on this page in a process that died. Their engines are not tried again.
            best: the record with the best refused text of those attempts.
            given: what was waited for; ``best`` is the record that was told then.
            on_load: told the engine's name before it is loaded, which may take minutes.
            on_attempt: told the engine's name right before it starts, so that a watcher knows whom to blame.
            on_judge: told the engine's name before what is ``given`` is judged.
            on_refused: given the record as it stands after each attempt that was not accepted, so that nothing is lost if a
                later engine takes the process down.

        Returns:
            The record; or, where the next engine is held elsewhere, what it is to read.

        Raises:
            EngineUnavailable: the only engine, pinned by the wish, cannot be loaded.
            UsageError: it, or the server that the wish names, does not know what is asked for.
        """
        record = best or Page(page.source, page.number, 0, 0, Verdict("failed", 0.0), rejected=self.plan.rejected)
        record = msgspec.structs.replace(record, attempts=tuple(prior))
        clock = _Stopwatch({})
        try:
            if given is not None:
                page = page_records.as_before(page, record)
            else:
                page, record = page_records.upright(page, record, limits.threads)
        except InputError as error:
            return msgspec.structs.replace(record, error=str(error))
        if not record.attempts and record.verdict.status in ("blank", "doubtful"):  # at sight
            return record
        clock.lap("upright")
        refused_before(page)[:] = [attempt.score for attempt in record.attempts if attempt.outcome == "refused"]
        told = _Listeners(on_load, on_attempt, on_judge, on_refused)
        hand = _InHand(page, Task.of(self.wish.wanted, limits), told, record)
        return self._tried(hand, given, clock.seconds) or page_records.ended(page, hand.record)

    def _tried(self, hand: _InHand, given: Given | None, upright: Mapping[str, float]) -> Waiting | None:
        """Try one engine after the other, until the judge accepts what one has read, or none is left.

        Returns:
            What the page waits for, where the next engine is held elsewhere.
        """
        policy = attempts(self.plan.routes, hand.record.attempts)
        engine = next(policy, None)
        while engine is not None:
            attempt = _Stopwatch(given.seconds if given else upright)
            if given is not None and given.engine == engine:
                hand.told.judge(engine)
                get: Callable[[], tuple[EngineInfo, Reading]] = _got(engine, given.reading)
            elif self._elsewhere and ENGINES.load(engine).info.at_once > 1:
                return Waiting(engine, hand.page, hand.task, hand.record, attempt.seconds)
            else:
                get = self._reading_here(engine, hand, attempt)
            hand.record = page_records.better(hand.record, self._attempt(engine, hand, attempt, get))
            given = None
            last = hand.record.attempts[-1]
            if last.outcome != "accepted":
                hand.told.refused(hand.record)
            try:
                engine = None if page_records.in_vain(hand.page, hand.record) else policy.send(last)
            except StopIteration:
                engine = None
        return None

    def close(self) -> None:
        """Let the engines go."""
        self._engines.close()

    def _reading_here(self, name: str, hand: _InHand, attempt: _Stopwatch) -> Callable[[], tuple[EngineInfo, Reading]]:
        """Loads the engine and has it read the page."""

        def get() -> tuple[EngineInfo, Reading]:
            engine = self._engines.get(name, hand.task, hand.told.load)
            attempt.lap("load")
            hand.told.attempt(name)
            reading = one_reading(engine, hand.page, hand.task)
            attempt.lap("read")
            return engine.info, reading

        return get

    def _attempt(
        self, name: str, hand: _InHand, stopwatch: _Stopwatch, get: Callable[[], tuple[EngineInfo, Reading]]
    ) -> Page:
        """The record as this engine alone would leave it; the attempt is its last."""
        page, record, seconds = hand.page, hand.record, stopwatch.seconds

        def unread(outcome: AttemptOutcome, reason: str) -> Page:
            attempt = Attempt(name, outcome, reason, seconds=seconds)
            return msgspec.structs.replace(
                record, verdict=Verdict("failed", 0.0), blocks=(), attempts=(*record.attempts, attempt)
            )

        try:
            info, reading = get()
            if info.kind == "textlayer":
                reading = settled(page, self._whole(hand, reading))
                stopwatch.lap("parts")
            elif not info.gives_layout:
                reading = msgspec.structs.replace(reading, blocks=arrange(page, reading.lines))
            stopwatch.lap("layout")
            verdict = judge(page, reading, engine=info, task=hand.task)
            stopwatch.lap("judge")
        except Declined as error:
            return unread("declined", str(error))
        except EngineCrashed as error:
            self._on_lost(error)
            return unread("crashed", str(error))
        except (EngineUnavailable, UsageError) as error:
            if "load" not in seconds and self._asked_for(name, error):
                raise  # it would be the same for every page
            return unread("failed", str(error))
        except Exception as error:  # an engine may raise anything; the page must go on to the next one
            foreign = "" if isinstance(error, OcrouteError) else f"{type(error).__name__}: "
            return unread("failed", f"{foreign}{error}")
        outcome: AttemptOutcome = "accepted" if verdict.fine else "timed_out" if reading.finish == "late" else "refused"
        reason = " ".join(finding.sentence for finding in verdict.findings)
        attempt = Attempt(name, outcome, reason, verdict.score, verdict.findings, seconds)
        return msgspec.structs.replace(
            record,
            verdict=verdict,
            blocks=reading.blocks,
            attempts=(*record.attempts, attempt),
            provenance=page_records.provenance(name, info, reading, seconds, hand.task.limits.threads),
        )

    def _whole(self, hand: _InHand, layer: Reading) -> Reading:
        """The text layer with blocks, and with what the first engine that reads lines finds where the layer says nothing.

        Where there is no such engine, or it fails, the layer stays alone, and the judge says what it lacks.
        """
        page, task = hand.page, hand.task
        known = known_of(page, layer.lines, task.limits.threads)
        name = self._reads_parts(hand.record) if known.parts else ""
        if not name:
            return msgspec.structs.replace(layer, blocks=arrange(page, layer.lines))
        try:
            engine = self._engines.get(name, task, hand.told.load)
            hand.told.attempt(name)  # whom to blame if the process dies now
            read = read_parts(page, known, lambda boxes: one_reading(engine, page, task, boxes))
        except EngineCrashed:
            raise
        except Exception as error:  # as of any engine: its failure costs its part only
            _LOG.info("%s did not read parts of %s, page %d: %s", name, page.source, page.number, error)
            return msgspec.structs.replace(layer, blocks=arrange(page, layer.lines))
        whole = merged(page, layer, known, read)
        blocks = with_pictures(marked(arrange(page, whole.lines), name), known.parts)
        return msgspec.structs.replace(whole, blocks=blocks, settings={**layer.settings, "parts_read_by": name})

    def _reads_parts(self, record: Page) -> str:
        """The first engine of the plan that reads lines and has not been spent on this page; empty where there is none."""
        spent = {attempt.engine for attempt in record.attempts}
        kinds = {name: ENGINES.load(name).info for name in self.plan.routes if name not in spent}
        return next((name for name, info in kinds.items() if info.kind == "ocr" and not info.gives_layout), "")

    def _asked_for(self, name: str, error: OcrouteError) -> bool:
        """Whether the user is to hear of this error rather than get the text of another engine."""
        return name == self.wish.engine or (isinstance(error, UsageError) and bool(self.wish.wanted.base_url))


class _Stopwatch:
    """The seconds of an attempt, by step.

    Args:
        before: those of steps that are over.
    """

    def __init__(self, before: Mapping[str, float]) -> None:
        self.seconds = dict(before)
        self._clock = time.perf_counter()

    def lap(self, step: str) -> None:
        """``step`` is over."""
        now = time.perf_counter()
        self.seconds[step] = round(now - self._clock, 4)
        self._clock = now


def _got(name: str, reading: Reading | Exception) -> Callable[[], tuple[EngineInfo, Reading]]:
    """Hands over what an engine gave elsewhere, or raises it."""

    def get() -> tuple[EngineInfo, Reading]:
        if isinstance(reading, Exception):
            raise reading
        return ENGINES.load(name).info, reading

    return get
