"""Numbers for Prometheus: what comes, what waits, what was read and how it was judged. No name, no text, no key."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from ocroute.document.model import Page
from ocroute.jobs.page_scheduler import page_seconds
from ocroute.jobs.service_job import ServiceJob

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)


class Metrics:
    """Counts; one for each server."""

    def __init__(self) -> None:
        self._all = CollectorRegistry()
        self._requests = Counter(
            "ocroute_requests", "Requests answered", ("method", "route", "status"), registry=self._all
        )
        self._refused = Counter(
            "ocroute_refused", "Files that were not taken, by cause", ("cause",), registry=self._all
        )
        self._bytes = Counter("ocroute_upload_bytes", "Bytes of files that were taken", registry=self._all)
        self._jobs = Counter("ocroute_jobs", "Jobs that have ended, by state", ("state",), registry=self._all)
        self._pages = Counter(
            "ocroute_pages", "Pages read, by engine and verdict", ("engine", "verdict"), registry=self._all
        )
        self._seconds = Histogram(
            "ocroute_page_seconds", "Seconds of all attempts at a page", buckets=_SECONDS, registry=self._all
        )

    def watch(self, unfinished: Callable[[], int], memory: Callable[[], int]) -> None:
        """What is asked for whenever somebody looks."""
        queue = Gauge("ocroute_unfinished_jobs", "Files that come, wait or are read", registry=self._all)
        queue.set_function(unfinished)
        held = Gauge("ocroute_server_memory_bytes", "Memory of the server without its workers", registry=self._all)
        held.set_function(memory)

    def request(self, method: str, route: str, status: int) -> None:
        """A request was answered; ``route`` is empty where there is none, so that nobody can fill the memory with paths."""
        known = method if method in ("GET", "HEAD", "POST", "DELETE", "OPTIONS") else "other"
        self._requests.labels(known, route or "none", str(status)).inc()

    def refused(self, cause: str) -> None:
        """A file was not taken."""
        self._refused.labels(cause).inc()

    def taken(self, size: int) -> None:
        """A file was taken."""
        self._bytes.inc(size)

    def page(self, page: Page) -> None:
        """A page was read."""
        self._pages.labels(page.provenance.engine or "none", page.verdict.status).inc()
        self._seconds.observe(page_seconds(page))

    def ended(self, job: ServiceJob) -> None:
        """A job has ended."""
        self._jobs.labels(job.record.state).inc()

    def text(self) -> bytes:
        """All of them, as Prometheus reads them."""
        return generate_latest(self._all)
