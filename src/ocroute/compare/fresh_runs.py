"""Reading inputs with one engine and no other, so that it can be compared; what was read is kept and not read again."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from ocroute.compare.read_pages import PageKey, ReadPage, of_record
from ocroute.compare.saved_runs import Run, document_name
from ocroute.engines.base import Wanted
from ocroute.errors import InputError
from ocroute.route.machine_survey import plan_here
from ocroute.route.plan import Wish
from ocroute.run import read_documents

_EVERY = 0.1  # seconds between two looks at memory
_MIB = 1 << 20


def engines_here(languages: tuple[str, ...] = ()) -> list[str]:
    """The engines that would be tried on a page here, in their order; copying a text layer is not reading.

    Raises:
        EngineUnavailable: there is none.
    """
    return [name for name in plan_here(Wish(wanted=Wanted(languages=languages))).routes if name != "textlayer"]


def read_with(
    engine: str,
    inputs: Sequence[str],
    *,
    folder: Path | None = None,
    repeat: bool = False,
    languages: tuple[str, ...] = (),
    pages: str | None = None,
    jobs: int | None = None,
) -> Run:
    """The inputs, read by ``engine``. An input that cannot be opened is a problem of the run, and its pages failed.

    Args:
        folder: where results are kept as JSON, below the engine's name: what is there is not read again.
        repeat: read a second time, to see whether the same comes out.

    Raises:
        UsageError: there is no such engine, or the like.
        EngineUnavailable: it cannot run here.
    """
    wish = Wish(engine, Wanted(languages=languages))
    with _measured() as memory:
        first, problems = _read(wish, inputs, folder / engine if folder else None, pages, jobs)
        second: dict[PageKey, ReadPage] = {}
        if repeat:
            second, _ = _read(wish, inputs, folder / f"{engine}-again" if folder else None, pages, jobs)
    if not first:
        raise InputError("none of the inputs has a page", next_step="Name images, PDFs, or folders of them")
    return Run(engine, first, problems=tuple(problems), memory_mb=memory[0] // _MIB, repeated=second)


def _read(
    wish: Wish, inputs: Sequence[str], folder: Path | None, pages: str | None, jobs: int | None
) -> tuple[dict[PageKey, ReadPage], list[str]]:
    found: dict[PageKey, ReadPage] = {}
    problems: list[str] = []
    with TemporaryDirectory(prefix="ocroute-compare-") as scratch:
        place = folder or Path(scratch)
        place.mkdir(parents=True, exist_ok=True)
        results = read_documents(list(inputs), wish, out=str(place), formats=("json",), pages=pages, jobs=jobs)
        for result in results:
            name = document_name(Path(*result.outputs[:1]) if result.outputs else Path(result.source).absolute(), place)
            if result.error is not None:
                problems.append(str(result.error))
            for record in result.document().pages:
                found[PageKey(name, record.number)] = of_record(record)
    return found, problems


@contextmanager
def _measured() -> Iterator[list[int]]:
    """The most memory, in bytes, that this process and those that it started hold while the block runs."""
    most, ended = [0], threading.Event()

    def look() -> None:
        own = psutil.Process()
        while not ended.wait(_EVERY):
            total = 0
            for process in (own, *own.children(recursive=True)):
                try:
                    total += process.memory_info().rss
                except psutil.Error:
                    continue
            most[0] = max(most[0], total)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield most
    finally:
        ended.set()
        thread.join()
