"""A vLLM that we have started: waited for until it is ready, its faults as errors that say what to do, ended with us."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import time
import weakref
from collections.abc import Sequence
from pathlib import Path

import httpx

from ocroute.engines.neural.model_facts import Vllm
from ocroute.engines.vllm.installed_vllm import InstalledVllm
from ocroute.engines.vllm.registering import CONFIGURATION, put_into
from ocroute.errors import EngineUnavailable
from ocroute.files import Scratch
from ocroute.kernels.ledger import home
from ocroute.machine import Gpu
from ocroute.process import ProcessTree, exit_in_words, start

READY_SECONDS = 900.0
"""In which it must be ready: gigabytes of weights from a slow disk, kernels compiled, graphs captured."""

_LOOK = 0.25  # seconds between looks
_GRACE = 10.0
_AT_ONCE = 64
_SPARE = 0.92  # of the free memory
_PORTS = 3  # tries: another program may take a port before vLLM does

# What vLLM says when it does not start, to what it means; the first that is found counts.
_CAUSES = (
    (re.compile(r"address already in use", re.I), "its port was taken meanwhile", "Try again"),
    (
        re.compile(r"out of memory|No available memory for the cache|less than desired GPU memory|KV cache is needed", re.I),
        "the GPU's memory does not suffice for it",
        "Close what else uses that memory, or leave --runtime vllm out",
    ),
    (
        re.compile(r"trust[_-]remote[_-]code", re.I),
        "it starts this model with the checkpoint's own code only, which is never run",
        "Update vLLM, or leave --runtime vllm out",
    ),
    (
        re.compile(r"not supported for now|does not recognize this architecture|unrecognized arguments", re.I),
        "it is too old for this model, or too new for us",
        "Update vLLM, or leave --runtime vllm out",
    ),
)  # fmt: skip

_NEWS = re.compile(r"\b(INFO|DEBUG)\b")  # lines that name all settings, and in them whatever can go wrong


def share_of(gpu: Gpu | None) -> list[str]:
    """The argument by which vLLM takes no more of the GPU than is free now."""
    if gpu is None or not gpu.memory_mb:
        return []
    return ["--gpu-memory-utilization", f"{int(100 * _SPARE * gpu.free_mb / gpu.memory_mb) / 100:.2f}"]


def arguments(folder: Path, name: str, facts: Vllm, port: int, gpu: Gpu | None) -> list[str]:
    """Of ``vllm``, to serve the weights in ``folder`` as ``name`` on this machine only."""
    return [
        *("serve", str(folder), "--host", "127.0.0.1", "--port", str(port), "--served-model-name", name),
        *("--max-model-len", str(facts.tokens), "--max-num-seqs", str(_AT_ONCE)),
        *("--limit-mm-per-prompt", json.dumps({"image": 1})),
        # No page comes twice.
        *("--no-enable-prefix-caching", "--mm-processor-cache-gb", "0"),
        *share_of(gpu),
        *facts.arguments,
    ]


class RunningVllm:
    """Started, and ready. It ends with `close`, with this object, and with this process.

    Args:
        vllm: the program.
        folder: with the weights.
        name: for the model.
        facts: how vLLM runs it.
        gpu: that it will use; None without one.
        seconds: in which it must be ready.

    Raises:
        EngineUnavailable: it did not start; the message says why.
    """

    def __init__(
        self,
        vllm: InstalledVllm,
        folder: Path,
        name: str,
        facts: Vllm,
        gpu: Gpu | None,
        *,
        seconds: float = READY_SECONDS,
    ) -> None:
        self._vllm, self._seconds = vllm, seconds
        self._scratch = Scratch()
        self._told = 0  # bytes of what it said until it was ready: none of it says why it ended
        self.log = home() / f"vllm-{os.getpid()}.log"
        env = self._environment(facts)
        for left in reversed(range(_PORTS)):
            port = _free_port()
            self.url = f"http://127.0.0.1:{port}/v1"
            self._tree = self._started([str(vllm.program), *arguments(folder, name, facts, port, gpu)], env)
            weakref.finalize(self, self._tree.end)
            if self._is_ready(port):
                self._told = self.log.stat().st_size
                return
            words, next_step = self._cause()
            if not (left and "port" in words):
                raise EngineUnavailable(
                    f"vLLM {vllm.version} did not start: {words} (all that it said: {self.log})", next_step=next_step
                )

    @property
    def running(self) -> bool:
        """Whether it is there still."""
        return self._tree.popen.poll() is None

    def ends_within(self, seconds: float) -> bool:
        """Whether it ends by itself in so many seconds: its connections break a little before."""
        try:
            self._tree.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def close(self) -> None:
        """End it, and all that it has started. What it said stays where it ended before."""
        well = self.running
        self._tree.end(grace=_GRACE)
        if well:
            self.log.unlink(missing_ok=True)

    def last_words(self) -> str:
        """How it ended, with what it said last."""
        return f"{exit_in_words(self._tree.popen.poll())}: {self._cause()[0]}"

    def _environment(self, facts: Vllm) -> dict[str, str]:
        # Loopback needs no key; one in the environment is for another server. Our path names our packages, not those of its
        # environment.
        env = {
            "PYTHONPATH": "",
            "VLLM_API_KEY": "",
            "VLLM_NO_USAGE_STATS": "1",
            "DO_NOT_TRACK": "1",
            "HF_HUB_OFFLINE": "1",
        }
        if facts.configuration:
            plugin = self._scratch.folder() / "vllm"
            plugin.mkdir()
            put_into(plugin)
            env |= {CONFIGURATION: facts.configuration, "PYTHONPATH": str(plugin)}
        return env

    def _started(self, command: Sequence[str], env: dict[str, str]) -> ProcessTree:
        try:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            with self.log.open("wb") as log:
                return start(command, env=env, stdout=log, stderr=subprocess.STDOUT)
        except OSError as error:
            raise EngineUnavailable(f"vLLM cannot be started: {error}", next_step="Leave --runtime vllm out") from error

    def _is_ready(self, port: int) -> bool:
        """Wait until it answers; False where it ends before.

        Raises:
            EngineUnavailable: it takes too long.
        """
        end = time.monotonic() + self._seconds
        while self.running:
            try:
                if httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False, timeout=5.0).status_code == 200:
                    return self.running
            except httpx.HTTPError:
                pass
            if time.monotonic() > end:
                self._tree.end(grace=_GRACE)
                raise EngineUnavailable(
                    f"vLLM {self._vllm.version} was not ready within {self._seconds:g} seconds (all that it said: {self.log})",
                    next_step="Leave --runtime vllm out",
                )
            time.sleep(_LOOK)
        self._tree.end()
        return False

    def _cause(self) -> tuple[str, str]:
        said = self.log.read_bytes()[self._told :].decode(errors="replace").splitlines()
        lines = [line.strip() for line in said if line.strip() and not _NEWS.search(line)]
        for pattern, words, next_step in _CAUSES:
            if any(map(pattern.search, lines)):
                return words, next_step
        errors = [line for line in lines if re.search(r"error|exception", line, re.I)]
        last = (errors or lines or ["it said nothing"])[-1]
        return last[-300:], f"See {self.log}"


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
