"""Inputs that are no file of this machine, brought here: streams, and files behind an address. Workers can open a file, and as
often as they like.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from pathlib import Path

from ocroute.errors import OcrouteError
from ocroute.files import Scratch
from ocroute.pages import InputFile, spool_stream
from ocroute.pages.opening import download
from ocroute.run.jobs import Input
from ocroute.run.result_names import stem_of
from ocroute.run.session import Work


def input_of(file: InputFile, password: str | None, place: Callable[[], Path]) -> Input:
    """What a worker opens.

    Args:
        file: as it was named.
        password: of an encrypted PDF.
        place: for what comes out of a stream, or from elsewhere.

    Raises:
        InputError, UsageError, OutputError: it cannot be brought there.
        PackageMissing: nothing here can talk to where it lies.
    """
    if not (file.stream or file.address):
        return Input.of(file.path, password)
    kept = place()
    if file.stream:
        spool_stream(file, kept)
    else:
        download(file.path, kept)
    return Input(os.fsencode(kept), password, Input.of(file.told).label)


def brought_here(
    groups: Sequence[Sequence[InputFile]], password: str | None = None
) -> Generator[tuple[bool, list[Work]], None, None]:
    """Each group as inputs that can be read, and whether it is the last. While one is read, the next is brought here.

    What was made of a group is removed when the next is asked for.
    """
    scratch, number = Scratch(), count()
    thread = ThreadPoolExecutor(1, thread_name_prefix="ocroute-bringing")
    # Called when the interpreter begins to end: if this is closed only later, nothing is left of what a thread's end needs.
    end = weakref.finalize(scratch, thread.shutdown, cancel_futures=True)

    def bring(group: Sequence[InputFile]) -> tuple[list[Work], list[Path]]:
        made: list[Path] = []

        def place() -> Path:
            made.append(scratch.place(f"{next(number)}.page"))
            return made[-1]

        return [_work(file, password, place) for file in group], made

    try:
        coming: Future[tuple[list[Work], list[Path]]] | None = None
        for turn, group in enumerate(groups):
            works, made = coming.result() if coming else bring(group)
            following = groups[turn + 1 : turn + 2]
            far = any(file.address for some in following for file in some)  # a stream is waited for by this thread
            coming = thread.submit(bring, following[0]) if far else None
            yield not following, works
            for path in made:
                with suppress(OSError):
                    path.unlink(missing_ok=True)
    finally:
        end()
        scratch.remove()


def _work(file: InputFile, password: str | None, place: Callable[[], Path]) -> Work:
    """The input behind a name, with its error where it cannot be had."""
    stem = stem_of(file.below)
    try:
        return Work(input_of(file, password, place), stem=stem)
    except OcrouteError as error:
        return Work(Input(b"", name=Input.of(file.told).label), stem=stem, error=error)
