"""An engine whose model runs in the user's own vLLM; where that does not work, in this process after all."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace as replace_fields
from itertools import chain

from msgspec.structs import replace
from packaging.version import InvalidVersion, Version

from ocroute.engines.base import Answer, Engine, EngineInfo, Reading, Request, Task
from ocroute.engines.neural import Facts, NeuralEngine, weights
from ocroute.engines.openai import OpenAi
from ocroute.engines.openai.engine import limits_from
from ocroute.engines.openai.served_models import served_by
from ocroute.engines.vllm.installed_vllm import InstalledVllm, find
from ocroute.engines.vllm.running_vllm import RunningVllm
from ocroute.errors import EngineError, EngineUnavailable, UsageError
from ocroute.machine import inspect

_TRIES = 2  # of a request: this server is busy with nobody else, and one that is gone does not come back
_DYING = 10.0  # seconds between a broken connection and the end of the process

_log = logging.getLogger(__name__)


class UnderVllm:
    """Reads as the engine ``kind`` does, its model in vLLM.

    Where vLLM is not there, does not start, does not read the canary page or dies, a warning says so, and the engine itself
    reads on; the pages that a dead vLLM held are read again.

    Args:
        kind: whose model is to be run.
        task: see `Engine`.

    Raises:
        UsageError: vLLM is not known to run that model.
        EngineUnavailable: the weights are not here, or neither vLLM nor the engine itself can run here.
    """

    def __init__(self, kind: type[NeuralEngine], task: Task) -> None:
        self.info: EngineInfo = kind.info
        self._kind, self._task = kind, task
        self._vllm: RunningVllm | None = None
        self._asked: OpenAi | None = None
        self._here: Engine | None = None
        require_known(kind.facts)
        try:
            self._version = self._start()
        except EngineUnavailable as error:
            self._go_on_here(str(error))

    def _start(self) -> str:
        facts, task = self._kind.facts, self._task
        assert facts.served is not None
        assert facts.served.vllm is not None
        vllm = find()
        require_new_enough(vllm, facts)
        folder = weights.find(facts, task.model)
        weights.check(facts, folder, loaded_here=False)
        _log.info("starting vLLM %s for %s", vllm.version, facts.name)
        self._vllm = RunningVllm(vllm, folder, facts.name, facts.served.vllm, inspect().first_gpu)
        asked = replace(task, base_url=self._vllm.url, model=facts.name)
        limits = replace_fields(limits_from(os.environ), tries=_TRIES)
        self._asked = OpenAi(asked, limits=limits, served=served_by(self._kind, facts.served))
        return vllm.version

    def read(self, requests: Iterable[Request | None]) -> Iterator[Answer]:
        """See `Engine.read`."""
        coming = iter(requests)
        lost: list[Request] = []
        if self._asked is not None:
            for request, answer in self._asked.read(self._while_it_runs(coming)):
                if isinstance(answer, EngineError) and self._is_dead():
                    lost.append(request)
                else:
                    yield request, self._named(answer)
            if not self._is_dead(0.0):
                return
            assert self._vllm is not None
            self._go_on_here(f"vLLM ended while it read: {self._vllm.last_words()}")
        assert self._here is not None
        yield from self._here.read(chain(lost, coming))

    def close(self) -> None:
        """End vLLM. Happens by itself when the engine is forgotten."""
        if self._asked is not None:
            self._asked.close()
        if self._vllm is not None:
            self._vllm.close()
        self._asked = self._vllm = None

    def __del__(self) -> None:
        self.close()

    def _while_it_runs(self, coming: Iterator[Request | None]) -> Iterator[Request | None]:
        while self._vllm is not None and self._vllm.running:
            try:
                yield next(coming)
            except StopIteration:
                return

    def _is_dead(self, patience: float = _DYING) -> bool:
        return self._vllm is None or not self._vllm.running or (patience > 0.0 and self._vllm.ends_within(patience))

    def _named(self, answer: Reading | Exception) -> Reading | Exception:
        if not isinstance(answer, Reading):
            return answer
        return replace(answer, settings=answer.settings | {"runtime": f"vllm {self._version}"})

    def _go_on_here(self, why: str) -> None:
        _log.warning("%s; %s reads without vLLM", why, self._kind.facts.name)
        self.close()  # its memory is needed
        self._here = self._kind(self._task)


def require_known(facts: Facts) -> None:
    """
    Raises:
        UsageError: we do not know how vLLM runs this model.
    """
    if facts.served is None or facts.served.vllm is None:
        raise UsageError(
            f"--runtime vllm is not known for {facts.name}",
            next_step="Start vLLM yourself and read with --engine openai --base-url URL, or leave --runtime out",
        )


def require_new_enough(vllm: InstalledVllm, facts: Facts) -> None:
    """A version that cannot be told is tried.

    Raises:
        EngineUnavailable: it is known to lack the model.
    """
    since = facts.served.vllm.since if facts.served and facts.served.vllm else "0"
    try:
        old = Version(vllm.version) < Version(since)
    except InvalidVersion:
        return
    if old:
        raise EngineUnavailable(
            f"vLLM {vllm.version} at {vllm.program} does not know {facts.name}, which {since} does",
            next_step="Update vLLM, or leave --runtime vllm out",
        )
