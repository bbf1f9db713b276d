"""What a server says of itself: the models it has, which program it is, and in what version."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from ocroute.engines.openai.client import Client, RequestRefused
from ocroute.engines.openai.retry import Deadline
from ocroute.errors import EngineError, EngineUnavailable

_SHOWN = 12

# What a server's list of models gives as their owner, to the program that it is, the place of its version and the name there.
_PROGRAMS = {
    "vllm": ("vllm", "/version", "version"),
    "sglang": ("sglang", "/get_server_info", "version"),
    "llamacpp": ("llama.cpp", "/props", "build_info"),
    "library": ("ollama", "/api/version", "version"),
}


class Model(msgspec.Struct, frozen=True):
    """A model in a server's list.

    Attributes:
        id: by which it is asked for.
        root: what was loaded, where the server says so: its hub id, when ``id`` is a name that an administrator chose.
        owned_by: tells the server's program, with some.
        max_model_len: tokens of prompt and answer together, where the server says so.
    """

    id: str
    root: str | None = None
    owned_by: str | None = None
    max_model_len: int | None = None


class _List(msgspec.Struct):
    data: list[Model] | None = None


@dataclass(frozen=True, slots=True)
class Server:
    """A server as it describes itself.

    Attributes:
        models: may be empty: some have no list, or load what they are asked for.
        program: ``vllm``, ``sglang``, ``llama.cpp``, ``ollama``, or empty where it cannot be told.
        versions: program to version.
        fault: why there is no list.
    """

    models: tuple[Model, ...]
    program: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    fault: EngineError | None = None

    def model(self, wanted: str) -> Model:
        """The model that ``wanted`` names, or the only one; one that is not in the list may still be there.

        Raises:
            EngineUnavailable: none was named, and the server has not just one.
        """
        if wanted:
            names = (wanted, f"{wanted}:latest") if self.program == "ollama" else (wanted,)
            return next((model for model in self.models if model.id in names), Model(wanted))
        if len(self.models) == 1:
            return self.models[0]
        if self.fault:
            raise EngineUnavailable(
                f"no model was named, and {self.fault.message}",
                next_step=f"{self.fault.next_step}, or add --model NAME",
            )
        having = f"the server has several: {self.listed}" if self.models else "the server's list is empty"
        raise EngineUnavailable(f"no model was named, and {having}", next_step="Name one: --model NAME")

    @property
    def listed(self) -> str:
        """The models' names, the first dozen, for messages."""
        names = [model.id for model in self.models]
        return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


async def survey(client: Client, seconds: float = 0.0) -> Server:
    """Ask a server what it is.

    Args:
        seconds: that a page may take, where the list of models must not take longer; 0 for no such limit.

    Raises:
        EngineError: it cannot be reached, refuses the key, or is no such server.
    """
    try:
        ready = Deadline.of_page(client.limits, seconds)
        answer = await client.get(f"{client.address.url}/models", tries=3, seconds=seconds, ready=ready)
    except RequestRefused as error:
        if error.status in (401, 403) or 300 <= error.status < 400:
            raise
        # Some have no list, and some fail to make one: asking for a page will tell.
        return Server((), fault=error)
    try:
        models = msgspec.convert(answer.body, _List, strict=False).data or []
    except msgspec.ValidationError as error:
        raise EngineError(
            f"{client.address.url}/models holds no list of models: {client.address.hidden(str(error))}",
            next_step="Check --base-url: is this an OpenAI-compatible server?",
        ) from error
    owner = next((model.owned_by for model in models if model.owned_by), "")
    versions = {"server": client.address.hidden(answer.software)} if answer.software else {}
    if owner not in _PROGRAMS:
        return Server(tuple(models), versions=versions)
    program, path, key = _PROGRAMS[owner]
    version = await _said(client, client.address.root + path, key, seconds)
    return Server(tuple(models), program, versions | {program: version or "unknown"})


async def _said(client: Client, url: str, key: str, seconds: float) -> str:
    """The text under ``key`` of the JSON at ``url``; empty where there is none: a version is not worth a failure."""
    try:
        body: Any = (await client.get(url, tries=1, seconds=seconds)).body
    except EngineError:
        return ""
    value = body.get(key) if isinstance(body, dict) else None
    return client.address.hidden(value) if isinstance(value, str) else ""
