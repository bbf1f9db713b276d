"""The engine: pages go to a server as images, many at once, and its answers come back as blocks."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import replace
from importlib.util import find_spec
from math import prod
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from PIL import Image

from ocroute.distributions import installed
from ocroute.engines.base import Answer, Availability, EngineInfo, Reading, Request, Task
from ocroute.engines.neural import Answered, Mode, canary
from ocroute.engines.neural.canary.diagnosis import Sight
from ocroute.engines.openai.address import address
from ocroute.engines.openai.answers import Completion, WroteNothing, completion
from ocroute.engines.openai.in_flight import MOST, InFlight, answers, at_first
from ocroute.engines.openai.picture import Picture, picture
from ocroute.engines.openai.refusals import answer_too_long, refused_setting, share_of_room
from ocroute.engines.openai.refused_steps import READ_BEFORE
from ocroute.engines.openai.retry import Deadline, Limits
from ocroute.engines.openai.served_models import ServedModel, served_model
from ocroute.engines.page_by_page import PageByPage
from ocroute.errors import Declined, EngineError, EngineUnavailable, NextStep, UsageError
from ocroute.languages import SCRIPT_NAMES
from ocroute.pages.page import InputPage, Raster

if TYPE_CHECKING:
    from ocroute.engines.openai import client

CANARY_TOKENS = 512
SPECIAL_ANYWHERE: dict[str, Any] = {"skip_special_tokens": False}
SPECIAL: dict[str, dict[str, Any]] = {"llama.cpp": {}, "ollama": {}}
"""By server, how it is asked to keep special tokens in its answers, in which some models' boxes stand. Others are asked as vLLM
and SGLang are; llama.cpp is told when it starts (``--special``), ollama not at all: what is left of the tags is read then."""

_ROOM = frozenset({"max_tokens", "max_completion_tokens"})
_LESS = 0.5  # of a picture's pixels, where a refusal does not say how much less would do
_AIR = 0.85  # of what it says: the prompt does not become less with the picture
_INSTALL = "pip install httpx"
_INK = 250

_log = logging.getLogger(__name__)


class TooLarge(EngineError):
    """A page of this size is more than the server takes, or, with its prompt and the answer, than the model has room for.

    Attributes:
        share: of what was sent, that there is room for; 0.0 where the server does not say.
    """

    def __init__(self, message: str, next_step: NextStep | str, share: float = 0.0) -> None:
        super().__init__(message, next_step=next_step)
        self.share = share


def smaller(size: tuple[int, int], share: float) -> tuple[int, int]:
    """The size of a picture for which there is room, of one that was too large.

    Args:
        share: see `TooLarge`.
    """
    scale = (_AIR * share if 0.0 < share < 1.0 else _LESS) ** 0.5
    return max(1, int(size[0] * scale)), max(1, int(size[1] * scale))


class OpenAi(PageByPage):
    """Has pages read by the model of an OpenAI-compatible server. Used only after that model has read the canary page.

    Args:
        task: ``base_url`` names the server; ``model`` may be left out where it has one only.
        limits: of time and tries. ``OCROUTE_SERVER_SECONDS`` in the environment sets the time for a page; a
            task that allows less is heeded.
        served: how the model wants to be asked, where it is not to be told by its name.

    Raises:
        UsageError: there is no such address or mode.
        EngineUnavailable: the server is not there, has no such model, or the model did not read the canary page.
    """

    info: ClassVar[EngineInfo] = EngineInfo(
        kind="remote",
        rank=1,
        gives_boxes=False,  # which of them do is known only when the model is
        gives_layout=True,
        gives_confidence=False,
        needs=("a server's address: --base-url", "the server's name for its model: --model"),
        memory_mb=40,
        at_once=MOST,
        strengths="whatever the server's model can",
    )

    @classmethod
    def probe(cls) -> Availability:
        """Whether the HTTP client is installed. Asks no server: nobody has named one yet."""
        if not find_spec("httpx"):
            return Availability("absent", reason="httpx is not installed", install=_INSTALL)
        return Availability("usable", version=installed("httpx"), scripts=tuple(SCRIPT_NAMES))

    def __init__(self, task: Task, *, limits: Limits | None = None, served: ServedModel | None = None) -> None:
        import asyncio  # here, for it takes long to import, and whoever plans a page looks at every engine

        from ocroute.engines.openai.client import Client
        from ocroute.engines.openai.server import survey

        self.limits = limits or limits_from(os.environ)
        self._client = Client(address(task.base_url), self.limits, task.ca)
        try:
            self._server = self._client.wait(survey(self._client, task.limits.seconds))
            self._model = self._server.model(task.model)
            self._served = served or served_model(filter(None, (self._model.root, self._model.id)))
            self._mode(task)
            self._unsupported: frozenset[str] = frozenset()
            self._read = 0  # pixels of the largest picture that it has read
            self._preparing = asyncio.Semaphore(max(1, task.limits.threads))
            began = monotonic()
            self._require_canary(task)
            page = Deadline.of_page(self.limits, task.limits.seconds).seconds
            self._in_flight = InFlight(at_first(monotonic() - began, page))
        except BaseException as error:
            self._client.close()
            if isinstance(error, EngineError):
                raise EngineUnavailable(error.message, next_step=error.next_step) from error
            raise

    def close(self) -> None:
        """Close the connections. Happens by itself when the engine is forgotten."""
        self._client.close()

    def read(self, requests: Iterable[Request | None]) -> Iterator[Answer]:
        """Many pages at once, as many as make the server faster; see `ocroute.engines.base.Engine.read`."""
        return answers(requests, self._begun, self._in_flight)

    def _begun(self, request: Request) -> Future[Reading]:
        """The reading to come. The page is decoded here: not every library that does it may run in several threads."""
        try:
            if request.regions is not None:
                raise Declined("this engine reads whole pages only")
            return self._client.start(self._reading(request.page.raster(), request.task))
        except Exception as error:  # this page's answer
            failed: Future[Reading] = Future()
            failed.set_exception(error)
            return failed

    def read_page(self, page: InputPage, task: Task) -> Reading:
        """What the server's model writes of it."""
        return self._client.wait(self._reading(page.raster(), task))

    async def _reading(self, raster: Raster, task: Task) -> Reading:
        import asyncio

        name = self._mode(task)
        image = Image.fromarray(raster)
        async with self._preparing:
            begun, deadline = perf_counter(), Deadline.of_page(self.limits, task.limits.seconds)
            sent = await asyncio.to_thread(picture, image, self._served.fit(*image.size))
        mode = self._served.modes[name]
        asked = perf_counter()
        try:
            got, made = await self._ask(sent, mode, deadline)
        except TooLarge as beyond:
            sent = await asyncio.to_thread(picture, image, self._served.fit(*smaller(sent.input_size, beyond.share)))
            _log.info("%s: the page is shown smaller, at %s x %s", beyond.message, *sent.input_size)
            got, made = await self._ask(sent, mode, deadline)
        settings = {
            "mode": name,
            "base_url": self._client.address.url,
            "family": self._served.family,
            "frame": list(sent.input_size),
            "image": sent.form,
            "prompt_tokens": made.prompt_tokens,
            "tokens": made.tokens,
            "finish_reason": made.reason,
            "tries": got.tries,
            "waited_seconds": got.waited or None,
            "fingerprint": made.fingerprint,
            "left_out": sorted(self._unsupported),
        }
        answered = Answered(made.text, mode, sent.input_size, image.size)
        return Reading(
            blocks=self._served.blocks(answered),
            raw=made.raw,
            finish=made.finish,
            cut=self._served.cut(answered),
            transcribes=mode.text,
            seconds={"prepare": asked - begun, "answer": perf_counter() - asked},
            model=made.model or self._model.id,
            versions=self._server.versions | {"httpx": installed("httpx")},
            settings={key: value for key, value in settings.items() if value not in (None, "", [])},
        )

    async def _ask(self, sent: Picture, mode: Mode, deadline: Deadline) -> tuple[client.Answer, Completion]:
        """The answer to one question. What the server says it does not know is left out from then on, and recorded."""
        from ocroute.engines.openai.client import RequestRefused

        while True:
            left_out = self._unsupported
            try:
                answer = await self._client.post("/chat/completions", self._question(sent, mode, left_out), deadline)
            except RequestRefused as error:
                if answer_too_long(error.status, error.said) and not left_out >= _ROOM:
                    self._unsupported |= _ROOM  # the server then gives an answer what room it has
                    continue
                if error.about in ("context", "picture"):
                    share = share_of_room(error.said, error.body)
                    raise TooLarge(error.message, error.next_step, share) from error
                if not error.about and (name := refused_setting(error.status, error.said, error.body, left_out)):
                    self._unsupported |= {name}
                    continue
                if not error.about and error.status in (400, 422) and self._read:
                    # In words that nobody knows: it sees, so what it minds may be the size.
                    minded = TooLarge if prod(sent.input_size) > self._read else EngineError
                    raise minded(error.message, next_step=READ_BEFORE) from error
                raise self._explained(error) from error
            made = completion(answer.body, self._client.address.hidden)
            self._read = max(self._read, prod(sent.input_size))
            return answer, made

    def _question(self, sent: Picture, mode: Mode, left_out: frozenset[str]) -> dict[str, Any]:
        content: list[dict[str, Any]] = [{"type": "image_url", "image_url": {"url": sent.url}}]
        if prompt := self._served.before.get(self._server.program, "") + mode.prompt:
            content.append({"type": "text", "text": prompt})
        made = {
            "model": self._model.id,
            "messages": [{"role": "user", "content": content}],
            "temperature": 0,
            "stream": False,
        }
        room = self._model.max_model_len
        if (
            not room or 2 * mode.max_new_tokens <= room
        ):  # otherwise image and answer might not fit: the server knows best
            made["max_completion_tokens" if "max_tokens" in left_out else "max_tokens"] = mode.max_new_tokens
        if self._served.keep_special:
            made |= SPECIAL.get(self._server.program, SPECIAL_ANYWHERE)
        return {name: value for name, value in made.items() if name not in left_out}

    def _explained(self, error: EngineError) -> EngineError:
        """``error``, with the server's models where the one asked for is none of them."""
        names = self._server.listed
        if not names or self._model in self._server.models:
            return error
        return EngineError(
            f"{error.message}; the server has no model {self._model.id!r} in its list, but: {names}",
            next_step="Name one of them: --model NAME",
        )

    def _require_canary(self, task: Task) -> None:
        """Have the model read the canary page; one that has not begun with it when its room is used up is given all of it."""
        mode = self._served.modes[self._mode(task)]
        if not mode.text:
            mode = next(known for known in self._served.modes.values() if known.text)
        short = replace(mode, max_new_tokens=min(mode.max_new_tokens, CANARY_TOKENS))
        name, deadline = f"the model {self._model.id}", Deadline.of_page(self.limits, task.limits.seconds)
        try:
            try:
                canary.require(name, lambda image: self._sight(image, short, deadline))
            except canary.Unfinished:
                if short == mode:
                    raise
                room = f"{CANARY_TOKENS} tokens were too few for {name} to come to the canary page's text"
                _log.warning("%s; it is asked again, with %s", room, mode.max_new_tokens)
                canary.require(name, lambda image: self._sight(image, mode, deadline))
        except EngineUnavailable as error:
            raise EngineUnavailable(
                f"{error.message} (asked at {self._client.address.url})",
                next_step="See how the server loads that model, or name another: --model NAME",
            ) from error

    def _sight(self, image: Image.Image, mode: Mode, deadline: Deadline) -> Sight:
        """What the model makes of an image, on the way that pages take."""
        sent = picture(image, self._served.fit(*image.size))
        try:
            _, made = self._client.wait(self._ask(sent, mode, deadline))
        except WroteNothing as nothing:
            if not nothing.cut and np.asarray(image).min() < _INK:
                raise
            return Sight(
                "", nothing.raw, "length" if nothing.cut else "stop"
            )  # of an empty page nothing is the right answer
        blocks = self._served.blocks(Answered(made.text, mode, sent.input_size, image.size))
        return Sight("\n".join(block.text for block in blocks), made.raw, made.finish)

    def _mode(self, task: Task) -> str:
        modes = self._served.modes
        if task.mode and task.mode not in modes:
            raise UsageError(
                f"the model {self._model.id} ({self._served.family}) knows no task {task.mode!r}",
                next_step=f"Choose from: {', '.join(modes)}",
            )
        return task.mode or next(iter(modes))


def limits_from(environment: Mapping[str, str]) -> Limits:
    """The limits, with the time for a page that the user's environment names.

    Raises:
        UsageError: that is no number of seconds.
    """
    seconds = environment.get("OCROUTE_SERVER_SECONDS", "")
    if not seconds:
        return Limits()
    try:
        page = float(seconds)
    except ValueError:
        page = 0.0
    if not 0.0 < page < float("inf"):
        raise UsageError(f"OCROUTE_SERVER_SECONDS is {seconds!r}", next_step="Set it to a number of seconds, e.g. 1200")
    return replace(Limits(), page=page)
