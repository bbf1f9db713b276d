"""The web page: files of this package, and the key that a browser shows once."""

from __future__ import annotations

from importlib.resources import files

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from starlette.responses import JSONResponse

from ocroute.serve.gate import PAGE_POLICY
from ocroute.serve.keys import COOKIE, SESSION_SECONDS
from ocroute.serve.served import served
from ocroute.viewer import script, style

router = APIRouter(include_in_schema=False)

_KINDS = {
    "page.js": "text/javascript",
    "words.js": "text/javascript",
    "page.css": "text/css",
    "icon.svg": "image/svg+xml",
}


@router.get("/")
async def page() -> Response:
    """The page."""
    body = (files("ocroute.serve") / "static" / "page.html").read_bytes()
    headers = {"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-cache"}
    return Response(body, media_type="text/html", headers=headers)


@router.get("/favicon.ico")
async def icon() -> Response:
    """The page's icon."""
    return await static("icon.svg")


@router.get("/static/{name}")
async def static(name: str) -> Response:
    """What the page is made of. The viewer's two files are those of `ocroute.viewer`."""
    headers = {"Cache-Control": "no-cache"}
    if name in ("viewer.js", "viewer.css"):
        body, kind = (script(), "text/javascript") if name == "viewer.js" else (style(), "text/css")
        return Response(body, media_type=kind, headers=headers)
    if name not in _KINDS:
        return JSONResponse({"detail": "Not Found"}, 404)
    return Response((files("ocroute.serve") / "static" / name).read_bytes(), media_type=_KINDS[name], headers=headers)


class Shown(BaseModel):
    """A key."""

    key: str


@router.get("/session")
async def session(request: Request) -> dict[str, bool]:
    """Whether a key is needed, and whether this browser has shown one."""
    return {"needed": served(request).keys.needed, "open": request.state.owner is not None}


@router.post("/session")
async def begin(shown: Shown, request: Request) -> Response:
    """Take a key; the browser gets a cookie for it, that no script can read and no other site can have sent."""
    keys = served(request).keys
    found = keys.of_key(shown.key)
    if found is None:
        return JSONResponse({"detail": "this is no key of this server"}, 401)
    answer = JSONResponse({"needed": True, "open": True})
    secure = request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https"
    session_ = keys.session(found)
    answer.set_cookie(COOKIE, session_, SESSION_SECONDS, httponly=True, samesite="strict", secure=secure)
    return answer


@router.delete("/session")
async def end() -> Response:
    """Forget it."""
    answer = JSONResponse({"needed": True, "open": False})
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer
