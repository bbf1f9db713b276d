"""Gets a service ready: engines are loaded and found before the first client comes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from ocroute.errors import OcrouteError
from ocroute.jobs.job_results import page_of
from ocroute.jobs.job_service import JobService
from ocroute.jobs.service_job import ServiceJob
from ocroute.serve.choices import Choices

_log = logging.getLogger(__name__)
_GLANCE = 0.02  # seconds


def warm_up(service: JobService, choices: Choices, ready: threading.Event, say: Callable[[str], None]) -> None:
    """Read a page of our own through the service, which loads an engine as any other page does; then one by each other worker.

    Args:
        service: has been started.
        choices: are to be found.
        ready: is set when one worker can read.
        say: says to who started it what keeps it from reading.
    """
    started = time.monotonic()
    try:
        (reason,) = _read(service, choices, 1)
        if reason:
            say(f"no page can be read: {reason}")
        else:
            ready.set()
            _log.info("ready", extra={"told": {"seconds": round(time.monotonic() - started, 2)}})
            if service.workers > 1:
                _read(service, choices, service.workers)
        service.results.warm()
    except OcrouteError as error:
        say(f"not everything is ready: {error}")
    choices.look()


def _read(service: JobService, choices: Choices, count: int) -> list[str]:
    """Read so many pages at once; for each what went wrong, empty where nothing did."""
    jobs: list[ServiceJob] = []
    for _ in range(count):
        place = service.store.upload()  # not `room`: there may be none, for jobs of the server before this one
        _draw(place)
        wish = choices.wish()
        jobs.append(service.submit(place, owner="", name="a page of our own", wish=wish, passing=True, trial=True))
    while not all(job.ended for job in jobs):
        time.sleep(_GLANCE)
    reasons = [_wrong(service, job) for job in jobs]
    for job in jobs:
        service.remove(job)
    return reasons


def _wrong(service: JobService, job: ServiceJob) -> str:
    """What went wrong with a page of our own. That an engine declines it, since it reads text layers only, is not wrong."""
    if job.record.state != "done":
        return job.record.reason
    page = page_of(service.store.path(job.id), job.record, 1)
    if page is None or page.verdict.status != "failed":
        return ""
    return "" if page.attempts and all(one.outcome == "declined" for one in page.attempts) else page.error


def _draw(place: Path) -> None:
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("L", (600, 120), 255)
    ImageDraw.Draw(image).text((30, 30), "ocroute is ready", 0, ImageFont.load_default(size=40))
    image.save(place, "PNG")
