"""What an engine gives, held against its contract."""

from __future__ import annotations

import msgspec

from ocroute.engines.base import Engine, Reading, Request, Task
from ocroute.pages.page import InputPage
from ocroute.values import Box


def one_reading(engine: Engine, page: InputPage, task: Task, regions: tuple[Box, ...] | None = None) -> Reading:
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
