"""One module an engine."""

from ocroute.engines.base import ENGINES, Availability, Engine, EngineInfo, Reading, Task

__all__ = ["ENGINES", "Availability", "Engine", "EngineInfo", "Reading", "Task"]
