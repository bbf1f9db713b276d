"""The way of one page: orientation, route, engine, layout, judge, and on to the next route while the judge refuses."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable

import msgspec

from ocroute.document.model import Attempt, AttemptOutcome, Page, Provenance, Verdict
from ocroute.engines.base import ENGINES, ONE_THREAD, Engine, EngineInfo, PageLimits, Reading, Request, Task
from ocroute.errors import Declined, EngineCrashed, EngineUnavailable, InputError, OcrouteError, UsageError
from ocroute.judge import at_sight, judge
from ocroute.judge.unread_parts import known_of
from ocroute.layout.arrange import arrange
from ocroute.pages.page import InputPage
from ocroute.ppocr.page_orientation import make_upright
from ocroute.route.attempts import attempts
from ocroute.route.by_part import marked, merged, read_parts, with_pictures
from ocroute.route.loaded_engines import LoadedEngines
from ocroute.route.machine_survey import plan_here
from ocroute.route.plan import Plan, Wish
from ocroute.values import Box

_LOG = logging.getLogger("ocroute.route")


def _ignore(_: object) -> None:
    """Nobody listens."""


class PageReader:
    """Reads pages one after the other; keeps its engines warm in between.

    Args:
        wish: what the user asked for.
        routes: the plan to follow; made for this machine when left out.
        on_lost: told when an engine has left this process unfit for more of its kind, e.g. without a GPU. Whoever can put a
            fresh process in its place ends this one there.

    Raises:
        UsageError, EngineUnavailable: there is no plan for this wish.
    """

    def __init__(
        self, wish: Wish, routes: Plan | None = None, *, on_lost: Callable[[EngineCrashed], None] = _ignore
    ) -> None:
        self.wish = wish
        self.plan = routes or plan_here(wish)
        self._engines = LoadedEngines()
        self._on_lost = on_lost

    def read(
        self,
        page: InputPage,
        limits: PageLimits = ONE_THREAD,
        *,
        prior: Iterable[Attempt] = (),
        best: Page | None = None,
        on_load: Callable[[str], None] = _ignore,
        on_attempt: Callable[[str], None] = _ignore,
        on_refused: Callable[[Page], None] = _ignore,
    ) -> Page:
        """The page's record, whatever is wrong with the page or with one of several engines.

        Args:
            limits: what an engine may take for it.
            prior: attempts already spent on this page in a process that died. Their engines are not tried again.
            best: the record with the best refused text of those attempts.
            on_load: told the engine's name before it is loaded, which may take minutes.
            on_attempt: told the engine's name right before it starts, so that a watcher knows whom to blame.
            on_refused: given the record as it stands after each attempt that was not accepted, so that nothing is lost if a
                later engine takes the process down.

        Raises:
            EngineUnavailable: the only engine, pinned by the wish, cannot be loaded.
            UsageError: it, or the server that the wish names, does not know what is asked for.
        """
        record = best or Page(page.source, page.number, 0, 0, Verdict("failed", 0.0), rejected=self.plan.rejected)
        record = msgspec.structs.replace(record, attempts=tuple(prior))
        started = time.perf_counter()
        try:
            width, height = page.size
            record = msgspec.structs.replace(record, notes=page.notes())
            verdict = at_sight(page)
            if verdict is not None:
                page.release()
                return msgspec.structs.replace(record, width=width, height=height, dpi=page.dpi, verdict=verdict)
            page = make_upright(page, threads=limits.threads)
            width, height = page.size
        except InputError as error:
            return msgspec.structs.replace(record, error=str(error))
        except EngineUnavailable:
            pass  # without the models of orientation detection it is read as it stands
        record = msgspec.structs.replace(
            record, width=width, height=height, dpi=page.dpi, turned=page.turned, skew=page.skew, notes=page.notes()
        )
        orientation = time.perf_counter() - started
        task = Task.of(self.wish.wanted, limits)
        policy = attempts(self.plan.routes, record.attempts)
        engine = next(policy, None)
        while engine is not None:
            record = _better(record, self._attempt(engine, page, task, record, orientation, on_load, on_attempt))
            if record.attempts[-1].outcome != "accepted":
                on_refused(record)
            try:
                engine = policy.send(record.attempts[-1])
            except StopIteration:
                engine = None
        page.release()
        return record if record.blocks or record.verdict.fine else _explained(record)

    def close(self) -> None:
        """Let the engines go."""
        self._engines.close()

    def _attempt(
        self,
        name: str,
        page: InputPage,
        task: Task,
        record: Page,
        orientation: float,
        on_load: Callable[[str], None],
        on_attempt: Callable[[str], None],
    ) -> Page:
        """``record`` as this engine alone would leave it; the attempt is its last."""
        seconds: dict[str, float] = {"upright": round(orientation, 4)}
        clock = time.perf_counter()

        def lap(step: str) -> None:
            nonlocal clock
            now = time.perf_counter()
            seconds[step] = round(now - clock, 4)
            clock = now

        def unread(outcome: AttemptOutcome, reason: str) -> Page:
            attempt = Attempt(name, outcome, reason, seconds=seconds)
            return msgspec.structs.replace(
                record, verdict=Verdict("failed", 0.0), blocks=(), attempts=(*record.attempts, attempt)
            )

        try:
            engine = self._engines.get(name, task, on_load)
            lap("load")
            on_attempt(name)
            reading = _one_reading(engine, page, task)
            lap("read")
            if engine.info.kind == "textlayer":
                reading = self._whole(page, reading, task, record, on_load, on_attempt)
                lap("parts")
            elif not engine.info.gives_layout:
                reading = msgspec.structs.replace(reading, blocks=arrange(page, reading.lines))
            lap("layout")
            verdict = judge(page, reading, engine=engine.info, task=task)
            lap("judge")
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
            provenance=_provenance(name, engine.info, reading, seconds, task.limits.threads),
        )

    def _whole(
        self,
        page: InputPage,
        layer: Reading,
        task: Task,
        record: Page,
        on_load: Callable[[str], None],
        on_attempt: Callable[[str], None],
    ) -> Reading:
        """The text layer with blocks, and with what the first engine that reads lines finds where the layer says nothing.

        Where there is no such engine, or it fails, the layer stays alone, and the judge says what it lacks.
        """
        known = known_of(page, layer.lines, task.limits.threads)
        name = self._reads_parts(record) if known.parts else ""
        if not name:
            return msgspec.structs.replace(layer, blocks=arrange(page, layer.lines))
        try:
            engine = self._engines.get(name, task, on_load)
            on_attempt(name)  # whom to blame if the process dies now
            read = read_parts(page, known, lambda boxes: _one_reading(engine, page, task, boxes))
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


def _one_reading(engine: Engine, page: InputPage, task: Task, regions: tuple[Box, ...] | None = None) -> Reading:
    """The engine's only reading of the page, or of its ``regions``, checked against the contract's types.

    Raises:
        TypeError: the engine did not keep to its contract.
        Exception: whatever the engine raised or gave as its answer.
    """
    request = Request(page, task, regions)
    answers = list(engine.read([request]))
    if len(answers) != 1:
        kinds = ", ".join(type(reading).__name__ for _, reading in answers) or "nothing"
        raise TypeError(f"one Reading was expected of it for one page; it gave {kinds}")
    ((answered, reading),) = answers
    if answered is not request:
        raise TypeError("it answered a request that it was not given")
    return checked(reading)


def checked(reading: object) -> Reading:
    """What an engine gave for one page, as a reading.

    Raises:
        TypeError: it is none.
        Exception: the error that it gave instead.
    """
    if isinstance(reading, Exception):
        raise reading
    if not isinstance(reading, Reading):
        raise TypeError(f"one Reading was expected of it for one page; it gave {type(reading).__name__}")
    try:
        return msgspec.convert(msgspec.to_builtins(reading), Reading)
    except (msgspec.ValidationError, ValueError, TypeError) as error:
        raise TypeError(f"its reading is not well formed: {error}") from error


def _better(before: Page, after: Page) -> Page:
    """Of two records of one page the one to keep, with the attempts of both."""
    if after.verdict.fine or not _has_text(before) or (_has_text(after) and after.verdict.score > before.verdict.score):
        return after
    return msgspec.structs.replace(before, attempts=after.attempts)


def _has_text(record: Page) -> bool:
    return any(block.text.strip() or block.table for block in record.blocks)


def _explained(record: Page) -> Page:
    """A page for which no engine gave any text: failed, with every reason."""
    reasons = [f"{attempt.engine}: {attempt.reason or attempt.outcome}" for attempt in record.attempts]
    reasons += [] if record.attempts else [f"{name}: {reason}" for name, reason in record.rejected.items()]
    verdict = Verdict("failed", 0.0, record.verdict.findings)
    return msgspec.structs.replace(record, verdict=verdict, error="no engine read this page; " + "; ".join(reasons))


def _provenance(name: str, info: EngineInfo, reading: Reading, seconds: dict[str, float], threads: int) -> Provenance:
    from ocroute import __version__

    return Provenance(
        engine=name,
        model=reading.model,
        model_hash=reading.model_hash,
        kernel=reading.kernel,
        device="" if info.kind == "remote" else reading.device,
        versions={"ocroute": __version__, **reading.versions},
        settings={"threads": threads, **reading.settings},
        seconds={**seconds, **{f"read.{step}": round(value, 4) for step, value in reading.seconds.items()}},
    )
