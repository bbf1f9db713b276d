"""Gets a server ready: engines are found and loaded before the first client comes."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from ocroute.errors import OcrouteError
from ocroute.serve.served import Served

_log = logging.getLogger(__name__)
_PATIENCE = 1800.0


def warm_up(here: Served) -> None:
    """Read a page of our own through the service, which loads an engine as any other page does."""
    try:
        started = time.monotonic()
        with here.service.room("") as place:
            _draw(place)
            job = here.service.submit(place, owner="", name="warming", wish=here.choices.wish(), passing=True)
        while not job.ended and time.monotonic() - started < _PATIENCE:
            time.sleep(0.05)
        if job.record.state == "done":
            here.ready.set()
            _log.info("ready", extra={"told": {"seconds": round(time.monotonic() - started, 2)}})
        else:
            _log.error("not ready", extra={"told": {"reason": job.record.reason}})
        here.service.remove(job)
        here.service.results.warm()
    except OcrouteError as error:
        _log.error("not ready: %s", error)
    here.choices.look()


def _draw(place: Path) -> None:
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("L", (600, 120), 255)
    ImageDraw.Draw(image).text((30, 30), "ocroute is ready", 0, ImageFont.load_default(size=40))
    image.save(place, "PNG")
