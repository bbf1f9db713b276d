"""The engines that a process has loaded: each once, and of those that hold a neural model only the last."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

from ocroute.engines.base import ENGINES, Engine, Task
from ocroute.engines.neural.devices import free_memory
from ocroute.engines.neural.failures import check_device
from ocroute.errors import EngineUnavailable, NextStep


class LoadedEngines:
    """Loads engines when they are first asked for, and keeps them.

    Two neural models rarely fit into one card, and each counts the memory that is free when it is loaded. So one is let go
    before the next is loaded, and loaded again when its turn comes.
    """

    def __init__(self) -> None:
        self._loaded: dict[str, Engine] = {}
        self._refused: dict[str, tuple[str, NextStep]] = {}

    def get(self, name: str, task: Task, on_load: Callable[[str], None]) -> Engine:
        """The engine of row ``name``.

        Args:
            name: of its row.
            task: for which it is loaded, if it is not loaded yet.
            on_load: told the name before the engine is loaded, which may take minutes.

        Raises:
            EngineUnavailable: it cannot run here; said again at every call, and tried at the first only.
            UsageError: it does not know what the task asks for.
            EngineCrashed: this process has lost the GPU, now or earlier.
        """
        if name not in self._loaded and name not in self._refused:
            on_load(name)
            self._load(name, task)
        if name in self._refused:
            message, next_step = self._refused[name]
            raise EngineUnavailable(message, next_step=next_step)
        return self._loaded[name]

    def close(self) -> None:
        """Let all engines go. They are loaded again when they are asked for."""
        self._unload_neural()
        self._loaded.clear()
        self._refused.clear()

    def _load(self, name: str, task: Task) -> None:
        kind: Any = ENGINES.load(name)
        neural = kind.info.kind == "vlm"
        if neural:
            check_device(name)
            self._unload_neural()
        try:
            self._loaded[name] = _started(kind, task)
        except EngineUnavailable as error:  # its words only: the traceback holds the model
            self._refused[name] = (error.message, error.next_step)
        if neural and name in self._refused:
            check_device(name)
            _free()

    def _unload_neural(self) -> None:
        neural = [name for name, engine in self._loaded.items() if engine.info.kind == "vlm"]
        for name in neural:
            del self._loaded[name]
        if neural:
            _free()


def _started(kind: Any, task: Task) -> Any:
    if task.runtime:
        from ocroute.engines.vllm.under_vllm import UnderVllm

        return UnderVllm(kind, task)
    return kind(task)


def _free() -> None:
    """Models hold themselves in circles, which only the collector undoes; torch keeps what they leave."""
    gc.collect()
    free_memory()
