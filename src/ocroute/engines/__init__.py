"""One module an engine."""

from ocroute.engines.base import ENGINES, Availability, Engine, EngineInfo, PageLimits, Reading, Task, Wanted

__all__ = ["ENGINES", "Availability", "Engine", "EngineInfo", "PageLimits", "Reading", "Task", "Wanted"]
