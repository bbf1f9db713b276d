"""The app: routes behind the gate."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import FastAPI

from ocroute import __version__
from ocroute.serve import file_routes, health_routes, job_routes, ocr_routes, page_routes
from ocroute.serve.gate import Gate
from ocroute.serve.problems import answer_problems
from ocroute.serve.served import Served

_FORM_EXTRA = 64 << 10  # bytes of a form around the file
INLINE = 32 << 20
"""The most bytes of a document that stands in the request itself, which is held in memory whole."""


def make_app(here: Served, *, hosts: Iterable[str]) -> Gate:
    """All that is served.

    Args:
        here: what the routes share.
        hosts: names under which the server may be asked.
    """
    app = FastAPI(
        title="ocroute",
        version=__version__,
        summary="Reads images and PDFs, and judges every page against its ink.",
        docs_url=None,  # their pages load scripts from elsewhere
        redoc_url=None,
    )
    app.state.served = here
    answer_problems(app)
    for routes in (page_routes, health_routes, job_routes, ocr_routes, file_routes):
        app.include_router(routes.router)
    most = here.service.limits.max_bytes + _FORM_EXTRA
    sizes = {"/v1/jobs": most, "/v1/files": most, "/v1/ocr": min(most, INLINE) * 4 // 3 + _FORM_EXTRA}
    return Gate(app, keys=here.keys, hosts=hosts, sizes=sizes, metrics=here.metrics)
