"""One module an engine."""

from ocroute.engines.base import (
    ENGINES,
    Answer,
    Availability,
    Engine,
    EngineInfo,
    PageLimits,
    Reading,
    Request,
    Task,
    Wanted,
)
from ocroute.engines.page_by_page import PageByPage

__all__ = [
    "ENGINES",
    "Answer",
    "Availability",
    "Engine",
    "EngineInfo",
    "PageByPage",
    "PageLimits",
    "Reading",
    "Request",
    "Task",
    "Wanted",
]
