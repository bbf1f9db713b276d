"""Errors as answers: one sentence in ``detail``, and what can be done in ``next_step``. No path of this machine is in them."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse

from ocroute.errors import EngineUnavailable, InputError, OcrouteError, PackageMissing, UsageError
from ocroute.jobs.job_service import NoSuchJob, ServiceFull
from ocroute.serve.bodies import BodyRefused
from ocroute.serve.outside_urls import UrlRefused
from ocroute.serve.served import served

_log = logging.getLogger(__name__)

_STATUS: tuple[tuple[type[OcrouteError], int], ...] = (
    (UsageError, 422),
    (UrlRefused, 422),
    (InputError, 422),
    (PackageMissing, 501),
    (EngineUnavailable, 503),
)


def answer_problems(app: FastAPI) -> None:
    """Have ``app`` answer our errors so."""
    app.add_exception_handler(OcrouteError, _ours)
    app.add_exception_handler(BodyRefused, _body)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _fault)


def wrong(where: str, message: str, *, kind: str = "value_error") -> RequestValidationError:
    """A part of the request that makes no sense: 422, and a list, since clients written for FastAPI take nothing else."""
    return RequestValidationError([{"loc": ("body", where), "msg": message, "type": kind}])


async def _ours(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, OcrouteError)
    told = {"detail": error.message, "next_step": str(error.next_step)}
    if isinstance(error, ServiceFull):
        served(request).metrics.refused(error.cause)
        status = 429 if error.cause == "owner" else 503
        return JSONResponse(told, status, {"Retry-After": str(error.wait)})
    if isinstance(error, NoSuchJob):
        return JSONResponse(told, 410 if error.gone else 404)
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    if status == 422:
        return JSONResponse({"detail": [{"loc": ["body"], "msg": str(error), "type": "value_error"}]}, 422)
    if status == 500:
        _log.warning("a result could not be made: %s", type(error).__name__)
        status = 409  # the job is as it is: it is what was asked of it that cannot be had
    return JSONResponse(told, status)


async def _body(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, BodyRefused)
    served(request).metrics.refused({408: "slow", 413: "size"}.get(error.status, "kind"))
    return JSONResponse({"detail": error.message}, error.status, {"Connection": "close"})


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return JSONResponse({"detail": error.detail}, error.status_code, error.headers)


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    """What is wrong with a request, without what it says: that may be a document."""
    assert isinstance(error, RequestValidationError)
    known: list[dict[str, Any]] = [
        {"loc": list(one["loc"]), "msg": one["msg"], "type": one["type"]} for one in error.errors()
    ]
    return JSONResponse({"detail": known}, 422)


async def _gone(_request: Request, _error: Exception) -> Response:
    """The client has hung up before all had come: no fault, and nobody hears the answer."""
    return Response(status_code=499)


async def _fault(_: Request, error: Exception) -> JSONResponse:
    """Something that nobody has thought of. What it says may be of a document, so that only its kind is told, in the log."""
    _log.error("a fault", exc_info=error)
    return JSONResponse({"detail": "a fault of the server; its log says more"}, 500)
