"""``/v1/ocr`` as Mistral's client and what speaks its dialect know it: one request, one answer with all pages.

What cannot be had here is refused, not left out in silence: annotations, which need another model, and fields that are not known.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from ocroute.jobs.job_results import document_of
from ocroute.jobs.service_job import ServiceJob
from ocroute.route.wish import Wish
from ocroute.serve.bodies import hung_up, label, spooled
from ocroute.serve.file_routes import MODEL
from ocroute.serve.mistral_pages import Asked, mistral_pages
from ocroute.serve.problems import wrong
from ocroute.serve.served import Served, owner, served
from ocroute.serve.waiting import until_ended

router = APIRouter(prefix="/v1", tags=["Mistral's dialect"])

_DATA = re.compile(r"data:[\w.+/-]*(?:;[\w.+-]+=[\w.+-]+)*;base64,", re.IGNORECASE)
_in_memory = asyncio.Semaphore(8)
"""Requests that are held in memory whole at a time. What others bring is put on disk meanwhile, as fast or slowly as it comes."""
_GLANCE = 60.0  # seconds between looks at a job that does not end
_MOST_NUMBERS, _MOST_SIGNS = 10_000, 4096  # in which a client may say what pages it wants


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FileDocument(_Strict):
    """A file that was sent to ``/v1/files``."""

    type: Literal["file"]
    file_id: str


class UrlDocument(_Strict):
    """A document at an address: ``data:``, one of ``/v1/files/.../url``, or any public one where the server fetches documents."""

    type: Literal["document_url"]
    document_url: str
    document_name: str | None = None


class ImageAddress(_Strict):
    """An address; what else a client says of it changes nothing here."""

    url: str
    detail: Any = None


class ImageDocument(_Strict):
    """An image at an address."""

    type: Literal["image_url"]
    image_url: str | ImageAddress


def _without_nothing(value: object) -> object:
    """What is null is left out, as if it was not sent."""
    return {name: one for name, one in value.items() if one is not None} if isinstance(value, dict) else value


Document = Annotated[
    FileDocument | UrlDocument | ImageDocument, Field(discriminator="type"), BeforeValidator(_without_nothing)
]


Pages = (
    Annotated[list[Annotated[int, Field(ge=0)]], Field(max_length=_MOST_NUMBERS)]
    | Annotated[str, Field(max_length=_MOST_SIGNS)]
)


class OcrRequest(_Strict):
    """What the client sends. Pages count from 0."""

    model: str | None = None
    document: Document
    id: str | None = None
    pages: Pages | None = None
    include_image_base64: bool = False
    image_limit: int | None = Field(None, ge=0)
    image_min_size: int | None = Field(None, ge=0)
    table_format: Literal["markdown", "html"] | None = None
    extract_header: bool = False
    extract_footer: bool = False
    include_blocks: bool = True
    confidence_scores_granularity: Literal["word", "page", "block"] | None = None


_ANNOTATIONS = ("bbox_annotation_format", "document_annotation_format", "document_annotation_prompt")


@router.post("/ocr", openapi_extra={"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}})
async def ocr(request: Request) -> Response:
    """Read a document and answer with all of it. Whoever hangs up cancels it; nothing of it is kept."""
    here, whose = served(request), owner(request)
    with here.service.room(whose) as place:
        asked = await _asked(request, here, whose, place)
        job = await run_in_threadpool(
            here.service.submit,
            place,
            owner=whose,
            name=asked.name,
            wish=asked.wish,
            pages=asked.pages,
            passing=True,
        )
    here.metrics.taken(asked.size)
    try:
        if not await _ended_or_hung_up(request, job):
            return Response(status_code=499)  # nobody hears it
        if job.record.state != "done":
            raise wrong("document", job.record.reason)
        return JSONResponse(await run_in_threadpool(_answer, here, job, asked))
    finally:
        await asyncio.shield(run_in_threadpool(here.service.remove, job))


class _Taken(NamedTuple):
    """What is left of a request whose document is on disk: not the document, which would fill the memory while it is read."""

    name: str
    size: int
    wish: Wish
    pages: str | None
    wanted: Asked


async def _asked(request: Request, here: Served, whose: str, place: Path) -> _Taken:
    """Take a request in, and put the document that it brings or names at ``place``."""
    await spooled(request, place)
    async with _in_memory:
        asked = await run_in_threadpool(_parsed, place)
        sent = await run_in_threadpool(_sent, here, asked.document, place)
    wish = await run_in_threadpool(here.choices.wish, _engine(asked.model))
    pages = _from_one(asked.pages)
    name, size = sent or await _named(here, whose, asked.document, place)
    return _Taken(name, size, wish, pages, Asked(**{each: getattr(asked, each) for each in Asked.__struct_fields__}))


def _parsed(place: Path) -> OcrRequest:
    """The request that has come.

    Raises:
        RequestValidationError: it makes no sense, or wants what cannot be had.
    """
    import msgspec

    try:
        given = msgspec.json.decode(place.read_bytes())
    except (msgspec.DecodeError, RecursionError) as error:
        raise wrong("body", "this is no JSON", kind="json_invalid") from error
    given = _without_nothing(given)
    for name in _ANNOTATIONS:
        if isinstance(given, dict) and name in given:
            raise wrong(name, "annotations need a language model, which this server has none of: leave this out")
    try:
        return OcrRequest.model_validate(given)
    except ValidationError as error:
        known = [{**one, "loc": ("body", *one["loc"])} for one in error.errors(include_input=False, include_url=False)]
        raise RequestValidationError(known) from error


def _engine(model: str | None) -> str:
    """The engine that a model's name asks for; none for ocroute itself, and for the names of Mistral's own."""
    if model is None or model == MODEL or model.startswith("mistral-ocr"):
        return ""
    if not model.startswith(f"{MODEL}/"):
        raise wrong("model", f"there is no such model; there are those of /v1/models, e.g. {MODEL}")
    return model.removeprefix(f"{MODEL}/")


def _from_one(pages: list[int] | str | None) -> str | None:
    """Pages that count from 0 as pages that count from 1."""
    if pages is None:
        return None
    if isinstance(pages, list):
        return ",".join(str(number + 1) for number in pages) or None
    if not re.fullmatch(r"\s*\d{1,7}\s*(-\s*\d{1,7}\s*)?(,\s*\d{1,7}\s*(-\s*\d{1,7}\s*)?)*", pages):
        raise wrong("pages", 'pages are numbers from 0, e.g. [0, 2] or "0,2-4"')
    return re.sub(r"\d+", lambda found: str(int(found[0]) + 1), re.sub(r"\s", "", pages))


def _address(document: UrlDocument | ImageDocument) -> tuple[str, str]:
    """Where a document is, and what it is called."""
    if isinstance(document, UrlDocument):
        return document.document_url, document.document_name or "document"
    return document.image_url if isinstance(document.image_url, str) else document.image_url.url, "image"


def _sent(here: Served, document: Document, place: Path) -> tuple[str, int] | None:
    """Put a document that stands in the request at ``place``. Its name, and how many bytes; None where it is named only."""
    if isinstance(document, FileDocument):
        return None
    url, told = _address(document)
    found = _DATA.match(url)
    return (label(told), _decoded(here, url[found.end() :], place)) if found else None


async def _named(here: Served, whose: str, document: Document, place: Path) -> tuple[str, int]:
    """Put a document that the request names at ``place``. Its name, and how many bytes."""
    if isinstance(document, FileDocument):
        return await _copied(here, here.files.find(document.file_id, whose), place)
    url, _ = _address(document)
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise wrong("document", "this is no web address") from error
    path, query = parts.path.split("/"), parse_qs(parts.query)
    if path[1:3] == ["v1", "files"] and path[4:] == ["content"] and "signature" in query:  # one of our own
        kept = here.files.by_signature(path[3], query.get("expires", [""])[0], query["signature"][0])
        if kept is not None:
            return await _copied(here, kept, place)
    if here.urls is None:
        raise wrong("document", "this server fetches nothing; send the document itself, or to /v1/files first")
    return await here.urls.fetch(url, place)


async def _copied(here: Served, kept: Any, place: Path) -> tuple[str, int]:
    if kept is None:
        raise wrong("document", "there is no such file")
    import shutil

    await run_in_threadpool(shutil.copyfile, here.files.path(kept), place)
    return kept.name, kept.size


def _decoded(here: Served, text: str, place: Path) -> int:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise wrong("document", "the data: address is no base64") from error
    if len(data) > here.service.limits.max_bytes:
        raise wrong("document", "the document is too large")
    place.write_bytes(data)
    return len(data)


async def _ended_or_hung_up(request: Request, job: ServiceJob) -> bool:
    """Wait for the job; whether somebody still waits for the answer."""
    gone = asyncio.create_task(hung_up(request.receive))
    try:
        while not job.ended:
            ended = asyncio.create_task(until_ended(job, _GLANCE))
            await asyncio.wait((gone, ended), return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                ended.cancel()
                return False
    finally:
        gone.cancel()
    return True


def _answer(here: Served, job: ServiceJob, asked: _Taken) -> dict[str, Any]:
    document = document_of(here.service.store.path(job.id), job.record)
    shows = any(block.image is not None for page in document.pages for block in page.blocks)
    figures = here.service.results.figures(job.record) if shows else ()
    return {
        "pages": mistral_pages(document, asked.wanted, figures),
        "model": MODEL,
        "usage_info": {"pages_processed": len(document.pages), "doc_size_bytes": asked.size},
        "document_annotation": None,
    }
