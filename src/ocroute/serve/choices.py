"""What a client may choose of how his document is read."""

from __future__ import annotations

import threading
from typing import Any, cast

import msgspec

from ocroute.engines.base import Wanted
from ocroute.errors import UsageError
from ocroute.languages import resolved
from ocroute.route.wish import Wish


class EngineChoice(msgspec.Struct, frozen=True):
    """An engine that a client may ask for."""

    name: str
    strengths: str


class Choices:
    """What a client may choose: engines that read on this machine, languages, and what holds where he leaves it open.

    Args:
        wish: what the server was started with.
    """

    def __init__(self, wish: Wish) -> None:
        self._wish = wish
        self.engines: tuple[EngineChoice, ...] = ()
        self.known = threading.Event()

    def look(self) -> None:
        """Find the engines; it takes a while, since some of them are asked."""
        from ocroute.route.machine_survey import statuses

        self.engines = tuple(
            EngineChoice(name, one.info.strengths)
            for name, one in sorted(statuses().items(), key=lambda item: (item[1].info.rank, item[0]))
            if one.availability.state == "usable" and one.info.kind in ("ocr", "vlm")
        )
        self.known.set()

    def wish(self, engine: str = "", languages: str = "", prefer: str = "") -> Wish:
        """What a client asks for.

        Args:
            engine: its name; empty for the best.
            languages: codes or names with commas.
            prefer: ``layout`` or ``speed``.

        Raises:
            UsageError: something that is not known, or not here.
        """
        told = resolved(tuple(part.strip() for part in languages.split(",") if part.strip()))
        if engine not in ("", self._wish.engine):
            self.known.wait(30)
        if engine not in ("", self._wish.engine, *(one.name for one in self.engines)):
            names = ", ".join(one.name for one in self.engines)
            raise UsageError(f"no engine named {engine!r} reads here", next_step=f"Choose from: {names}")
        if prefer not in ("", "layout", "speed"):
            raise UsageError("prefer is layout or speed", next_step="Leave it out")
        base = self._wish if engine in ("", self._wish.engine) else Wish(engine, Wanted())
        wanted = msgspec.structs.replace(base.wanted, languages=told or self._wish.wanted.languages)
        return Wish(base.engine, wanted, cast("Any", prefer or base.prefer))
