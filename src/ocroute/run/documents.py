"""From what a user names to a result for each input: count the pages, read those that no journal holds, write, report."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ocroute.engines.base import ENGINES, PageLimits
from ocroute.errors import OcrouteError, OutputError, UsageError
from ocroute.events import InputDone, InputFailed, RunStarted, emit
from ocroute.pages.inputs import expand
from ocroute.route.plan import Wish
from ocroute.run.capacity import default_deadline, default_workers, threads_each
from ocroute.run.executor import Executor, Serial, ask, in_order
from ocroute.run.jobs import Count, Counted, Describe, Described, Input, JobFailed, Outcome, Read, Record
from ocroute.run.journal import Journal, key_of
from ocroute.run.output import Writer, stems
from ocroute.run.records import give_up, laid_out_across
from ocroute.run.results import InputResult
from ocroute.run.worker_pool import WorkerPool

_log = logging.getLogger(__name__)

_MARGINS = (2.0, 15.0)
"""Seconds of the deadline, at least and at most, that are left for layout and judge when an autoregressive engine is out of time:
a text that is cut, in a worker whose models stay loaded, is worth more than none."""

PathLike = str | os.PathLike[str]


def read_documents(
    inputs: Iterable[PathLike],
    wish: Wish | None = None,
    *,
    pages: str | None = None,
    password: str | None = None,
    jobs: int | None = None,
    timeout: float | None = None,
    out: PathLike | None = None,
    formats: Sequence[str] = ("md",),
    keep_headers_footers: bool = False,
) -> Iterator[InputResult]:
    """Read files, folders and globs; yield a result for each input, in order, as soon as it is done.

    Weights on a hub that the user names for the engine are fetched first, if they are not here.
    What happens meanwhile is emitted (see `ocroute.events`). Close the iterator to stop: its workers end at once.

    Args:
        inputs: what to read. Arguments that name nothing readable come first, as results with an error.
        wish: engine and languages.
        pages: which pages of each input, e.g. ``"1-3,7"``; all when None.
        password: of encrypted PDFs.
        jobs: worker processes; None lets the machine decide; 0 reads in this process, without protection from engines that
            crash, print, or outstay the deadline: only autoregressive ones keep it by themselves.
        timeout: seconds that one engine's attempt at one page may take, loading not counted; the page then goes on with the
            next engine. None: five minutes, or half an hour for a neural engine without a GPU. ``math.inf``: no deadline.
        out: folder for the results. Page records are kept there as they are done, and a run that was stopped goes on where
            it was. None: nothing is written.
        formats: names of exporters, for ``out``.
        keep_headers_footers: whether page headers and footers go into running text.

    Raises:
        UsageError: options that contradict each other.
        EngineUnavailable, PluginError: no engine, or not the one asked for, can run here.
        OutputError: ``out`` cannot be written to at all.
    """
    writer = Writer(Path(out), formats, keep_headers_footers=keep_headers_footers) if out is not None else None
    found = expand(inputs)
    for error in found.errors:
        yield _failed(error.message, error)
    if not found.files:
        return
    wish = wish or Wish()
    workers = default_workers(wish) if jobs is None else jobs
    limit = _deadline(default_deadline(wish) if timeout is None else timeout)
    executor = WorkerPool(workers, timeout=limit, threads=threads_each(workers)) if workers else Serial()
    with executor:
        works = [
            _Work(Input(os.fsencode(file), password), stem)
            for file, stem in zip(found.files, stems(found.files), strict=True)
        ]
        _count(executor, works, pages, digest=writer is not None)
        total = sum(len(work.numbers) for work in works)
        limits = _limits(threads_each(min(workers, total)), limit)
        if total:
            _fetch(executor, wish)
        if writer is not None and total:
            _look_up(executor, works, wish, writer.folder)
        emit(RunStarted(total, done=sum(len(work.known) for work in works)))
        yield from _results(executor, works, wish, limits, writer)


@dataclass(slots=True)
class _Work:
    """One input and what is known of it."""

    input: Input
    stem: str
    error: OcrouteError | None = None
    numbers: tuple[int, ...] = ()
    digest: str = ""
    journal: Journal | None = None
    known: dict[int, Record] = field(default_factory=dict)

    @property
    def missing(self) -> list[int]:
        return [number for number in self.numbers if number not in self.known]


def _count(executor: Executor, works: list[_Work], pages: str | None, *, digest: bool) -> None:
    """Open every input once, for the number of its pages. One that cannot be opened keeps its error."""
    questions = (Count(work.input, pages, digest) for work in works)
    for work, answer in zip(works, in_order(executor.run(questions)), strict=True):
        match answer:
            case Counted():
                work.numbers, work.digest = answer.numbers, answer.digest
            case JobFailed():
                work.error = answer.error()
            case _:
                raise TypeError(f"not an answer to Count: {answer}")


def _fetch(executor: Executor, wish: Wish) -> None:
    """Fetch the weights that ``wish`` names with its engine, if they are not here: nothing else counts as asking.

    It happens in this process, not in a worker: no deadline ends it, however slow the network, and its progress is seen.

    Raises:
        EngineUnavailable: the engine cannot run here, which is said before gigabytes come; or they cannot be had.
        PluginError: the engine's row is broken.
    """
    if not wish.wanted.model or wish.engine not in ENGINES:
        return
    engine = ENGINES.load(wish.engine)
    fetches = getattr(engine, "fetches", None)  # engines without weights of their own have none
    if fetches is None or not fetches(wish.wanted):
        return
    answer = ask(executor, Describe(wish))
    if isinstance(answer, JobFailed):
        raise answer.error()
    engine.fetch(wish.wanted)


def _look_up(executor: Executor, works: list[_Work], wish: Wish, folder: Path) -> None:
    """Find what an earlier run has read."""
    answer = ask(executor, Describe(wish))
    if not isinstance(answer, Described):
        raise _error(answer)
    for work in works:
        if work.error is None:
            journal = work.journal = Journal(folder, work.stem, key_of(work.digest, wish, answer.environment))
            records = ((number, journal.load(number)) for number in work.numbers)
            work.known = {number: record for number, record in records if record is not None}


def _results(
    executor: Executor, works: list[_Work], wish: Wish, limits: PageLimits, writer: Writer | None
) -> Iterator[InputResult]:
    """Read what is missing; a result for each input, in order."""
    jobs = [(work, Read(work.input, number, wish, limits)) for work in works for number in work.missing]
    answers = in_order(_kept(executor.run(job for _, job in jobs), [work for work, _ in jobs]))
    unread, read = len(jobs), 0
    for work in works:
        if work.error is not None:
            yield _failed(work.input.label, work.error)
            continue
        reused = len(work.known)
        for number in work.missing:
            answer = next(answers)
            if (
                isinstance(answer, JobFailed) and read
            ):  # a later process failed to load the engine: nothing read is lost
                answer = give_up(Read(work.input, number, wish), str(answer.error()))
            if not isinstance(answer, Record):
                raise _error(answer)
            work.known[number] = answer
            read += answer.status not in ("blank", "failed")
            unread -= 1
        if not unread:
            executor.close()  # before the last documents are unpacked: the workers' memory is free again
        result = _finished(work, reused, writer)
        emit(InputDone(work.input.label))
        yield result
        work.known = {}


def _kept(answers: Iterable[tuple[int, Outcome]], works: list[_Work]) -> Iterator[tuple[int, Outcome]]:
    """Put every page record into its journal as soon as it is done, however many earlier pages are not."""
    writable = True
    for index, outcome in answers:
        journal = works[index].journal
        if writable and journal is not None and isinstance(outcome, Record):
            try:
                journal.save(outcome)
            except OutputError as error:  # the reading goes on; it is only the resuming that is lost
                writable = False
                _log.warning("%s: this run cannot be resumed: %s", works[index].input.label, error)
        yield index, outcome


def _finished(work: _Work, reused: int, writer: Writer | None) -> InputResult:
    records = laid_out_across([work.known[number] for number in work.numbers])
    result = InputResult(work.input.label, reused=reused, _records=records)
    if writer is None:
        return result
    try:
        outputs = writer.write(work.stem, result.document())
    except OcrouteError as error:
        return InputResult(work.input.label, error, reused=reused, _records=records)
    if work.journal is not None:
        work.journal.forget_others()
    return InputResult(work.input.label, outputs=outputs, reused=reused, _records=records)


def _failed(source: str, error: OcrouteError) -> InputResult:
    emit(InputFailed(source, str(error)))
    return InputResult(source, error)


def _error(answer: Outcome) -> OcrouteError:
    return answer.error() if isinstance(answer, JobFailed) else OcrouteError(f"a worker gave a wrong answer: {answer}")


def _deadline(timeout: float) -> float | None:
    """The deadline; None for none.

    Raises:
        UsageError: it leaves no time.
    """
    if not timeout > 0:
        raise UsageError(f"a deadline of {timeout:g} seconds leaves no time to read", next_step="Give it more than 0")
    return timeout if math.isfinite(timeout) else None


def _limits(threads: int, timeout: float | None) -> PageLimits:
    """The threads that an engine may use, and the time after which it should end by itself."""
    least, most = _MARGINS
    return PageLimits(threads, timeout - min(max(0.1 * timeout, least), most, 0.5 * timeout) if timeout else 0.0)
