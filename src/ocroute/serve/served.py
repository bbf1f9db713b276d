"""What all routes share."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import cast

from fastapi import Request

from ocroute.jobs.job_service import JobService
from ocroute.serve.choices import Choices
from ocroute.serve.kept_files import KeptFiles
from ocroute.serve.keys import Keys
from ocroute.serve.outside_urls import OutsideUrls
from ocroute.serve.service_metrics import Metrics


@dataclass(slots=True)
class Served:
    """Everything that a route may need.

    Attributes:
        ready: set when an engine is loaded.
    """

    service: JobService
    keys: Keys
    choices: Choices
    metrics: Metrics
    files: KeptFiles
    urls: OutsideUrls | None
    ready: threading.Event


def served(request: Request) -> Served:
    """Of the server that a request came to."""
    return cast("Served", request.app.state.served)


def owner(request: Request) -> str:
    """Whose the request is; the gate lets no other through."""
    return cast("str", request.state.owner)
