"""What comes with a request is taken in no faster, slower or larger than it may, and put on disk as it comes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import ClientDisconnect, Request

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

IDLE = 30.0
"""Seconds without a byte after which a client is given up."""

_LEAST_RATE = 16 << 10  # bytes a second, on the average after that time
_NAME_BYTES = 200
_FIELDS, _FIELD_BYTES = 8, 4096  # of a form, beside the file
_RESERVED = frozenset(("con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))))


def form_schema(required: tuple[str, ...] = (), **fields: dict[str, Any]) -> dict[str, Any]:
    """What OpenAPI says of a request that brings a form: its fields, each with its JSON schema."""
    schema = {"type": "object", "properties": fields, **({"required": list(required)} if required else {})}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


class BodyRefused(Exception):
    """It is too much, or comes too slowly."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class LimitedBody:
    """What a request brings, within limits.

    Args:
        receive: gives it.
        most: bytes.
        declared: what the request says it brings; None where it does not.

    Raises:
        BodyRefused: it says that it brings more, see `refused`.
    """

    def __init__(self, receive: Receive, most: int, declared: str | None) -> None:
        self._receive, self._most = receive, most
        self._taken, self._began = 0, time.monotonic()
        self._whole = False
        if declared is not None and (not declared.isascii() or not declared.isdigit() or int(declared[:20]) > most):
            raise self._too_large()

    async def __call__(self) -> Message:
        """The next part. When all has come, it waits for whatever comes then as long as that takes."""
        if self._whole:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), IDLE)
        except TimeoutError as error:
            raise BodyRefused(408, f"nothing came for {IDLE:g} seconds") from error
        self._taken += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._taken > self._most:
            raise self._too_large()
        if not self._whole and self._taken < (time.monotonic() - self._began - IDLE) * _LEAST_RATE:
            raise BodyRefused(408, f"it comes at less than {_LEAST_RATE >> 10} KiB a second")
        return message

    def _too_large(self) -> BodyRefused:
        return BodyRefused(413, f"more than {self._most / (1 << 20):.4g} MiB is not taken here")


def label(name: str | None) -> str:
    """A client's name for a file as it may be shown and offered to be saved: no folders, no control characters, not too long,
    and none that some system takes for a device.
    """
    plain = PurePosixPath((name or "").replace("\\", "/")).name
    plain = "".join(sign for sign in plain if sign.isprintable() and sign not in '<>:"|?*').strip(" .")
    plain = plain.encode(errors="replace")[:_NAME_BYTES].decode(errors="ignore").rstrip(" .")
    if not plain or plain.partition(".")[0].strip().lower() in _RESERVED:
        return f"document-{plain}" if plain else "document"
    return plain


@asynccontextmanager
async def form_of(request: Request) -> AsyncIterator[FormData]:
    """The form that a request brings: one file, put on disk as it comes, and a few short texts.

    Raises:
        BodyRefused: it is no such form; other kinds would be held in memory.
    """
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise BodyRefused(415, "a file is sent as a form: multipart/form-data, with the file in the field named file")
    async with request.form(max_files=1, max_fields=_FIELDS, max_part_size=_FIELD_BYTES) as form:
        yield form


async def spooled(request: Request, place: Path) -> None:
    """Put what a request brings at ``place`` as it comes, so that a slow client holds a file and no memory."""
    with place.open("xb") as out:
        async for part in request.stream():
            await asyncio.to_thread(out.write, part)


async def moved(file: Any, place: Path) -> int:
    """Put what was uploaded at ``place``. How many bytes."""
    size = 0
    with place.open("xb") as out:
        while part := await file.read(1 << 20):
            await asyncio.to_thread(out.write, part)
            size += len(part)
    return size


async def hung_up(receive: Receive) -> None:
    """Until the client is gone; to be asked when all that it brings has come."""
    try:
        while (await receive())["type"] != "http.disconnect":
            pass
    except ClientDisconnect:
        pass
