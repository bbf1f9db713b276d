"""One process a GPU, each with a copy of the engine: a page goes to the one that has the fewest."""

from __future__ import annotations

from collections.abc import Sequence

from ocroute.process import Child
from ocroute.run.engine_station import READY, EngineStation
from ocroute.run.jobs import Asked, Message
from ocroute.run.ticket import Ticket


class EngineStations:
    """What `EngineStation` is for one process, for several.

    A process is started once those that run have some pages waiting: loading takes longer than reading a few.
    """

    def __init__(self, stations: Sequence[EngineStation]) -> None:
        self._stations = tuple(stations)

    @property
    def tickets(self) -> list[Ticket]:
        """Those that are here."""
        return [ticket for station in self._stations for ticket in station.tickets]

    @property
    def full(self) -> bool:
        """Whether as many pages are here as will keep all busy."""
        return all(station.full for station in self._stations)

    @property
    def at_once(self) -> int:
        """Pages that the engines may hold."""
        return sum(station.at_once for station in self._stations)

    @property
    def left(self) -> float:
        """Seconds until one of the processes must have given a sign."""
        return min(station.left for station in self._stations)

    def of(self, child: Child[Message]) -> EngineStation | None:
        """Whose process it is."""
        return next((station for station in self._stations if station.child is child), None)

    def prepare(self, engine: str) -> None:
        """See `EngineStation.prepare`; of the first."""
        self._stations[0].prepare(engine)

    def add(self, ticket: Ticket, asked: Asked) -> list[Ticket]:
        """See `EngineStation.add`."""
        in_use = [station for station in self._stations if station.child is not None or station.tickets]
        if len(in_use) < len(self._stations) and all(len(station.tickets) >= READY for station in in_use):
            station = next(station for station in self._stations if station not in in_use)
        else:
            station = min(in_use, key=lambda each: len(each.tickets))
        return station.add(ticket, asked)

    def feed(self, *, settled: bool) -> None:
        """See `EngineStation.feed`."""
        for station in self._stations:
            station.feed(settled=settled)

    def lost(self) -> list[Ticket]:
        """The pages that go on because their process has ended, or has not given a sign in its time."""
        found = []
        for station in self._stations:
            child = station.child
            if child is not None and (child.gone or station.left < 0):
                found += station.lose("crashed" if child.gone else "timed_out")
        return found

    def bury(self) -> None:
        """Forget the processes that have ended since the last run."""
        for station in self._stations:
            if station.child is not None and station.child.ended:
                station.end()

    def stop(self) -> None:
        """See `EngineStation.stop`."""
        for station in self._stations:
            station.stop()

    def end(self) -> None:
        """End all processes at once."""
        for station in self._stations:
            station.end()
