"""``/v1/jobs``: send a file, follow what happens to it, take what was read in any format, as often as one likes."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse, StreamingResponse

from ocroute.jobs.job_results import page_of
from ocroute.jobs.service_job import JobEvent, ServiceJob
from ocroute.serve.bodies import form_of, form_schema, label, moved
from ocroute.serve.problems import wrong
from ocroute.serve.result_files import as_file, format_options, image_file, result_suffix
from ocroute.serve.served import Served, owner, served
from ocroute.serve.waiting import happened, until_ended

_FORM = form_schema(
    file={"type": "string", "format": "binary", "description": "an image or a PDF"},
    url={"type": "string", "description": "instead of it, where the server fetches documents"},
    pages={"type": "string", "description": "e.g. 1-3,7; from 1; all when left out"},
    password={"type": "string", "description": "of an encrypted PDF"},
    engine={"type": "string", "description": "one of /v1/choices; the best when left out"},
    languages={"type": "string", "description": "e.g. ru,en; found out when left out"},
    prefer={"type": "string", "enum": ["layout", "speed"]},
)

_KEEP_ALIVE = 15.0  # seconds after which a silent stream says that it is still there
_BOOT = secrets.token_hex(4)
"""Of this server: events that an earlier one has numbered are told anew."""

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])


class PageCounts(BaseModel):
    """Pages of a job; ``total`` is null until they are counted."""

    total: int | None
    done: int
    accepted: int = 0
    blank: int = 0
    doubtful: int = 0
    failed: int = 0


class JobView(BaseModel):
    """A job. ``ok``: done, and every page was accepted or is blank. ``numbers`` are those of its pages, once they are counted,
    ``verdicts`` those of the pages that are done.
    """

    id: str
    name: str
    state: str
    ok: bool
    reason: str
    created: float
    ended: float | None
    pages: PageCounts
    numbers: list[int]
    verdicts: dict[int, str]
    links: dict[str, str]


def view(job: ServiceJob) -> JobView:
    """What a client sees of a job."""
    record, statuses = job.record, dict(sorted(job.statuses.items()))
    counts = {name: list(statuses.values()).count(name) for name in ("accepted", "blank", "doubtful", "failed")}
    here = f"/v1/jobs/{job.id}"
    return JobView(
        id=job.id,
        name=record.name,
        state=record.state,
        ok=job.ok,
        reason=record.reason,
        created=record.created,
        ended=record.ended or None,
        pages=PageCounts(total=len(record.numbers) or None, done=len(statuses), **counts),
        numbers=list(record.numbers),
        verdicts={number: str(status) for number, status in statuses.items()},
        links={"self": here, "events": f"{here}/events", "result": f"{here}/result"},
    )


@router.post("", status_code=202, openapi_extra=_FORM, response_model=JobView)
async def submit(request: Request) -> Response:
    """Send a file. It is answered as soon as the file is there; ``Location`` is where to ask for what becomes of it."""
    here, whose = served(request), owner(request)
    with here.service.room(whose) as place:
        async with form_of(request) as form:
            texts = {name: one for name, one in form.items() if isinstance(one, str)}
            wished = (texts.get(name, "") for name in ("engine", "languages", "prefer"))
            wish = await run_in_threadpool(here.choices.wish, *wished)
            name, size = await _brought(here, form.get("file"), texts.get("url", ""), place)
        job = await run_in_threadpool(
            here.service.submit,
            place,
            owner=whose,
            name=name,
            wish=wish,
            pages=texts.get("pages") or None,
            password=texts.get("password") or None,
        )
    here.metrics.taken(size)
    made = view(job)
    return JSONResponse(made.model_dump(mode="json"), 202, {"Location": made.links["self"]})


async def _brought(here: Served, file: Any, url: str, place: Path) -> tuple[str, int]:
    """Put what is sent, or named, at ``place``. Its name, and how many bytes."""
    if isinstance(file, UploadFile):
        return label(file.filename), await moved(file, place)
    if not url:
        raise wrong("file", "the form has no file in the field named file")
    if here.urls is None:
        raise wrong("url", "this server fetches nothing; it is started with --allow-urls where it should")
    return await here.urls.fetch(url, place)


@router.get("")
async def jobs(request: Request, limit: Annotated[int, Query(ge=1, le=1000)] = 50) -> list[JobView]:
    """The jobs of this key, the newest first."""
    return [view(job) for job in served(request).service.of(owner(request))[:limit]]


@router.get("/{job_id}")
async def job(job_id: str, request: Request, wait: Annotated[float, Query(ge=0, le=60)] = 0) -> JobView:
    """How far a job is. ``wait``: so many seconds for its end, if it has not come."""
    found = _found(request, job_id)
    if wait:
        await until_ended(found, wait)
    return view(found)


@router.delete("/{job_id}", status_code=200)
async def cancel(job_id: str, request: Request) -> JobView:
    """Cancel a job that has not ended; remove one that has, with its file and all results."""
    here, found = served(request).service, _found(request, job_id)
    if found.ended:
        await run_in_threadpool(here.remove, found)
    else:
        await run_in_threadpool(here.cancel, found, "canceled by its client")
    return view(found)


@router.get("/{job_id}/events", response_class=Response, responses={200: {"content": {"text/event-stream": {}}}})
async def events(
    job_id: str, request: Request, last_event_id: Annotated[str | None, Header()] = None
) -> StreamingResponse:
    """What happens to a job, as server-sent events, from the start: ``queued``, ``counted``, ``loading``, ``attempt``, ``page``,
    and ``done``, ``failed`` or ``canceled``, with which the stream ends. A client that comes back with ``Last-Event-ID`` goes on
    from there.
    """
    found = _found(request, job_id)
    boot, _, number = (last_event_id or "").partition("-")
    after = int(number[:9]) if boot == _BOOT and number.isascii() and number.isdigit() else 0
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_stream(found, after), media_type="text/event-stream", headers=headers)


async def _stream(job: ServiceJob, after: int) -> AsyncIterator[bytes]:
    yield b"retry: 1000\n\n"
    while True:
        ended = job.ended  # asked before the events: the last one is told after the state has changed
        for event in job.events(after):
            after = event.number
            yield _told(job, event)
        if ended and after == len(job.events()):
            return
        if not await happened(job, after, _KEEP_ALIVE):
            yield b": still here\n\n"


def _told(job: ServiceJob, event: JobEvent) -> bytes:
    body = dict(event.body)
    if event.kind in ("done", "failed", "canceled"):
        body |= view(job).model_dump(mode="json")
    return f"id: {_BOOT}-{event.number}\nevent: {event.kind}\ndata: {json.dumps(body)}\n\n".encode()


@router.get("/{job_id}/result", response_class=Response)
async def result(
    job_id: str,
    request: Request,
    format: Annotated[str, Query(description="one of /v1/choices, or several with commas; zip packs them")] = "md",
) -> Response:
    """What was read, in a format; several formats, or ``zip``, as an archive. Options of ``ocroute read`` that formats heed, e.g.
    ``figures=true`` or ``tables=auto``, are taken too. 409 as long as the job is not done, and when it failed, with the reason.
    """
    found = _found(request, job_id)
    if found.record.state != "done":
        detail = found.record.reason or f"the job is not done: {found.record.state}"
        headers = {} if found.ended else {"Retry-After": "1"}
        return JSONResponse({"detail": detail, "state": found.record.state}, 409, headers)
    names, suffix = result_suffix(format)
    options = format_options({name: one for name, one in request.query_params.items() if name != "format"}, names)
    stem = Path(found.record.name).stem or "document"
    made = served(request).service.results.result
    path = await run_in_threadpool(made, found.record, names, options, suffix=suffix, stem=stem)
    return as_file(path, stem + suffix, names)


@router.get("/{job_id}/pages/{number}")
async def page(job_id: str, number: int, request: Request) -> Any:
    """A page that is done, as the viewer shows it: verdict, findings, attempts, blocks with boxes, and where its image is."""
    found = _found(request, job_id)
    if number not in found.statuses:
        return JSONResponse({"detail": f"page {number} is not read"}, 404)
    data = await run_in_threadpool(_page_data, served(request).service.store.path(found.id), found, number)
    return JSONResponse(data)


def _page_data(folder: Path, job: ServiceJob, number: int) -> dict[str, Any]:
    from ocroute.viewer.data import page_data

    record = page_of(folder, job.record, number)
    if record is None:
        raise wrong("number", f"page {number} is damaged")
    image = f"/v1/jobs/{job.id}/pages/{number}/image" if record.width and record.height else None
    return page_data(record, image, missing=record.error)


@router.get("/{job_id}/pages/{number}/image", response_class=Response)
async def page_image(
    job_id: str, number: int, request: Request, width: Annotated[int, Query(ge=100, le=3000)] = 1400
) -> Response:
    """The upright image of a page that is done: the frame that its boxes are in, as WebP."""
    found = _found(request, job_id)
    if number not in found.statuses:
        return JSONResponse({"detail": f"page {number} is not read"}, 404)
    rounded = -(-width // 200) * 200  # few sizes: each is kept
    return image_file(await run_in_threadpool(served(request).service.results.image, found.record, number, rounded))


def _found(request: Request, job_id: str) -> ServiceJob:
    return served(request).service.find(job_id, owner(request))
