"""From what a user names to a result for each input: count the pages, read those that no journal holds, write, report."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from itertools import groupby
from typing import Any

import msgspec

from ocroute.document.formats import Origin
from ocroute.document.model import Page
from ocroute.errors import InputError, OcrouteError
from ocroute.events import InputDone, InputFailed, RunStarted, emit
from ocroute.files import sha256_of, stamp_of
from ocroute.pages import InputFile, expand
from ocroute.route.plan import Wish
from ocroute.run.bringing import brought_here
from ocroute.run.input_shards import Shard
from ocroute.run.jobs import Record
from ocroute.run.journal import Journal, key_of
from ocroute.run.output import Writer, writer_for
from ocroute.run.records import laid_out_across, laid_out_alone, unpack
from ocroute.run.result_names import check_stems, stem_of
from ocroute.run.results import InputResult
from ocroute.run.session import Session, Work
from ocroute.run.target import target_of
from ocroute.stores import Store
from ocroute.writers.saver import Saver

PathLike = str | os.PathLike[str]

_BROUGHT_TOGETHER = 16
"""Inputs from elsewhere that are read together while the next ones are brought here."""


def read_documents(
    inputs: Iterable[PathLike],
    wish: Wish | None = None,
    *,
    pages: str | None = None,
    password: str | None = None,
    jobs: int | None = None,
    timeout: float | None = None,
    out: PathLike | None = None,
    formats: Sequence[str] = (),
    options: Mapping[str, Any] | None = None,
    force: bool = False,
    shard: str | None = None,
) -> Iterator[InputResult]:
    """Read files, folders and globs; yield a result for each input, in order, as soon as it is done.

    Weights on a hub that the user names for the engine are fetched first, if they are not here.
    What happens meanwhile is emitted (see `ocroute.events`). Close the iterator to stop: its workers end at once.

    Args:
        inputs: what to read; ``-`` is standard input. Arguments that name nothing readable come first, as results with an error.
        wish: engine and languages.
        pages: which pages of each input, e.g. ``"1-3,7"``; all when None.
        password: of encrypted PDFs.
        jobs: worker processes; None lets the machine decide; 0 reads in this process, without protection from engines that
            crash, print, or outstay the deadline: only autoregressive ones keep it by themselves.
        timeout: seconds that one engine's attempt at one page may take, loading not counted; the page then goes on with the
            next engine. None: five minutes, or half an hour for a neural engine without a GPU. ``math.inf``: no deadline.
        out: where results go, see `ocroute.run.target.target_of`. In a folder page records are kept too as they are done, and
            a run that was stopped goes on where it was. ``-``: the caller writes each result to standard output. None: nothing
            is written.
        formats: their names, for ``out``.
        options: what the formats heed, see `ocroute.options.FormatOptions`.
        force: whether files are replaced that no run has written there.
        shard: the part of the inputs to read, e.g. ``"3/16"``, see `ocroute.run.input_shards`; all when None.

    Raises:
        UsageError: options that contradict each other, or two inputs whose results would be one file.
        EngineUnavailable, PluginError: no engine, or not the one asked for, can run here.
        OutputError: ``out`` cannot be written to at all.
    """
    target = target_of(out, formats) if out is not None else None
    part = Shard.of(shard) if shard is not None else None
    found = expand(inputs)
    with ExitStack() as open_:
        writer = None
        if target is not None:
            target.check(len(found.files) + len(found.errors))
            check_stems((file.told, stem_of(file.below)) for file in found.files if target.kind == "folder")
            share = part.name if part else ""
            writer = writer_for(target, Saver(target.formats, options), force=force, share=share)
        if writer is not None:
            open_.callback(writer.close)
        for error, named in zip(found.errors, found.named, strict=True):
            yield _failed(named, error, writer)
        files = [file for file in found.files if part is None or file.below in part]
        if files:
            session = open_.enter_context(Session(wish, jobs=jobs, timeout=timeout))
            brought = open_.enter_context(closing(brought_here(_groups(files), password)))
            for last, works in brought:
                yield from documents(session, works, pages, writer, last=last)
        if writer is not None:
            writer.finish()


def _groups(files: Sequence[InputFile]) -> list[list[InputFile]]:
    """Files that are counted and read together; those from elsewhere few at a time, since they must be brought here."""
    groups: list[list[InputFile]] = []
    for elsewhere, some in groupby(files, key=lambda file: file.address):
        same = list(some)
        size = _BROUGHT_TOGETHER if elsewhere else len(same)
        groups += [same[start : start + size] for start in range(0, len(same), size)]
    return groups


def documents(
    session: Session, works: Sequence[Work], pages: str | None = None, writer: Writer | None = None, *, last: bool
) -> Generator[InputResult, None, None]:
    """As `read_documents`, in a session that stays open.

    Args:
        session: reads them.
        works: the inputs.
        pages: which pages of each.
        writer: of results; page records are kept where it says.
        last: whether nothing else is read in this session: its memory is then free before the last documents are unpacked.

    Raises:
        EngineUnavailable, PluginError, UsageError: no page can be read.
    """
    records_kept = writer.records if writer is not None else None
    for work in works:
        work.error = work.error or (writer.refuses(work.stem) if writer is not None else None)
    session.count(works, pages, digest=True)
    total = sum(len(work.numbers) for work in works)
    if total:
        session.fetch()
    if records_kept is not None and total:
        _look_up(session, works, records_kept)
    emit(RunStarted(total, done=sum(len(work.known) for work in works)))
    unread = sum(len(work.missing) for work in works)
    with closing(session.records(works)) as records:
        for work in works:
            if work.error is not None:
                yield _failed(work.input.label, work.error, writer)
                continue
            reused = len(work.known)
            for _ in work.missing:
                read, record = next(records)
                read.known[record.number] = record
                unread -= 1
            if last and not unread:
                session.close()
            if (error := _changed(work)) is not None:
                yield _failed(work.input.label, error, writer)
                continue
            result = _finished(work, reused, writer)
            emit(InputDone(work.input.label))
            yield result
            work.numbers, work.known = (), {}  # it is done: nothing of it is kept, and nothing is missing


def each_page(
    session: Session, works: Sequence[Work], pages: str | None = None, *, ordered: bool
) -> Generator[tuple[Work, Page], None, None]:
    """Read inputs in a session that stays open; their pages one by one.

    An input that cannot be opened is one failed page. Of headers and footers only page numbers are set apart: what repeats over
    pages is known when all are read, see `documents`.

    Args:
        session: reads them.
        works: the inputs.
        pages: which pages of each.
        ordered: whether pages come in their order, or as they are done.

    Raises:
        EngineUnavailable, PluginError, UsageError: no page can be read.
    """
    session.count(works, pages)
    left = {work: len(work.numbers) for work in works}
    emit(RunStarted(sum(left.values()), done=0))
    with closing(session.records(works, ordered=ordered)) as records:
        for work in works:
            if work.error is not None:
                yield work, _unopened(work, work.error)
            elif ordered:
                yield from _unpacked(records, left, len(work.numbers))
        yield from _unpacked(records, left, sum(left.values()))


def _unpacked(records: Iterator[tuple[Work, Record]], left: dict[Work, int], count: int) -> Iterator[tuple[Work, Page]]:
    """So many of the next pages, while ``left`` counts what is left of each input."""
    for _ in range(count):
        work, record = next(records)
        left[work] -= 1
        page = laid_out_alone(unpack(record.body))
        if not left[work]:
            emit(InputDone(work.input.label))
        yield work, msgspec.structs.replace(page, input_index=work.index) if work.index else page


def _unopened(work: Work, error: OcrouteError) -> Page:
    (page,) = _failed(work.input.label, error).document().pages
    return msgspec.structs.replace(page, input_index=work.index)


def _look_up(session: Session, works: Sequence[Work], store: Store) -> None:
    """Find what an earlier run has read."""
    environment = session.environment()
    for work in works:
        if work.error is None:
            work.journal = Journal(store, work.stem, key_of(work.digest, session.wish, environment))
            work.known = work.journal.load(work.numbers)


def _changed(work: Work) -> OcrouteError | None:
    """The error where an input is no longer what it was when its pages were counted: nobody knows which of the two was read."""
    if stamp_of(work.input.file) == work.stamp:
        return None
    try:
        if sha256_of(work.input.file) == work.digest:
            return None
    except OSError:  # it is gone, and nothing stands in its place
        return None
    if work.journal is not None:
        work.journal.forget()
    return InputError(
        f"{work.input.label} has changed while it was read",
        next_step="Run the same command again when nothing else writes to it",
    )


def _finished(work: Work, reused: int, writer: Writer | None) -> InputResult:
    records = laid_out_across([work.known[number] for number in work.numbers])
    origin = Origin(work.input.file, work.input.password, work.input.label)
    result = InputResult(work.input.label, reused=reused, origin=origin, sha256=work.digest, _records=records)
    if writer is None:
        return result
    try:
        saved = writer.write(work.stem, result.page_by_page(), origin)
    except OcrouteError as error:
        return replace(result, error=error)
    if work.journal is not None:
        work.journal.forget_others()
    return replace(result, outputs=saved.files, remarks=saved.remarks)


def _failed(source: str, error: OcrouteError, writer: Writer | None = None) -> InputResult:
    emit(InputFailed(source, str(error)))
    result = InputResult(source, error)
    if writer is not None:
        writer.write_failed(result.document())
    return result
