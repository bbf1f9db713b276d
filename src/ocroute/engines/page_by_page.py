"""For engines that read one page after another: the stream of requests, and regions as crops of the page."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import ClassVar

from msgspec.structs import replace

from ocroute.engines.base import Answer, EngineInfo, Reading, Request, Task
from ocroute.errors import Declined
from ocroute.pages.cropped import CroppedPage
from ocroute.pages.page import InputPage
from ocroute.values import Box, Line

_WORST: tuple[str, ...] = ("stop", "loop", "length", "late")


class PageByPage(ABC):
    """An engine that reads single pages. A subclass gives ``info``, ``probe`` and `read_page`.

    Regions of a page are cut out and read as if they were pages, and what is found is put back in its place, for engines that
    give lines; those that give a layout decline them.
    """

    info: ClassVar[EngineInfo]

    @abstractmethod
    def read_page(self, page: InputPage, task: Task) -> Reading:
        """What it makes of one page.

        Raises:
            Declined: the page is not for this engine.
            EngineError: it failed on this page. Any other exception is taken for one too.
        """

    def read(self, requests: Iterable[Request | None]) -> Iterator[Answer]:
        """See `ocroute.engines.base.Engine.read`."""
        for request in requests:
            if request is not None:
                yield request, answer(request, self.read_page, self.info)


def answer(request: Request, read_page: Callable[[InputPage, Task], Reading], info: EngineInfo) -> Reading | Exception:
    """What ``read_page`` makes of the request's page or of its regions, or the error that it raises."""
    page, task, regions = request.page, request.task, request.regions
    try:
        if regions is None:
            return read_page(page, task)
        if info.gives_layout:
            return Declined("this engine reads whole pages only")
        return _together([_region(page, box, task, read_page) for box in regions])
    except Exception as error:  # an engine may raise anything, and this is its answer
        return error


def _region(
    page: InputPage, box: Box, task: Task, read_page: Callable[[InputPage, Task], Reading]
) -> Reading | Declined:
    part = CroppedPage(page, box)
    try:
        reading = read_page(part, task)
    except Declined as error:
        return error  # others may hold something for it
    finally:
        part.release()

    def placed(lines: Iterable[Line]) -> tuple[Line, ...]:
        return tuple(line.moved(*part.origin) for line in lines)

    return replace(reading, lines=placed(reading.lines), blanks=placed(reading.blanks))


def _together(parts: Sequence[Reading | Declined]) -> Reading:
    """The readings of a page's regions as one; times are added up.

    Raises:
        Declined: all of them were declined.
    """
    readings = [part for part in parts if isinstance(part, Reading)]
    if not readings:
        raise next(part for part in parts if isinstance(part, Declined))
    steps = {step: 0.0 for reading in readings for step in reading.seconds}
    return replace(
        readings[0],
        lines=tuple(line for reading in readings for line in reading.lines),
        blanks=tuple(line for reading in readings for line in reading.blanks),
        raw="\n".join(reading.raw for reading in readings if reading.raw),
        finish=max((reading.finish for reading in readings), key=_WORST.index),
        cut=next((reading.cut for reading in readings if reading.cut), ""),
        seconds={step: sum(reading.seconds.get(step, 0.0) for reading in readings) for step in steps},
    )
