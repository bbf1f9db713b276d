"""Is it alive, can it read, what can be chosen, what has it done; and the documentation of the routes, without a script."""

from __future__ import annotations

from html import escape
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, JSONResponse

from ocroute import __version__
from ocroute.document.formats import format_names
from ocroute.languages import LANGUAGES
from ocroute.serve.served import served
from ocroute.serve.service_metrics import MEDIA_TYPE

router = APIRouter()


@router.get("/livez", tags=["health"])
async def alive() -> dict[str, str]:
    """The server answers."""
    return {"status": "alive", "version": __version__}


@router.get("/readyz", tags=["health"])
async def ready(request: Request) -> JSONResponse:
    """An engine is loaded, workers can be started, and the disk has room; 503 with the reason otherwise."""
    here = served(request)
    problem = here.service.problem or ("" if here.ready.is_set() else "the first engine is being loaded")
    if problem:
        return JSONResponse({"status": "not ready", "detail": problem}, 503, {"Retry-After": "2"})
    return JSONResponse({"status": "ready"})


@router.get("/metrics", tags=["health"], response_class=Response)
async def metrics(request: Request) -> Response:
    """Numbers for Prometheus."""
    return Response(served(request).metrics.text(), media_type=MEDIA_TYPE)


@router.get("/v1/choices", tags=["jobs"])
async def choices(request: Request) -> dict[str, Any]:
    """What a client may choose: engines that read on this machine, languages, formats; and the limits."""
    here = served(request)
    await run_in_threadpool(here.choices.known.wait, 30)
    limits = here.service.limits
    return {
        "engines": [{"name": one.name, "strengths": one.strengths} for one in here.choices.engines],
        "languages": list(LANGUAGES),
        "formats": [*format_names(), "zip"],
        "limits": {"bytes": limits.max_bytes, "pages": limits.max_pages, "seconds": limits.max_seconds},
        "urls": here.urls is not None,
        "key": here.keys.needed,
    }


@router.get("/docs", include_in_schema=False)
async def docs(request: Request) -> HTMLResponse:
    """The routes, each with what it says of itself."""
    rows = []
    for path, methods in request.app.openapi()["paths"].items():
        for method, told in methods.items():
            about = escape(told.get("description", ""))
            rows.append(f"<tr><td>{method.upper()}</td><td><code>{escape(path)}</code></td><td>{about}</td></tr>")
    policy = "default-src 'none'; style-src 'self'; frame-ancestors 'none'"
    return HTMLResponse(
        "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><title>ocroute: routes</title>"
        "<meta name='viewport' content='width=device-width'><link rel='stylesheet' href='/static/page.css'></head>"
        f"<body class='plain'><main><h1>ocroute {__version__}</h1><p>For programs: <a href='/openapi.json'>openapi.json</a></p>"
        f"<table>{''.join(rows)}</table></main></body></html>",
        headers={"Content-Security-Policy": policy},
    )
