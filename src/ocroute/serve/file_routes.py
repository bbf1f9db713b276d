"""``/v1/files`` and ``/v1/models`` as Mistral's client knows them: files that are sent first and read then."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, JSONResponse

from ocroute import __version__
from ocroute.serve.bodies import form_of, form_schema, label, moved
from ocroute.serve.kept_files import KeptFile
from ocroute.serve.problems import wrong
from ocroute.serve.served import owner, served

router = APIRouter(prefix="/v1", tags=["Mistral's dialect"])

MODEL = "ocroute"
_UPLOAD = form_schema(
    ("file",),
    file={"type": "string", "format": "binary"},
    purpose={"type": "string", "enum": ["ocr"]},
)


@router.post("/files", openapi_extra=_UPLOAD)
async def upload(request: Request) -> dict[str, Any]:
    """Send a file; it is kept for a while."""
    here, whose = served(request), owner(request)
    with here.service.room(whose) as place:
        async with form_of(request) as form:
            file = form.get("file")
            if form.get("purpose", "ocr") != "ocr":
                raise wrong("purpose", "files are kept here to be read: purpose is ocr")
            if file is None or isinstance(file, str):
                raise wrong("file", "the form has no file in the field named file")
            name, size = label(file.filename), await moved(file, place)
        kept = await run_in_threadpool(here.files.add, place, owner=whose, name=name)
    here.metrics.taken(size)
    return _told(kept)


@router.get("/files")
async def files(
    request: Request, page: Annotated[int, Query(ge=0)] = 0, page_size: Annotated[int, Query(ge=1, le=1000)] = 100
) -> dict[str, Any]:
    """The files of this key, the newest first."""
    found = served(request).files.of(owner(request))[::-1]
    part = found[page * page_size :][:page_size]
    return {"data": [_told(each) for each in part], "object": "list", "total": len(found)}


@router.get("/files/{file_id}")
async def file(file_id: str, request: Request) -> Response:
    """What is known of a file."""
    found = served(request).files.find(file_id, owner(request))
    return JSONResponse(_told(found) | {"deleted": False}) if found else _no_file()


@router.get("/files/{file_id}/url")
async def signed_url(file_id: str, request: Request, expiry: Annotated[int, Query(ge=1, le=168)] = 24) -> Response:
    """An address that gives the file to whoever has it, for ``expiry`` hours."""
    here = served(request)
    found = here.files.find(file_id, owner(request))
    if found is None:
        return _no_file()
    return JSONResponse({"url": str(request.base_url).rstrip("/") + here.files.signed(found, expiry)})


@router.get("/files/{file_id}/content", response_class=Response)
async def content(file_id: str, request: Request, expires: str = "", signature: str = "") -> Response:
    """The file itself, for its key, or for whoever has its address. It is nothing that a browser would show."""
    here, whose = served(request), request.state.owner  # of nobody, where it has no key
    if signature:
        found = here.files.by_signature(file_id, expires, signature)
    else:
        found = here.files.find(file_id, whose) if whose is not None else None
    if found is None:
        return _no_file()
    headers = {"Content-Disposition": "attachment"}
    return FileResponse(here.files.path(found), media_type="application/octet-stream", headers=headers)


@router.delete("/files/{file_id}")
async def delete(file_id: str, request: Request) -> Response:
    """Remove a file."""
    here = served(request)
    found = here.files.find(file_id, owner(request))
    if found is None:
        return _no_file()
    await run_in_threadpool(here.files.remove, found)
    return JSONResponse({"id": file_id, "object": "file", "deleted": True})


@router.get("/models")
async def models(request: Request) -> dict[str, Any]:
    """What can be named as the model of ``/v1/ocr``: ocroute, which chooses, and each engine that reads here."""
    here = served(request)
    await run_in_threadpool(here.choices.known.wait, 30)
    names = [MODEL, *(f"{MODEL}/{one.name}" for one in here.choices.engines)]
    can = {"ocr": True, "completion_chat": False, "completion_fim": False, "function_calling": False, "vision": False}
    return {
        "object": "list",
        "data": [
            {"id": name, "object": "model", "created": 0, "owned_by": "ocroute", "capabilities": can, "type": "base"}
            for name in names
        ],
        "ocroute": __version__,
    }


def _told(kept: KeptFile) -> dict[str, Any]:
    return {
        "id": kept.id,
        "object": "file",
        "bytes": kept.size,
        "created_at": kept.created,
        "expires_at": int(kept.until),
        "filename": kept.name,
        "purpose": "ocr",
        "sample_type": "ocr_input",
        "source": "upload",
    }


def _no_file() -> JSONResponse:
    return JSONResponse({"detail": "there is no such file"}, 404)
