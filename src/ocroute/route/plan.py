"""Which engines will be tried, in which order, and why the others will not. Pure: no machine is looked at here."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ocroute.engines.base import Availability, EngineInfo, Task
from ocroute.machine import Machine


class Wish(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the user asked for. ``engine`` pins one; the others are then not tried."""

    engine: str = ""
    task: Task = Task()


class EngineStatus(msgspec.Struct, frozen=True):
    """An engine's constant facts and its availability here."""

    info: EngineInfo
    availability: Availability


class Plan(msgspec.Struct, frozen=True):
    """Routes in the order in which they are tried, each with its reason, and every rejected engine with its reason."""

    routes: dict[str, str]
    rejected: dict[str, str]


def plan(machine: Machine, engines: Mapping[str, EngineStatus], wish: Wish) -> Plan:
    """Order the engines that can serve ``wish`` on ``machine``."""
    raise NotImplementedError
